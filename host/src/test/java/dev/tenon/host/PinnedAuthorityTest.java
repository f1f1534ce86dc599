package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Authorities of which the operator has written down the fingerprints. */
class PinnedAuthorityTest {
  private static final Set<Fingerprint> OTHER = Set.of(new Fingerprint("0".repeat(64)));

  @TempDir Path folder;

  private static Set<Fingerprint> pin(Path certificate) throws IOException, CertificateException {
    try (InputStream in = Files.newInputStream(certificate)) {
      return Set.of(
          Fingerprint.of(
              (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in)));
    }
  }

  private HostStartException refusedStart(AuthoritySettings settings) {
    HostStartException refused =
        catchThrowableOfType(
            HostStartException.class,
            () ->
                PluginHost.builder()
                    .state(folder.resolve("state"))
                    .run(folder.resolve("r"))
                    .authorities(settings)
                    .start());
    assertThat(refused.kind()).isEqualTo(HostStartException.Kind.CONFIGURATION);
    assertThat(folder.resolve("state")).doesNotExist();
    return refused;
  }

  /** Before anything is made; the message has the file and what its fingerprint is. Row: PK-5. */
  @Test
  void start_authorityThatIsNotPinned_isRefused() throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    for (Role role : List.of(Role.HOST, Role.PLUGIN)) {
      Path certificate = authorities.certificate(role == Role.HOST ? "host" : "plugin");

      assertThat(refusedStart(authorities.settings().pins(role, OTHER)))
          .hasMessageContaining(certificate + ": SHA-256 " + pin(certificate).iterator().next());
    }
  }

  /** A pin without anything that could have it is a mistake, and not "any". Row: PK-5. */
  @Test
  void start_pinsOfAnAuthorityInMemory_isRefused() {
    assertThat(refusedStart(AuthoritySettings.DEFAULT.pins(Role.HOST, OTHER)))
        .hasMessageContaining("in memory");
    assertThatThrownBy(() -> AuthoritySettings.DEFAULT.pins(Role.HOST, Set.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** A pinned host starts, and another authority cannot succeed its own. Row: PK-5. */
  @Test
  void rollOver_toAnAuthorityThatIsNotPinned_isRefusedAndNothingChanges() throws Exception {
    OperatorAuthorities authorities = new OperatorAuthorities(folder);
    OperatorAuthorities others =
        new OperatorAuthorities(Files.createDirectory(folder.resolve("others")));
    AuthoritySettings pinned =
        authorities
            .settings()
            .pins(Role.HOST, pin(authorities.certificate("host")))
            .pins(Role.PLUGIN, pin(authorities.certificate("plugin")));
    try (TestHost host =
        TestHost.with("").set(builder -> builder.authorities(pinned)).enrolled("words").start()) {
      AuthorityFiles next = new AuthorityFiles(others.certificate("plugin"), others.key("plugin"));

      assertThatThrownBy(() -> host.host().authorities().rollOver(Role.PLUGIN, next))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("pin");

      host.plugin("words").healthy();
    }
  }

  /** Says that another root is to be trusted too, once it is asked for a certificate. */
  private static final class Turncoat implements Issuer {
    private final OpenAuthority own = new OpenAuthority();
    private final OpenAuthority rogue = new OpenAuthority();

    @Override
    public List<X509Certificate> issue(SpiffeId id, PublicKey key) {
      return own.issue(id, key);
    }

    @Override
    public List<X509Certificate> trustBundle() {
      return Stream.concat(own.trustBundle().stream(), rogue.trustBundle().stream()).toList();
    }
  }

  /** What an issuer wants trusted beside the pinned root is not. Row: PK-5. */
  @Test
  void connect_underARootThatIsNotPinned_isRefusedInTheHandshake() throws Exception {
    for (boolean isPinned : new boolean[] {false, true}) {
      Turncoat issuer = new Turncoat();
      AuthoritySettings settings = AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, issuer);
      Set<Fingerprint> pins = Set.of(Fingerprint.of(issuer.own.trustBundle().get(0)));
      AuthoritySettings all = isPinned ? settings.pins(Role.PLUGIN, pins) : settings;
      try (TestHost host =
          TestHost.with("").set(builder -> builder.authorities(all)).enrolled("words").start()) {
        RawPlugin words = host.plugin("words");
        SpiffeId id = new SpiffeId.OfPlugin(words.bootstrap.hostId(), words.bootstrap.runtimeId());
        Credentials theirs = issuer.rogue.credentials(id, words.bootstrap.trustBundle());

        Refused refused =
            Refused.by(
                () -> {
                  var unused =
                      RawPlugin.deadline(
                              LifecycleGrpc.newBlockingStub(
                                  words.connect(words.bootstrap.control(), theirs)))
                          .reportHealth(ReportHealthRequest.getDefaultInstance());
                });

        // Without pins the issuer is believed: the connection is made, and its key is no plugin's.
        assertThat(refused.code())
            .isEqualTo(isPinned ? Status.Code.UNAVAILABLE : Status.Code.UNAUTHENTICATED);
        words.healthy();
      }
    }
  }
}
