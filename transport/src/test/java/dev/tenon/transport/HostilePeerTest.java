package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.transport.TestAuthority.Order;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Certificates that must not get through a handshake, on either side. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class HostilePeerTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();

  /** What is wrong with the certificate, given its authority and its otherwise right leaf. */
  @SuppressWarnings("ImmutableEnumChecker") // The functions have no state.
  enum Flaw {
    EXPIRED((authority, leaf) -> leaf.valid(Instant.EPOCH, Instant.now().minusSeconds(1))),
    NOT_YET_VALID(
        (authority, leaf) ->
            leaf.valid(Instant.now().plusSeconds(60), Instant.now().plusSeconds(120))),
    ENDS_BEFORE_IT_BEGINS(
        (authority, leaf) ->
            leaf.valid(Instant.now().plusSeconds(60), Instant.now().minusSeconds(60))),
    TWO_URIS((authority, leaf) -> leaf.uri("spiffe://test.example/host/h2")),
    NO_NAMES((authority, leaf) -> leaf.withoutNames()),
    NAME_OF_ANOTHER_KIND(
        (authority, leaf) -> leaf.name(new GeneralName(GeneralName.rfc822Name, "a@b.example"))),
    CA_LEAF((authority, leaf) -> leaf.ca(true)),
    SIGNS_CERTIFICATES(
        (authority, leaf) -> leaf.usage(KeyUsage.digitalSignature | KeyUsage.keyCertSign)),
    NO_SIGNATURE_USAGE((authority, leaf) -> leaf.usage(KeyUsage.keyAgreement)),
    NO_PURPOSE((authority, leaf) -> leaf.purposes()),
    ANY_PURPOSE((authority, leaf) -> leaf.purposes(KeyPurposeId.anyExtendedKeyUsage)),
    OTHER_PURPOSE((authority, leaf) -> leaf.purposes(KeyPurposeId.id_kp_emailProtection)),
    SHA_1((authority, leaf) -> leaf.signature("SHA1withECDSA"));

    private final BiFunction<TestAuthority, Order, Order> spoil;

    Flaw(BiFunction<TestAuthority, Order, Order> spoil) {
      this.spoil = spoil;
    }
  }

  static Stream<Arguments> flaws() {
    return Arrays.stream(Flaw.values())
        .flatMap(flaw -> Stream.of(TlsProvider.values()).map(p -> Arguments.of(flaw, p)));
  }

  static Stream<Arguments> wrongServers() {
    return Stream.of("wrong DNS name", "another host", "a plugin", "self-signed", "unknown CA")
        .flatMap(wrong -> Stream.of(TlsProvider.values()).map(p -> Arguments.of(wrong, p)));
  }

  /** No payload reaches a server whose certificate is flawed. Row: PK-4. */
  @ParameterizedTest
  @MethodSource("flaws")
  void call_toServerWithFlaw_failsBeforeAnyPayload(Flaw flaw, TlsProvider provider)
      throws Exception {
    Order server = flaw.spoil.apply(hosts, hosts.leaf(HOST, Dns.HOST));
    assertNoPayloadArrives(server, plugins.leaf(PLUGIN, Dns.PLUGIN), provider);
  }

  /**
   * A client whose certificate is flawed reaches no handler. Attack: X3, X4, X5, X8, X10, X11. Row:
   * PK-1.
   */
  @ParameterizedTest
  @MethodSource("flaws")
  void call_fromClientWithFlaw_reachesNoHandler(Flaw flaw, TlsProvider provider) throws Exception {
    Order client = flaw.spoil.apply(plugins, plugins.leaf(PLUGIN, Dns.PLUGIN));
    assertNoPayloadArrives(hosts.leaf(HOST, Dns.HOST), client, provider);
  }

  /** No payload reaches the wrong server. Attack: X19. Row: PK-4, PK-26. */
  @ParameterizedTest
  @MethodSource("wrongServers")
  void call_toWrongServer_failsBeforeAnyPayload(String wrong, TlsProvider provider)
      throws Exception {
    Order server =
        switch (wrong) {
          case "wrong DNS name" -> hosts.leaf(HOST, Dns.PLUGIN);
          case "another host" -> hosts.leaf("spiffe://test.example/host/h2", Dns.HOST);
          case "a plugin" -> plugins.leaf(PLUGIN, Dns.HOST);
          case "self-signed" -> TestAuthority.selfSigned(HOST, Dns.HOST);
          default -> new TestAuthority().leaf(HOST, Dns.HOST);
        };
    assertNoPayloadArrives(server, plugins.leaf(PLUGIN, Dns.PLUGIN), provider);
  }

  /**
   * Clients of another authority, host or kind reach no handler.
   *
   * <p>Row: PK-1, PK-22, HS-11, TE-15
   */
  @ParameterizedTest
  @MethodSource("wrongClients")
  void call_fromWrongClient_reachesNoHandler(String wrong, TlsProvider provider) throws Exception {
    Order client =
        switch (wrong) {
          case "another host's plugin" -> plugins.leaf(PLUGIN.replace("/h1/", "/h2/"), Dns.PLUGIN);
          case "another trust domain" ->
              plugins.leaf(PLUGIN.replace("test.example", "evil.example"), Dns.PLUGIN);
          case "the host" -> plugins.leaf(HOST, Dns.HOST);
          case "self-signed" -> TestAuthority.selfSigned(PLUGIN, Dns.PLUGIN);
          default -> new TestAuthority().leaf(PLUGIN, Dns.PLUGIN);
        };
    assertNoPayloadArrives(hosts.leaf(HOST, Dns.HOST), client, provider);
  }

  static Stream<Arguments> wrongClients() {
    return Stream.of(
            "another host's plugin",
            "another trust domain",
            "the host",
            "self-signed",
            "unknown CA")
        .flatMap(wrong -> Stream.of(TlsProvider.values()).map(p -> Arguments.of(wrong, p)));
  }

  private void assertNoPayloadArrives(Order server, Order client, TlsProvider provider)
      throws Exception {
    Credentials serving = server.credentials(plugins);
    Credentials calling = client.credentials(hosts);
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, () -> serving);
      assertThatThrownBy(() -> connections.call(() -> calling, "secret"))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNAVAILABLE");
      assertThat(connections.echoes.arrived()).isZero();
      assertThat(connections.echoes.handled()).isZero();
    }
  }
}
