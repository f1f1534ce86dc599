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
import java.security.KeyPair;
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
  private final KeyPair keys = CertificateRequest.newKeyPair();
  private Attributes mallory;

  @BeforeEach
  void open() throws Exception {
    authority =
        EmbeddedAuthority.create(
            HOST.trustDomain(), Role.PLUGIN, InstantSource.system(), new SecureRandom());
    mallory = connection(MALLORY, keys);
  }

  /** A connection of {@code id} with a new certificate of {@code keys}. */
  private Attributes connection(SpiffeId id, KeyPair keys) throws Exception {
    return connection(
        new Peer(
            Optional.of(id),
            Optional.of(authority.issue(MALLORY, keys.getPublic()).get(0)),
            Optional.empty(),
            1));
  }

  private static Attributes connection(Peer peer) {
    return Attributes.newBuilder().set(Peer.KEY, peer).build();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void cutOff(Attributes connection) {
    keptOut.add(connection, 100);
  }

  @Test
  void heldFor_whoWasCutOff_whatIsLeftOfItsTime() {
    assertThat(keptOut.heldFor(mallory)).isZero();

    cutOff(mallory);

    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME);
    pass(KeptOut.TIME.dividedBy(4));
    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME.dividedBy(4).multipliedBy(3));
    pass(KeptOut.TIME);
    assertThat(keptOut.heldFor(mallory)).isZero();
  }

  /** Or it would flood to just below the limit, and begin anew. */
  @Test
  void heldFor_whoLeftBefore_inProportion() {
    keptOut.add(mallory, 30);
    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME.dividedBy(10).multipliedBy(3));

    keptOut.add(mallory, 10);
    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME.dividedBy(10).multipliedBy(3));

    pass(KeptOut.TIME);
    assertThat(keptOut.heldFor(mallory)).isZero();
  }

  /** One connection for each call is lawful, and each has its SETTINGS. */
  @Test
  void heldFor_whoDidLittle_isZeroHoweverOftenItComes() {
    for (int i = 0; i < 3; i++) {
      assertThat(keptOut.heldFor(mallory)).isZero();
      keptOut.add(mallory, KeptOut.LEAST_PERCENT - 1);
    }
  }

  @Test
  void heldFor_cutOffAgain_fromThenOn() {
    cutOff(mallory);
    pass(KeptOut.TIME.dividedBy(2));

    cutOff(mallory);

    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME);
  }

  /** Or all that wait would flood together. */
  @Test
  void heldFor_severalThatWait_oneAfterTheOther() {
    cutOff(mallory);
    pass(KeptOut.TIME);

    assertThat(keptOut.heldFor(mallory)).as("first").isZero();
    assertThat(keptOut.heldFor(mallory)).as("second").isEqualTo(KeptOut.APART);
    pass(KeptOut.APART);
    assertThat(keptOut.heldFor(mallory)).as("second").isZero();
    assertThat(keptOut.heldFor(mallory)).as("third").isEqualTo(KeptOut.APART);

    cutOff(mallory);
    pass(KeptOut.APART);
    assertThat(keptOut.heldFor(mallory)).as("third").isEqualTo(KeptOut.TIME.minus(KeptOut.APART));
  }

  @Test
  void heldFor_whenItIsLongAgo_allAtOnce() {
    cutOff(mallory);
    pass(KeptOut.TIME.multipliedBy(2));

    assertThat(keptOut.heldFor(mallory)).isZero();
    assertThat(keptOut.heldFor(mallory)).isZero();
  }

  /** A plugin may have as many certificates of its key as it likes. */
  @Test
  void heldFor_anotherCertificateOfTheKey_isHeld() throws Exception {
    cutOff(mallory);

    assertThat(keptOut.heldFor(connection(MALLORY, keys))).isEqualTo(KeptOut.TIME);
  }

  /** An old key of a plugin's does not keep out the plugin itself. */
  @Test
  void heldFor_anotherKey_isZero() throws Exception {
    cutOff(mallory);

    assertThat(keptOut.heldFor(connection(MALLORY, CertificateRequest.newKeyPair()))).isZero();
  }

  /** Many call through a host, and who has no certificate could be anybody. */
  @Test
  void heldFor_anotherHostOrNobody_isZero() throws Exception {
    Attributes host = connection(HOST, CertificateRequest.newKeyPair());
    Attributes nobody =
        connection(new Peer(Optional.empty(), Optional.empty(), Optional.empty(), 2));
    cutOff(mallory);
    cutOff(host);
    cutOff(nobody);
    cutOff(Attributes.EMPTY);

    assertThat(keptOut.heldFor(host)).isZero();
    assertThat(keptOut.heldFor(nobody)).isZero();
    assertThat(keptOut.heldFor(Attributes.EMPTY)).isZero();
    assertThat(keptOut.heldFor(mallory)).isEqualTo(KeptOut.TIME);
  }
}
