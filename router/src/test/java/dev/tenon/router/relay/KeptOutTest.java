package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is not read for a while, and for how long. Row: TE-4. */
class KeptOutTest {
  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("test.example"), "h1");
  private static final SpiffeId MALLORY =
      new SpiffeId.OfPlugin(HOST, RuntimeId.of(new PluginName("mallory"), 1));

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // It may go round.
  private final KeptOut keptOut = new KeptOut(nanos::get);
  private EmbeddedAuthority authority;
  private Attributes mallory;

  @BeforeEach
  void open() throws Exception {
    authority =
        EmbeddedAuthority.create(
            HOST.trustDomain(), Role.PLUGIN, InstantSource.system(), new SecureRandom());
    mallory = connection(MALLORY);
  }

  /** A connection with a new certificate of {@code id}. */
  private Attributes connection(SpiffeId id) throws Exception {
    return connection(
        new Peer(
            Optional.of(id),
            Optional.of(
                authority.issue(MALLORY, CertificateRequest.newKeyPair().getPublic()).get(0)),
            Optional.empty(),
            1));
  }

  private static Attributes connection(Peer peer) {
    return Attributes.newBuilder().set(Peer.KEY, peer).build();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void heldFor_whoWasCutOff_whatIsLeftOfItsTime() {
    assertThat(keptOut.heldFor(mallory)).isZero();

    keptOut.add(mallory);

    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME);
    pass(KeptOut.TIME.dividedBy(4));
    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME.dividedBy(4).multipliedBy(3));
    pass(KeptOut.TIME);
    assertThat(keptOut.heldFor(mallory)).isZero();
  }

  @Test
  void heldFor_cutOffAgain_fromThenOn() {
    keptOut.add(mallory);
    pass(KeptOut.TIME.dividedBy(2));

    keptOut.add(mallory);

    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME);
  }

  /** An old certificate of a plugin's does not keep out the plugin itself. */
  @Test
  void heldFor_anotherCertificate_isZero() throws Exception {
    keptOut.add(mallory);

    assertThat(keptOut.heldFor(connection(MALLORY))).isZero();
  }

  /** Many call through a host, and who has no certificate could be anybody. */
  @Test
  void heldFor_anotherHostOrNobody_isZero() throws Exception {
    Attributes host = connection(HOST);
    Attributes nobody =
        connection(new Peer(Optional.empty(), Optional.empty(), Optional.empty(), 2));
    keptOut.add(mallory);
    keptOut.add(host);
    keptOut.add(nobody);
    keptOut.add(Attributes.EMPTY);

    assertThat(keptOut.heldFor(host)).isZero();
    assertThat(keptOut.heldFor(nobody)).isZero();
    assertThat(keptOut.heldFor(Attributes.EMPTY)).isZero();
    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME);
  }
}
