package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.GrantedService;
import dev.tenon.v1.OfferedService;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A host that is authenticated and lies in its answer to the enrolment: the plugin refuses, names
 * the field, and goes no further. Row: H24
 */
final class HostileHostTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void enrol_answerThatLies_refusedNamingField(
      String field, BiFunction<FakeHost, EnrolResponse.Builder, EnrolResponse.Builder> lie) {
    try (FakeHost host = FakeHost.start(folder)) {
      host.answers.enrolment = answer -> lie.apply(host, answer);

      assertThatThrownBy(
              () ->
                  RunningPlugin.start(
                      EchoPlugin.plugin(), host.bootstrap("echo"), TestSettings.PATIENT))
          .isInstanceOf(PluginStartException.class)
          .hasMessageContaining("does not trust its enrolment")
          .hasMessageContaining("the host's answer: " + field.replaceAll(" \\(.*", ""))
          .hasMessageNotContainingAny("tnr_" + "A".repeat(42));
      assertThat(host.answers.order).containsExactly("enrol");
    }
  }

  static Stream<Arguments> lies() {
    return Stream.of(
        lie("protocol (2)", (host, answer) -> answer.setProtocol(2)),
        lie("protocol (huge)", (host, answer) -> answer.setProtocol(-1)),
        lie("spiffe_id", (host, a) -> a.setSpiffeId(host.trust.plugin("admin").toString())),
        lie("certificate_chain (other id)", (host, a) -> a.setCertificateChain(0, otherId(host))),
        lie("certificate_chain (other key)", (host, a) -> a.setCertificateChain(0, otherKey(host))),
        lie("certificate_chain (expired)", (host, a) -> a.setCertificateChain(0, expired(host))),
        lie("certificate_chain (none)", (host, a) -> a.clearCertificateChain()),
        lie(
            "certificate_chain (many)",
            (host, a) ->
                a.addAllCertificateChain(Collections.nCopies(40, a.getCertificateChain(0)))),
        lie("certificate_chain (garbage)", (host, a) -> a.setCertificateChain(0, garbage())),
        lie(
            "certificate_chain (two in one)",
            (host, a) ->
                a.setCertificateChain(0, a.getCertificateChain(0).concat(a.getTrustBundle(0)))),
        lie("trust_bundle (none)", (host, a) -> a.clearTrustBundle()),
        lie("trust_bundle (garbage)", (host, a) -> a.setTrustBundle(0, garbage())),
        lie("runtime_token (none)", (host, a) -> a.clearRuntimeToken()),
        lie(
            "runtime_token (other kind)",
            (host, a) -> a.setRuntimeToken(HostAnswers.newToken(Token.Kind.ENROLMENT))),
        lie("runtime_token (zero)", (host, a) -> a.setRuntimeToken("tnr_" + "A".repeat(43))),
        lie("token_expires (none)", (host, a) -> a.clearTokenExpires()),
        lie("token_expires (now)", (host, a) -> a.setTokenExpires(at(Duration.ZERO))),
        lie("token_expires (far)", (host, a) -> a.setTokenExpires(at(Duration.ofHours(25)))),
        lie("token_expires (no time)", (host, a) -> a.setTokenExpires(noTime())),
        lie("limits.max_message_bytes (none)", (host, a) -> a.clearLimits()),
        lie("limits.max_message_bytes (huge)", (host, a) -> message(a, -1)),
        lie("limits.max_message_bytes (2 GiB)", (host, a) -> message(a, Integer.MAX_VALUE)),
        lie("limits.max_metadata_bytes (0)", (host, a) -> metadata(a, 0)),
        lie("limits.max_metadata_bytes (huge)", (host, a) -> metadata(a, Integer.MIN_VALUE)),
        lie("provides (never declared)", (host, a) -> a.addProvides(granted("acme.Other"))),
        lie("provides (twice)", (host, a) -> a.addProvides(a.getProvides(0))),
        lie(
            "host_services",
            (host, a) ->
                a.addAllHostServices(
                    Collections.nCopies(1001, OfferedService.getDefaultInstance()))));
  }

  /** An answer that does not fit the channel's limit is not even read. Row: H24 */
  @Test
  void enrol_endlessAnswer_refused() {
    try (FakeHost host = FakeHost.start(folder)) {
      host.answers.enrolment =
          answer ->
              answer.addAllHostServices(
                  Collections.nCopies(
                      200_000, OfferedService.newBuilder().setService("acme.S").build()));

      assertThatThrownBy(
              () ->
                  RunningPlugin.start(
                      EchoPlugin.plugin(), host.bootstrap("echo"), TestSettings.PATIENT))
          .isInstanceOf(PluginStartException.class)
          .hasMessageContaining("RESOURCE_EXHAUSTED");
    }
  }

  private static Arguments lie(
      String field, BiFunction<FakeHost, EnrolResponse.Builder, EnrolResponse.Builder> lie) {
    return Arguments.of(field, lie);
  }

  private static ByteString otherId(FakeHost host) {
    return issued(host, host.trust.plugin("admin"), keyOf(host), 60);
  }

  private static ByteString otherKey(FakeHost host) {
    return issued(host, idOf(host), CertificateRequest.newKeyPair().getPublic(), 60);
  }

  private static ByteString expired(FakeHost host) {
    return issued(host, idOf(host), keyOf(host), -60);
  }

  private static ByteString issued(FakeHost host, SpiffeId id, PublicKey key, long seconds) {
    return HostAnswers.der(host.trust.plugins().issue(id, key, Instant.now().plusSeconds(seconds)));
  }

  private static SpiffeId idOf(FakeHost host) {
    return new SpiffeId.OfPlugin(host.trust.host(), host.bootstrap("echo").runtimeId());
  }

  private static PublicKey keyOf(FakeHost host) {
    return HostAnswers.publicKey(host.answers.enrolments.get(0).getCertificateRequest());
  }

  private static ByteString garbage() {
    return ByteString.copyFromUtf8("garbage");
  }

  private static Timestamp at(Duration fromNow) {
    return HostAnswers.timestamp(Instant.now().plus(fromNow));
  }

  private static Timestamp noTime() {
    return Timestamp.newBuilder().setSeconds(Long.MAX_VALUE).build();
  }

  private static EnrolResponse.Builder message(EnrolResponse.Builder answer, int bytes) {
    answer.getLimitsBuilder().setMaxMessageBytes(bytes);
    return answer;
  }

  private static EnrolResponse.Builder metadata(EnrolResponse.Builder answer, int bytes) {
    answer.getLimitsBuilder().setMaxMetadataBytes(bytes);
    return answer;
  }

  private static GrantedService granted(String service) {
    return GrantedService.newBuilder().setService(service).build();
  }
}
