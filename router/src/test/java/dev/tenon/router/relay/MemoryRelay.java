package dev.tenon.router.relay;

import dev.tenon.router.http2.FakeLink;
import dev.tenon.router.http2.FakeLoop;
import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import dev.tenon.transport.LinkConnector;
import dev.tenon.transport.Loop;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A whole relay in memory, on one loop: every call goes to one provider. Callers and connections of
 * the provider are peers that send frames.
 */
public final class MemoryRelay {
  /** Most calls of one caller at once. */
  public static final int MAX_CALLS = 100;

  final FakeLoop loop = new FakeLoop();
  final RelayLoops loops = new RelayLoops(() -> System.nanoTime() + loop.nanos());
  final List<String> told = new ArrayList<>();

  /** Who ended the calls, in the order in which they ended. */
  final List<WireCall.EndedBy> endedBy = new ArrayList<>();

  final List<FakePeer> providers = new ArrayList<>();
  final ArrayDeque<LinkConnector> connecting = new ArrayDeque<>();
  final List<WireCall> calls = new ArrayList<>();
  static final Duration CALL_IDLE = Duration.ofMinutes(10);

  final WireBackend backend =
      new WireBackend(this::dial, () -> List.<Loop>of(loop), "memory", "provider.test", loops);
  private final WireFront front =
      new WireFront(
          new Through(),
          loops,
          new WireFront.Limits(
              MAX_CALLS, 64 * 1024 * 1024, Duration.ofDays(1), Duration.ofDays(1), CALL_IDLE));
  final List<FakePeer> callers = new ArrayList<>();
  int maxMessageBytes = 4 * 1024 * 1024;
  boolean connectsAtOnce = true;
  boolean forwards = true;
  @Nullable Function<WireCall, CallWatch> handler;
  @Nullable CompletableFuture<?> beforeTold;
  private int begun;
  private int over;

  /** Makes a relay with nobody at either end. */
  public MemoryRelay() {}

  private void dial(Loop on, LinkConnector connector) {
    connecting.add(connector);
    if (connectsAtOnce) {
      loop.execute(this::connect);
    }
  }

  /** The provider takes the connection that is being made. */
  void connect() {
    FakeLink link = new FakeLink(loop);
    LinkConnector connector = connecting.remove();
    providers.add(new FakePeer(loop, link, connector.connected(link)));
  }

  /** Connects a caller, which has not said anything. */
  public FakePeer silentCaller() {
    FakeLink link = new FakeLink(loop);
    FakePeer caller = new FakePeer(loop, link, front.accepted(link));
    callers.add(caller);
    return caller;
  }

  /** Connects a caller, whose SETTINGS are these. */
  FakePeer caller(int... settings) {
    FakePeer caller = silentCaller();
    var unused = caller.send(Frames.ofClient().settings(settings));
    return caller;
  }

  /** Returns a connection to a provider that is ready, whose SETTINGS are these. */
  public FakePeer provider(int... settings) {
    backend.warm();
    loop.run();
    FakePeer provider = providers.get(providers.size() - 1);
    var unused = provider.send(Frames.ofServer(settings));
    return provider;
  }

  /** Returns the connections of the provider, in the order in which they were made. */
  public List<FakePeer> providers() {
    return providers;
  }

  /** Returns how many calls have begun. */
  public int begun() {
    return begun;
  }

  /** Returns how many calls are over. */
  public int over() {
    return over;
  }

  /** Returns how many calls wait for their time. */
  public int timed() {
    return loops.of(loop).deadlines().size();
  }

  /** All connections break. */
  public void loseAll() {
    callers.forEach(FakePeer::lose);
    backend.close();
    loop.run();
    providers.forEach(FakePeer::lose);
  }

  /** Returns how many streams are open on all connections. */
  int openStreams() {
    return callers.stream().mapToInt(FakePeer::openStreams).sum()
        + providers.stream().mapToInt(FakePeer::openStreams).sum();
  }

  /** Lets {@code time} pass. */
  void advance(Duration time) {
    loop.advance(time);
  }

  private final class Through implements CallHandler {
    @Override
    public CallWatch begin(WireCall call) {
      calls.add(call);
      if (handler != null) {
        return handler.apply(call);
      }
      if (forwards) {
        call.forward(backend, List.of(), maxMessageBytes);
      }
      return new Watch(++begun, call);
    }

    @Override
    public boolean passes(String name) {
      return !name.startsWith("x-dropped")
          && !name.startsWith("tenon-")
          && !name.equals("te")
          && !name.equals("grpc-status-details-bin");
    }
  }

  private final class Watch implements CallWatch {
    private final int number;
    private final WireCall call;
    private boolean isOver;

    Watch(int number, WireCall call) {
      this.number = number;
      this.call = call;
    }

    @Override
    public void cancelled() {
      told.add(number + " cancelled");
    }

    @Override
    public @Nullable CompletableFuture<?> ending(Status status) {
      told.add(number + " " + status.getCode());
      endedBy.add(call.endedBy());
      return beforeTold;
    }

    @Override
    public void over() {
      if (isOver) {
        throw new AssertionError("over twice");
      }
      isOver = true;
      over++;
      told.add(number + " over");
    }
  }
}
