package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.control.ControlAudit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the files of other hosts' authorities while a host follows them. */
class PeerFollowerTest {
  private static final TrustDomain DOMAIN = new TrustDomain("tenon.internal");
  private static final SpiffeId.OfHost SELF = new SpiffeId.OfHost(DOMAIN, "h-self");
  private static final SpiffeId.OfHost A = new SpiffeId.OfHost(DOMAIN, "h-a");
  private static final SpiffeId.OfHost B = new SpiffeId.OfHost(DOMAIN, "h-b");

  @TempDir Path folder;

  private final HookedAuditLog log = new HookedAuditLog();
  private final ControlAudit audit = new ControlAudit(log, InstantSource.system());
  private final X509Certificate ofA = root();
  private final X509Certificate ofB = root();
  private final X509Certificate next = root();
  private final List<List<HostPeer>> changes = new ArrayList<>();
  private HostPeers peers;

  @SuppressWarnings("NullAway.Init") // peers are made when a follower starts
  PeerFollowerTest() {}

  private static X509Certificate root() {
    return EmbeddedAuthority.create(DOMAIN, Role.HOST, InstantSource.system(), new SecureRandom())
        .trustBundle()
        .get(0);
  }

  private Path file(SpiffeId.OfHost host) {
    return folder.resolve(host.host() + ".pem");
  }

  private void write(SpiffeId.OfHost host, X509Certificate... roots) throws Exception {
    StringBuilder pem = new StringBuilder();
    for (X509Certificate root : roots) {
      pem.append("-----BEGIN CERTIFICATE-----\n")
          .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(root.getEncoded()))
          .append("\n-----END CERTIFICATE-----\n");
    }
    Files.writeString(file(host), pem);
    Files.setPosixFilePermissions(file(host), PosixFilePermissions.fromString("rw-r--r--"));
  }

  private PeerFollower start() throws Exception {
    write(A, ofA);
    write(B, ofB);
    PeerFiles files = PeerFiles.of(Map.of(A, file(A), B, file(B)));
    List<HostPeer> first = files.load();
    HostDraft draft = new HostDraft();
    draft.peers(files);
    peers = new HostPeers(SELF, draft.settings(), certificate -> false, audit);
    peers.listens("tcp:127.0.0.1:1");
    peers.whenChanged(() -> changes.add(peers.all()));
    return new PeerFollower(files, first, peers, audit);
  }

  private List<X509Certificate> trusted(SpiffeId.OfHost host) {
    return peers.find(host).orElseThrow().authorities();
  }

  /** A change counts after the second reading that finds it; it is on record, and made once. */
  @Test
  void check_changedFile_countsOnceItIsSettled() throws Exception {
    PeerFollower follower = start();
    follower.check();
    write(B, ofB, next);

    follower.check();
    assertThat(trusted(B)).containsExactly(ofB);
    follower.check();
    assertThat(trusted(B)).containsExactly(ofB, next);
    assertThat(trusted(A)).containsExactly(ofA);
    follower.check();

    assertThat(changes).hasSize(1);
    assertThat(log.events)
        .extracting(AuditEvent::event, AuditEvent::action, AuditEvent::outcome)
        .containsExactly(tuple("peers", "replace", AuditEvent.Outcome.SUCCESS));
  }

  /** A file that is not what it should be changes nothing for any host, and is told of once. */
  @Test
  void check_fileThatCannotBeUsed_allStaysAsItIs() throws Exception {
    PeerFollower follower = start();
    write(A, ofA, next);
    Files.writeString(file(B), "-----BEGIN CERTIFICATE-----\n");

    follower.check();
    follower.check();
    follower.check();

    assertThat(changes).isEmpty();
    assertThat(trusted(A)).containsExactly(ofA);
    assertThat(trusted(B)).containsExactly(ofB);
    assertThat(log.events)
        .extracting(AuditEvent::outcome)
        .containsExactly(AuditEvent.Outcome.ERROR);

    write(B, ofB);
    follower.check();
    follower.check();
    assertThat(trusted(A)).containsExactly(ofA, next);
  }

  /** What cannot be recorded is not trusted; the next reading tries again. */
  @Test
  void check_changeThatCannotBeRecorded_isNotMade() throws Exception {
    PeerFollower follower = start();
    write(B, next);
    follower.check();
    log.failFrom("replace");

    follower.check();
    assertThat(trusted(B)).containsExactly(ofB);

    log.mend();
    follower.check();
    assertThat(trusted(B)).containsExactly(next);
  }

  /** Who may write the file says who the other host is. */
  @Test
  void load_fileThatOthersMayWrite_isRefused() throws Exception {
    write(B, ofB);
    Files.setPosixFilePermissions(file(B), PosixFilePermissions.fromString("rw-rw-r--"));

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> HostPeer.load(B, file(B)))
        .withMessageContaining("writable by group or others");
  }

  @Test
  void load_moreAuthoritiesThanAHostCanHave_isRefused() throws Exception {
    X509Certificate[] many = new X509Certificate[HostPeer.MAX_AUTHORITIES + 1];
    for (int i = 0; i < many.length; i++) {
      many[i] = root();
    }
    write(B, many);

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> HostPeer.load(B, file(B)))
        .withMessageContaining(file(B).toString())
        .withMessageContaining("at most 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HostPeer(B, List.of(many)))
        .withMessageContaining("9 authorities (expected: 1 to 8)");
  }

  @Test
  void of_noFilesOrNoTime_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> PeerFiles.of(Map.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PeerFiles.of(Map.of(A, file(A))).every(Duration.ZERO));
  }
}
