package dev.tenon.transport;

import io.grpc.Attributes;

/**
 * The process at the other end of a Unix socket, as the kernel told it when the connection was made
 * ({@code SO_PEERCRED}, unix(7)).
 *
 * @param pid its process id then; it may have ended since
 * @param uid its effective user id then
 */
public record PeerProcess(long pid, int uid) {
  /** Where the process is found among the attributes of a connection on a Unix socket. */
  static final Attributes.Key<PeerProcess> KEY = Attributes.Key.create("dev.tenon.peer-process");
}
