package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The right to call one service of the host back while the current call is served, which the host
 * brought along with that call and which ends with it, however it ends. Immutable and thread-safe;
 * prints no secret.
 *
 * <p>Nothing is to be done with it: a stub of the service that the plugin declared, used while the
 * call is served, reaches what the host brought along with this very call.
 *
 * <pre>{@code
 * public void index(IndexRequest request, StreamObserver<IndexResponse> answer) {
 *   if (Callback.isOf(ProgressGrpc.SERVICE_NAME)) {
 *     progress.report(half);
 *   }
 *   ...
 * }
 * }</pre>
 *
 * <p>Bound to gRPC's {@link Context}: a service that goes on in a thread of its own takes it along
 * with {@link Context#wrap(Runnable)}.
 */
public final class Callback {
  /** Request header by which the host hands it over: service, grant id and grant token. */
  public static final Metadata.Key<String> HEADER =
      Metadata.Key.of("tenon-callback", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<Callback> KEY = Context.key("tenon-callback");
  private static final int PARTS = 3;

  private final ServiceName service;
  private final String grant;
  private final Token token;

  /**
   * Makes the right to call {@code service} back.
   *
   * @param grant names the grant behind it; 32 lower-case hex digits
   * @throws IllegalArgumentException if {@code grant} has another form
   */
  public Callback(ServiceName service, String grant, Token token) {
    this.service = requireNonNull(service, "service");
    this.grant = requireNonNull(grant, "grant");
    this.token = requireNonNull(token, "token");
    if (!grant.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException("grant: (expected: 32 lower-case hex digits)");
    }
  }

  /**
   * Returns the one that came with the current call, or empty where no call is being served, and
   * where it came without.
   */
  public static Optional<Callback> current() {
    return Optional.ofNullable(KEY.get());
  }

  /** Returns the one for {@code service} that came with the current call, or empty. */
  public static Optional<Callback> current(@Nullable String service) {
    return current().filter(callback -> callback.service.value().equals(service));
  }

  /** Returns whether {@code service} can be called back while the current call is served. */
  public static boolean isOf(String service) {
    return current(service).isPresent();
  }

  /**
   * Returns what {@code headers} bring, or empty if that is not exactly one in its canonical form.
   * For what serves calls, where nobody but the host can have written them.
   */
  public static Optional<Callback> of(Metadata headers) {
    Iterable<String> all = headers.getAll(HEADER);
    if (all == null) {
      return Optional.empty();
    }
    Iterator<String> values = all.iterator();
    String value = values.next();
    return values.hasNext() ? Optional.empty() : parse(value);
  }

  private static Optional<Callback> parse(String value) {
    String[] parts = value.split(" ", -1);
    if (parts.length != PARTS) {
      return Optional.empty();
    }
    try {
      ServiceName service = new ServiceName(parts[0]);
      return Token.parse(Token.Kind.GRANT, parts[2])
          .map(token -> new Callback(service, parts[1], token));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Returns what can be called back. */
  public ServiceName service() {
    return service;
  }

  /** Returns {@code call}, a call of {@link #service}, with the grant shown. */
  public <Q, R> ClientCall<Q, R> showing(ClientCall<Q, R> call) {
    return new SimpleForwardingClientCall<>(call) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        headers.discardAll(Grant.HEADER);
        headers.put(Grant.HEADER, grant + " " + token.exposeForWire());
        super.start(listener, headers);
      }
    };
  }

  /** Returns the secret for the wire, as {@link #HEADER} carries it. */
  public String exposeForWire() {
    return service + " " + grant + " " + token.exposeForWire();
  }

  /** Returns {@code context} with this in it. For what serves calls, and for tests. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }

  @Override
  public String toString() {
    return "Callback[" + service + ", " + grant + "]";
  }
}
