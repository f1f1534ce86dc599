package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.ClientSettings;
import dev.tenon.core.HeaderAuth;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.Secret;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Interceptors, TLS and deadlines of what a host's own code and its plugins call by. */
class ClientSettingsTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "far"
      services = ["testservice.v1.Echo"]

      [[provide]]
      plugin = "inner"
      services = ["testservice.v1.Other"]

      [[rule]]
      id = "own"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"

      [[rule]]
      id = "inner"
      effect = "allow"
      caller = "inner"
      service = "testservice.v1.Echo"
      """;

  private final AtomicInteger intercepted = new AtomicInteger();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();

  /** What a provider saw of a call. */
  private record Seen(Metadata headers, @Nullable SSLSession session, @Nullable Deadline deadline) {
    @Nullable String header(String name) {
      return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }
  }

  private ClientSettings settings(Duration deadline) {
    return ClientSettings.DEFAULT
        .withDeadline(deadline)
        .with(
            new ClientInterceptor() {
              @Override
              public <Q, R> ClientCall<Q, R> interceptCall(
                  MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
                intercepted.incrementAndGet();
                return next.newCall(method, options);
              }
            },
            HeaderAuth.bearer(() -> Secret.of("t-1")),
            HeaderAuth.apiKey(() -> Secret.of("k-1")));
  }

  private BindableService echo() {
    return () ->
        ServerInterceptors.intercept(
            new NamedEcho("far"),
            new ServerInterceptor() {
              @Override
              public <Q, R> ServerCall.Listener<Q> interceptCall(
                  ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                seen.add(
                    new Seen(
                        headers,
                        call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION),
                        Context.current().getDeadline()));
                return next.startCall(call, headers);
              }
            });
  }

  private static void serve(TestHost host, BindableService service) throws Exception {
    RawPlugin far = host.plugin("far");
    far.serve(service);
    far.register(NamedEcho.SERVICE);
    far.healthy();
  }

  /**
   * A client of the host's passes its interceptors, and reaches the plugin over the TLS that the
   * host was told to use. An API key gets to the plugin; credentials to the host itself do not.
   * Row: CI-4, CI-5
   */
  @Test
  void client_ofHostWithSettings_interceptedOverTls() throws Exception {
    try (TestHost host =
        TestHost.with(POLICY)
            .enrolled("far", NamedEcho.SERVICE)
            .set(builder -> builder.tlsProvider("jdk").clients(settings(Duration.ofSeconds(500))))
            .start()) {
      serve(host, echo());

      var answer =
          host.host().client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());

      assertThat(answer.getPayload().toStringUtf8()).isEqualTo("far");
      assertThat(intercepted).hasValue(1);
      Seen call = seen.get(0);
      SSLSession session = Objects.requireNonNull(call.session(), "session");
      assertThat(session.getProtocol()).isEqualTo("TLSv1.3");
      assertThat(session.getPeerCertificates()).isNotEmpty();
      assertThat(call.header("x-api-key")).isEqualTo("k-1");
      assertThat(call.header("authorization")).isNull();
      assertThat(remaining(call)).isBetween(100L, 500L);
    }
  }

  /** So does a client of a plugin inside the host. Row: CI-5 */
  @Test
  void client_ofPluginInside_hasSettingsOfThePlugin() throws Exception {
    CompletableFuture<PluginContext> context = new CompletableFuture<>();
    Plugin inner =
        Plugin.named("inner")
            .canUse(EchoGrpc.SERVICE_NAME, "")
            .clients(settings(Duration.ofSeconds(400)))
            .provides(
                OtherGrpc.SERVICE_NAME,
                made -> {
                  context.complete(made);
                  return new OtherGrpc.OtherImplBase() {};
                })
            .build();
    try (TestHost host =
        TestHost.with(POLICY)
            .enrolled("far", NamedEcho.SERVICE)
            .set(builder -> builder.plugin(inner))
            .start()) {
      serve(host, echo());

      var answer =
          context.join().client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());

      assertThat(answer.getPayload().toStringUtf8()).isEqualTo("far");
      assertThat(intercepted).hasValue(1);
      assertThat(seen.get(0).header("x-api-key")).isEqualTo("k-1");
      assertThat(remaining(seen.get(0))).isBetween(100L, 400L);
    }
  }

  private static long remaining(Seen call) {
    return Objects.requireNonNull(call.deadline(), "deadline").timeRemaining(TimeUnit.SECONDS);
  }
}
