package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import io.grpc.Context;
import java.util.Optional;

/**
 * Who is calling the service method that runs at the moment: another plugin, or the host itself.
 *
 * <pre>{@code
 * public void greet(GreetRequest request, StreamObserver<GreetResponse> answer) {
 *   String name = Caller.current().map(Caller::name).orElseThrow();
 *   ...
 * }
 * }</pre>
 *
 * <p>It can be relied on: a plugin's server takes connections from its own host alone, and the host
 * names the caller only after it has authenticated and allowed the call. Nothing that the calling
 * plugin sends can change it. {@link #name} is the right key for rules and data that outlive one
 * run; {@link #id} also tells which run it was.
 */
public record Caller(SpiffeId id) {
  static final Context.Key<Caller> KEY = Context.key("tenon-caller");

  /** Checks for null. */
  public Caller {
    requireNonNull(id, "id");
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

  /** Returns the calling plugin's name, or {@code host}. */
  public String name() {
    return id.name();
  }
}
