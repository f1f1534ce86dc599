package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.Refusal;
import dev.tenon.core.SpiffeId;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.GrantedService;
import dev.tenon.v1.Limits;
import dev.tenon.v1.OfferedService;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a plugin learns when it enrols: the host's configuration, and no more of it than its own.
 */
class EnrolmentReplyTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[provide]]
      plugin = "alpha"
      services = ["acme.shared.v1.Shared"]

      [[provide]]
      plugin = "beta"
      services = ["acme.secrets.v1.Secrets"]

      [[rule]]
      id = "alpha-calls-other"
      effect = "allow"
      caller = "alpha"
      service = "testservice.v1.Other"
      """;

  /** The smaller one of both wishes is agreed on, and none at all is the host's. Row: HS-16. */
  @ParameterizedTest
  @CsvSource({"0, 1048576", "1024, 1024", "65536, 65536", "2097152, 1048576", "-1, 1048576"})
  void enrol_limit_isTheSmallerOne(int asked, int agreed) throws Exception {
    try (TestHost host = limited()) {
      RawPlugin alpha = host.plugin("alpha");

      EnrolResponse reply = alpha.enrol(alpha.enrolRequest().setMaxMessageBytes(asked).build());

      assertThat(reply.getLimits().getMaxMessageBytes()).isEqualTo(agreed);
      alpha.healthy();
    }
  }

  /** Row: HS-16. */
  @Test
  void enrol_limitTooSmall_isRefused() throws Exception {
    try (TestHost host = limited()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused =
          Refused.by(() -> alpha.enrol(alpha.enrolRequest().setMaxMessageBytes(1023).build()));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).contains("max_message_bytes: 1023 (expected: at least 1024)");
    }
  }

  private static TestHost limited() throws Exception {
    return TestHost.with(POLICY)
        .set(builder -> builder.maxMessageBytes(1 << 20))
        .silent("alpha")
        .begin();
  }

  /** Every field of the reply is what the host was configured with. Row: HS-1. */
  @Test
  void enrol_allFields_matchConfiguration() throws Exception {
    try (TestHost host =
        TestHost.with(POLICY)
            .set(
                builder ->
                    builder
                        .trustDomain("plugins.acme.example")
                        .offers(NamedOther.SERVICE, "2.3.4", new NamedOther("host"))
                        .offers(NamedEcho.SERVICE, "9.9.9", new NamedEcho("host")))
            .silent("alpha")
            .begin()) {
      RawPlugin alpha = host.plugin("alpha");

      EnrolResponse reply =
          alpha.enrol("acme.shared.v1.Shared", "acme.secrets.v1.Secrets", "acme.none.v1.None");

      assertThat(reply.getSpiffeId())
          .isEqualTo(
              new SpiffeId.OfPlugin(alpha.bootstrap.hostId(), alpha.bootstrap.runtimeId())
                  .toString())
          .startsWith("spiffe://plugins.acme.example/host/");
      assertThat(reply.getTrustBundleList()).isEqualTo(encoded(alpha.bootstrap.trustBundle()));
      assertThat(reply.getRuntimeToken()).matches("tnr_[A-Za-z0-9_-]{43}");
      assertThat(reply.getProtocol()).isEqualTo(1);
      assertThat(reply.getLimits())
          .isEqualTo(
              Limits.newBuilder()
                  .setMaxMessageBytes(4 * 1024 * 1024)
                  .setMaxMetadataBytes(8192)
                  .build());
      assertThat(reply.getProvidesList())
          .containsExactly(GrantedService.newBuilder().setService("acme.shared.v1.Shared").build());
      assertThat(reply.getHostServicesList())
          .containsExactly(
              OfferedService.newBuilder()
                  .setService(NamedOther.SERVICE)
                  .setVersion("2.3.4")
                  .build());
      assertThat(reply.getHostVersion()).isNotBlank();
      assertThat(reply.getUnknownFields().asMap()).isEmpty();
    }
  }

  /** An exclusive right is told as one. Row: HS-1. */
  @Test
  void enrol_exclusiveRight_isTold() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      EnrolResponse reply = host.plugin("alpha").enrol(NamedEcho.SERVICE);

      assertThat(reply.getProvidesList())
          .containsExactly(
              GrantedService.newBuilder().setService(NamedEcho.SERVICE).setExclusive(true).build());
    }
  }

  /** The certificate is for this run and for the key that asked, and for nothing else. */
  @Test
  void enrol_certificate_isForThisRunAndKey() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      EnrolResponse reply = alpha.enrol();

      X509Certificate leaf = RawPlugin.parse(reply.getCertificateChainList()).get(0);
      assertThat(leaf.getSubjectAlternativeNames())
          .contains(List.of(6, reply.getSpiffeId()))
          .filteredOn(name -> name.get(0).equals(6))
          .hasSize(1);
      assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
      assertThat(alpha.credentials().chain()).first().isEqualTo(leaf);
    }
  }

  /** The token works at once, and expires one hour from now. Row: HS-8. */
  @Test
  void enrol_token_usableAtOnceUntilTheExpiryThatIsTold() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      EnrolResponse reply = alpha.enrol();

      alpha.healthy();
      com.google.protobuf.Timestamp expires = reply.getTokenExpires();
      assertThat(Instant.ofEpochSecond(expires.getSeconds(), expires.getNanos()))
          .isEqualTo(host.clock.instant().plus(Duration.ofHours(1)));
      assertThat(host.host().plugins()).hasSize(1);
    }
  }

  private static List<ByteString> encoded(List<X509Certificate> certificates) throws Exception {
    List<ByteString> encoded = new java.util.ArrayList<>();
    for (X509Certificate certificate : certificates) {
      encoded.add(ByteString.copyFrom(certificate.getEncoded()));
    }
    return encoded;
  }
}
