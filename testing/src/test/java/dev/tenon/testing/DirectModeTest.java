package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Caller;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.PluginName;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.router.CallCount;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two plugins in processes of their own, introduced to each other by their host. Row: RT-24, PK-25.
 */
final class DirectModeTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String POLICY =
      """
      [[provide]]
      plugin = "speaker"
      services = ["testservice.v1.Echo"]
      [[provide]]
      plugin = "asker"
      services = ["testservice.v1.Other"]
      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "*"
      [[rule]]
      id = "asker"
      effect = "allow"
      caller = "asker"
      service = "testservice.v1.Echo"
      """;

  private static final String DIRECT = POLICY + "direct = true\n";

  /** Found by the processes that {@link ProgramFolder} starts. */
  static final TenonTest SPEAKER = TenonTest.with(speaker());

  static final TenonTest ASKER = TenonTest.with(asker());

  private Path folder;
  private PluginHost host;

  private static Plugin speaker() {
    return Plugin.named("speaker")
        .version("1.0.0")
        .provides(EchoGrpc.SERVICE_NAME, context -> new Speaker())
        .build();
  }

  private static Plugin asker() {
    return Plugin.named("asker")
        .version("1.0.0")
        .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(OtherGrpc.SERVICE_NAME, Asker::new)
        .build();
  }

  /** Tells who calls and which process this is; streams stay open until their caller ends them. */
  private static final class Speaker extends EchoGrpc.EchoImplBase {
    private static EchoResponse answer(ByteString payload) {
      return EchoResponse.newBuilder()
          .setPayload(payload)
          .setCaller(Caller.current().orElseThrow().id().toString())
          .setPid(ProcessHandle.current().pid())
          .build();
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      response.onNext(answer(request.getPayload()));
      response.onCompleted();
    }

    @Override
    public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> response) {
      return new StreamObserver<>() {
        @Override
        public void onNext(EchoRequest request) {
          response.onNext(answer(request.getPayload()));
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          response.onCompleted();
        }
      };
    }
  }

  /** Does with {@code Echo} what a payload asks for. */
  private static final class Asker extends OtherGrpc.OtherImplBase {
    private static final Metadata FORGED = new Metadata();

    static {
      FORGED.put(
          Metadata.Key.of("x-plugin-id", Metadata.ASCII_STRING_MARSHALLER), "spiffe://forged");
    }

    private final EchoGrpc.EchoBlockingStub echo;
    private final EchoGrpc.EchoStub streams;
    private final AtomicReference<String> stream = new AtomicReference<>("NONE");

    Asker(PluginContext context) {
      echo =
          context
              .client(EchoGrpc::newBlockingStub)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(FORGED));
      streams = context.client(EchoGrpc::newStub);
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      EchoResponse answer = answer(request.getPayload().toStringUtf8());
      response.onNext(answer);
      response.onCompleted();
    }

    private EchoResponse answer(String asked) {
      if (asked.equals("call")) {
        return called();
      }
      if (asked.equals("open")) {
        Context.ROOT.run(this::open); // It outlives this call.
      }
      return text(String.valueOf(stream.get()));
    }

    private EchoResponse called() {
      try {
        return echo.unary(EchoRequest.getDefaultInstance());
      } catch (StatusRuntimeException e) {
        return text(e.getStatus().getCode().name());
      }
    }

    private void open() {
      stream.set("OPENING");
      StreamObserver<EchoRequest> requests =
          streams
              .withDeadlineAfter(300, TimeUnit.SECONDS)
              .bidi(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(EchoResponse answer) {
                      stream.set("OPEN");
                    }

                    @Override
                    public void onError(Throwable error) {
                      stream.set(Status.fromThrowable(error).getCode().name());
                    }

                    @Override
                    public void onCompleted() {
                      stream.set("OK");
                    }
                  });
      requests.onNext(EchoRequest.getDefaultInstance());
    }

    private static EchoResponse text(String text) {
      return EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build();
    }
  }

  @BeforeEach
  void start() throws Exception {
    folder = Files.createTempDirectory(Path.of("/tmp"), "tnd");
    host =
        PluginHost.builder()
            .required("*")
            .state(folder.resolve("state"))
            .run(folder.resolve("run"))
            .startLimits(Duration.ofMinutes(2), Duration.ofMinutes(2))
            .policy(Policy.parse(POLICY))
            .plugin(
                ProgramFolder.make(
                    folder.resolve("speaker"),
                    speaker(),
                    DirectModeTest.class.getDeclaredField("SPEAKER")))
            .plugin(
                ProgramFolder.make(
                    folder.resolve("asker"),
                    asker(),
                    DirectModeTest.class.getDeclaredField("ASKER")))
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    if (host != null) {
      host.close();
    }
    TemporaryFolder.delete(folder);
  }

  private EchoResponse ask(String what) {
    return host.client(OtherGrpc::newBlockingStub)
        .unary(EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(what)).build());
  }

  private PluginStatus status(String plugin) {
    return host.plugins().stream()
        .filter(each -> each.name().equals(new PluginName(plugin)))
        .findFirst()
        .orElseThrow();
  }

  /** Returns how many calls of the asker the router has passed on. */
  private long routed() {
    return host.calls().stream()
        .filter(count -> count.caller().equals("asker"))
        .mapToLong(CallCount::calls)
        .sum();
  }

  /** Returns the answer to a call, and sees to it that it was, or was not, the router's. */
  private boolean isRouted() {
    long before = routed();
    EchoResponse answer = ask("call");
    assertThat(answer.getPid()).isEqualTo(status("speaker").pid().orElseThrow());
    assertThat(answer.getCaller())
        .isEqualTo(host.id() + "/plugin/asker/" + status("asker").runtimeId());
    return routed() > before;
  }

  private void policy(String text) throws Exception {
    host.policy().replace(parsed(text), "test");
  }

  private static Policy parsed(String text) throws ConfigException {
    return Policy.parse(text);
  }

  private String audit() throws Exception {
    return Files.readString(folder.resolve("state").resolve("audit.jsonl"));
  }

  /**
   * Without a rule that says so every call is the router's; with it calls go past it, and none
   * fails for the change; without it again they are the router's again, and what was open ends.
   */
  @Test
  void call_underDirectRule_goesPastTheRouterUntilTheRuleIsGone() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(isRouted()).isTrue();
    }
    assertThat(audit()).doesNotContain("\"introduction\"");

    policy(DIRECT);
    await().atMost(SOON).until(() -> !isRouted());
    for (int i = 0; i < 5; i++) {
      assertThat(isRouted()).isFalse();
    }
    assertThat(audit().lines())
        .filteredOn(line -> line.contains("\"introduction\"") && line.contains("\"introduce\""))
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(
                        "\"" + status("asker").runtimeId() + "\"",
                        "\"" + status("speaker").runtimeId() + "\"",
                        "Unary",
                        "\"asker\""));

    openDirectly();
    policy(POLICY);
    // By its provider, or by its own SDK, which waits a little for that.
    await().atMost(SOON).until(this::stream, Set.of("UNAUTHENTICATED", "UNAVAILABLE")::contains);
    assertThat(isRouted()).isTrue();
    assertThat(audit().lines())
        .filteredOn(line -> line.contains("\"introduction\"") && line.contains("\"end\""))
        .isNotEmpty();
  }

  /** Who is revoked at one end of an introduction is cut off from the other. */
  @Test
  void revoke_ofTheProvider_streamEndsAndNothingAnswers() throws Exception {
    policy(DIRECT);
    openDirectly();

    host.revoke(status("speaker").runtimeId());
    await().atMost(SOON).until(() -> !stream().equals("OPEN"));
    assertThat(stream()).isIn("UNAUTHENTICATED", "UNAVAILABLE");
    assertThat(ask("call").getPayload().toStringUtf8()).isEqualTo("UNAVAILABLE");
  }

  /** Opens streams until one is not the router's, as the first of its method is. */
  private void openDirectly() {
    await()
        .atMost(SOON)
        .until(
            () -> {
              long before = routed();
              ask("open");
              await().atMost(SOON).until(this::stream, "OPEN"::equals);
              return routed() == before;
            });
  }

  private String stream() {
    return ask("status").getPayload().toStringUtf8();
  }
}
