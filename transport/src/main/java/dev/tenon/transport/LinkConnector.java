package dev.tenon.transport;

/** Who waits for a link to be made. One of its methods is called, once. */
public interface LinkConnector {
  /**
   * Returns who reads {@code link}, whose TLS is done and whose server is the right one. Called on
   * its loop; bytes may be put into it and flushed at once. The server may still refuse us, which
   * closes the link (RFC 8446, section 4.4: a client is done first).
   */
  Link.Receiver connected(Link link);

  /** There is no link, for {@code cause}. Called on the loop that was to have it. */
  void failed(Throwable cause);
}
