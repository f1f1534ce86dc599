package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.v1.Health;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A plugin that is to take the place of another, step by step. */
class SuccessorTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Longer than a test may take: whoever waits for it to be over fails. */
  private static final Duration FAR = Duration.ofHours(1);

  private static final PluginName ALPHA = new PluginName("alpha");
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true
      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  private final OpenEcho echo = new OpenEcho();
  private TestHost host;

  @BeforeEach
  void start() throws Exception {
    host =
        TestHost.with(POLICY)
            .scripted(
                "alpha",
                RawRuntime.Tree.NONE,
                plugin -> {
                  plugin.enrol(NamedEcho.SERVICE);
                  plugin.serve(echo);
                  plugin.register(NamedEcho.SERVICE);
                  plugin.healthy();
                })
            .start();
  }

  @AfterEach
  void close() {
    echo.answerHanging();
    host.close();
  }

  private static void comeUp(RawPlugin plugin) throws Exception {
    plugin.enrol(NamedEcho.SERVICE);
    plugin.serve(new NamedEcho("two"));
    plugin.register(NamedEcho.SERVICE);
    plugin.healthy();
  }

  /** Replaces on another thread; completes with why it failed, or with null. */
  private CompletableFuture<PluginChangeException> replace(
      RawRuntime.Script successor, Duration calls) {
    CompletableFuture<PluginChangeException> end = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () ->
                end.complete(
                    catchThrowableOfType(
                        PluginChangeException.class,
                        () -> host.host().replace(host.later("alpha", successor), calls))),
            "replace");
    thread.setDaemon(true);
    thread.start();
    return end;
  }

  private ListenableFuture<EchoResponse> hang() {
    int before = echo.open.get();
    ListenableFuture<EchoResponse> call =
        host.host().client(EchoGrpc::newFutureStub).unary(OpenEcho.HANGING);
    await().atMost(SOON).until(() -> echo.open.get() == before + 1);
    return call;
  }

  private String call() {
    return host.host()
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  /**
   * New calls go to the successor at once, the one that is open ends where it began, and the
   * predecessor is stopped then and not before.
   *
   * <p>Row: RT-25, RT-18
   */
  @Test
  void replace_callInFlight_endsWhereItBegan() throws Exception {
    ListenableFuture<EchoResponse> open = hang();

    CompletableFuture<PluginChangeException> replaced = replace(SuccessorTest::comeUp, FAR);

    await().atMost(SOON).until(() -> call().equals("two"));
    assertThat(replaced.isDone()).isFalse();
    assertThat(host.run("alpha").exit().isDone()).isFalse();
    echo.answerHanging();
    assertThat(open.get(60, TimeUnit.SECONDS)).isEqualTo(EchoResponse.getDefaultInstance());
    assertThat(replaced.get(60, TimeUnit.SECONDS)).isNull();
    assertThat(host.run("alpha").exit().isDone()).isTrue();
    RawPlugin old = host.plugin("alpha");
    assertThat(Refused.by(() -> old.register(NamedEcho.SERVICE)).is(Refusal.NOT_AUTHENTICATED))
        .isTrue();
    assertThat(host.host().plugins()).hasSize(1);
  }

  /** What is open after its time ends, and says that it can be tried again. */
  @Test
  void replace_callThatStays_endsAfterItsTime() throws Exception {
    ListenableFuture<EchoResponse> open = hang();

    assertThat(replace(SuccessorTest::comeUp, Duration.ZERO).get(60, TimeUnit.SECONDS)).isNull();

    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> open.get(60, TimeUnit.SECONDS));
    assertThat(failure).hasMessageContaining("UNAVAILABLE");
    assertThat(call()).isEqualTo("two");
  }

  /**
   * Until it is healthy it gets no call; if it never is, the old one has served all. Row: LC-12.
   */
  @Test
  void replace_neverHealthy_oldOneServesAll() throws Exception {
    CompletableFuture<Thread> waiting = new CompletableFuture<>();
    CompletableFuture<PluginChangeException> failed = new CompletableFuture<>();
    Thread replacing =
        new Thread(
            () ->
                failed.complete(
                    catchThrowableOfType(
                        PluginChangeException.class,
                        () ->
                            host.host()
                                .replace(
                                    host.later(
                                        "alpha",
                                        plugin -> {
                                          plugin.enrol(NamedEcho.SERVICE);
                                          plugin.serve(new NamedEcho("two"));
                                          plugin.register(NamedEcho.SERVICE);
                                          plugin.report(Health.HEALTH_UNHEALTHY);
                                          waiting.complete(Thread.currentThread());
                                        }),
                                    FAR))));
    replacing.start();
    waiting.get(60, TimeUnit.SECONDS);
    assertThat(host.host().registrations()).hasSize(2);
    assertThat(call()).isEmpty();

    replacing.interrupt();

    assertThat(failed.get(60, TimeUnit.SECONDS)).hasMessageContaining("was interrupted");
    assertThat(host.host().states(ALPHA)).containsExactly(new PluginState.Healthy());
    assertThat(host.host().registrations()).hasSize(1);
    assertThat(call()).isEmpty();
    RawPlugin failedOne = host.laterRun("alpha").plugin;
    assertThat(
            Refused.by(() -> failedOne.register(NamedEcho.SERVICE)).is(Refusal.NOT_AUTHENTICATED))
        .isTrue();
  }

  /** Healthy is not enough: it has to be there with all that it may provide. Row: LC-12. */
  @Test
  void replace_registersNothing_isRefused() throws Exception {
    CompletableFuture<PluginChangeException> replaced =
        replace(
            plugin -> {
              plugin.enrol(NamedEcho.SERVICE);
              plugin.healthy();
            },
            FAR);

    assertThat(replaced.get(60, TimeUnit.SECONDS))
        .hasMessage(
            "plugin alpha: did not register [testservice.v1.Echo]"
                + " (expected: all that it declares and may provide)");
    assertThat(call()).isEmpty();
  }

  /** One that lost its connection before its turn takes nothing over. */
  @Test
  void replace_losesItsConnection_isRefused() throws Exception {
    CompletableFuture<PluginChangeException> replaced =
        replace(
            plugin -> {
              plugin.enrol(NamedEcho.SERVICE);
              plugin.register(NamedEcho.SERVICE);
              plugin.cutControl();
              await().atMost(SOON).until(() -> host.host().registrations().size() == 1);
              plugin.register(NamedEcho.SERVICE);
              plugin.healthy();
            },
            FAR);

    assertThat(replaced.get(60, TimeUnit.SECONDS)).isNotNull();
    assertThat(host.host().states(ALPHA)).containsExactly(new PluginState.Healthy());
    assertThat(call()).isEmpty();
  }
}
