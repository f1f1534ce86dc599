package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.Endpoint;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which way the calls of a plugin take, and what is on them. Row: RT-24. */
final class DirectCallsTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final SpiffeId.OfPlugin PROVIDER =
      TestTrust.create().plugin("echo"); // of the host example.test/host/h1

  private final End host = new End("host");
  private final End provider = new End("provider");
  private final FakeIntroducer introducer = new FakeIntroducer();
  private final List<Runnable> tasks = new ArrayList<>();
  private volatile Instant now = Instant.parse("2026-11-23T12:00:00Z");
  private DirectCalls calls;
  private Channel channel;

  /** A server that answers, or refuses as it is told, and remembers what came. */
  private static final class End implements ServerInterceptor {
    final List<Metadata> headers = new CopyOnWriteArrayList<>();
    final String name = InProcessServerBuilder.generateName();
    final Server server;
    volatile @Nullable Refusal refusal;

    End(String title) {
      try {
        server =
            InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(new EchoService())
                .intercept(this)
                .build()
                .start();
      } catch (IOException e) {
        throw new IllegalStateException(title, e);
      }
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
      headers.add(metadata);
      Refusal refused = refusal;
      return refused == null ? next.startCall(call, metadata) : HostOnly.refuse(call, refused);
    }

    ManagedChannel channel() {
      return InProcessChannelBuilder.forName(name).directExecutor().build();
    }
  }

  /** Introduces as the test says, and connects to the provider. */
  private final class FakeIntroducer implements Introducer {
    final List<String> asked = new ArrayList<>();
    final List<ManagedChannel> made = new ArrayList<>();
    final List<String> presented = new ArrayList<>();
    @Nullable Status refuses;

    @Override
    public CompletableFuture<Introduced> ask(
        String service, Set<String> methods, Optional<SpiffeId.OfPlugin> at) {
      asked.add(service + new TreeSet<>(methods) + at.map(id -> " at " + id.name()).orElse(""));
      Status refused = refuses;
      if (refused != null) {
        return CompletableFuture.failedFuture(refused.asRuntimeException());
      }
      return CompletableFuture.completedFuture(
          new Introduced(
              PROVIDER,
              new Endpoint.Tcp("127.0.0.1", 1),
              List.of(),
              "grant-" + asked.size(),
              methods,
              "serial-" + asked.size(),
              now,
              now.plusSeconds(60)));
    }

    @Override
    public ManagedChannel connect(Introduced introduced) {
      ManagedChannel connected = provider.channel();
      made.add(connected);
      await().atMost(SOON).until(() -> connected.getState(true), ConnectivityState.READY::equals);
      return connected;
    }

    @Override
    public void present(Channel at, String grant) {
      presented.add(grant);
    }
  }

  @BeforeEach
  void start() {
    calls =
        new DirectCalls(
            introducer,
            (delay, task) -> {
              tasks.add(task);
              return () -> {};
            },
            () -> now);
    channel = ClientInterceptors.intercept(host.channel(), calls);
    calls.told(new DirectTold(true, List.of(), List.of()));
  }

  @AfterEach
  void stop() {
    calls.close();
    host.server.shutdownNow();
    provider.server.shutdownNow();
  }

  private void call(String... headers) {
    Metadata metadata = new Metadata();
    for (int i = 0; i < headers.length; i += 2) {
      metadata.put(Metadata.Key.of(headers[i], Metadata.ASCII_STRING_MARSHALLER), headers[i + 1]);
    }
    EchoResponse unused =
        EchoGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
            .unary(EchoRequest.getDefaultInstance());
  }

  private void assertCalls(int atHost, int atProvider) {
    assertThat(host.headers).hasSize(atHost);
    assertThat(provider.headers).hasSize(atProvider);
  }

  @Test
  void call_off_nobodyIsAsked() {
    calls.told(DirectTold.OFF);
    call();
    call();

    assertCalls(2, 0);
    assertThat(introducer.asked).isEmpty();
  }

  /** The first call waits for nothing; those after it show the grant and keep no secret of ours. */
  @Test
  void call_introduced_goesToTheProviderWithoutWhatIsTheHosts() {
    call();
    call("authorization", "Bearer secret", "cookie", "secret", "x-plugin-id", "evil", "app", "1");

    assertCalls(1, 1);
    assertThat(introducer.asked).containsExactly("testservice.v1.Echo[Unary]");
    Metadata shown = provider.headers.get(0);
    assertThat(shown.get(SignedGrant.HEADER)).isEqualTo("grant-1");
    assertThat(shown.keys())
        .contains("app", "tenon-direct")
        .doesNotContain("authorization", "cookie", "x-plugin-id");
  }

  /** A method that is not in the grant goes by the host until it is. */
  @Test
  void call_otherMethod_isAskedForWithTheFirst() {
    call();
    var unused =
        EchoGrpc.newBlockingStub(channel).serverStream(EchoRequest.getDefaultInstance()).next();

    assertCalls(2, 0);
    assertThat(introducer.asked)
        .containsExactly(
            "testservice.v1.Echo[Unary]", "testservice.v1.Echo[ServerStream, Unary] at echo");
  }

  @Test
  void call_thatAsksSomethingOfTheHost_goesThroughIt() {
    call();
    call("tenon-to", "echo-0000000000000001");
    call("tenon-on-behalf-of", "token");

    assertCalls(3, 0);
  }

  /** The one thing that a provider may tell: the way is left, and the call may be made again. */
  @Test
  void call_grantNotAccepted_isToldSoAndTheNextGoesThroughTheHost() {
    call();
    provider.refusal = Refusal.GRANT_NOT_ACCEPTED;
    long begun = System.nanoTime();

    assertThat(calls.wasRefusedSince(EchoGrpc.SERVICE_NAME, begun)).isFalse();
    assertThat(refused()).contains(Refusal.GRANT_NOT_ACCEPTED);
    assertThat(calls.wasRefusedSince(EchoGrpc.SERVICE_NAME, begun)).isTrue();
    call();
    assertCalls(2, 1);
  }

  /** A provider cannot speak for the host: it would have the plugin renew its identity. */
  @Test
  void call_providerSpeaksAsTheHost_isItsOwnStatusAlone() {
    call();
    provider.refusal = Refusal.NOT_AUTHENTICATED;

    assertThat(refused()).isEmpty();
    assertThat(provider.headers).hasSize(1);
  }

  private Optional<Refusal> refused() {
    try {
      call();
      throw new AssertionError("answered");
    } catch (StatusRuntimeException e) {
      Metadata trailers = e.getTrailers();
      return RefusalStatus.ofHost(e.getStatus(), trailers == null ? new Metadata() : trailers);
    }
  }

  @Test
  void end_ofTheIntroduction_callsGoThroughTheHostAndOpenOnesAreCut() {
    call();
    calls.end(List.of("other"), OpenCalls.CUT);
    call();
    assertCalls(1, 1);

    introducer.refuses = Status.PERMISSION_DENIED;
    calls.end(List.of("serial-1"), OpenCalls.CUT);
    call();
    assertCalls(2, 1);
    assertThat(introducer.made.get(0).isShutdown()).isTrue();
    tasks.forEach(Runnable::run); // the last words are over
    await().atMost(SOON).until(() -> introducer.made.get(0).isTerminated());
  }

  /** Who is refused does not ask at each call; after a change of the policy at once. */
  @Test
  void ask_refused_asksAgainAfterAWhileOrWhenTold() {
    introducer.refuses = Status.PERMISSION_DENIED;
    call();
    call();
    assertThat(introducer.asked).hasSize(1);

    now = now.plus(DirectPath.LONG_PAUSE);
    call();
    assertThat(introducer.asked).hasSize(2);

    introducer.refuses = null;
    calls.told(new DirectTold(true, List.of(), List.of()));
    call();
    call();
    assertCalls(4, 1);
  }

  /** At half life, over the same connection; not if nobody called meanwhile. */
  @Test
  void renew_used_newGrantOnTheSameConnectionAndUnused_isGivenUp() {
    call();
    now = now.plusSeconds(30);
    tasks.remove(0).run();
    call();
    assertThat(introducer.asked).last().isEqualTo("testservice.v1.Echo[Unary] at echo");
    assertThat(provider.headers.get(0).get(SignedGrant.HEADER)).isEqualTo("grant-2");
    assertThat(introducer.made).hasSize(1);

    now = now.plusSeconds(61);
    call();
    assertCalls(2, 1);
    tasks.remove(0).run();
    assertThat(introducer.made.get(0).isShutdown()).isTrue();
  }

  @Test
  void told_off_connectionsEnd() {
    call();
    calls.told(DirectTold.OFF);
    call();

    assertCalls(2, 0);
    assertThat(introducer.made.get(0).isShutdown()).isTrue();
  }
}
