package dev.tenon.transport;

import dev.tenon.transport.PeerCheck.Purpose;
import dev.tenon.transport.ServerTls.ClientAuth;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/**
 * Makes the TLS context of each connection from the credentials of that moment. Thread-safe.
 *
 * <p>No context serves two connections: a context remembers sessions, and a resumed session skips
 * the trust check.
 */
final class Handshakes {
  /** Where BoringSSL has a peer's certificate checked; the JDK's TLS makes tasks always. */
  enum Checks {
    /** While the connection is read. */
    ON_LOOP,
    /**
     * By the executor of the handler of TLS: with grpc-java, on the threads of a server's calls.
     */
    AS_TASKS
  }

  private final TlsProvider provider;
  private final TlsFloor floor;
  private final InstantSource clock;
  private final LongAdder trustChecks = new LongAdder();

  Handshakes(TlsProvider provider, TlsFloor floor, InstantSource clock) {
    this.provider = provider;
    this.floor = floor;
    this.clock = clock;
  }

  /**
   * Returns a context for one connection that a server of {@code tls} accepted, with {@code
   * credentials}; the caller releases it. {@code faults} is told if the client's certificate is
   * refused.
   *
   * @param checks where the client's certificate is checked
   */
  SslContext server(
      ServerTls tls, Credentials credentials, Checks checks, Consumer<HandshakeFault> faults)
      throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(new OneKey(requireKey(credentials), credentials.chain()))
            .clientAuth(
                tls.clientAuth() == ClientAuth.REQUIRED
                    ? io.netty.handler.ssl.ClientAuth.REQUIRE
                    : io.netty.handler.ssl.ClientAuth.NONE);
    return build(
        builder,
        checks,
        new PeerTrustManager(
            credentials.trustBundle(), clientCheck(tls), trustChecks::increment, faults));
  }

  /**
   * Returns a context for one connection to be made; the caller releases it. {@code ends} is given
   * what is to be run when the connection has ended, if the server is admitted.
   */
  SslContext client(ClientTls tls, Consumer<Runnable> ends) throws SSLException {
    Credentials credentials = tls.credentials().get();
    SslContextBuilder builder = SslContextBuilder.forClient();
    credentials.key().ifPresent(key -> builder.keyManager(new OneKey(key, credentials.chain())));
    return build(
        builder,
        Checks.ON_LOOP,
        new PeerTrustManager(
            credentials.trustBundle(),
            serverCheck(tls),
            chain -> isAdmitted(tls.servers(), chain, ends),
            trustChecks::increment,
            fault -> {}));
  }

  private static boolean isAdmitted(
      ServerRule servers, List<X509Certificate> chain, Consumer<Runnable> ends) {
    Optional<Runnable> end = servers.admit(chain);
    end.ifPresent(ends);
    return end.isPresent();
  }

  /** Returns what a client of {@code tls} must be. */
  PeerCheck clientCheck(ServerTls tls) {
    return new PeerCheck(tls.peers(), Purpose.CLIENT, Optional.empty(), clock);
  }

  private PeerCheck serverCheck(ClientTls tls) {
    return new PeerCheck(tls.peers(), Purpose.SERVER, Optional.of(tls.serverName()), clock);
  }

  /** Returns how often a trust check ran, over all connections. */
  long trustChecks() {
    return trustChecks.sum();
  }

  TlsProvider provider() {
    return provider;
  }

  TlsFloor floor() {
    return floor;
  }

  private SslContext build(SslContextBuilder builder, Checks checks, PeerTrustManager trust)
      throws SSLException {
    GrpcSslContexts.configure(builder, provider.netty());
    if (provider == TlsProvider.BORINGSSL) {
      builder
          .sslProvider(SslProvider.OPENSSL_REFCNT) // Freed at once, not by a finalizer.
          .option(OpenSslContextOption.USE_TASKS, checks == Checks.AS_TASKS);
    }
    return builder
        .protocols(floor.protocols())
        .ciphers(TlsFloor.SUITES, SupportedCipherSuiteFilter.INSTANCE)
        .trustManager(trust)
        .build();
  }

  private static PrivateKey requireKey(Credentials credentials) {
    return credentials
        .key()
        .orElseThrow(
            () -> new IllegalStateException("credentials: no key (expected: a server's key)"));
  }
}
