package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import dev.tenon.router.http2.PeerBytes;

/**
 * What must hold for any bytes at either side of a relay: nothing is thrown, the other side stays
 * as it should be, and each call is over in the end.
 */
public final class RelayBytes {
  private static final int CALLS = 3;

  private RelayBytes() {}

  /** Has a caller say {@code bytes}; returns whether its calls went on to the provider. */
  public static boolean ofCaller(byte[] bytes) {
    MemoryRelay relay = new MemoryRelay();
    FakePeer provider = relay.provider();
    FakePeer caller = relay.silentCaller();
    boolean isContent = PeerBytes.content(caller.send(Frames.ofClient()));
    for (byte[] piece : PeerBytes.pieces(bytes)) {
      isContent &= PeerBytes.content(caller.send(new Frames().raw(piece)));
    }
    assertThat(provider.read()).noneMatch(line -> line.startsWith("GOAWAY"));
    assertThat(provider.link().hasEnded()).isFalse();
    boolean isCalling = relay.begun() > 0;
    end(relay);
    return isContent && isCalling;
  }

  /** Has a provider say {@code bytes} to three calls; returns whether none was lost for it. */
  public static boolean ofProvider(byte[] bytes) {
    MemoryRelay relay = new MemoryRelay();
    FakePeer provider = relay.provider();
    FakePeer caller = relay.caller();
    Frames calls = new Frames();
    for (int i = 0; i < CALLS; i++) {
      calls.headers(2 * i + 1, i > 0, Frames.call());
    }
    var unused = caller.send(calls);
    boolean isContent = PeerBytes.content(provider.read());
    for (byte[] piece : PeerBytes.pieces(bytes)) {
      isContent &= PeerBytes.content(provider.send(new Frames().raw(piece)));
    }
    assertThat(caller.read()).noneMatch(line -> line.startsWith("GOAWAY"));
    assertThat(caller.link().hasEnded()).isFalse();
    boolean isLost = relay.told.stream().anyMatch(told -> told.endsWith("UNAVAILABLE"));
    end(relay);
    return isContent && !isLost;
  }

  private static void end(MemoryRelay relay) {
    relay.loseAll();
    assertThat(relay.over()).isEqualTo(relay.begun());
    assertThat(relay.timed()).isZero();
    assertThat(relay.openStreams()).isZero();
  }

  /** Runs the script that {@code bytes} are; returns whether it had a call. */
  public static boolean script(byte[] bytes) {
    RelayScript.endure(bytes);
    return RelayScript.compare(bytes) > 0;
  }
}
