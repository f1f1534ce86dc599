package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;

/** Servers and channels over TLS on Unix sockets and TCP. */
@SuppressWarnings("DoNotCallSuggester")
public final class Transport implements AutoCloseable {
  private final TlsProvider provider;

  private Transport(TlsProvider provider) {
    this.provider = provider;
  }

  /** Returns a transport with event loops of its own. */
  public static Transport create(TlsProvider provider) {
    return new Transport(requireNonNull(provider, "provider"));
  }

  /** Returns the endpoint that {@code started} listens on. */
  public static Endpoint boundEndpoint(Endpoint asked, Server started) {
    throw new UnsupportedOperationException(asked + " " + started);
  }

  /** Returns a builder of a server that listens on {@code listen}. */
  public ServerBuilder<?> server(Endpoint listen, ServerTls tls) {
    throw new UnsupportedOperationException(listen + " " + tls);
  }

  /** Returns a builder of a channel to {@code to}. */
  public ManagedChannelBuilder<?> channel(Endpoint to, ClientTls tls) {
    throw new UnsupportedOperationException(to + " " + tls);
  }

  /** Returns the TLS library in use. */
  public TlsProvider provider() {
    return provider;
  }

  /** Returns one line for the log of a start. */
  public String describe() {
    return provider.toString();
  }

  @Override
  public void close() {}
}
