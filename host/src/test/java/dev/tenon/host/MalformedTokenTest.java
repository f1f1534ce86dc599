package dev.tenon.host;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tokens that are none, on both planes. Row: RG-1. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MalformedTokenTest {
  @SuppressWarnings("NullAway.Init") // set before each test
  private TokenGate gate;

  @BeforeAll
  void start() throws Exception {
    gate = new TokenGate();
  }

  @AfterAll
  void stop() {
    gate.close();
  }

  @Test
  void call_noAuthorization_refused() {
    gate.assertRefused("missing");
  }

  @Test
  void call_emptyAuthorization_refused() {
    gate.assertRefused("missing", "");
  }

  @Test
  void call_schemeWithoutToken_refused() {
    gate.assertRefused("malformed", "Bearer");
  }

  @Test
  void call_truncatedToken_refused() {
    String bearer = gate.caller.bearer();
    gate.assertRefused("malformed", bearer.substring(0, bearer.length() - 1));
    gate.assertRefused("malformed", bearer.substring(0, "Bearer tnr_".length() + 21));
  }

  @Test
  void call_tokenWithTail_refused() {
    gate.assertRefused("malformed", gate.caller.bearer() + "A");
    gate.assertRefused("malformed", gate.caller.bearer() + ", " + gate.caller.bearer());
  }

  /** Denies: control, data CREDENTIAL_MALFORMED. */
  @Test
  void call_otherScheme_refused() {
    gate.assertRefused("malformed", "Basic " + gate.caller.token());
    gate.assertRefused("malformed", "bearer " + gate.caller.token());
    gate.assertRefused("malformed", gate.caller.token());
  }

  @Test
  void call_enrolmentTokenAsRuntimeToken_refused() {
    String enrolment = gate.caller.bootstrap.enrolmentToken().exposeForWire();
    gate.assertRefused("malformed", "Bearer " + enrolment);
  }

  /** Denies: control, data CREDENTIAL_UNKNOWN. */
  @Test
  void call_wellFormedTokenOfNobody_refused() {
    gate.assertRefused("unknown", "Bearer tnr_" + "B".repeat(42) + "A");
  }

  /** The audit log has reasons and never what was presented. Row: TK-11. */
  @Test
  void auditLog_afterRefusals_holdsNoToken() {
    gate.assertAdmitted(gate.caller.bearer());
    gate.assertRefused("foreign", gate.other.bearer());
    gate.assertRefused("malformed", "Basic " + gate.caller.token());

    org.assertj.core.api.Assertions.assertThat(gate.host.audit.text())
        .contains("\"foreign\"")
        .doesNotContain("tnr_")
        .doesNotContain("tne_");
  }
}
