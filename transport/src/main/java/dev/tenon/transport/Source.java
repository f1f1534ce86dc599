package dev.tenon.transport;

import io.grpc.Attributes;
import io.grpc.ServerCall;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Where a connection comes from, as the system knows it and no peer can choose it: on a Unix socket
 * the user, on TCP the address without the port. Of an IPv6 address it is the network of 64 bits,
 * because who has one address there has them all.
 *
 * @param name such as {@code uid:1000} or {@code ip:192.0.2.1}
 */
public record Source(String name) {
  /** Where the source is found among the attributes of a connection's calls. */
  public static final Attributes.Key<Source> KEY = Attributes.Key.create("dev.tenon.source");

  /** What connections share about which the system tells nothing. */
  public static final Source UNKNOWN = new Source("unknown");

  private static final int IPV6_NETWORK_BYTES = 8;

  /** Returns where {@code call} comes from. */
  public static Source of(ServerCall<?, ?> call) {
    return Optional.ofNullable(call.getAttributes().get(KEY)).orElse(UNKNOWN);
  }

  static Source of(Optional<PeerProcess> process, SocketAddress remote) {
    if (process.isPresent()) {
      return new Source("uid:" + process.get().uid());
    }
    if (remote instanceof InetSocketAddress tcp && tcp.getAddress() != null) {
      return new Source("ip:" + network(tcp.getAddress()));
    }
    return UNKNOWN;
  }

  private static String network(InetAddress address) {
    if (!(address instanceof Inet6Address) || address.isLoopbackAddress()) {
      return address.getHostAddress();
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, IPV6_NETWORK_BYTES, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes).getHostAddress() + "/64";
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // Sixteen bytes are an address.
    }
  }
}
