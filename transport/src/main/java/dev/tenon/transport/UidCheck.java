package dev.tenon.transport;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Which users may connect to a Unix socket: our own, and those whom a {@link Door} names; not even
 * root beside them. Asked before the first byte is read. Thread-safe.
 */
final class UidCheck {
  private final int ownUid;
  private final IntPredicate others;

  UidCheck(int ownUid) {
    this(ownUid, uid -> false);
  }

  UidCheck(int ownUid, IntPredicate others) {
    this.ownUid = ownUid;
    this.others = others;
  }

  /** Returns the process at the other end of {@code channel}; empty on TCP. */
  static Optional<PeerProcess> processOf(Channel channel) throws IOException {
    if (channel instanceof EpollDomainSocketChannel unix) {
      PeerCredentials credentials = unix.peerCredentials();
      return Optional.of(new PeerProcess(credentials.pid(), credentials.uid()));
    }
    return Optional.empty();
  }

  boolean accepts(PeerProcess process) {
    return process.uid() == ownUid || others.test(process.uid());
  }
}
