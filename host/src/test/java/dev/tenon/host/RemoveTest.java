package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.v1.Requirement;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A plugin that is taken out of a running host. */
class RemoveTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Longer than a test may take: whoever waits for it to be over fails. */
  private static final Duration FAR = Duration.ofHours(1);

  private static final PluginName ALPHA = new PluginName("alpha");
  private static final PluginName BETA = new PluginName("beta");
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "both"
      effect = "allow"
      caller = "*"
      service = "testservice.v1.Echo"
      """;

  private final OpenEcho echo = new OpenEcho();

  private TestHost start() throws Exception {
    return TestHost.with(POLICY)
        .set(builder -> builder.stopGrace(FAR))
        .scripted(
            "alpha",
            RawRuntime.Tree.NONE,
            plugin -> {
              plugin.enrol(NamedEcho.SERVICE);
              plugin.serve(echo, new EndingControl());
              plugin.register(NamedEcho.SERVICE);
              plugin.healthy();
            })
        .scripted(
            "beta",
            RawRuntime.Tree.NONE,
            plugin -> {
              plugin.enrol(
                  plugin
                      .enrolRequest()
                      .addRequires(Requirement.newBuilder().setService(NamedEcho.SERVICE))
                      .build());
              plugin.healthy();
            })
        .start();
  }

  /** Takes Shutdown as done. */
  private static final class EndingControl
      extends dev.tenon.v1.PluginControlGrpc.PluginControlImplBase {}

  private static CompletableFuture<List<PluginName>> remove(TestHost host) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return host.host().remove(ALPHA);
          } catch (AuditFailedException e) {
            throw new AssertionError(e);
          }
        });
  }

  /**
   * Those who watch its service are told first, while its calls are in flight still; when they have
   * ended, and no later, it is stopped, and nothing that it had is of use.
   *
   * <p>Row: LC-11, TE-20
   */
  @Test
  void remove_callInFlight_watchersAreToldBeforeItStops() throws Exception {
    try (TestHost host = start()) {
      RawPlugin alpha = host.plugin("alpha");
      Watched watched = Watched.by(host.plugin("beta"), NamedEcho.SERVICE);
      assertThat(watched.next().getState()).isEqualTo(WatchState.WATCH_STATE_AVAILABLE);
      ListenableFuture<EchoResponse> call =
          host.host().client(EchoGrpc::newFutureStub).unary(OpenEcho.HANGING);
      await().atMost(SOON).until(() -> echo.open.get() == 1);

      CompletableFuture<List<PluginName>> removed = remove(host);

      WatchEvent told = watched.next();
      assertThat(told.getState()).isEqualTo(WatchState.WATCH_STATE_UNAVAILABLE);
      assertThat(host.run("alpha").exit().isDone()).as("stopped before they knew").isFalse();
      await()
          .atMost(SOON)
          .until(() -> host.host().states(ALPHA).get(0) instanceof PluginState.Draining);
      assertThat(removed.isDone()).isFalse();
      echo.answerHanging();

      assertThat(removed.get(60, TimeUnit.SECONDS)).containsExactly(BETA);
      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(EchoResponse.getDefaultInstance());
      assertThat(host.run("alpha").exit().isDone()).isTrue();
      assertThat(host.host().plugins()).extracting(PluginStatus::name).containsExactly(BETA);
      assertThat(host.host().registrations()).isEmpty();
      assertThat(Refused.by(() -> alpha.register(NamedEcho.SERVICE)).is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      assertThat(
              Refused.by(
                      () -> {
                        var unused =
                            host.host()
                                .client(EchoGrpc::newBlockingStub)
                                .unary(EchoRequest.getDefaultInstance());
                      })
                  .is(Refusal.UNAVAILABLE))
          .isTrue();
      assertThat(host.audit.text().lines())
          .filteredOn(line -> line.contains("\"action\":\"remove\""))
          .singleElement()
          .satisfies(line -> assertThat(line).contains("\"alpha\"", "[beta]"));
    }
  }

  @Test
  void remove_unknownOrTwice_isRefused() throws Exception {
    try (TestHost host = start()) {
      assertThatThrownBy(() -> host.host().remove(new PluginName("nobody")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("plugin: nobody (expected: one of this host's)");

      assertThat(host.host().remove(BETA)).isEmpty();

      assertThatThrownBy(() -> host.host().remove(BETA))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(host.host().states(ALPHA)).containsExactly(new PluginState.Healthy());
    }
  }

  /** One change of a plugin at a time; another's is not held up. */
  @Test
  void remove_whileItIsBeingRemoved_isRefused() throws Exception {
    try (TestHost host = start()) {
      ListenableFuture<EchoResponse> call =
          host.host().client(EchoGrpc::newFutureStub).unary(OpenEcho.HANGING);
      await().atMost(SOON).until(() -> echo.open.get() == 1);
      CompletableFuture<List<PluginName>> removed = remove(host);
      await()
          .atMost(SOON)
          .until(() -> host.host().states(ALPHA).get(0) instanceof PluginState.Draining);

      assertThatThrownBy(() -> host.host().remove(ALPHA))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("plugin alpha: is being changed (expected: one change of it at a time)");
      assertThat(host.host().remove(BETA)).isEmpty();

      echo.answerHanging();
      assertThat(call.get(60, TimeUnit.SECONDS)).isNotNull();
      assertThat(removed.get(60, TimeUnit.SECONDS)).containsExactly(BETA);
    }
  }
}
