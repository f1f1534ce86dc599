package dev.tenon.router.relay;

import dev.tenon.transport.RareLog;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call whose provider is a method of this process. For the loop of the call, but where it says
 * otherwise.
 */
final class HandledCall<Q, R> implements Provider, CallWatch, Requests.Taker {
  /** So much of the answer may wait before its method is told to wait, as grpc-java has it. */
  static final int READY_BELOW_BYTES = 32 * 1024;

  private static final RareLog LOG = RareLog.of(HandledCall.class);
  private static final int PREFIX_BYTES = 5;

  /*
   * What the method is told are `steps`, one after the other on its threads. What it says, on whatever
   * thread, is put in `said` and taken from it on the loop: so it keeps its order, also where the method
   * is on the loop itself. A message of the request is put together when the method has asked for it;
   * before that its bytes wait in the window of the caller's stream.
   */
  private final FrontCall call;
  private final ServerMethodDefinition<Q, R> method;
  private final HandlerThreads threads;
  private final Requests requests;
  private final InTurn steps;
  private final Context.CancellableContext context;
  private final Queue<Runnable> said = new ConcurrentLinkedQueue<>();
  private final AtomicInteger unsent = new AtomicInteger();
  private final Answer answer = new Answer();
  private ServerCall.Listener<Q> listener = new ServerCall.Listener<>() {}; // for `steps`
  private long wanted;
  private boolean isEnded;
  private boolean isTold;
  private volatile boolean isCancelled;

  /** Makes what takes {@code call}, whose messages are {@code messages}, to {@code method}. */
  HandledCall(
      FrontCall call,
      Messages messages,
      ServerMethodDefinition<Q, R> method,
      HandlerThreads threads) {
    this.call = call;
    this.method = method;
    this.threads = threads;
    this.requests = new Requests(messages, this);
    this.steps = new InTurn(threads.calls());
    this.context = context(call.deadlineNanos());
  }

  private Context.CancellableContext context(long deadlineNanos) {
    return deadlineNanos == CallHead.NO_DEADLINE
        ? Context.ROOT.withCancellation()
        : Context.ROOT.withDeadline(
            Deadline.after(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS),
            threads.timer());
  }

  /** Has the method begin, with {@code headers}. */
  void begin(Metadata headers) {
    step(
        () -> {
          listener = method.getServerCallHandler().startCall(answer, headers);
          listener.onReady();
        });
  }

  private void tell(Consumer<ServerCall.Listener<Q>> event) {
    step(() -> event.accept(listener));
  }

  private void step(Runnable step) {
    try {
      steps.execute(() -> run(step));
    } catch (RejectedExecutionException e) {
      say(() -> end(Status.UNAVAILABLE, new Metadata())); // The host ends.
    }
  }

  /** On the method's threads. */
  private void run(Runnable step) {
    Context before = context.attach();
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      LOG.defect("a call is ended because its method failed", e);
      answer.close(
          Status.UNKNOWN.withDescription("Application error processing RPC"), new Metadata());
    } finally {
      context.detach(before);
    }
  }

  // What the caller's side says.

  @Override
  public int send(ByteBuffer part, boolean ends) {
    return requests.send(part, ends);
  }

  @Override
  public boolean isReady() {
    return wanted > 0 && !isEnded;
  }

  @Override
  public void message(byte[] message) {
    wanted--;
    tell(to -> to.onMessage(method.getMethodDescriptor().parseRequest(stream(message))));
  }

  private static InputStream stream(byte[] message) {
    return new ByteArrayInputStream(message);
  }

  @Override
  public void ended() {
    tell(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void refused(Status why) {
    cancel();
    call.finish(why, WireCall.EndedBy.OUR_SIDE);
  }

  @Override
  public void answered(int bytes) {
    boolean wasFull = unsent.getAndAdd(-bytes) >= READY_BELOW_BYTES;
    if (wasFull && answer.isReady() && !isEnded) {
      tell(ServerCall.Listener::onReady);
    }
  }

  @Override
  public void cancel() {
    isEnded = true;
    requests.drop();
    if (isTold) {
      return;
    }
    isTold = true;
    isCancelled = true;
    try {
      // As grpc-java does: a method that waits is told by its context, and by nothing else.
      threads.calls().execute(() -> context.cancel(Status.CANCELLED.asRuntimeException()));
    } catch (RejectedExecutionException e) {
      return; // The host ends.
    }
    tell(ServerCall.Listener::onCancel);
  }

  // What becomes of the call.

  @Override
  public void cancelled() {} // By `cancel`.

  @Override
  public @Nullable CompletableFuture<?> ending(Status status) {
    return null;
  }

  @Override
  public void over() {
    isEnded = true;
    requests.drop();
    if (!isTold) {
      isTold = true;
      tell(ServerCall.Listener::onComplete);
      step(() -> context.cancel(null));
    }
  }

  // What the method says.

  private void say(Runnable what) {
    said.add(what);
    try {
      call.execute(this::takeSaid);
    } catch (RejectedExecutionException e) {
      // The loops have ended, and all connections with them.
    }
  }

  private void takeSaid() {
    for (Runnable what = said.poll(); what != null; what = said.poll()) {
      what.run();
    }
  }

  private void want(int messages) {
    wanted += messages;
    int passed = requests.passHeld();
    if (passed > 0) {
      call.consumed(passed);
    }
  }

  private void head(Metadata headers) {
    if (!isEnded && !call.isAnswered()) {
      call.answer(call.fields().served(headers));
    }
  }

  private void message(ByteBuffer framed) {
    if (!isEnded) {
      int whole = framed.remaining();
      answered(Math.min(whole, call.answer(framed)));
    }
  }

  private void end(Status status, Metadata trailers) {
    if (!isEnded) {
      isEnded = true;
      requests.drop();
      call.finish(status, call.fields().ending(status, trailers, call.isAnswered()));
    }
  }

  /** The call as its method has it. For any thread, one at a time, as in grpc-java. */
  private final class Answer extends ServerCall<Q, R> {
    private volatile boolean isClosed;

    @Override
    public void request(int messages) {
      say(() -> want(messages));
    }

    @Override
    public void sendHeaders(Metadata headers) {
      say(() -> head(headers));
    }

    @Override
    public void sendMessage(R message) {
      byte[] bytes;
      try (InputStream stream = method.getMethodDescriptor().streamResponse(message)) {
        bytes = stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException("message", e);
      }
      ByteBuffer framed = ByteBuffer.allocate(PREFIX_BYTES + bytes.length);
      framed.put((byte) 0).putInt(bytes.length).put(bytes).flip();
      unsent.addAndGet(framed.remaining());
      say(() -> HandledCall.this.message(framed));
    }

    @Override
    public void close(Status status, Metadata trailers) {
      isClosed = true;
      say(() -> end(status, trailers));
    }

    @Override
    public boolean isReady() {
      return !isClosed && !isCancelled && unsent.get() < READY_BELOW_BYTES;
    }

    @Override
    public boolean isCancelled() {
      return isCancelled;
    }

    @Override
    public Attributes getAttributes() {
      return call.connection();
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return method.getMethodDescriptor();
    }
  }
}
