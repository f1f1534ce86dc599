package dev.tenon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UInt64Value;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.ListRegistrationsResponse;
import dev.tenon.v1.ReportHealthRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON in and out, for messages that only descriptors know. */
class JsonRequestTest {
  private static void assertSame(com.google.protobuf.Message example, String json)
      throws Exception {
    DynamicMessage read = JsonRequest.read(example.getDescriptorForType(), json);
    assertThat(read.toByteString()).isEqualTo(example.toByteString());
    assertThat(JsonAnswer.of(read, "")).isEqualTo(json);
  }

  @Test
  void read_eachKindOfField_isReadAndWrittenAlike() throws Exception {
    assertSame(
        CallRequest.newBuilder()
            .setService("a.B")
            .setMessage(com.google.protobuf.ByteString.copyFromUtf8("ab"))
            .setWait(com.google.protobuf.Duration.newBuilder().setSeconds(1).setNanos(500_000_000))
            .build(),
        "{\"service\":\"a.B\",\"message\":\"YWI=\",\"wait\":\"1.5s\"}");
    assertSame(
        DescribePluginResponse.newBuilder()
            .setPlugin(
                dev.tenon.v1.PluginInfo.newBuilder()
                    .setPid(1L << 60)
                    .addServices("x")
                    .addServices("y")
                    .setAvailable(true))
            .setCertifiedUntil(com.google.protobuf.Timestamp.newBuilder().setSeconds(1))
            .build(),
        "{\"plugin\":{\"pid\":\"1152921504606846976\",\"services\":[\"x\",\"y\"],"
            + "\"available\":true},\"certifiedUntil\":\"1970-01-01T00:00:01Z\"}");
    assertSame(
        ListRegistrationsResponse.newBuilder()
            .addRegistrations(dev.tenon.v1.RegistrationInfo.newBuilder().putMetadata("zone", "a"))
            .build(),
        "{\"registrations\":[{\"metadata\":{\"zone\":\"a\"}}]}");
    assertSame(
        ReportHealthRequest.newBuilder().setHealth(dev.tenon.v1.Health.HEALTH_DEGRADED).build(),
        "{\"health\":\"HEALTH_DEGRADED\"}");
    assertSame(
        UInt64Value.newBuilder().setValue(-1).build(), "{\"value\":\"18446744073709551615\"}");
    assertSame(
        com.google.protobuf.DoubleValue.newBuilder().setValue(Double.NEGATIVE_INFINITY).build(),
        "{\"value\":\"-Infinity\"}");
  }

  /** The names of the contract do as well, a null is a field that is not set. */
  @Test
  void read_otherForms_areTaken() {
    assertThat(
            JsonRequest.read(
                    dev.tenon.v1.PluginInfo.getDescriptor(),
                    "{\"runtime_id\":\"a\",\"state\":null,\"pid\":12}")
                .toByteString())
        .isEqualTo(
            dev.tenon.v1.PluginInfo.newBuilder()
                .setRuntimeId("a")
                .setPid(12)
                .build()
                .toByteString());
    assertThat(
            JsonRequest.read(ReportHealthRequest.getDescriptor(), "{\"health\":2}").toByteString())
        .isEqualTo(ReportHealthRequest.newBuilder().setHealthValue(2).build().toByteString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "1",
        "{} {}",
        "{'pid':1}",
        "{\"pid\":1.5}",
        "{\"pid\":9223372036854775808}",
        "{\"pid\":true}",
        "{\"available\":\"true\"}",
        "{\"plugin\":1}",
        "{\"plugin\":[]}",
        "{\"services\":\"x\"}",
        "{\"services\":[1]}",
        "{\"none\":1}"
      })
  void read_whatDoesNotFit_isRefusedWithWhatWasExpected(String json) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JsonRequest.read(dev.tenon.v1.PluginInfo.getDescriptor(), json))
        .withMessageContaining("(expected: ");
  }

  @Test
  void read_otherKindsThatDoNotFit_areRefused() {
    for (String json :
        new String[] {"{\"message\":\"?\"}", "{\"wait\":\"1\"}", "{\"wait\":1}", "{\"wait\":{}}"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> JsonRequest.read(CallRequest.getDescriptor(), json));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> JsonRequest.read(ReportHealthRequest.getDescriptor(), "{\"health\":\"NO\"}"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JsonRequest.read(UInt64Value.getDescriptor(), "{\"value\":-1}"));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                JsonRequest.read(
                    dev.tenon.v1.RegistrationInfo.getDescriptor(), "{\"metadata\":[]}"));
  }

  /** Messages of messages of messages: as deep as a parser goes. */
  @Test
  void read_deepMessage_isRead() {
    assertThat(
            JsonRequest.read(
                    FileDescriptorProto.getDescriptor(),
                    "{\"messageType\":[{\"field\":[{\"options\":{\"deprecated\":true}}]}]}")
                .toByteString())
        .isEqualTo(
            FileDescriptorProto.newBuilder()
                .addMessageType(
                    com.google.protobuf.DescriptorProtos.DescriptorProto.newBuilder()
                        .addField(
                            com.google.protobuf.DescriptorProtos.FieldDescriptorProto.newBuilder()
                                .setOptions(FieldOptions.newBuilder().setDeprecated(true))))
                .build()
                .toByteString());
  }
}
