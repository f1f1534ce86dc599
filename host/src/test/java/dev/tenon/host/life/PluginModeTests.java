package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginState;
import dev.tenon.core.Reason;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.launch.Isolation;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of plugins, whichever way they run. Row: LC-26. */
abstract class PluginModeTests {
  private static final String ECHO = EchoGrpc.SERVICE_NAME;
  private static final String OTHER = OtherGrpc.SERVICE_NAME;
  private static final Duration LONG = Duration.ofSeconds(60);

  private TestHome home;
  private Set<Thread> before;

  @BeforeEach
  void makeHome() throws IOException {
    before = HostRemains.threads();
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /** Adds the plugin of {@link ModePlugins} called {@code name}. */
  abstract void add(TestHome home, HostBuilder host, String name) throws IOException;

  /** Returns the isolation that this mode shows. */
  abstract Isolation isolation();

  private PluginHost start(String... plugins) throws Exception {
    HostBuilder host = home.bareHost();
    for (String plugin : plugins) {
      add(home, host, plugin);
    }
    return withFolders(host).start();
  }

  private static EchoRequest saying(String text) {
    return EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build();
  }

  private static void assertEnds(Status.Code code, ThrowingCallable call) {
    assertThatThrownBy(call).extracting(e -> Status.fromThrowable(e).getCode()).isEqualTo(code);
  }

  @Test
  void call_ofHost_isAnsweredAndNamesTheHost() throws Exception {
    home.provides("echo", ECHO);

    try (PluginHost host = start("echo")) {
      EchoResponse response = host.client(EchoGrpc::newBlockingStub).unary(saying("hello"));

      assertThat(response.getPayload().toStringUtf8()).isEqualTo("hello");
      assertThat(response.getCaller()).isEqualTo("host");
      assertThat(host.plugins())
          .singleElement()
          .satisfies(
              plugin -> {
                assertThat(plugin.isolation()).isEqualTo(isolation());
                assertThat(plugin.state()).isEqualTo(new PluginState.Healthy());
                assertThat(plugin.services()).hasToString("[" + ECHO + "]");
              });
    }
  }

  @Test
  void call_betweenPlugins_namesThePluginAndStripsWhatItForges() throws Exception {
    home.provides("echo", ECHO).provides("asker", OTHER).calls("asker", ECHO);

    try (PluginHost host = start("asker", "echo")) {
      EchoResponse response = host.client(OtherGrpc::newBlockingStub).unary(saying("ask"));

      assertThat(response.getPayload().toStringUtf8()).isEqualTo("ask");
      assertThat(response.getCaller()).isEqualTo("asker");
      assertThat(response.getMetadataKeysList())
          .contains("app")
          .doesNotContain("authorization", "x-plugin-id");
    }
  }

  /**
   * The author of a plugin sees nothing of grants: there is one with the first call, and another
   * after the operator has taken it back.
   *
   * <p>Row: CG-2, CG-7
   */
  @Test
  void call_ofTheHostsServiceByGrant_needsNothingOfTheAuthor() throws Exception {
    home.provides("asker", OTHER).calls("asker", ECHO);
    HostBuilder builder = home.bareHost().offersByGrant(ECHO, "1.0.0", new GrantedEcho());
    add(home, builder, "asker");

    try (PluginHost host = withFolders(builder).start()) {
      OtherGrpc.OtherBlockingStub asker = host.client(OtherGrpc::newBlockingStub);
      assertThat(host.grants().list()).isEmpty();
      EchoResponse first = asker.unary(saying("ask"));
      String grant = first.getPayload().toStringUtf8();
      assertThat(grant).hasSize(32);
      assertThat(first.getCaller()).isEqualTo("asker");
      assertThat(asker.unary(saying("again")).getPayload().toStringUtf8()).isEqualTo(grant);

      host.grants().revoke(grant);
      assertThat(host.grants().list()).isEmpty();
      String second = asker.unary(saying("and again")).getPayload().toStringUtf8();
      assertThat(second).hasSize(32).isNotEqualTo(grant);
      assertThat(host.grants().list()).hasSize(1);
    }
  }

  /**
   * The author of a plugin calls back while a call is served as any other time; before and after
   * it, there is nothing to call.
   *
   * <p>Row: CG-11
   */
  @Test
  void callback_whileTheCallIsServed_needsNothingOfTheAuthor() throws Exception {
    home.provides("caller", OTHER).calls("caller", ECHO);
    HostBuilder builder = home.bareHost().offersDuringCalls(ECHO, "1.0.0");
    add(home, builder, "caller");

    try (PluginHost host = withFolders(builder).start()) {
      OtherGrpc.OtherBlockingStub plain = host.client(OtherGrpc::newBlockingStub);
      OtherGrpc.OtherBlockingStub bringing =
          plain.withInterceptors(host.callback(new GrantedEcho()));
      for (int i = 0; i < 2; i++) {
        EchoResponse answer = bringing.unary(saying("ask"));
        assertThat(answer.getPayload().toStringUtf8()).hasSize(32);
        assertThat(answer.getCaller()).isEqualTo("caller");
        assertThat(host.grants().size()).isZero();
        assertThatThrownBy(() -> plain.unary(saying("ask")))
            .isInstanceOf(StatusRuntimeException.class);
      }
    }
  }

  /** The policy decides for a plugin as a process as it does inside the host. Row: TE-8, RG-7. */
  @Test
  void call_pluginWithoutRule_isDenied() throws Exception {
    home.provides("echo", ECHO).provides("asker", OTHER);
    String rules =
        home.policy()
            + """
            [[rule]]
            id = "asker-bidi-only"
            effect = "allow"
            caller = "asker"
            service = "%s"
            method = "Bidi"
            """
                .formatted(ECHO);
    HostBuilder builder = home.bareHost().policy(Policy.parse(rules));
    add(home, builder, "asker");
    add(home, builder, "echo");
    try (PluginHost host = withFolders(builder).start()) {
      assertEnds(
          Status.Code.PERMISSION_DENIED,
          () -> host.client(OtherGrpc::newBlockingStub).unary(saying("ask")));
    }
  }

  private HostBuilder withFolders(HostBuilder builder) throws IOException {
    try (Stream<Path> folders = Files.list(home.plugins())) {
      return folders.findAny().isPresent() ? builder.plugins(home.plugins()) : builder;
    }
  }

  @Test
  void call_providersOwnStatus_passes() throws Exception {
    home.provides("echo", ECHO);

    try (PluginHost host = start("echo")) {
      assertThatThrownBy(
              () ->
                  host.client(EchoGrpc::newBlockingStub)
                      .unary(EchoRequest.newBuilder().setEndWith(9).build()))
          .hasMessage("FAILED_PRECONDITION: as asked");
    }
  }

  @Test
  void call_outOfTime_endsOnBothSides() throws Exception {
    home.provides("echo", ECHO);

    try (PluginHost host = start("echo")) {
      EchoGrpc.EchoBlockingStub echo = host.client(EchoGrpc::newBlockingStub);
      echo.unary(saying("connects"));

      // On a busy machine the time may be over before the call has come to the provider.
      Awaitility.await()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                assertEnds(
                    Status.Code.DEADLINE_EXCEEDED,
                    () ->
                        echo.withDeadlineAfter(1_000, TimeUnit.MILLISECONDS)
                            .unary(EchoRequest.newBuilder().setHang(true).build()));
                assertThat(echo.unary(saying("")).getCancelled()).isPositive();
              });
    }
  }

  @Test
  void call_cancelled_isCancelledAtTheProvider() throws Exception {
    home.provides("echo", ECHO);

    try (PluginHost host = start("echo")) {
      var hanging =
          host.client(EchoGrpc::newFutureStub)
              .unary(EchoRequest.newBuilder().setHang(true).build());
      EchoGrpc.EchoBlockingStub echo = host.client(EchoGrpc::newBlockingStub);
      Awaitility.await().atMost(LONG).until(() -> echo.unary(saying("")).getHanging() == 1);
      hanging.cancel(true);

      Awaitility.await()
          .atMost(LONG)
          .untilAsserted(() -> assertThat(echo.unary(saying("")).getCancelled()).isEqualTo(1));
    }
  }

  @Test
  void call_streams_arriveWholeAndInOrder() throws Exception {
    home.provides("echo", ECHO);

    try (PluginHost host = start("echo")) {
      List<String> answers = new ArrayList<>();
      CompletableFuture<List<String>> all = new CompletableFuture<>();
      StreamObserver<EchoRequest> requests =
          host.client(EchoGrpc::newStub)
              .bidi(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(EchoResponse response) {
                      answers.add(response.getPayload().toStringUtf8());
                    }

                    @Override
                    public void onError(Throwable error) {
                      all.completeExceptionally(error);
                    }

                    @Override
                    public void onCompleted() {
                      all.complete(answers);
                    }
                  });
      for (int i = 0; i < 100; i++) {
        requests.onNext(saying("m" + i));
      }
      requests.onCompleted();

      assertThat(all.get(60, TimeUnit.SECONDS)).hasSize(100).startsWith("m0", "m1").endsWith("m99");
      assertThat(
              host.client(EchoGrpc::newBlockingStub)
                  .serverStream(saying("s").toBuilder().setRepeat(50).build()))
          .toIterable()
          .hasSize(50);
    }
  }

  @Test
  void reportHealth_degradedThenUnhealthy_isShownAndGetsNoCalls() throws Exception {
    home.provides("moody", OTHER);

    try (PluginHost host = start("moody")) {
      OtherGrpc.OtherBlockingStub moody = host.client(OtherGrpc::newBlockingStub);
      moody.unary(saying("DEGRADED"));
      awaitState(host, new PluginState.Degraded(new Reason("as told")));
      moody.unary(saying("UNHEALTHY"));
      awaitState(host, new PluginState.Unhealthy(new Reason("as told")));

      assertEnds(Status.Code.UNAVAILABLE, () -> moody.unary(saying("HEALTHY")));
    }
  }

  private static void awaitState(PluginHost host, PluginState state) {
    Awaitility.await()
        .atMost(LONG)
        .untilAsserted(
            () -> assertThat(host.plugins()).extracting(PluginStatus::state).containsOnly(state));
  }

  @Test
  void start_noRightToProvide_failsWithTheRefusal() throws Exception {
    assertStartFails("provides " + ECHO + ", and the host's policy does not allow that", "echo");
  }

  @Test
  void start_secondExclusiveProvider_failsWithTheRefusal() throws Exception {
    StringBuilder policy = new StringBuilder();
    for (String plugin : List.of("echo", "rival")) {
      policy.append(
          """
          [[provide]]
          plugin = "%s"
          services = ["%s"]
          exclusive = true
          """
              .formatted(plugin, ECHO));
    }
    HostBuilder builder = home.bareHost().policy(Policy.parse(policy.toString()));
    add(home, builder, "echo");
    add(home, builder, "rival");
    HostBuilder all = withFolders(builder);

    assertThatThrownBy(all::start)
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("could not register its services");
    HostRemains.awaitNone(before);
  }

  @Test
  void start_factoryThrows_failsWithPluginAndService() throws Exception {
    home.provides("broken", ECHO);

    assertStartFails("could not make " + ECHO + ": no disk", "broken");
  }

  @Test
  void start_factoryMakesAnotherService_fails() throws Exception {
    home.provides("wrong", OTHER);

    assertStartFails("provides(\"" + OTHER + "\") made " + ECHO, "wrong");
  }

  @Test
  void start_undeclaredClient_failsWithTheMissingDeclaration() throws Exception {
    home.provides("sneaky", OTHER).calls("sneaky", ECHO);

    assertStartFails(".requires(\"" + ECHO + "\", \">=1.0.0\")", "sneaky");
  }

  @Test
  void start_requirementOfNobody_fails() throws Exception {
    home.provides("asker", OTHER);

    assertStartFails("plugin asker requires " + ECHO, "asker");
  }

  private void assertStartFails(String text, String plugin) {
    assertThatThrownBy(() -> start(plugin))
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("plugin " + plugin)
        .hasMessageContaining(text);
    HostRemains.awaitNone(before);
  }

  @Test
  void close_callsOpen_endsPluginAndLeavesNothing() throws Exception {
    home.provides("echo", ECHO);
    PluginHost host = start("echo");
    var hanging =
        host.client(EchoGrpc::newFutureStub).unary(EchoRequest.newBuilder().setHang(true).build());
    host.client(EchoGrpc::newBlockingStub).unary(saying("after it"));

    host.close();

    assertThatThrownBy(() -> hanging.get(60, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
    assertThat(host.plugins())
        .extracting(PluginStatus::state)
        .containsOnly(new PluginState.Stopped());
    HostRemains.awaitNone(before);
  }
}
