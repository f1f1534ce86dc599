package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.AllowedCertificates;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lists of the certificates that plugins may use. */
class CertificateListTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final PluginName VICTIM = new PluginName("victim");
  private static final Fingerprint OTHER = new Fingerprint("0".repeat(64));

  private final OpenAuthority plugins = new OpenAuthority();

  private TestHost start() throws Exception {
    return TestHost.with("")
        .set(host -> host.authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, plugins)))
        .enrolled("victim")
        .enrolled("peer")
        .start();
  }

  private X509Certificate another(RawPlugin plugin) {
    return plugins
        .leaf(
            new SpiffeId.OfPlugin(plugin.bootstrap.hostId(), plugin.bootstrap.runtimeId()),
            leaf(plugin).getPublicKey())
        .certificate();
  }

  private static X509Certificate leaf(RawPlugin plugin) {
    return plugin.credentials().chain().get(0);
  }

  /** Returns the fingerprint as {@code openssl x509 -fingerprint -sha256} writes it, read again. */
  private static Fingerprint written(X509Certificate certificate) {
    String hex = Fingerprint.of(certificate).hex().toUpperCase(Locale.ROOT);
    return Fingerprint.parse("SHA256 Fingerprint=" + hex.replaceAll("(..)(?!$)", "$1:"));
  }

  /** What a list says about the certificate that is shown. */
  private enum Listed {
    NOTHING,
    HAS_IT,
    LACKS_IT;

    /** Returns the list; one that has anything has what the open connections were made with. */
    private Set<Fingerprint> of(X509Certificate shown, X509Certificate... inUse) {
      Stream<Fingerprint> also = Stream.of(inUse).map(Fingerprint::of);
      return switch (this) {
        case NOTHING -> Set.of();
        case HAS_IT -> Stream.concat(also, Stream.of(written(shown))).collect(Collectors.toSet());
        case LACKS_IT -> Stream.concat(also, Stream.of(OTHER)).collect(Collectors.toSet());
      };
    }
  }

  /** The table of both lists. */
  enum Case {
    NO_LISTS(Listed.NOTHING, Listed.NOTHING, true),
    OWN_LIST_HAS_IT(Listed.NOTHING, Listed.HAS_IT, true),
    OWN_LIST_LACKS_IT(Listed.NOTHING, Listed.LACKS_IT, false),
    LIST_FOR_ALL_HAS_IT(Listed.HAS_IT, Listed.NOTHING, true),
    LIST_FOR_ALL_LACKS_IT(Listed.LACKS_IT, Listed.NOTHING, false),
    LIST_FOR_ALL_ALONE_HAS_IT(Listed.HAS_IT, Listed.LACKS_IT, true),
    OWN_LIST_ALONE_HAS_IT(Listed.LACKS_IT, Listed.HAS_IT, true),
    BOTH_LACK_IT(Listed.LACKS_IT, Listed.LACKS_IT, false),
    BOTH_HAVE_IT(Listed.HAS_IT, Listed.HAS_IT, true);

    private final Listed all;
    private final Listed own;
    private final boolean isLetIn;

    Case(Listed all, Listed own, boolean isLetIn) {
      this.all = all;
      this.own = own;
      this.isLetIn = isLetIn;
    }
  }

  /**
   * A genuine certificate of a live key, on a new connection. Denies: control, Renewal/Renew
   * CREDENTIAL_UNLISTED.
   *
   * <p>Row: PK-6
   */
  @ParameterizedTest
  @EnumSource
  void connect_underTheLists_isAsTheTableSays(Case of) throws Exception {
    try (TestHost host = start()) {
      RawPlugin victim = host.plugin("victim");
      X509Certificate shown = another(victim);
      Set<Fingerprint> all = of.all.of(shown, leaf(victim), leaf(host.plugin("peer")));
      Set<Fingerprint> own = of.own.of(shown, leaf(victim));
      AllowedCertificates lists = AllowedCertificates.ANY.forAll(all);
      host.host().certificates().allow(own.isEmpty() ? lists : lists.forPlugin(VICTIM, own));

      victim.use(shown);
      if (of.isLetIn) {
        victim.healthy();
      } else {
        assertThat(Refused.by(victim::healthy).is(Refusal.NOT_AUTHENTICATED)).isTrue();
        assertThat(
                Refused.by(() -> victim.renew(CertificateRequest.newKeyPair()))
                    .is(Refusal.NOT_AUTHENTICATED))
            .isTrue();
        assertThat(host.audit.denials("connection")).containsOnly("unlisted");
        assertThat(host.host().connections().refused()).containsOnlyKeys("unlisted");
      }
      host.plugin("peer").healthy();
    }
  }

  /**
   * Who is connected with what the next lists lack is ended, and nobody else. Denies: data
   * CREDENTIAL_UNLISTED.
   *
   * <p>Row: PK-6
   */
  @Test
  void allow_withoutACertificateInUse_endsItsRun() throws Exception {
    try (TestHost host = start()) {
      RawPlugin victim = host.plugin("victim");

      host.host().certificates().allow(AllowedCertificates.ANY.forPlugin(VICTIM, Set.of(OTHER)));

      await().atMost(SOON).until(() -> host.run("victim").wasKilled());
      assertThat(
              Refused.by(() -> RawPlugin.claimOn(victim.data(victim.bearer()), "a.B"))
                  .is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      host.plugin("peer").healthy();
      assertThat(host.audit.entries())
          .extracting(AuditTrail.Entry::action)
          .contains("allow-certificates");
    }
  }

  /** From the first connection on. Row: PK-6. */
  @Test
  void start_withLists_refusesWhatIsOnNone() throws Exception {
    try (TestHost host =
        TestHost.with("")
            .set(
                builder ->
                    builder.authorities(
                        AuthoritySettings.DEFAULT
                            .issuer(Role.PLUGIN, plugins)
                            .allowed(AllowedCertificates.ANY.forAll(Set.of(OTHER)))))
            .silent("victim")
            .begin()) {
      RawPlugin victim = host.plugin("victim");
      victim.enrol();

      assertThat(Refused.by(victim::healthy).is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.audit.denials("connection")).containsOnly("unlisted");
    }
  }

  /** Nobody can list beforehand what the host's own authority is going to issue. Row: PK-6. */
  @Test
  void start_withListsAndAnAuthorityOfTheHost_isRefused(@TempDir Path folder) {
    HostStartException refused =
        catchThrowableOfType(
            HostStartException.class,
            () ->
                PluginHost.builder()
                    .state(folder.resolve("state"))
                    .run(folder.resolve("run"))
                    .authorities(
                        AuthoritySettings.DEFAULT.allowed(
                            AllowedCertificates.ANY.forAll(Set.of(OTHER))))
                    .start());

    assertThat(refused).hasMessageContaining("allowed certificates");
    assertThat(refused.kind()).isEqualTo(HostStartException.Kind.CONFIGURATION);
  }
}
