package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.router.http2.ByteQueue;
import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.Http2Stream;
import dev.tenon.router.http2.StreamHandler;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A call as its caller's stream. For the loop of its connection, but where {@link WireCall} says
 * otherwise.
 *
 * <p>It is long because it is one: what the handler, the caller and the provider say meets here,
 * and each of them has to look at the few flags that the others set.
 */
final class FrontCall extends WireCall implements StreamHandler {
  /** At how many looks, one after the other, a call that is ended as idle has not moved. */
  static final int LOOKS = 2;

  private static final Metadata NOTHING = new Metadata();

  /*
   * `head` is the connection's list while the handler decides, and a copy if it decides later. `early`
   * has what the caller sends before there is a provider. `watch` is told `over` once: when the caller
   * was told how the call ends and nothing waits to be written to it, or when the caller is gone.
   */
  private final FrontConnection front;
  private final Http2Stream stream;
  private Deadlines.@Nullable Node expiry; // if there is a deadline
  private CallHead head;
  private @Nullable CallWatch watch;
  private @Nullable Provider provider;
  private @Nullable ByteQueue early;
  private @Nullable MessageMeter requests; // both are there with `provider`
  private @Nullable MessageMeter answers;
  private boolean requestEnded;
  private boolean isAnswering;
  private boolean isUnsent;
  private EndedBy endedBy = EndedBy.OUR_SIDE;
  private boolean isEnding;
  private boolean isWide;
  private boolean hasMoved = true; // It has come.
  private int stillLooks;
  private boolean isTold;
  private boolean isOver;

  FrontCall(FrontConnection front, Http2Stream stream, CallHead head, boolean requestEnded) {
    this.front = front;
    this.stream = stream;
    this.head = head;
    this.requestEnded = requestEnded;
  }

  /** Lets the handler decide. */
  void begin(CallHandler handler) {
    if (head.deadlineNanos() != CallHead.NO_DEADLINE) {
      expireInTime();
    }
    CallWatch told = handler.begin(this);
    watch = told;
    if (isOver) {
      told.over();
    } else if (provider == null) {
      head = head.kept();
      if (isUnsent) {
        unsent(told);
      }
    }
  }

  private void expireInTime() {
    Expiry node = new Expiry();
    expiry = node;
    front.loop().deadlines().add(node, head.deadlineNanos());
  }

  // What the handler asks and says.

  @Override
  public String path() {
    return head.path().value();
  }

  @Override
  public Attributes connection() {
    return front.attributes();
  }

  @Override
  public Metadata asked() {
    return head.asked();
  }

  @Override
  public @Nullable HeaderField authorization() {
    return head.authorization();
  }

  @Override
  public long arrivedNanos() {
    return head.arrivedNanos();
  }

  @Override
  public long deadlineNanos() {
    return head.deadlineNanos();
  }

  @Override
  public void limit(Duration most) {
    if (!isOver && head.limit(most)) {
      front.loop().deadlines().remove(expiry);
      expireInTime();
    }
  }

  @Override
  public void execute(Runnable step) {
    front.loop().execute(step);
  }

  @Override
  public void forward(WireBackend to, List<HeaderField> stamps, int maxMessageBytes) {
    if (isOver || isEnding) {
      return;
    }
    meter(Math.min(maxMessageBytes, front.maxMessageBytes()));
    ForwardedCall call =
        new ForwardedCall(this, to.on(front.loop()), head, stamps, requestEnded && early == null);
    provider = call;
    call.begin();
    passEarly();
  }

  @Override
  public void serve(Channel channel, CallOptions options, Metadata stamps, int maxMessageBytes) {
    if (isOver || isEnding || !isReadable()) {
      return;
    }
    int most = Math.min(maxMessageBytes, front.maxMessageBytes());
    meter(most);
    ServedCall call = new ServedCall(this, head, channel, options, most);
    provider = call;
    call.begin(head, stamps);
    if (requestEnded && early == null) {
      int unused = call.send(ByteBuffer.allocate(0), /* ends= */ true);
    }
    passEarly();
  }

  /** Ends the call if its messages cannot be read. */
  private boolean isReadable() {
    boolean isKnown = Messages.isKnown(head.encoding());
    if (!isKnown) {
      finish(Status.UNIMPLEMENTED.withDescription("grpc-encoding: unknown"), EndedBy.OUR_SIDE);
    }
    return isKnown;
  }

  @Override
  public CallWatch handle(ServerMethodDefinition<?, ?> method, HandlerThreads on) {
    if (isOver || isEnding || !isReadable()) {
      return CallWatch.NOBODY;
    }
    requests = new MessageMeter(front.maxMessageBytes());
    answers = new MessageMeter(Integer.MAX_VALUE); // What we say is ours to bound.
    HandledCall<?, ?> call =
        new HandledCall<>(this, new Messages(front.maxMessageBytes(), head.encoding()), method, on);
    provider = call;
    call.begin(head.whole());
    if (requestEnded) {
      int unused = call.send(ByteBuffer.allocate(0), /* ends= */ true);
    }
    return call;
  }

  private void meter(int maxMessageBytes) {
    requests = new MessageMeter(maxMessageBytes);
    answers = new MessageMeter(maxMessageBytes);
  }

  private void passEarly() {
    ByteQueue kept = early;
    early = null;
    if (kept != null) {
      pass(kept.peek(kept.size()), requestEnded);
    }
  }

  @Override
  public void end(Status status, Metadata trailers) {
    if (!isOver && !isEnding) {
      cancelProvider();
      ended(status, front.fields().ending(status, trailers, isAnswering));
    }
  }

  // What the caller does.

  @Override
  public void headers(List<HeaderField> fields, boolean ends) {
    data(ByteBuffer.allocate(0), ends); // gRPC has no trailers of requests: they are dropped.
  }

  @Override
  public void data(ByteBuffer part, boolean ends) {
    requestEnded = ends;
    hasMoved = true;
    if (provider != null) {
      pass(part, ends);
      return;
    }
    if (isOver || isEnding) {
      stream.consumed(part.remaining());
      return;
    }
    ByteQueue kept = early;
    if (kept == null) {
      kept = new ByteQueue();
      early = kept;
    }
    kept.put(part);
  }

  private void pass(ByteBuffer part, boolean ends) {
    Provider to = requireNonNull(provider, "provider");
    if (!requireNonNull(requests, "requests").accepts(part)) {
      fail(Refusal.LIMIT_REACHED, EndedBy.OUR_SIDE);
      return;
    }
    stream.consumed(to.send(part, ends));
  }

  @Override
  public void sent(int bytes) {
    Provider from = provider;
    if (from != null) {
      from.answered(bytes);
    }
    if (isTold && stream.queued() == 0) {
      over();
    }
  }

  /** Counts in both directions. */
  @Override
  public boolean widens() {
    if (!isWide && !isOver) {
      isWide = front.widen();
    }
    return isWide;
  }

  @Override
  public void ended(End why) {
    if (isOver) {
      return;
    }
    cancelProvider();
    CallWatch told = watch;
    if (!isEnding && told != null) {
      told.cancelled();
    }
    over();
  }

  // What the provider does.

  /** The answer begins. */
  void answer(List<HeaderField> fields) {
    isAnswering = true;
    hasMoved = true;
    stream.headers(fields, /* ends= */ false);
  }

  /** Some of the answer; returns how much of it was written. */
  int answer(ByteBuffer part) {
    hasMoved = true;
    if (!requireNonNull(answers, "answers").accepts(part)) {
      fail(Refusal.LIMIT_REACHED, EndedBy.OUR_SIDE);
      return 0;
    }
    return stream.data(part, /* ends= */ false);
  }

  /** Returns how much of the answer waits for the caller. */
  int waiting() {
    return stream.queued();
  }

  /** Lets the caller send {@code bytes} more. */
  void consumed(int bytes) {
    stream.consumed(bytes);
  }

  @Override
  public boolean isAnswered() {
    return isAnswering;
  }

  @Override
  public EndedBy endedBy() {
    return endedBy;
  }

  /**
   * There is no way to the provider: of the call, which began with {@code begun}, nothing was sent,
   * and {@code kept} is what came since.
   */
  void unsent(CallHead begun, @Nullable ByteQueue kept, EndedBy why) {
    if (isOver || isEnding) {
      return;
    }
    provider = null;
    head = begun;
    early = kept;
    endedBy = why;
    CallWatch told = watch;
    if (told == null) {
      isUnsent = true; // The handler is at it still.
    } else {
      unsent(told);
    }
  }

  private void unsent(CallWatch told) {
    isUnsent = false;
    if (!told.unsent()) {
      fail(Refusal.UNAVAILABLE, endedBy);
    } else if (!isEnding) {
      endedBy = EndedBy.OUR_SIDE; // It goes to another provider.
    }
  }

  AnswerFields fields() {
    return front.fields();
  }

  /** The provider refused the call before it did anything; the caller can try it again safely. */
  void refused() {
    if (isOver || isEnding) {
      return;
    }
    isEnding = true;
    endedBy = EndedBy.CONNECTION;
    var unused = requireNonNull(watch, "watch").ending(Status.UNAVAILABLE);
    stream.reset(ErrorCode.REFUSED_STREAM);
    over();
  }

  /** The relay ends the call, which went to its provider or was about to. */
  void fail(Refusal refusal, EndedBy why) {
    if (!isOver && !isEnding) {
      cancelProvider();
      endedBy = why;
      ended(RefusalStatus.of(refusal).getStatus(), front.fields().refused(refusal, isAnswering));
    }
  }

  /** The call ends with {@code status}, which is not the provider's, because of {@code why}. */
  void finish(Status status, EndedBy why) {
    if (!isOver && !isEnding) {
      endedBy = why;
      ended(status, null);
    }
  }

  /** The provider ended the call with {@code status}; its caller gets {@code trailers}. */
  void finish(Status status, List<HeaderField> trailers) {
    if (!isOver && !isEnding) {
      endedBy = EndedBy.PROVIDER;
      ended(status, trailers);
    }
  }

  private void ended(Status status, @Nullable List<HeaderField> trailers) {
    isEnding = true;
    if (trailers == null) {
      cancelProvider();
    }
    List<HeaderField> last =
        trailers != null ? trailers : front.fields().ending(status, NOTHING, isAnswering);
    CallWatch told = watch;
    CompletableFuture<?> first = told == null ? null : told.ending(status);
    if (first == null) {
      tell(last);
      return;
    }
    List<HeaderField> kept = List.copyOf(last);
    var unused =
        first.whenComplete(
            (done, failure) ->
                execute(
                    () ->
                        tell(
                            failure == null
                                ? kept
                                : front.fields().refused(Refusal.INTERNAL, isAnswering))));
  }

  private void tell(List<HeaderField> trailers) {
    isTold = true;
    stream.headers(trailers, /* ends= */ true);
    if (stream.queued() == 0) {
      over();
    }
  }

  private void cancelProvider() {
    Provider from = provider;
    if (from != null) {
      from.cancel();
    }
  }

  /** Ends the call if nothing came for {@code limit} and it has no deadline: at a look at it. */
  void endIfIdle(Duration limit) {
    stillLooks = hasMoved ? 0 : stillLooks + 1;
    hasMoved = false;
    if (stillLooks >= LOOKS && head.deadlineNanos() == CallHead.NO_DEADLINE) {
      finish(
          Status.DEADLINE_EXCEEDED.withDescription("nothing was sent for " + limit),
          EndedBy.OUR_SIDE);
    }
  }

  private void over() {
    if (isOver) {
      return;
    }
    isOver = true;
    early = null;
    if (isWide) {
      isWide = false;
      front.narrow();
    }
    front.loop().deadlines().remove(expiry);
    CallWatch told = watch;
    if (told != null) {
      told.over();
    }
  }

  /** When the caller waits no longer. */
  private final class Expiry extends Deadlines.Node {
    @Override
    void expired() {
      if (isEnding && !isOver) {
        stream.reset(ErrorCode.CANCEL); // It does not read what it waited for.
        over();
      } else {
        finish(Status.DEADLINE_EXCEEDED.withDescription("deadline exceeded"), EndedBy.OUR_SIDE);
      }
    }
  }
}
