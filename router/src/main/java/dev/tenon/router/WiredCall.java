package dev.tenon.router;

import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RetryPolicy;
import dev.tenon.router.choose.Outcome;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.router.relay.CallWatch;
import dev.tenon.router.relay.WireCall;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call that came as frames. It goes on as frames where its provider takes them, else by a
 * channel. For the call's loop alone, but where {@link OpenCall} says otherwise.
 */
final class WiredCall extends OpenCall implements CallWatch, CallerSide {
  /*
   * Until it is relayed the router tells the caller the end, by `tell`; from then on the front does,
   * which asks `ending` before. A front that sees the caller's deadline while the call is pending asks
   * too: it waits on `told` until the router has ended the call.
   */
  private final WireCall call;
  private CallCounters.@Nullable Cell counted;
  private @Nullable Route relayed;
  private boolean isTold;
  private @Nullable CompletableFuture<Void> told;

  /** How the call ended at its provider, in words that are for the log alone. */
  private volatile @Nullable Status said;

  WiredCall(Router router, KnownCaller caller, WireCall call) {
    super(router, caller);
    this.call = call;
  }

  @Override
  CallSite site() {
    return known().atPath(call.path());
  }

  @Override
  Metadata headers() {
    return call.asked();
  }

  @Override
  @Nullable ServerServiceDefinition offered() {
    return null;
  }

  @Override
  long arrivedNanos() {
    return call.arrivedNanos();
  }

  @Override
  boolean isOfWire() {
    return true;
  }

  @Override
  CallerSide side() {
    return this;
  }

  /** What comes of the caller waits in the front. */
  @Override
  void pend() {}

  @Override
  void limit(Duration most) {
    call.limit(most);
  }

  @Override
  void relay(Route chosen) {
    CallCounters.Cell cell = chosen.counted();
    cell.started();
    counted = cell;
    relayed = chosen;
    int most = router().maxMessageBytes(known(), chosen);
    if (chosen.backend() instanceof Backend.OfWire wire) {
      call.forward(wire.connections(), stamps(chosen), most);
    } else {
      call.serve(new ServedChannel(this, chosen), options(), metadata(chosen), most);
    }
  }

  private List<HeaderField> stamps(Route chosen) {
    List<HeaderField> own = known().stamps();
    return chosen
        .delegation()
        .map(
            by ->
                List.of(
                    own.get(0),
                    HeaderField.of(
                        OnBehalfOf.HEADER.name(), by.token().exposeForWire(), Indexing.NEVER)))
        .orElse(own);
  }

  private Metadata metadata(Route chosen) {
    Metadata stamps = new Metadata();
    stamps.put(MetadataRules.CALLER, known().stamp());
    chosen.stamp(stamps);
    return stamps;
  }

  private CallOptions options() {
    return isTimed()
        ? CallOptions.DEFAULT.withDeadline(
            Deadline.after(call.deadlineNanos() - System.nanoTime(), TimeUnit.NANOSECONDS))
        : CallOptions.DEFAULT;
  }

  @Override
  void cancelRelayed(String why) {
    call.execute(
        () -> {
          ProviderStatus.End end = endedOr(ProviderStatus::cancelled);
          call.end(end.status(), end.trailers());
        });
  }

  @Override
  void tell(ProviderStatus.End end) {
    isTold = true;
    call.end(end.status(), end.trailers());
    CompletableFuture<Void> asked = told;
    if (asked != null) {
      asked.complete(null);
    }
  }

  @Override
  public void cancelled() {
    if (!isTold && cancel()) {
      var unused = ended(Status.CANCELLED);
    }
  }

  @Override
  public @Nullable CompletableFuture<?> ending(Status status) {
    if (isTold) {
      return null;
    }
    if (counted != null) {
      return ended(status);
    }
    CompletableFuture<Void> asked = new CompletableFuture<>();
    told = asked;
    if (isLate()) {
      wake();
    } else {
      cancel();
    }
    return asked;
  }

  /** What a provider does to a stream a caller can bring about: that is not its being away. */
  private void tellStanding(Status status) {
    switch (call.endedBy()) {
      case PROVIDER -> visits().ended(status, Outcome.EndedBy.PROVIDER, call.isAnswered());
      case STREAM -> visits().ended(Status.INTERNAL, Outcome.EndedBy.CONNECTION, call.isAnswered());
      case CONNECTION -> visits().ended(status, Outcome.EndedBy.CONNECTION, call.isAnswered());
      case OUR_SIDE -> visits().ended(status, Outcome.EndedBy.OUR_SIDE, call.isAnswered());
    }
  }

  /** Takes the call to another provider, if there is one; what it sent so far is in the front. */
  @Override
  public boolean unsent() {
    Route before = relayed;
    if (before == null
        || isTold
        || isEnded()
        || visits().tried().size() >= RetryPolicy.MOST_ATTEMPTS - 1
        || !router().hasOthers(this, before.permit().path().service())) {
      return false;
    }
    tellStanding(Status.UNAVAILABLE);
    before.counted().failed();
    Route chosen;
    try {
      chosen = visits().again();
    } catch (RefusedException | ProviderStarting refused) {
      return false;
    }
    CompletableFuture<?> ready = visits().recorded(before, Status.UNAVAILABLE, chosen);
    if (ready.isDone()) {
      takeAgain(chosen, ready);
    } else {
      var unused = ready.whenComplete((done, failure) -> execute(() -> takeAgain(chosen, ready)));
    }
    return true;
  }

  private void takeAgain(Route chosen, CompletableFuture<?> ready) {
    if (ready.isCompletedExceptionally()) {
      ProviderStatus.End failed = ProviderStatus.End.of(RefusalStatus.of(Refusal.INTERNAL));
      call.end(failed.status(), failed.trailers());
    } else if (!isOver() && !isEnded()) {
      router().logStart(chosen);
      relay(chosen);
    }
  }

  private @Nullable CompletableFuture<?> ended(Status status) {
    tellStanding(status);
    CallCounters.Cell cell = counted;
    if (cell != null && !status.isOk()) {
      cell.failed();
    }
    Status words = said;
    return ending(status, words == null ? status : words);
  }

  /** Takes what the connection to the provider, or the provider, said when the call ended there. */
  void saidAtTheEnd(Status words) {
    said = words;
  }

  /** A front that could not relay the call has not asked before. */
  @Override
  public void over() {
    if (counted != null && !isOver()) {
      var unused = ended(Status.UNAVAILABLE);
    }
    leave();
  }

  @Override
  public Duration remaining() {
    if (!isTimed()) {
      return LONGEST;
    }
    long left = Math.max(0, call.deadlineNanos() - System.nanoTime());
    return left > LONGEST.toNanos() ? LONGEST : Duration.ofNanos(left);
  }

  private boolean isTimed() {
    return call.deadlineNanos() != Long.MAX_VALUE;
  }

  /** The front tells, by {@link #cancelled}. */
  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public void wakeWhenGone(CompletableFuture<?> ready) {
    if (isTimed()) {
      ChannelCaller.wakeAfter(remaining(), ready);
    }
  }

  @Override
  public void execute(Runnable next) {
    call.execute(
        () -> {
          try {
            next.run();
          } catch (RuntimeException e) {
            WireCalls.failed(call, e);
          }
        });
  }
}
