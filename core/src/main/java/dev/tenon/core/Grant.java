package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.Metadata;
import java.util.Optional;
import java.util.Set;

/**
 * The grant that the current call of a service of the host came with: what its caller may do within
 * the service. Immutable and thread-safe; carries no secret.
 *
 * <pre>{@code Grant.require("secrets:read:" + request.getPath());}</pre>
 *
 * <p>The host has verified it for this call: it is the caller's, it has not ended, and every
 * permission in it is one that the policy gives at this moment.
 */
public record Grant(String id, ServiceName service, Set<Permission> permissions) {
  /** Request header by which a caller shows its grant: the id, one space, and the grant token. */
  public static final Metadata.Key<String> HEADER =
      Metadata.Key.of("tenon-grant", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<Grant> KEY = Context.key("tenon-grant");

  /** Copies the set. */
  public Grant {
    requireNonNull(id, "id");
    requireNonNull(service, "service");
    permissions = Set.copyOf(permissions);
  }

  /**
   * Returns the grant of the current call, or empty where no call is being served, where the
   * service is not offered by grant, and where the host itself calls.
   */
  public static Optional<Grant> current() {
    return Optional.ofNullable(KEY.get());
  }

  /**
   * Checks that the grant of the current call allows {@code permission}, which names one resource.
   *
   * @throws NotGrantedException PERMISSION_DENIED if it does not, if {@code permission} is no
   *     permission or stands for more than one resource, or if there is no grant
   */
  public static void require(String permission) {
    if (current().filter(grant -> grant.allows(permission)).isEmpty()) {
      throw new NotGrantedException();
    }
  }

  /** Returns whether some permission covers {@code permission}, which names one resource. */
  public boolean allows(String permission) {
    Permission asked;
    try {
      asked = new Permission(permission);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return !asked.text().endsWith("*")
        && permissions.stream().anyMatch(given -> given.covers(asked));
  }

  /** Returns {@code context} with this grant in it. For what serves calls, and for tests. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }
}
