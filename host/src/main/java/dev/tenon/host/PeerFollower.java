package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.host.control.ControlAudit;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/** Follows the files of other hosts' authorities. On the policy thread only. */
final class PeerFollower {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final PeerFiles files;
  private final HostPeers peers;
  private final ControlAudit audit;
  private List<HostPeer> used;
  private Optional<List<HostPeer>> seen = Optional.empty();
  private String problem = "";

  /** Makes one of files that had {@code first} at the start. */
  PeerFollower(PeerFiles files, List<HostPeer> first, HostPeers peers, ControlAudit audit) {
    this.files = files;
    this.peers = peers;
    this.audit = audit;
    used = first;
  }

  /** Takes changed files over if the last check read the same; otherwise only notes it. */
  void check() {
    try {
      List<HostPeer> now = files.load();
      boolean isSettled = seen.filter(now::equals).isPresent();
      seen = Optional.of(now);
      if (now.equals(used)) {
        problem = "";
      } else if (isSettled) {
        use(now);
      }
    } catch (ConfigException | AuditFailedException e) {
      keep(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      keep("the files could not be used: " + e); // a check that throws would be the last one
    }
  }

  private void use(List<HostPeer> now) throws AuditFailedException {
    peers.replace(now);
    used = now;
    problem = "";
    LOG.log(Level.INFO, "the authorities of other hosts are those that their files have now");
  }

  /** Says once for each problem that the last good ones stay. */
  private void keep(String found) {
    if (found.equals(problem)) {
      return;
    }
    problem = found;
    LOG.log(
        Level.WARNING, "The authorities of other hosts stay as they are, all of them. {0}", found);
    try {
      audit.failed("peers", "replace", "the files", found);
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "and that could not be recorded", e);
    }
  }
}
