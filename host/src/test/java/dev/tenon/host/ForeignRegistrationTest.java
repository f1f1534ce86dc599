package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.v1.UnregisterRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plugin that has learned the registration id of another. */
class ForeignRegistrationTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      """;

  /**
   * It is answered as if the id were unknown; the audit log tells which it was. Row: RG-8.
   *
   * <p>Denies: Registry/Unregister NOT_FOUND.
   */
  @Test
  void unregister_idOfAnother_notFoundLikeUnknown() throws Exception {
    try (TestHost host =
        TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).enrolled("beta").start()) {
      String id = host.plugin("alpha").register(NamedEcho.SERVICE);
      RawPlugin beta = host.plugin("beta");

      Refused foreign = Refused.by(() -> unregister(beta, id));
      Refused unknown = Refused.by(() -> unregister(beta, "0".repeat(32)));

      assertThat(foreign.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(foreign).isEqualTo(unknown);
      assertThat(host.audit.denials("registration")).containsExactly("not the owner", "unknown");
      assertThat(host.host().plugins().get(0).services()).hasSize(1);
    }
  }

  /** The owner can withdraw it, once. Row: RG-8. */
  @Test
  void unregister_own_removedOnce() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      String id = alpha.register(NamedEcho.SERVICE);

      unregister(alpha, id);

      assertThat(host.host().plugins().get(0).services()).isEmpty();
      assertThat(Refused.by(() -> unregister(alpha, id)).is(Refusal.NOT_FOUND)).isTrue();
    }
  }

  /** What is no registration id is not looked up. Row: RG-19. */
  @ParameterizedTest
  @ValueSource(strings = {"", "0", "../x", "ABCDEFABCDEFABCDEFABCDEFABCDEFAB", "reg-1"})
  void unregister_malformedId_invalid(String id) throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha").start()) {
      assertThat(Refused.by(() -> unregister(host.plugin("alpha"), id)).is(Refusal.INVALID_REQUEST))
          .isTrue();
    }
  }

  /** Ids are 128 random bits: all different, none a step from the one before. Row: RG-19. */
  @Test
  void register_manyTimes_idsAreUniqueAndUnrelated() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      java.util.Set<String> ids = new java.util.HashSet<>();
      java.util.Set<String> halves = new java.util.HashSet<>();

      for (int i = 0; i < 100; i++) {
        String id = alpha.register(NamedEcho.SERVICE);
        assertThat(id).matches("[0-9a-f]{32}");
        ids.add(id);
        halves.add(id.substring(0, 16));
        halves.add(id.substring(16));
      }

      assertThat(ids).hasSize(100);
      assertThat(halves).hasSize(200);
    }
  }

  private static void unregister(RawPlugin plugin, String id) {
    var unused =
        plugin.registry().unregister(UnregisterRequest.newBuilder().setRegistrationId(id).build());
  }
}
