package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import java.lang.System.Logger.Level;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Looks at the files of one authority, as certbot or cert-manager replace them, and lets a pair
 * that has changed succeed the one before it. A pair of which a half is new, or that is not what it
 * should be, changes nothing and is told of once. Used by one thread.
 */
final class AuthorityWatch {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Role role;
  private final AuthorityFiles files;
  private final HostSettings settings;
  private final Successor successor;
  private List<X509Certificate> known;
  private String told = "";

  /** Begins a succession. */
  @FunctionalInterface
  interface Successor {
    /**
     * Lets {@code next} succeed the authority for {@code role}; false if that must wait for another
     * succession to end.
     */
    boolean begin(Role role, Issuer next) throws IssueFailedException, AuditFailedException;
  }

  /** Makes a watch that has seen {@code known}, the roots that the files had at the start. */
  AuthorityWatch(
      Role role,
      AuthorityFiles files,
      HostSettings settings,
      List<X509Certificate> known,
      Successor successor) {
    this.role = role;
    this.files = files;
    this.settings = settings;
    this.known = known;
    this.successor = successor;
  }

  /** Looks once. */
  void look() {
    try {
      // Read and checked as a pair, whole: certificate and key may be of different moments.
      EmbeddedAuthority read =
          EmbeddedAuthority.load(
              settings.trustDomain(),
              role,
              files,
              settings.sources().clock(),
              settings.sources().random());
      if (read.trustBundle().equals(known)) {
        told = "";
      } else if (successor.begin(role, settings.trust().authorities().issuing(role, read))) {
        known = read.trustBundle();
        told = "";
        LOG.log(Level.INFO, "{0}: succeeds the {1} authority", files.certificate(), role);
      } else {
        tellOnce(files.certificate() + " waits for the end of another succession");
      }
    } catch (ConfigException | IssueFailedException | AuditFailedException | RuntimeException e) {
      tellOnce(String.valueOf(e.getMessage()));
    }
  }

  private void tellOnce(String problem) {
    if (!problem.equals(told)) {
      told = problem;
      LOG.log(Level.WARNING, "the {0} authority stays as it is: {1}", role, problem);
    }
  }
}
