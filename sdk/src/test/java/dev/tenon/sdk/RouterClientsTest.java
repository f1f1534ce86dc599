package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.ClientSettings;
import dev.tenon.core.HeaderAuth;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.Secret;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoGrpc.EchoBlockingStub;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clients that a plugin's services get. */
final class RouterClientsTest {
  @TempDir Path folder;
  private FakeHost host;

  @BeforeEach
  void startHost() {
    host = FakeHost.start(folder);
  }

  @AfterEach
  void stopHost() {
    host.close();
  }

  @Test
  void client_undeclaredService_failsWhenMade() throws Exception {
    withContext(
        TestSettings.PATIENT,
        context ->
            assertThatThrownBy(() -> context.client(OtherGrpc::newBlockingStub))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".requires(\"testservice.v1.Other\", \">=1.0.0\")"));
  }

  /** A stub that does not tell its service fails when it is used. */
  @Test
  void client_handWrittenStubOfUndeclaredService_failsWhenCalled() throws Exception {
    withContext(
        TestSettings.PATIENT,
        context -> {
          PlainStub stub = context.client(PlainStub::new);
          assertThatThrownBy(stub::callOther)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining(".requires(\"testservice.v1.Other\", \">=1.0.0\")");
        });
    assertThat(host.data.headers).isEmpty();
  }

  /** Each call brings the runtime token, whatever the caller set. Row: SD-8 */
  @Test
  void call_anyMetadata_bringsOneToken() throws Exception {
    Metadata own = new Metadata();
    own.put(BearerToken.AUTHORIZATION, "Bearer mine");
    withContext(
        TestSettings.PATIENT,
        context -> {
          EchoBlockingStub stub = context.client(EchoGrpc::newBlockingStub);
          var unused =
              stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(own))
                  .unary(EchoRequest.getDefaultInstance());
          assertThat(context.self().toString())
              .isEqualTo("spiffe://example.test/host/h1/plugin/caller/caller-0000000000000abc");
        });
    List<String> tokens = new ArrayList<>();
    Iterable<String> sent = host.data.headers.get(0).getAll(BearerToken.AUTHORIZATION);
    assertThat(sent).isNotNull();
    sent.forEach(tokens::add);
    assertThat(tokens).hasSize(1).first().asString().matches("Bearer tnr_[A-Za-z0-9_-]{43}");
  }

  /**
   * A unary call without a deadline gets the default one; one with a deadline keeps it. Row: SD-9,
   * RT-10
   */
  @Test
  void call_noDeadline_getsThirtySeconds() throws Exception {
    withContext(
        TestSettings.PATIENT,
        context -> {
          EchoBlockingStub stub = context.client(EchoGrpc::newBlockingStub);
          var first = stub.unary(EchoRequest.getDefaultInstance());
          var second =
              stub.withDeadlineAfter(300, TimeUnit.SECONDS).unary(EchoRequest.getDefaultInstance());
          var third = stub.serverStream(EchoRequest.getDefaultInstance()).next();
          assertThat(List.of(first, second, third)).hasSize(3);
        });
    assertThat(host.data.deadlines.get(0).orElseThrow().timeRemaining(TimeUnit.SECONDS))
        .isBetween(1L, 30L);
    assertThat(host.data.deadlines.get(1).orElseThrow().timeRemaining(TimeUnit.SECONDS))
        .isBetween(200L, 300L);
    assertThat(host.data.deadlines.get(2)).isEmpty();
  }

  /** A provider that never answers holds no caller for ever. Row: CI-5, SD-9, RT-10 */
  @Test
  void call_providerIsSilent_endsWithDeadlineOfThePlugin() throws Exception {
    withContext(
        TestSettings.QUICK,
        ClientSettings.DEFAULT.withDeadline(Duration.ofMillis(500)),
        context ->
            assertThatThrownBy(
                    () ->
                        context
                            .client(EchoGrpc::newBlockingStub)
                            .unary(EchoRequest.newBuilder().setHang(true).build()))
                .isInstanceOfSatisfying(
                    StatusRuntimeException.class,
                    e ->
                        assertThat(e.getStatus().getCode())
                            .isEqualTo(Status.Code.DEADLINE_EXCEEDED)));
  }

  /**
   * An interceptor of the plugin's own sees each call, over the connection with mutual TLS, and
   * cannot bring the call to another service. Row: CI-4, CI-5
   */
  @Test
  void call_interceptorOfThePlugin_seesEachCall() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    ClientInterceptor counting =
        new ClientInterceptor() {
          @Override
          public <Q, R> ClientCall<Q, R> interceptCall(
              MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            calls.incrementAndGet();
            return next.newCall(method, options);
          }
        };
    ClientSettings settings =
        ClientSettings.DEFAULT.with(counting, HeaderAuth.apiKey(() -> Secret.of("k-1")));
    withContext(
        TestSettings.PATIENT,
        settings,
        context -> {
          var unused =
              context.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
          PlainStub other = context.client(PlainStub::new);
          assertThatThrownBy(other::callOther).isInstanceOf(IllegalStateException.class);
        });

    assertThat(calls).hasValue(2);
    assertThat(host.data.headers).hasSize(1);
    Metadata headers = host.data.headers.get(0);
    assertThat(headers.get(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER)))
        .isEqualTo("k-1");
    assertThat(headers.get(BearerToken.AUTHORIZATION)).startsWith("Bearer tnr_");
  }

  private interface Use {
    void with(PluginContext context);
  }

  private void withContext(Settings settings, Use use) throws Exception {
    withContext(settings, ClientSettings.DEFAULT, use);
  }

  private void withContext(Settings settings, ClientSettings clients, Use use) throws Exception {
    List<PluginContext> contexts = new ArrayList<>();
    Plugin plugin =
        Plugin.named("caller")
            .requires(EchoGrpc.SERVICE_NAME, "")
            .clients(clients)
            .provides(
                EchoGrpc.SERVICE_NAME,
                context -> {
                  contexts.add(context);
                  return new EchoService();
                })
            .build();
    try (RunningPlugin running = RunningPlugin.start(plugin, host.bootstrap("caller"), settings)) {
      assertThat(running).isNotNull();
      use.with(contexts.get(0));
    }
  }

  /** A stub that no generator wrote. */
  private static final class PlainStub extends AbstractBlockingStub<PlainStub> {
    PlainStub(Channel channel) {
      super(channel, CallOptions.DEFAULT);
    }

    private PlainStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected PlainStub build(Channel channel, CallOptions options) {
      return new PlainStub(channel, options);
    }

    void callOther() {
      var unused =
          ClientCalls.blockingUnaryCall(
              getChannel(),
              OtherGrpc.getUnaryMethod(),
              getCallOptions(),
              EchoRequest.getDefaultInstance());
    }
  }
}
