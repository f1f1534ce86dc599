package dev.tenon.router.relay;

import dev.tenon.router.http2.ClientConnection;
import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.router.http2.Http2Stream;
import dev.tenon.router.http2.StreamHandler;
import dev.tenon.transport.Link;
import java.util.ArrayList;
import java.util.List;

/** One connection to a provider. For its loop. */
final class ProviderConnection implements ClientConnection.Listener {
  private final ProviderConnections connections;
  private final ClientConnection http2;
  private final List<HeaderField> list = new ArrayList<>();

  // Objects of this connection's own: its encoder remembers in them where it has them.
  private final HeaderField method = HeaderField.of(":method", "POST", Indexing.INDEXED);
  private final HeaderField scheme = HeaderField.of(":scheme", "https", Indexing.INDEXED);
  private final HeaderField trailers = HeaderField.of("te", "trailers", Indexing.INDEXED);
  private final HeaderField authority;

  private boolean hadRoom;

  ProviderConnection(ProviderConnections connections, Link link, String serverName) {
    this.connections = connections;
    this.authority = HeaderField.of(":authority", serverName, Indexing.INDEXED);
    this.http2 = new ClientConnection(link, this, connections.loop().flusher());
  }

  ClientConnection http2() {
    return http2;
  }

  /** Returns whether it ever took a stream, or would have. */
  boolean hadRoom() {
    return hadRoom;
  }

  /** Opens the stream of a call. */
  Http2Stream open(CallHead head, List<HeaderField> stamps, boolean ends, StreamHandler handler) {
    list.clear();
    list.add(method);
    list.add(scheme);
    head.forwardTo(list, authority, trailers);
    for (int i = 0; i < stamps.size(); i++) {
      list.add(stamps.get(i));
    }
    return http2.open(list, ends, handler);
  }

  @Override
  public void roomMade() {
    hadRoom |= http2.canOpen();
    connections.roomMade(this);
  }

  @Override
  public void leaving() {
    connections.left(this);
  }

  @Override
  public void broken(ErrorCode code, String what) {
    connections.broken(code, what);
  }

  @Override
  public void ended() {
    connections.left(this);
  }
}
