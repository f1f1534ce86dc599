package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.v1.AdminGrpc;
import io.grpc.Status;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plugin that asks for what only an administrator may. */
class AdminRefusalTest {
  private static List<String> methodsAndOthers() {
    return Stream.concat(
            RawCalls.methods(AdminGrpc.getServiceDescriptor()).stream(),
            Stream.of("NoSuchMethod", "addPlugin").map(name -> "tenon.v1.Admin/" + name))
        .toList();
  }

  /**
   * Whether or not the host has administrators, and the method exists. Rows: PL-10, RG-23.
   *
   * <p>Denies: Admin/ListPlugins, Admin/DescribePlugin, Admin/ListRegistrations,
   * Admin/RevokePlugin, Admin/DrainPlugin, Admin/Explain, Admin/WithdrawRight, Admin/ReadAudit,
   * Admin/FollowAudit, Admin/AddPlugin, Admin/RemovePlugin, Admin/ReplacePlugin, Admin/Call
   * NOT_ALLOWED.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void call_adminMethodByPlugin_notAllowedAndOnRecord(boolean hasAdmins) throws Exception {
    try (TestHost host =
        TestHost.with("")
            .set(builder -> builder.admins(hasAdmins ? new String[] {"alice"} : new String[0]))
            .enrolled("alpha")
            .start()) {
      RawPlugin alpha = host.plugin("alpha");
      Map<String, Refused> byToken = new LinkedHashMap<>();
      Map<String, Refused> without = new LinkedHashMap<>();
      for (String method : methodsAndOthers()) {
        byToken.put(
            method, RawCalls.refused(alpha.control(alpha.bearer()), method, RawCalls.EMPTY));
        without.put(method, RawCalls.refused(alpha.control(), method, RawCalls.EMPTY));
      }

      assertThat(byToken).hasSizeGreaterThan(9);
      RawCalls.assertAll(byToken, Refusal.NOT_ALLOWED);
      RawCalls.assertAll(without, Refusal.NOT_AUTHENTICATED);
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.isDenied("admin"))
          .allMatch(entry -> entry.actor().equals(alpha.runtimeId()))
          .extracting(entry -> entry.resource().substring(1))
          .containsExactlyElementsOf(methodsAndOthers());
    }
  }

  /** What is no method of anything stays that. */
  @Test
  void call_unknownMethod_unimplemented() throws Exception {
    try (TestHost host = TestHost.with("").admins("alice").enrolled("alpha").start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      RawPlugin alpha = host.plugin("alpha");
      assertThat(
              RawCalls.refused(
                      alpha.control(alpha.bearer()),
                      "tenon.v1.Registry/NoSuchMethod",
                      RawCalls.EMPTY)
                  .code())
          .isEqualTo(Status.Code.UNIMPLEMENTED);
      assertThat(
              RawCalls.refused(alice.channel(), "tenon.v1.Admin/NoSuchMethod", RawCalls.EMPTY)
                  .code())
          .isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }
}
