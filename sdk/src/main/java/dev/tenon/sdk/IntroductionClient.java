package dev.tenon.sdk;

import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Dns;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.Transport;
import dev.tenon.v1.DirectGrpc;
import dev.tenon.v1.IntroduceRequest;
import dev.tenon.v1.IntroduceResponse;
import dev.tenon.v1.IntroductionsGrpc;
import dev.tenon.v1.PresentRequest;
import dev.tenon.v1.PresentResponse;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Asks the host for introductions, and connects to whom it names: to that one run, believed by the
 * plugins' authority and nobody else's. On no thread of the caller's. Thread-safe.
 */
final class IntroductionClient implements Introducer {
  /** How long the host, or a provider, may take to answer. */
  private static final long TIMEOUT_SECONDS = 5;

  private final Channel control;
  private final Transport transport;
  private final CurrentIdentity identity;
  private final AgreedLimits limits;
  private final Executor calls;
  private final InstantSource clock;

  IntroductionClient(
      Channel control,
      Transport transport,
      CurrentIdentity identity,
      AgreedLimits limits,
      Executor calls,
      InstantSource clock) {
    this.control = control;
    this.transport = transport;
    this.identity = identity;
    this.limits = limits;
    this.calls = calls;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<Introduced> ask(
      String service, Set<String> methods, Optional<SpiffeId.OfPlugin> provider) {
    IntroduceRequest.Builder request =
        IntroduceRequest.newBuilder().setService(service).addAllMethods(methods);
    provider.ifPresent(known -> request.setProvider(known.runtimeId().value()));
    Answer<IntroduceResponse> answer = new Answer<>();
    IntroductionsGrpc.newStub(control)
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .introduce(request.build(), answer);
    return answer.first.thenCompose(this::read);
  }

  private CompletableFuture<Introduced> read(IntroduceResponse answer) {
    try {
      SpiffeId.OfHost host = identity.now().id().host();
      return CompletableFuture.completedFuture(Introduced.of(answer, host, clock.instant()));
    } catch (BadAnswerException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public ManagedChannel connect(Introduced introduced) {
    ClientTls tls =
        new ClientTls(
            () -> identity.credentials().trustingOnly(introduced.authorities()),
            PeerRule.exactly(introduced.provider()),
            Dns.PLUGIN);
    ManagedChannel channel =
        transport
            .channel(introduced.address(), tls, transport.ownUid())
            .executor(calls)
            .maxInboundMessageSize(limits.maxMessageBytes())
            .maxInboundMetadataSize(limits.maxMetadataBytes())
            .keepAliveTime(HostChannels.KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(HostChannels.KEEP_ALIVE_ANSWER.toSeconds(), TimeUnit.SECONDS)
            .build();
    var unused = channel.getState(/* requestConnection= */ true);
    return channel;
  }

  @Override
  public void present(Channel channel, String grant) {
    DirectGrpc.newStub(channel)
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .present(
            PresentRequest.newBuilder().setGrant(grant).build(), new Answer<PresentResponse>());
  }

  /**
   * Returns {@code headers} as they go to a provider, with {@code grant} and nothing of the host's.
   */
  static Metadata shown(Metadata headers, String grant) {
    Metadata shown = new Metadata();
    shown.merge(headers);
    Reserved.discardAll(shown);
    shown.put(SignedGrant.HEADER, grant);
    return shown;
  }

  /** The one answer of a call. */
  private static final class Answer<R> implements StreamObserver<R> {
    private final CompletableFuture<R> first = new CompletableFuture<>();

    @Override
    public void onNext(R given) {
      first.complete(given);
    }

    @Override
    public void onError(Throwable failure) {
      first.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      first.completeExceptionally(new IllegalStateException("no answer (expected: one)"));
    }
  }
}
