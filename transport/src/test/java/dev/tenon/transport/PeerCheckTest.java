package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.PLUGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.PeerCheck.Purpose;
import dev.tenon.transport.TestAuthority.Order;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a peer's own certificate must be. Row: PK-1, PK-4. */
final class PeerCheckTest {
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final PeerCheck CLIENT = check(Purpose.CLIENT, Optional.empty());
  private static final PeerCheck SERVER = check(Purpose.SERVER, Optional.of(Dns.HOST));

  private static PeerCheck check(Purpose purpose, Optional<String> dnsName) {
    return new PeerCheck(id -> true, purpose, dnsName, InstantSource.system());
  }

  private static Order leaf() {
    return AUTHORITY.leaf(HOST, Dns.HOST);
  }

  @Test
  void verify_rightLeaf_returnsTheIdentity() throws Exception {
    assertThat(CLIENT.verify(leaf().certificate())).isEqualTo(SpiffeId.parse(HOST));
    assertThat(SERVER.verify(leaf().certificate())).isEqualTo(SpiffeId.parse(HOST));
  }

  /** SPIFFE IDs that mean one thing to one reader and another to the next. Attack: X9. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SPIFFE://test.example/host/h1",
        "spiffe://TEST.example/host/h1",
        "spiffe://test.example:443/host/h1",
        "spiffe://u@test.example/host/h1",
        "spiffe://test.example/host/h1/",
        "spiffe://test.example//host/h1",
        "spiffe://test.example/./host/h1",
        "spiffe://test.example/x/../host/h1",
        "spiffe://test.example/host/%681",
        "spiffe://test.example/host/h1?q",
        "spiffe://test.example/host/h1#f",
        "spiffe://test.example",
        "https://test.example/host/h1",
        "spiffe://xn--tst-qla.example/host/h1/plugin/words",
        "spiffe://test.example/host/h1\0",
        "spiffe://test.example/host/h1\n"
      })
  void verify_trickUri_refuses(String uri) {
    assertThatThrownBy(
            () ->
                CLIENT.verify(
                    leaf()
                        .withoutNames()
                        .name(new GeneralName(GeneralName.uniformResourceIdentifier, uri))
                        .certificate()))
        .isInstanceOf(CertificateException.class);
  }

  @Test
  void verify_trickDnsName_refuses() {
    for (String dns :
        List.of("*.tenon.internal", "host.tenon.internal.evil.example", "tenon.internal")) {
      X509Certificate leaf = leaf().withoutNames().uri(HOST).dns(dns).certificate();
      assertThatThrownBy(() -> SERVER.verify(leaf)).isInstanceOf(CertificateException.class);
    }
  }

  /** The right text, as a name of another kind. Attack: X10. */
  @Test
  void verify_uriInOtherName_refuses() {
    GeneralName other =
        new GeneralName(
            GeneralName.otherName,
            new DERSequence(
                new org.bouncycastle.asn1.ASN1Encodable[] {
                  new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1"),
                  new DERTaggedObject(0, new DERUTF8String(HOST))
                }));
    X509Certificate leaf = leaf().withoutNames().name(other).certificate();
    assertThatThrownBy(() -> CLIENT.verify(leaf)).isInstanceOf(CertificateException.class);
  }

  /** A certificate for the other side's part. Attack: X4. */
  @Test
  void verify_otherPurpose_refuses() {
    X509Certificate serverOnly = leaf().purposes(KeyPurposeId.id_kp_serverAuth).certificate();
    X509Certificate clientOnly = leaf().purposes(KeyPurposeId.id_kp_clientAuth).certificate();
    assertThatThrownBy(() -> CLIENT.verify(serverOnly)).hasMessageContaining("extended key usage");
    assertThatThrownBy(() -> SERVER.verify(clientOnly)).hasMessageContaining("extended key usage");
  }

  /**
   * No skew is allowed for: the clocks of host and plugin are one machine's, or kept. Attack: X3.
   */
  @Test
  void verify_atTheEdgesOfValidity_isExact() throws Exception {
    Instant from = Instant.parse("2030-01-01T00:00:00Z");
    Instant to = Instant.parse("2030-01-01T01:00:00Z");
    X509Certificate leaf = leaf().valid(from, to).certificate();
    assertThat(at(from).verify(leaf)).isNotNull();
    assertThat(at(to).verify(leaf)).isNotNull();
    assertThatThrownBy(() -> at(from.minusSeconds(1)).verify(leaf))
        .isInstanceOf(CertificateException.class);
    assertThatThrownBy(() -> at(to.plusSeconds(1)).verify(leaf))
        .isInstanceOf(CertificateException.class);
  }

  private static PeerCheck at(Instant now) {
    return new PeerCheck(id -> true, Purpose.CLIENT, Optional.empty(), InstantSource.fixed(now));
  }

  @Test
  void rules_knowTheirOwn() {
    SpiffeId.OfHost host = (SpiffeId.OfHost) SpiffeId.parse(HOST);
    SpiffeId other = SpiffeId.parse(PLUGIN.replace("/h1/", "/h2/"));
    assertThat(PeerRule.exactly(host).accepts(host)).isTrue();
    assertThat(PeerRule.exactly(host).accepts(SpiffeId.parse(PLUGIN))).isFalse();
    assertThat(PeerRule.pluginsOf(host).accepts(SpiffeId.parse(PLUGIN))).isTrue();
    assertThat(PeerRule.pluginsOf(host).accepts(host)).isFalse();
    assertThat(PeerRule.pluginsOf(host).accepts(other)).isFalse();
  }

  @Test
  void trustManager_askedForTheOtherSide_refuses() {
    PeerTrustManager ofServer =
        new PeerTrustManager(AUTHORITY.bundle(), CLIENT, () -> {}, fault -> {});
    X509Certificate[] chain = {leaf().certificate()};
    assertThatThrownBy(() -> ofServer.checkServerTrusted(chain, "UNKNOWN"))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("checked as SERVER");
    assertThat(ofServer.getAcceptedIssuers()).isEmpty();
  }

  @Test
  void trustManager_longOrEmptyChain_refuses() {
    PeerTrustManager ofServer =
        new PeerTrustManager(AUTHORITY.bundle(), CLIENT, () -> {}, fault -> {});
    X509Certificate leaf = leaf().certificate();
    X509Certificate[] six = {leaf, leaf, leaf, leaf, leaf, leaf};
    assertThatThrownBy(() -> ofServer.checkClientTrusted(six, "UNKNOWN"))
        .hasMessageContaining("chain: 6");
    assertThatThrownBy(() -> ofServer.checkClientTrusted(new X509Certificate[0], "UNKNOWN"))
        .hasMessageContaining("chain: 0");
  }
}
