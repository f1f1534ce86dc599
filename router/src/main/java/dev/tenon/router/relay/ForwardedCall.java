package dev.tenon.router.relay;

import dev.tenon.core.Refusal;
import dev.tenon.router.http2.ByteQueue;
import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.Http2Stream;
import dev.tenon.router.http2.StreamHandler;
import dev.tenon.router.relay.WireCall.EndedBy;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A call as its provider's stream. For the loop of the call. */
final class ForwardedCall implements Provider, StreamHandler {
  private final FrontCall call;
  private final ProviderConnections connections;
  private CallHead head;
  private List<HeaderField> stamps;

  // `stream` is there once a connection takes it; what the caller sends until then is in `early`.
  private @Nullable Http2Stream stream;
  private @Nullable ByteQueue early;
  private Deadlines.@Nullable Node patience;
  private boolean requestEnded;
  private boolean isOver;

  ForwardedCall(
      FrontCall call,
      ProviderConnections connections,
      CallHead head,
      List<HeaderField> stamps,
      boolean requestEnded) {
    this.call = call;
    this.connections = connections;
    this.head = head;
    this.stamps = stamps;
    this.requestEnded = requestEnded;
  }

  /** Opens its stream, now or when a connection takes it. */
  void begin() {
    connections.open(this);
  }

  // What the connections to the provider say, until there is a stream.

  /** The call has to wait for a connection: what it was begun with is kept. */
  void waits() {
    head = head.kept();
    stamps = List.copyOf(stamps);
    patience = deadlines().in(ProviderConnections.LONGEST_WAIT, this::outOfPatience);
  }

  private void waitsNoMore() {
    deadlines().remove(patience);
    patience = null;
  }

  private Deadlines deadlines() {
    return connections.loop().deadlines();
  }

  /** Begins on {@code connection}. */
  void begin(ProviderConnection connection) {
    waitsNoMore();
    ByteQueue kept = early;
    Http2Stream opened =
        connection.open(head, stamps, requestEnded && kept == null, /* handler= */ this);
    stream = opened;
    if (kept != null) {
      early = null;
      call.consumed(opened.data(kept.peek(kept.size()), requestEnded));
    }
  }

  /** There is no connection for the call, or no room for it to wait for one. */
  void unreachable(EndedBy why) {
    waitsNoMore();
    if (!isOver) {
      isOver = true;
      ByteQueue kept = early;
      early = null;
      call.unsent(head, kept, why);
    }
  }

  // What the caller's side says.

  @Override
  public int send(ByteBuffer part, boolean ends) {
    requestEnded = ends;
    if (isOver) {
      int unwanted = part.remaining();
      part.position(part.limit());
      return unwanted;
    }
    Http2Stream to = stream;
    if (to != null) {
      return to.data(part, ends);
    }
    ByteQueue kept = early;
    if (kept == null) {
      kept = new ByteQueue();
      early = kept;
    }
    kept.put(part);
    return 0;
  }

  @Override
  public void answered(int bytes) {
    Http2Stream from = stream;
    if (from != null) {
      from.consumed(bytes);
    }
  }

  @Override
  public void cancel() {
    if (isOver) {
      return;
    }
    isOver = true;
    Http2Stream from = stream;
    if (from == null) {
      waitsNoMore();
      connections.forget(this);
    } else {
      from.reset(ErrorCode.CANCEL);
    }
  }

  // What the provider says.

  @Override
  public void headers(List<HeaderField> fields, boolean ends) {
    if (isOver) {
      return;
    }
    if (ends) {
      end(fields);
      return;
    }
    List<HeaderField> answer = call.fields().head(fields);
    if (answer == null) {
      fail(Refusal.UNAVAILABLE); // Whatever speaks there, it is not gRPC.
    } else {
      call.answer(answer);
    }
  }

  private void end(List<HeaderField> fields) {
    AnswerFields.StatusRead read = new AnswerFields.StatusRead();
    List<HeaderField> trailers = call.fields().end(fields, call.isAnswered(), read);
    if (trailers == null) {
      fail(Refusal.UNAVAILABLE);
      return;
    }
    isOver = true;
    Http2Stream from = stream;
    if (from != null && (!requestEnded || from.queued() > 0)) {
      from.reset(ErrorCode.NO_ERROR); // The answer is whole: no more is wanted (RFC 9113, 8.1).
    }
    call.finish(read.status, trailers);
  }

  @Override
  public void headersTooLong() {
    fail(Refusal.LIMIT_REACHED);
  }

  @Override
  public void data(ByteBuffer part, boolean ends) {
    Http2Stream from = stream;
    if (isOver || from == null) {
      return;
    }
    from.consumed(call.answer(part));
    if (ends) {
      fail(Refusal.UNAVAILABLE); // A provider that does not say how the call went has been lost.
    }
  }

  @Override
  public void sent(int bytes) {
    call.consumed(bytes);
  }

  @Override
  public boolean widens() {
    return call.widens();
  }

  private void fail(Refusal why) {
    if (!isOver) {
      cancel();
      call.fail(why, EndedBy.STREAM);
    }
  }

  @Override
  public void ended(End why) {
    if (isOver) {
      return;
    }
    isOver = true;
    if (why == End.REFUSED && !call.isAnswered()) {
      call.refused();
    } else if (why != End.LOST && isLate()) {
      call.finish(Status.DEADLINE_EXCEEDED.withDescription("deadline exceeded"), EndedBy.OUR_SIDE);
    } else {
      call.fail(Refusal.UNAVAILABLE, why == End.LOST ? EndedBy.CONNECTION : EndedBy.STREAM);
    }
  }

  /**
   * Returns whether the call's time is over or nearly so: a provider, which knows it, may see that
   * first, and breaks the stream off then.
   */
  private boolean isLate() {
    long deadline = call.deadlineNanos();
    return deadline != CallHead.NO_DEADLINE
        && deadline - System.nanoTime() <= Deadlines.TICK.toNanos();
  }

  /** The call has waited long enough. */
  private void outOfPatience() {
    connections.forget(this);
    unreachable(EndedBy.CONNECTION);
  }
}
