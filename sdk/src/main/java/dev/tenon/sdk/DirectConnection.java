package dev.tenon.sdk;

import dev.tenon.core.Caller;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Connection;
import io.grpc.Attributes;
import io.grpc.ServerCall;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A connection of another plugin of the host's, which has been let in. Thread-safe. */
final class DirectConnection {
  /** Where it is found among the attributes of its calls. */
  static final Attributes.Key<DirectConnection> KEY =
      Attributes.Key.create("dev.tenon.direct-connection");

  /**
   * So many calls with a grant that is not accepted end the connection: shaking hands has a price.
   */
  static final int MAX_REFUSED = 100;

  private final SpiffeId.OfPlugin caller;
  private final Caller asCaller;
  private final Connection connection;
  private final AtomicInteger refused = new AtomicInteger();
  private volatile @Nullable ShownGrant latest;

  DirectConnection(SpiffeId.OfPlugin caller, Connection connection) {
    this.caller = caller;
    this.asCaller = new Caller(caller);
    this.connection = connection;
  }

  /** Returns on which direct connection {@code call} is made; empty if the host makes it. */
  static Optional<DirectConnection> of(ServerCall<?, ?> call) {
    return Optional.ofNullable(call.getAttributes().get(KEY));
  }

  /** Returns who is at the other end, by its certificate. */
  SpiffeId.OfPlugin caller() {
    return caller;
  }

  /** Returns the same for services: it is of the own host, or it was not let in. */
  Caller asCaller() {
    return asCaller;
  }

  /** Returns the chain that it proved itself with. */
  List<X509Certificate> chain() {
    return connection.peerChain();
  }

  /** Returns the grant that was shown last, if it was {@code text}: it need not be read again. */
  @Nullable ShownGrant latest(String text) {
    ShownGrant shown = latest;
    return shown != null && shown.text().equals(text) ? shown : null;
  }

  void latest(ShownGrant shown) {
    latest = shown;
  }

  void refused() {
    if (refused.incrementAndGet() >= MAX_REFUSED) {
      end();
    }
  }

  /** Ends it; what calls on it have answered is sent. Returns at once. */
  void end() {
    connection.close();
  }
}
