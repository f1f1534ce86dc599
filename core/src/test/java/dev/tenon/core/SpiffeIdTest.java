package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: X9. */
class SpiffeIdTest {
  private static final String HOST = "spiffe://acme.example/host/h-1";
  private static final String PLUGIN = HOST + "/plugin/greeter/greeter-0123456789abcdef";

  @Test
  void parse_host_accepted() {
    SpiffeId id = SpiffeId.parse(HOST);

    assertThat(id).isEqualTo(new SpiffeId.OfHost(new TrustDomain("acme.example"), "h-1"));
    assertThat(id).hasToString(HOST);
    assertThat(id.name()).isEqualTo("host");
    assertThat(new Identity(id, Identity.Evidence.IN_PROCESS).actor()).isEqualTo("host");
  }

  @Test
  void parse_plugin_accepted() {
    SpiffeId id = SpiffeId.parse(PLUGIN);

    assertThat(id).hasToString(PLUGIN);
    assertThat(id.trustDomain()).isEqualTo(new TrustDomain("acme.example"));
    Identity identity = new Identity(id, Identity.Evidence.SVID);
    assertThat(identity.name()).isEqualTo("greeter");
    assertThat(identity.actor()).isEqualTo("greeter-0123456789abcdef");
  }

  /** No policy can name an administrator, and no runtime id can look like one. Row: RG-23. */
  @Test
  void parse_admin_accepted() {
    SpiffeId id = SpiffeId.parse(HOST + "/admin/on-call");

    assertThat(id)
        .isEqualTo(
            new SpiffeId.OfAdmin(
                new SpiffeId.OfHost(new TrustDomain("acme.example"), "h-1"),
                new AdminName("on-call")))
        .hasToString(HOST + "/admin/on-call");
    Identity identity = new Identity(id, Identity.Evidence.SVID);
    assertThat(identity.name()).isEqualTo("admin/on-call");
    assertThat(identity.actor()).isEqualTo("admin/on-call");
  }

  /** Tricks of normalisation and form. Row: X9. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe:",
        "spiffe://",
        "spiffe://td",
        "spiffe://td/",
        "spiffe://td/host",
        "spiffe://td/host/",
        "spiffe:///host/h",
        "spiffe://td/host/h/",
        "spiffe://td//host/h",
        "spiffe://td/host//h",
        "spiffe://td/host/.",
        "spiffe://td/host/..",
        "spiffe://td/a/../host/h",
        "spiffe://td/host/a/../h",
        "spiffe://td/./host/h",
        "spiffe://../host/h",
        "spiffe://./host/h",
        "spiffe://td/host/%2e%2e",
        "spiffe://td/host/%68",
        "spiffe://td/ho%73t/h",
        "SPIFFE://td/host/h",
        "Spiffe://td/host/h",
        "spiffe://TD/host/h",
        "spiffe://td/HOST/h",
        "spiffe://td/host/H",
        "spiffe://td:443/host/h",
        "spiffe://u@td/host/h",
        "spiffe://u:p@td/host/h",
        "spiffe://td/host/h?q",
        "spiffe://td?q/host/h",
        "spiffe://td/host/h#f",
        "spiffe://td/host/h\0",
        "spiffe://td/host/h\n",
        " spiffe://td/host/h",
        "spiffe://td/host/h ",
        "spiffe://t\u0435d/host/h",
        "spiffe://td/host/\u0435",
        "spiffe:/td/host/h",
        "spiffe:td/host/h",
        "spiffe:x/td/host/h",
        "http://td/host/h",
        "spiffe://td/h/host",
        "spiffe://td/plugin/greeter/greeter-0123456789abcdef",
        "spiffe://td/host/h/plugin",
        "spiffe://td/host/h/plugin/greeter",
        "spiffe://td/host/h/plugin/greeter/",
        "spiffe://td/host/h/plugin/greeter/greeter-0123456789abcdef/",
        "spiffe://td/host/h/plugin/greeter/greeter-0123456789abcdef/x",
        "spiffe://td/host/h/plugins/greeter/greeter-0123456789abcdef",
        "spiffe://td/host/h/plugin/other/greeter-0123456789abcdef",
        "spiffe://td/host/h/plugin/Greeter/greeter-0123456789abcdef",
        "spiffe://td/host/h/plugin/greeter/greeter-0123456789ABCDEF",
        "spiffe://td/host/h/plugin/host/host-0123456789abcdef",
        "spiffe://td/host/h/plugin//greeter-0123456789abcdef",
        "spiffe://td/host/h/admin",
        "spiffe://td/host/h/admin/",
        "spiffe://td/host/h/admin/Alice",
        "spiffe://td/host/h/admin/a.b",
        "spiffe://td/host/h/admin/alice/",
        "spiffe://td/host/h/admin/alice/greeter-0123456789abcdef",
        "spiffe://td/host/h/admins/alice",
        "spiffe://td/admin/alice"
      })
  void parse_other_refused(String uri) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SpiffeId.parse(uri))
        .withMessageContaining("(expected: ");
  }

  @Test
  void parse_overLong_refusedWithShortMessage() {
    for (String uri :
        new String[] {
          "spiffe://" + "t".repeat(64) + "/host/h",
          "spiffe://td/host/" + "h".repeat(64),
          "spiffe://td/host/" + "h".repeat(100_000),
          "spiffe://td" + "/host".repeat(10_000)
        }) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SpiffeId.parse(uri))
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }
  }

  @Test
  void parse_longestParts_accepted() {
    String uri = "spiffe://" + "t".repeat(63) + "/host/" + "h".repeat(63);

    assertThat(SpiffeId.parse(uri)).hasToString(uri);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "1", "acme.example", "a-b_c.d", "xn--bcher-kva.example"})
  void trustDomain_name_accepted(String name) {
    assertThat(new TrustDomain(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".a",
        "-a",
        "_a",
        "A",
        "a b",
        "a/b",
        "a:1",
        "a@b",
        "a\0",
        "b\u00fccher"
      })
  void trustDomain_other_refused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrustDomain(name))
        .withMessageStartingWith("trust domain: ");
  }
}
