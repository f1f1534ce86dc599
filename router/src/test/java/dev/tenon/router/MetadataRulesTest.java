package dev.tenon.router;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Grant;
import dev.tenon.core.Permission;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attacks R6, R7, R12: what crosses the router and what does not.
 *
 * <p>Row: RT-7
 */
final class MetadataRulesTest {
  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static Metadata one(String name) {
    Metadata metadata = new Metadata();
    if (name.endsWith("-bin")) {
      metadata.put(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER), new byte[] {1, -1});
    } else {
      metadata.put(key(name), "value");
    }
    return metadata;
  }

  /** A name in upper case brings the values of its lower case: neither passes. Attack: R6. */
  @ParameterizedTest
  @ValueSource(strings = {"tenon-caller", "tenon-to", "authorization", "cookie", "grpc-timeout"})
  void reservedNameBesideItsUpperCase_doesNotPass(String name) {
    String upper = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    Metadata received =
        InternalMetadata.newMetadata(
            upper.getBytes(US_ASCII),
            "forged".getBytes(US_ASCII),
            name.getBytes(US_ASCII),
            "forged".getBytes(US_ASCII));

    Metadata request = MetadataRules.request(received, Names.id(Names.CALLER).toString());

    assertThat(request.keys()).containsExactly("tenon-caller");
    assertThat(request.getAll(MetadataRules.CALLER))
        .containsExactly(Names.id(Names.CALLER).toString());
    assertThat(MetadataRules.response(received).keys()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "authorization",
        "Authorization",
        "proxy-authorization",
        "proxy-connection",
        "cookie",
        "set-cookie",
        "tenon-caller",
        "tenon-caller-bin",
        "tenon-to",
        "tenon-key",
        "tenon-anything",
        "tenon-refused",
        "x-plugin-runtime-id",
        "x-plugin-provider",
        "connection",
        "te",
        "trailer",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "host",
        "content-type",
        "content-length",
        "content-encoding",
        "accept-encoding",
        "user-agent",
        "grpc-encoding",
        "grpc-accept-encoding",
        "grpc-timeout",
        "grpc-status",
        "grpc-message",
        "grpc-internal-encoding-request",
        "grpc-server-stats-bin"
      })
  void key_ofAnotherHop_isDroppedBothWays(String name) {
    assertThat(MetadataRules.request(one(name), Names.HOST.toString()).keys())
        .containsOnly("tenon-caller");
    assertThat(MetadataRules.request(one(name), Names.HOST.toString()).getAll(MetadataRules.CALLER))
        .containsExactly(Names.HOST.toString());
    assertThat(MetadataRules.response(one(name)).keys()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "traceparent",
        "tracestate",
        "baggage",
        "x-request-id",
        "x-app-bin",
        "te-xt",
        "grpc-trace-bin",
        "grpc-tags-bin",
        "grpc-status-details-bin",
        "grpc-previous-rpc-attempts"
      })
  void key_ofTheApplication_passesBothWays(String name) {
    assertThat(MetadataRules.request(one(name), Names.HOST.toString()).keys())
        .containsOnly("tenon-caller", name);
    assertThat(MetadataRules.response(one(name)).keys()).containsOnly(name);
  }

  @Test
  void values_ofOneKey_keepTheirOrderAndBytes() {
    Metadata metadata = new Metadata();
    metadata.put(key("x-a"), "1");
    metadata.put(key("x-a"), "2,3");
    Metadata.Key<byte[]> binary = Metadata.Key.of("x-b-bin", Metadata.BINARY_BYTE_MARSHALLER);
    metadata.put(binary, new byte[] {0, -1, 127});
    Metadata forwarded = MetadataRules.response(metadata);
    assertThat(forwarded.getAll(key("x-a"))).containsExactly("1", "2,3");
    assertThat(forwarded.get(binary)).containsExactly(0, -1, 127);
  }

  @Test
  void source_staysAsItWas() {
    Metadata metadata = one("authorization");
    MetadataRules.request(metadata, Names.HOST.toString());
    assertThat(metadata.keys()).containsOnly("authorization");
  }

  @Test
  void key_thatIsNotLegal_isDropped() {
    Metadata odd =
        InternalMetadata.newMetadata(
            "x!odd".getBytes(US_ASCII), "v".getBytes(US_ASCII),
            "tenon-\u00e9".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                "v".getBytes(US_ASCII),
            "x-fine".getBytes(US_ASCII), "v".getBytes(US_ASCII));
    assertThat(MetadataRules.response(odd).keys()).containsOnly("x-fine");
  }

  /** A service of the host reads the grant of a call as the router wrote it. */
  @Test
  void granted_asItWasStamped_isRead() {
    Grant grant =
        new Grant(
            "0".repeat(31) + "1",
            Names.ECHO,
            Set.of(new Permission("secrets:read:db/*"), new Permission("log:write:info")));
    Metadata headers = new Metadata();
    MetadataRules.stamp(headers, grant);

    assertThat(MetadataRules.granted(headers, Names.ECHO.value())).contains(grant);
    assertThat(MetadataRules.granted(new Metadata(), Names.ECHO.value())).isEmpty();
  }

  @Test
  void target_absent_isEmpty() throws Exception {
    assertThat(MetadataRules.target(new Metadata())).isEmpty();
    Metadata named = new Metadata();
    named.put(MetadataRules.TO, Names.WORDS.value());
    assertThat(MetadataRules.target(named)).contains(Names.WORDS);
  }
}
