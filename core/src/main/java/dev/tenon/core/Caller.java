package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import java.util.Optional;

/**
 * Who is calling the service method that runs at the moment: another plugin, or the host itself.
 * The same in a plugin that runs as a process, in one that runs inside the host, and in a service
 * that the host offers. Immutable and thread-safe.
 *
 * <pre>{@code
 * public void greet(GreetRequest request, StreamObserver<GreetResponse> answer) {
 *   String name = Caller.current().map(Caller::name).orElseThrow();
 *   ...
 * }
 * }</pre>
 *
 * <p>It can be relied on: the host names the caller only after it has authenticated and allowed the
 * call, and a plugin's server takes connections from its own host alone. Nothing that the calling
 * plugin sends can change it. {@link #name} is the right key for rules and data that outlive one
 * run; {@link #id} also tells which run it was. Of a caller behind another host, that host says who
 * it is, and the name tells so.
 *
 * @param name the calling plugin's name, or {@code host}; with {@code @<host>} after it if it is
 *     behind another host
 */
public record Caller(SpiffeId id, String name) {
  private static final Context.Key<Caller> KEY = Context.key("tenon-caller");

  /** Checks for null. */
  public Caller {
    requireNonNull(id, "id");
    requireNonNull(name, "name");
  }

  /** Makes a caller of the own host, or that host. */
  public Caller(SpiffeId id) {
    this(id, id.name());
  }

  /** Returns the caller with {@code id}, as a plugin of {@code own} sees it. */
  public static Caller seenFrom(SpiffeId.OfHost own, SpiffeId id) {
    return new Caller(id, id.ofHost().equals(own) ? id.name() : id.nameBehind());
  }

  /**
   * Returns the caller of the current call, or empty where no call is being served.
   *
   * <p>Bound to gRPC's {@link Context}: a service that goes on in a thread of its own takes it
   * along with {@link Context#wrap(Runnable)}, or asks before.
   */
  public static Optional<Caller> current() {
    return Optional.ofNullable(KEY.get());
  }

  /**
   * Returns {@code context} with this caller in it. For what serves calls, after it has verified
   * who calls; and for tests of a service that asks.
   */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }
}
