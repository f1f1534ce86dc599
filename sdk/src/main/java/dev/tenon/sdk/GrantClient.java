package dev.tenon.sdk;

import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.RefreshGrantRequest;
import dev.tenon.v1.RefreshGrantResponse;
import dev.tenon.v1.ReleaseGrantRequest;
import dev.tenon.v1.ReleaseGrantResponse;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Asks the host for grants, on no thread of the caller's. Thread-safe. */
final class GrantClient {
  /** How long the host may take to answer. */
  private static final long TIMEOUT_SECONDS = 5;

  private final Channel control;
  private final InstantSource clock;

  GrantClient(Channel control, InstantSource clock) {
    this.control = control;
    this.clock = clock;
  }

  /** Asks for a grant of {@code service}, with all that the policy gives within it. */
  CompletableFuture<HeldGrant> request(String service) {
    Answered<GrantResponse> answer = new Answered<>();
    GrantRequest request =
        GrantRequest.newBuilder()
            .setService(service)
            .setReason("first call of the service by the plugin")
            .build();
    // Others may wait for it too: it does not end with the call that is served just now.
    Context.ROOT.run(() -> stub().request(request, answer));
    return answer.held(
        given ->
            HeldGrant.of(
                given.getGrantId(), given.getGrantToken(), given.getExpires(), clock.instant()));
  }

  /** Asks for a new token and a whole life for {@code grant}. */
  CompletableFuture<HeldGrant> refresh(HeldGrant grant) {
    Answered<RefreshGrantResponse> answer = new Answered<>();
    stub().refresh(RefreshGrantRequest.newBuilder().setGrantId(grant.id()).build(), answer);
    return answer.held(
        given ->
            HeldGrant.of(grant.id(), given.getGrantToken(), given.getExpires(), clock.instant()));
  }

  /** Gives {@code grant} back; when that fails, it expires. */
  void release(HeldGrant grant) {
    stub()
        .release(
            ReleaseGrantRequest.newBuilder().setGrantId(grant.id()).build(),
            new Answered<ReleaseGrantResponse>());
  }

  private GrantsGrpc.GrantsStub stub() {
    return GrantsGrpc.newStub(control).withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  /** Reads one answer. */
  @FunctionalInterface
  private interface Reading<R> {
    HeldGrant read(R answer) throws BadAnswerException;
  }

  /** The one answer of a call. */
  private static final class Answered<R> implements StreamObserver<R> {
    private final CompletableFuture<R> answer = new CompletableFuture<>();

    CompletableFuture<HeldGrant> held(Reading<R> reading) {
      return answer.thenCompose(
          given -> {
            try {
              return CompletableFuture.completedFuture(reading.read(given));
            } catch (BadAnswerException e) {
              return CompletableFuture.failedFuture(e);
            }
          });
    }

    @Override
    public void onNext(R given) {
      answer.complete(given);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      answer.completeExceptionally(new IllegalStateException("no answer (expected: one)"));
    }
  }
}
