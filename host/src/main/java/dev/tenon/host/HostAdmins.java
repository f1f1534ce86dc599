package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.AdminName;
import dev.tenon.core.PluginName;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Who administrates a host over its control plane. Nobody does unless {@link HostBuilder#admins}
 * says so. Thread-safe.
 */
public final class HostAdmins {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final AdminFiles files;

  HostAdmins(Planes planes, AdminFiles files) {
    this.planes = planes;
    this.files = files;
  }

  /** Returns the names of those who are administrators now. */
  public Set<AdminName> names() {
    return planes.admins().names();
  }

  /** Returns the file by which {@code name} is an administrator, if it is one. */
  public Path file(AdminName name) {
    return files.of(requireNonNull(name, "name"));
  }

  /** Replaces the files that are half worn, as the host does by itself from time to time. */
  void look() {
    files.check();
  }

  /**
   * Ends {@code name} as an administrator until the host starts again. When this returns, no
   * certificate of that name is good for anything, its file is gone and its connections are being
   * ended. Idempotent; does not depend on the audit log.
   *
   * @param reason for the audit log
   * @throws IOException if the file could not be deleted; it is of no use
   */
  public void revoke(AdminName name, String reason) throws IOException {
    requireNonNull(reason, "reason");
    try {
      planes
          .audit()
          .success(
              "revocation",
              PluginName.HOST,
              "revoke-admin",
              requireNonNull(name, "name").value(),
              Map.of("reason", reason));
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "the revocation of administrator {0} could not be recorded", name);
    }
    planes.admins().remove(name);
    planes.adminConnections().endRefused();
    files.delete(name);
  }
}
