package dev.tenon.router.relay;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.router.http2.Http2Stream;
import dev.tenon.router.http2.ServerConnection;
import dev.tenon.router.http2.StreamHandler;
import dev.tenon.transport.Link;
import dev.tenon.transport.Loop;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One connection of a caller. For its loop. */
final class FrontConnection implements ServerConnection.Acceptor {
  /**
   * Most calls at once for which more may be kept than for others: what a caller lets wait is its
   * calls times the first window of a stream, and little more.
   */
  static final int MOST_WIDE = 8;

  private final WireFront front;
  private final RelayLoop loop;
  private final Link link;
  private final CallHandler handler;
  private final int maxMessageBytes;
  private final Predicate<String> passes;
  private final AnswerFields fields;
  private final ServerConnection http2;
  private final Duration callIdle;
  private final Loop.Timer age;
  private Loop.Timer idle;
  private Loop.@Nullable Timer look;
  private int wide;
  private boolean isBroken;
  private long lastCallNanos = System.nanoTime();

  FrontConnection(
      WireFront front, RelayLoop loop, Link link, CallHandler handler, WireFront.Limits limits) {
    this.front = front;
    this.loop = loop;
    this.link = link;
    this.handler = handler;
    this.maxMessageBytes = limits.maxMessageBytes();
    this.passes = handler::passes;
    this.fields = new AnswerFields(passes);
    this.callIdle = limits.callIdle();
    this.age = link.loop().schedule(this::retire, jittered(limits.age()));
    this.idle = link.loop().schedule(() -> retireIfIdle(limits.idle()), limits.idle());
    this.http2 = new ServerConnection(link, this, limits.calls(), loop.flusher());
  }

  /** So that connections which began together do not all end together. */
  private static Duration jittered(Duration age) {
    return Duration.ofNanos(
        (long) (age.toNanos() * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble())));
  }

  private void retire() {
    http2.retire();
  }

  private void retireIfIdle(Duration limit) {
    Duration left = limit.minusNanos(System.nanoTime() - idleSince());
    if (left.isNegative() || left.isZero()) {
      retire();
    } else {
      idle = link.loop().schedule(() -> retireIfIdle(limit), left);
    }
  }

  /** Looks at the calls from now on, as long as there are any. */
  private void lookAtCalls() {
    if (look == null) {
      look = link.loop().schedule(this::endIdleCalls, callIdle.dividedBy(FrontCall.LOOKS));
    }
  }

  private void endIdleCalls() {
    look = null;
    http2.forEachHandler(call -> ((FrontCall) call).endIfIdle(callIdle));
    if (http2.openStreams() > 0) {
      lookAtCalls();
    }
  }

  ServerConnection http2() {
    return http2;
  }

  RelayLoop loop() {
    return loop;
  }

  Attributes attributes() {
    return link.attributes();
  }

  int maxMessageBytes() {
    return maxMessageBytes;
  }

  AnswerFields fields() {
    return fields;
  }

  /** Returns since when there is no call, by {@link System#nanoTime}; now, if there is one. */
  private long idleSince() {
    return http2.openStreams() > 0 ? System.nanoTime() : lastCallNanos;
  }

  /** Returns whether more may be kept for one call more, until {@link #narrow}. */
  boolean widen() {
    if (wide == MOST_WIDE) {
      return false;
    }
    wide++;
    return true;
  }

  void narrow() {
    wide--;
  }

  @Override
  public StreamHandler accept(Http2Stream stream, List<HeaderField> list, boolean ends) {
    lastCallNanos = loop.flusher().turnNanos();
    CallHead head = new CallHead(list, passes, lastCallNanos);
    FrontCall call = new FrontCall(this, stream, head, ends);
    lookAtCalls();
    if (!head.isGrpc()) {
      refuse(stream, "415", Status.INTERNAL.withDescription("not a call of gRPC"));
    } else if (head.isTimeoutMalformed()) {
      refuse(
          stream,
          "200",
          Status.INVALID_ARGUMENT.withDescription(
              "grpc-timeout: malformed (expected: at most 8 digits and H, M, S, m, u or n)"));
    } else {
      call.begin(handler);
    }
    return call;
  }

  /** Ends what no handler is asked about. */
  private void refuse(Http2Stream stream, String httpStatus, Status status) {
    List<HeaderField> end = new ArrayList<>(fields.ending(status, new Metadata(), false));
    end.set(0, HeaderField.of(":status", httpStatus, Indexing.PLAIN));
    stream.headers(end, /* ends= */ true);
  }

  @Override
  public Duration heldFor() {
    return front.heldFor(this);
  }

  @Override
  public void broken(ErrorCode code, String what) {
    isBroken = true;
    front.broken(this, code, what);
  }

  /** Its calls were told. Its timers would keep it for an hour, and a flood of its kind with it. */
  @Override
  public void ended() {
    front.ended(this, isBroken ? 100 : http2.usedPercent());
    age.cancel();
    idle.cancel();
    if (look != null) {
      look.cancel();
    }
  }
}
