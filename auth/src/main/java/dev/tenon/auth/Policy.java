package dev.tenon.auth;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import java.nio.file.Path;
import java.util.Optional;

/** Who may provide and who may call what. Deny by default; deny wins. Immutable and thread-safe. */
public final class Policy {
  /** Allows nothing. */
  public static final Policy DENY_ALL = new Policy();

  private Policy() {}

  /**
   * Loads a policy file.
   *
   * @throws ConfigException if it is malformed; with all problems
   */
  public static Policy load(Path file) throws ConfigException {
    ConfigTable.read(file).finish();
    return DENY_ALL;
  }

  /**
   * Parses a policy.
   *
   * @throws ConfigException if it is malformed; with all problems
   */
  public static Policy parse(String toml) throws ConfigException {
    ConfigTable.parse("policy.toml", toml).finish();
    return DENY_ALL;
  }

  /**
   * Decides a call.
   *
   * @throws CallDeniedException if it is not allowed
   */
  public Permit authorize(Identity caller, CallPath path) throws CallDeniedException {
    if (!mayCallAny(caller, path.service())) {
      throw new CallDeniedException(caller, path, "no rule");
    }
    return new Permit(caller, path, "none", AuditMode.FIRST);
  }

  /** Returns the right of {@code plugin} to provide {@code service}, or empty if it has none. */
  public Optional<ProvideRight> mayProvide(PluginName plugin, ServiceName service) {
    return Optional.empty();
  }

  /** Returns whether {@code caller} may call some method of {@code service}. */
  public boolean mayCallAny(Identity caller, ServiceName service) {
    return false;
  }

  /** Returns whether some plugin may provide {@code service}. */
  public boolean isProvidable(ServiceName service) {
    return false;
  }
}
