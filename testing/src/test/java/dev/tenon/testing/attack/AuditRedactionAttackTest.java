package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.Metadata;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Secrets and personal data wherever a plugin can put text of its own. */
class AuditRedactionAttackTest {
  private static final Metadata.Key<String> NOTE =
      Metadata.Key.of("x-note", Metadata.ASCII_STRING_MARSHALLER);

  /** Everything that a record of these actions may have; there is no field for anything else. */
  private static final Set<String> FIELDS =
      Set.of(
          "timestamp",
          "event",
          "actor",
          "action",
          "resource",
          "outcome",
          "details",
          "duration_ms",
          "obo_identity",
          "sequence",
          "previous",
          "chain");

  private static final Set<String> DETAILS =
      Set.of(
          "reason",
          "refusal",
          "rule",
          "provider",
          "registration",
          "version",
          "count",
          "since",
          "calls");

  @RegisterExtension
  static final Oracles oracles = Oracles.over(new Plan().enrolled("mallory", Scene.OTHER));

  /**
   * Messages, metadata, reasons and tokens are on no record, whether the call was answered or
   * refused: a record has names, ids and our own words, and no field for more. Tokens are there
   * under no digest either. Attack: A16.
   */
  @Test
  void everyEntry_secretsInMetadataMessagesAndReasons_noneOnRecord() {
    RawPlugin mallory = oracles.plugin("mallory");
    String canary = oracles.canary();
    Metadata headers = new Metadata();
    headers.put(NOTE, canary);
    Channel control = RawPlugin.with(headers, mallory.control(mallory.bearer()));

    var unused =
        RawPlugin.deadline(LifecycleGrpc.newBlockingStub(control))
            .reportHealth(
                ReportHealthRequest.newBuilder()
                    .setHealth(Health.HEALTH_HEALTHY)
                    .setReason("ada@example.org")
                    .build());
    String id =
        RawPlugin.deadline(RegistryGrpc.newBlockingStub(control))
            .register(
                RawPlugin.claim(Scene.OTHER).toBuilder().putMetadata("password", canary).build())
            .getRegistrationId();
    Answer unknown =
        oracles.refused(
            () ->
                RawPlugin.deadline(RegistryGrpc.newBlockingStub(control))
                    .discover(RawPlugin.question("acme.v1.No")));
    ByteString payload = ByteString.copyFromUtf8(canary);
    ByteString echoed =
        RawPlugin.deadline(
                EchoGrpc.newBlockingStub(RawPlugin.with(headers, mallory.data(mallory.bearer()))))
            .unary(EchoRequest.newBuilder().setPayload(payload).build())
            .getPayload();
    Answer wrong =
        oracles.refused(
            () ->
                RawPlugin.deadline(
                        RegistryGrpc.newBlockingStub(mallory.control("Bearer " + canary)))
                    .discover(RawPlugin.question(Scene.OTHER)));

    assertThat(id).hasSize(32);
    assertThat(unknown.is(Refusal.NOT_FOUND)).isTrue();
    assertThat(echoed).isEqualTo(payload);
    assertThat(wrong.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    oracles.expect(
        "mallory registration register testservice.v1.Other success -",
        "mallory discovery discover acme.v1.No denied no rule",
        "mallory call relay /testservice.v1.Echo/Unary success -",
        "mallory authentication verify - denied malformed");
    List<String> written = oracles.scene().audit.text();
    assertThat(written).hasSizeGreaterThanOrEqualTo(1);
    for (String line : written) {
      assertThat(line).doesNotContain(canary, "ada@example.org", "password", "tnr_");
      JsonObject record = JsonParser.parseString(line).getAsJsonObject();
      assertThat(FIELDS).containsAll(record.keySet());
      assertThat(DETAILS).containsAll(record.getAsJsonObject("details").keySet());
    }
  }
}
