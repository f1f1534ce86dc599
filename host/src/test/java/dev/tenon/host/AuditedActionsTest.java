package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.v1.GrantResponse;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to a host and its plugins, and what of it the audit file says. */
class AuditedActionsTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ASKED = "asked for by the host's program";
  private static final String POLICY =
      """
      [[rule]]
      id = "words"
      effect = "allow"
      caller = "words"
      service = "testservice.v1.*"
      """;

  /** Something that is done to a host. */
  private interface Action {
    void run() throws Exception;
  }

  @TempDir Path folder;

  private static TestHost start() throws Exception {
    return TestHost.with(POLICY)
        .set(host -> host.healthPolling(Duration.ofHours(1), Duration.ofSeconds(5)))
        .set(host -> host.offersByGrant(EchoGrpc.SERVICE_NAME, "1.2.0", new OpenEcho()))
        .enrolled("words")
        .enrolled("other")
        .start();
  }

  private static RuntimeId id(RawPlugin plugin) {
    return plugin.bootstrap.runtimeId();
  }

  /** Runs {@code action} and returns the records since, of that event and action. */
  private static List<AuditTrail.Entry> written(
      TestHost host, String event, String action, Action run) throws Exception {
    int before = host.audit.entries().size();
    run.run();
    return host.audit.entries().stream()
        .skip(before)
        .filter(entry -> entry.event().equals(event) && entry.action().equals(action))
        .toList();
  }

  private static void assertOne(
      TestHost host, String event, String action, String resource, String reason, Action run)
      throws Exception {
    assertThat(written(host, event, action, run))
        .as("%s %s", event, action)
        .containsExactly(new AuditTrail.Entry(event, "host", action, resource, "success", reason));
  }

  /** Each has one record, with who and why. Row: AU-10. */
  @Test
  void changeOfHost_eachOnce_oneRecordWithActorAndReason() throws Exception {
    try (TestHost test = start()) {
      PluginHost host = test.host();
      RawPlugin words = test.plugin("words");
      GrantResponse grant = words.grant(EchoGrpc.SERVICE_NAME);

      assertOne(
          test,
          "grant",
          "revoke",
          EchoGrpc.SERVICE_NAME,
          ASKED,
          () -> host.grants().revoke(grant.getGrantId()));
      assertOne(
          test,
          "lifecycle",
          "drain",
          words.runtimeId(),
          ASKED,
          () -> assertThat(host.drain(id(words), SOON)).isZero());
      assertOne(
          test,
          "policy",
          "replace",
          "",
          "incident 7",
          () -> host.policy().replace(Policy.parse(POLICY), "incident 7"));
      assertOne(
          test,
          "revocation",
          "revoke-certificate",
          "serial badcafe",
          ASKED,
          () -> host.certificates().revokeSerial(new BigInteger("0badcafe", 16)));
      assertOne(
          test, "revocation", "revoke", words.runtimeId(), ASKED, () -> host.revoke(id(words)));
      assertOne(
          test,
          "authority",
          "renew-all",
          "",
          ASKED,
          () -> {
            var unused = host.authorities().renewAll();
          });
      assertOne(
          test,
          "authority",
          "roll-over",
          "plugin",
          ASKED,
          () -> {
            var unused =
                host.authorities()
                    .rollOver(
                        Role.PLUGIN,
                        EmbeddedAuthority.create(
                            new TrustDomain("tenon.internal"),
                            Role.PLUGIN,
                            test.clock,
                            new SecureRandom()));
          });
    }
  }

  /** A policy file that is read again has one record too. Row: AU-10. */
  @Test
  void reload_policyFileChanged_oneRecordWithActorAndReason() throws Exception {
    Path file = Files.writeString(folder.resolve("policy.toml"), POLICY);
    try (TestHost test =
        TestHost.with("")
            .set(host -> host.policy(PolicySource.file(file).every(Duration.ofHours(1))))
            .start()) {
      Files.writeString(file, POLICY.replace("words", "letters"));

      assertOne(
          test,
          "policy",
          "replace",
          "",
          "reload was asked for",
          () -> assertThat(test.host().policy().reload()).isTrue());
    }
  }

  /** What is revoked is on record once, however often the same is asked. Row: AU-10. */
  @Test
  void end_ofARevokedRun_oneRecordWithTheReason() throws Exception {
    try (TestHost test = start()) {
      RawPlugin words = test.plugin("words");

      List<AuditTrail.Entry> ends =
          written(test, "lifecycle", "end", () -> test.host().revoke(id(words)));

      assertThat(ends).extracting(AuditTrail.Entry::reason).containsExactly("was revoked");
      assertThat(ends).extracting(AuditTrail.Entry::actor).containsExactly(words.runtimeId());
    }
  }

  /** A drain that cannot be recorded does not happen. Row: AU-3. */
  @Test
  void drain_auditBroken_refusedAndInService() throws Exception {
    try (TestHost test = start()) {
      RawPlugin words = test.plugin("words");
      Path log = test.directory().resolve("audit.jsonl");
      Files.delete(log);
      Files.writeString(log, "somebody else's");

      assertThatExceptionOfType(AuditFailedException.class)
          .isThrownBy(() -> test.host().drain(id(words), SOON));

      assertThat(test.host().plugins())
          .extracting(PluginStatus::state)
          .noneMatch(PluginState.Draining.class::isInstance);
    }
  }

  /**
   * Who is refused before it is known is null on record, not a word that stands for it. Row: AU-8.
   */
  @Test
  void enrol_malformedRuntimeId_recordedWithNullForWhatIsNotKnown() throws Exception {
    try (TestHost test = start()) {
      RawPlugin words = test.plugin("words");

      Refused refused =
          Refused.by(
              () -> words.enrolment().enrol(words.enrolRequest().setRuntimeId("no id").build()));

      assertThat(refused.code()).isNotNull();
      List<JsonObject> denied =
          test.audit
              .text()
              .lines()
              .map(line -> JsonParser.parseString(line).getAsJsonObject())
              .filter(record -> record.get("outcome").getAsString().equals("denied"))
              .toList();
      assertThat(denied).hasSize(1);
      assertThat(denied.get(0).get("event").getAsString()).isEqualTo("enrolment");
      assertThat(denied.get(0).get("actor").isJsonNull()).isTrue();
      assertThat(denied.get(0).get("resource").isJsonNull()).isTrue();
      assertThat(denied.toString()).doesNotContain("unknown");
      words.healthy();
    }
  }
}
