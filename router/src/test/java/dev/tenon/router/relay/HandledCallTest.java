package dev.tenon.router.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that a method of this process handles, frame by frame. */
class HandledCallTest {
  private static final Metadata.Key<String> CREDENTIAL =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> ASKED =
      Metadata.Key.of("tenon-asked", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> OWN =
      Metadata.Key.of("x-own", Metadata.ASCII_STRING_MARSHALLER);
  private static final String HEAD = ":status: 200|content-type: application/grpc";

  /** The front's limit, of which a byte more is refused. */
  private static final int MOST_BYTES = 64 * 1024 * 1024;

  private final MemoryRelay relay = new MemoryRelay();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final List<String> told = new ArrayList<>();
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private @Nullable ServerCall<byte[], byte[]> call;
  private @Nullable Context context;
  private @Nullable Metadata headers;
  private @Nullable RuntimeException failure;

  @AfterEach
  void endTimer() {
    timer.shutdownNow();
  }

  /** Has calls handled, on {@code threads}; what their method is told is in `told`. */
  private FakePeer caller(Executor threads, int... settings) {
    ServerMethodDefinition<byte[], byte[]> method =
        ServerMethodDefinition.create(
            MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
                .setType(MethodType.BIDI_STREAMING)
                .setFullMethodName("a.B/C")
                .build(),
            (begun, metadata) -> {
              call = begun;
              context = Context.current();
              headers = metadata;
              if (failure != null) {
                throw failure;
              }
              return new Told();
            });
    relay.handler = wire -> wire.handle(method, new HandlerThreads(threads, timer));
    return relay.caller(settings);
  }

  private ServerCall<byte[], byte[]> call() {
    return requireNonNull(call, "call");
  }

  private Context context() {
    return requireNonNull(context, "context");
  }

  private final class Told extends ServerCall.Listener<byte[]> {
    @Override
    public void onReady() {
      told.add("ready");
    }

    @Override
    public void onMessage(byte[] message) {
      told.add(message.length > 9 ? message.length + " bytes" : new String(message, US_ASCII));
    }

    @Override
    public void onHalfClose() {
      told.add("half");
    }

    @Override
    public void onCancel() {
      told.add("cancel");
    }

    @Override
    public void onComplete() {
      told.add("complete");
    }
  }

  private static byte[] message(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return ByteBuffer.allocate(5 + bytes.length)
        .put((byte) 0)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  private void runWaiting() {
    while (!waiting.isEmpty()) {
      waiting.remove().run();
    }
    relay.loop.run();
  }

  @Test
  void call_ofAMethod_hasItsHeadersAndIsAnswered() {
    FakePeer caller = caller(Runnable::run);
    String[] head = Frames.call("authorization: Bearer t", "tenon-asked: a", "x-own: o");
    var unused = caller.send(new Frames().headers(1, false, head).data(1, true, message("hello")));
    assertThat(told).containsExactly("ready");
    assertThat(requireNonNull(headers).get(CREDENTIAL)).isEqualTo("Bearer t");
    assertThat(requireNonNull(headers).get(ASKED)).isEqualTo("a");
    assertThat(requireNonNull(headers).get(OWN)).isEqualTo("o");

    call().request(2);
    call().sendHeaders(new Metadata());
    call().sendMessage("answer".getBytes(US_ASCII));
    Metadata trailers = new Metadata();
    trailers.put(ASKED, "for the caller");
    call().close(Status.NOT_FOUND.withDescription("no"), trailers);
    relay.loop.run();

    assertThat(told).containsExactly("ready", "hello", "half", "complete");
    assertThat(caller.read())
        .filteredOn(frame -> !frame.startsWith("WINDOW"))
        .containsExactly(
            "HEADERS 1 " + HEAD,
            "DATA 1 11",
            "HEADERS 1 END grpc-status: 5|grpc-message: no|tenon-asked: for the caller");
    assertThat(context().isCancelled()).as("a context ends with its call").isTrue();
    assertThat(relay.timed()).isZero();
  }

  /** A refusal that comes before the message costs nothing for it. */
  @Test
  void message_thatIsNotAskedFor_waitsInTheWindowOfItsStream() {
    FakePeer caller = caller(Runnable::run);
    byte[] large = new byte[30_000];
    ByteBuffer.wrap(large).put((byte) 0).putInt(29_995);
    Frames frames = new Frames().headers(1, false, Frames.call());
    for (int at = 0; at < large.length; at += 10_000) {
      frames.data(1, false, Arrays.copyOfRange(large, at, at + 10_000));
    }

    assertThat(caller.send(frames)).noneMatch(frame -> frame.startsWith("WINDOW_UPDATE 1 "));
    assertThat(told).containsExactly("ready");

    call().request(1);
    relay.loop.run();

    assertThat(told).containsExactly("ready", "29995 bytes");
    assertThat(caller.read()).anyMatch(frame -> frame.startsWith("WINDOW_UPDATE 1 "));
  }

  /** The end of a request needs not be asked for. */
  @Test
  void end_ofARequestWhoseMessagesWereTaken_isTold() {
    FakePeer caller = caller(Runnable::run);
    var unused = caller.send(new Frames().headers(1, false, Frames.call()));
    call().request(1);
    unused = caller.send(new Frames().data(1, false, message("a")).data(1, true));

    assertThat(told).containsExactly("ready", "a", "half");
  }

  /** A caller that does not read its answer. */
  @Test
  void answer_thatItsCallerDoesNotRead_makesItsMethodWait() {
    FakePeer caller = caller(Runnable::run, 0x4, 10);
    var unused = caller.send(new Frames().headers(1, true, Frames.call()));
    assertThat(call().isReady()).isTrue();

    call().sendHeaders(new Metadata());
    call().sendMessage(new byte[HandledCall.READY_BELOW_BYTES + 2_000]);

    assertThat(call().isReady()).isFalse();
    unused = caller.send(new Frames().window(1, 1_000));
    assertThat(told).containsExactly("ready", "half");
    unused = caller.send(new Frames().window(1, 2_000));
    assertThat(call().isReady()).isTrue();
    unused = caller.send(new Frames().window(1, 2_000));
    assertThat(told).containsExactly("ready", "half", "ready");
  }

  @Test
  void call_thatItsCallerCancels_endsItsMethodsContextAndIsCancelled() {
    FakePeer caller = caller(Runnable::run);
    var unused = caller.send(new Frames().headers(1, false, Frames.call()));

    unused = caller.send(new Frames().reset(1, ErrorCode.CANCEL));

    assertThat(told).containsExactly("ready", "cancel");
    assertThat(call().isCancelled()).isTrue();
    assertThat(call().isReady()).isFalse();
    assertThat(context().isCancelled()).isTrue();
    call().sendMessage(new byte[1]);
    call().close(Status.OK, new Metadata());
    relay.loop.run();
    assertThat(caller.read()).isEmpty();
    assertThat(told).hasSize(2);
  }

  @Test
  void call_whoseConnectionIsLost_isCancelledOnce() {
    FakePeer caller = caller(Runnable::run);
    var unused = caller.send(new Frames().headers(1, false, Frames.call()));

    caller.lose();

    assertThat(told).containsExactly("ready", "cancel");
  }

  @Test
  void call_thatIsLate_isEndedUnderItsMethod() {
    FakePeer caller = caller(Runnable::run);
    var unused = caller.send(new Frames().headers(1, true, Frames.call("grpc-timeout: 1000000m")));
    assertThat(context().getDeadline()).isNotNull();

    relay.advance(Duration.ofSeconds(1001));

    assertThat(caller.read()).singleElement().asString().contains("grpc-status: 4|");
    assertThat(told).containsExactly("ready", "half", "cancel");
  }

  @Test
  void method_thatThrows_endsItsCallWithoutItsWords() {
    failure = new IllegalStateException("a secret");
    FakePeer caller = caller(Runnable::run);

    List<String> said = caller.send(new Frames().headers(1, true, Frames.call()));

    assertThat(said)
        .containsExactly(
            "HEADERS 1 END "
                + HEAD
                + "|grpc-status: 2|grpc-message: Application error processing RPC");
  }

  @Test
  void message_overTheLimit_endsItsCall() {
    FakePeer caller = caller(Runnable::run);
    byte[] prefix = ByteBuffer.allocate(5).put((byte) 0).putInt(MOST_BYTES + 1).array();

    List<String> said =
        caller.send(new Frames().headers(1, false, Frames.call()).data(1, false, prefix));

    assertThat(said).first().asString().contains("grpc-status: 8|");
    assertThat(told).containsExactly("ready", "cancel");
  }

  @Test
  void message_thatEndsWithinItself_endsItsCall() {
    FakePeer caller = caller(Runnable::run);
    byte[] half = ByteBuffer.allocate(5 + 1).put((byte) 0).putInt(2).array();
    var unused = caller.send(new Frames().headers(1, false, Frames.call()));
    call().request(1);

    List<String> said = caller.send(new Frames().data(1, true, half));

    assertThat(said).first().asString().contains("grpc-status: 13|");
    assertThat(told).containsExactly("ready", "cancel");
  }

  @Test
  void messages_inACodingThatNobodyKnows_areNotAskedFor() {
    FakePeer caller = caller(Runnable::run);

    List<String> said =
        caller.send(new Frames().headers(1, true, Frames.call("grpc-encoding: zip")));

    assertThat(said).singleElement().asString().contains("grpc-status: 12|");
    assertThat(call).isNull();
    assertThat(relay.openStreams()).isZero();
  }

  /** What a method is told comes on its threads, one after the other. */
  @Test
  void events_ofACall_areToldInTurn() {
    FakePeer caller = caller(waiting::add);
    var unused =
        caller.send(new Frames().headers(1, false, Frames.call()).data(1, true, message("a")));
    assertThat(call).isNull();
    assertThat(waiting).hasSize(1);

    runWaiting();
    call().request(1);
    unused = caller.send(new Frames().reset(1, ErrorCode.CANCEL));
    assertThat(told).containsExactly("ready");
    runWaiting();

    assertThat(told).startsWith("ready", "a", "half").endsWith("cancel");
  }

  @Test
  void call_whoseThreadsHaveEnded_isUnavailable() {
    FakePeer caller =
        caller(
            step -> {
              throw new RejectedExecutionException("closed");
            });

    List<String> said = caller.send(new Frames().headers(1, true, Frames.call()));

    assertThat(said).containsExactly("HEADERS 1 END " + HEAD + "|grpc-status: 14");
    assertThat(relay.openStreams()).isZero();
  }
}
