package dev.tenon.router;

import dev.tenon.core.Refusal;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.CallWatch;
import dev.tenon.router.relay.HandlerThreads;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.router.relay.WireCall;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A call as a front has it, whose loop is whoever calls {@link #run}: the front's part of what
 * {@link WireCall} and {@link CallWatch} promise each other, without frames.
 */
final class FakeWireCall extends WireCall {
  private static final Metadata NOTHING = new Metadata();

  private final Attributes connection;
  private final String path;
  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private Metadata asked = NOTHING;
  private @Nullable HeaderField authorization;
  private long deadlineNanos = Long.MAX_VALUE;
  private @Nullable CallWatch watch;
  private EndedBy endedBy = EndedBy.OUR_SIDE;
  private boolean isEnding;
  private boolean isOver;

  @Nullable WireBackend forwardedTo;
  @Nullable Channel servedBy;
  @Nullable ServerMethodDefinition<?, ?> handledBy;
  List<HeaderField> stamps = List.of();
  Metadata servedStamps = NOTHING;
  int maxMessageBytes;
  boolean isProviderCancelled;

  /** What the caller was told, and with which trailers. */
  @Nullable Status told;

  Metadata trailers = NOTHING;

  FakeWireCall(Attributes connection, String path) {
    this.connection = connection;
    this.path = path;
  }

  FakeWireCall with(String authorization) {
    this.authorization = HeaderField.of("authorization", authorization, Indexing.NEVER);
    return this;
  }

  /** Adds what only {@link #asked} has. */
  FakeWireCall asking(String name, String value) {
    if (asked == NOTHING) {
      asked = new Metadata();
    }
    asked.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return this;
  }

  FakeWireCall until(long deadlineNanos) {
    this.deadlineNanos = deadlineNanos;
    return this;
  }

  /** Hands the call over, and does what is to be done on its loop. */
  FakeWireCall begin(CallHandler handler) {
    watch = handler.begin(this);
    if (told != null) {
      over();
    }
    return run();
  }

  /** Does what is to be done on the loop. */
  FakeWireCall run() {
    for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
      step.run();
    }
    return this;
  }

  boolean isForwarded() {
    return forwardedTo != null || servedBy != null;
  }

  boolean isOver() {
    return isOver;
  }

  /** The provider ends the call, or the front does by itself. */
  FakeWireCall ends(Status status) {
    endedBy = isForwarded() ? EndedBy.PROVIDER : EndedBy.OUR_SIDE;
    ending(status, new Metadata());
    return run();
  }

  /** The caller cancels. */
  FakeWireCall cancel() {
    CallWatch told = watch;
    if (told != null && !isEnding) {
      isEnding = true;
      isProviderCancelled = true;
      told.cancelled();
      over();
    }
    return run();
  }

  /** The front tells its caller before it has anybody to ask. */
  void fails() {
    isEnding = true;
    tell(Status.UNAVAILABLE, new Metadata());
  }

  private void ending(Status status, Metadata with) {
    if (isEnding) {
      return;
    }
    isEnding = true;
    CallWatch asked = watch;
    CompletableFuture<?> first = asked == null ? null : asked.ending(status);
    if (first == null) {
      tell(status, with);
    } else {
      var unused =
          first.whenComplete(
              (done, failure) ->
                  execute(() -> tell(failure == null ? status : Status.INTERNAL, with)));
    }
  }

  private void tell(Status status, Metadata with) {
    told = status;
    trailers = with;
    if (watch != null) {
      over();
    }
  }

  private void over() {
    CallWatch told = watch;
    if (told != null && !isOver) {
      isOver = true;
      told.over();
    }
  }

  Status.@Nullable Code code() {
    Status status = told;
    return status == null ? null : status.getCode();
  }

  /** Returns whether the caller was told {@code refusal}, and in no other words. */
  boolean isTold(Refusal refusal) {
    Status status = told;
    return status != null
        && status.getCode() == refusal.code()
        && refusal.text().equals(status.getDescription());
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public Attributes connection() {
    return connection;
  }

  @Override
  public Metadata asked() {
    return asked;
  }

  @Override
  public @Nullable HeaderField authorization() {
    return authorization;
  }

  @Override
  public long arrivedNanos() {
    return System.nanoTime();
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public void limit(Duration most) {
    deadlineNanos = Math.min(deadlineNanos, arrivedNanos() + most.toNanos());
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
  }

  @Override
  public void forward(WireBackend provider, List<HeaderField> stamps, int maxMessageBytes) {
    this.forwardedTo = provider;
    this.stamps = stamps;
    this.maxMessageBytes = maxMessageBytes;
  }

  @Override
  public void serve(Channel provider, CallOptions options, Metadata stamps, int maxMessageBytes) {
    this.servedBy = provider;
    this.servedStamps = stamps;
    this.maxMessageBytes = maxMessageBytes;
  }

  @Override
  public boolean isAnswered() {
    return false;
  }

  @Override
  public EndedBy endedBy() {
    return endedBy;
  }

  @Override
  public CallWatch handle(ServerMethodDefinition<?, ?> method, HandlerThreads on) {
    handledBy = method;
    return CallWatch.NOBODY;
  }

  @Override
  public void end(Status status, Metadata with) {
    isProviderCancelled |= isForwarded();
    ending(status, with);
  }
}
