package dev.tenon.host;

import org.junit.jupiter.api.Test;

/** A caller that sends two tokens, in the hope that two readers take different ones. */
class DuplicateAuthorizationTest {
  /**
   * Row: TK-10.
   *
   * <p>Denies: control, data CREDENTIAL_DUPLICATE.
   */
  @Test
  void call_ownTokenTwice_refused() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertRefused("duplicate", gate.caller.bearer(), gate.caller.bearer());
    }
  }

  @Test
  void call_ownTokenBesideAnother_refusedInEitherOrder() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertRefused("duplicate", gate.caller.bearer(), gate.other.bearer());
      gate.assertRefused("duplicate", gate.other.bearer(), gate.caller.bearer());
      gate.assertRefused("duplicate", gate.caller.bearer(), "Basic YTpi");
    }
  }
}
