package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.UnknownFieldSet;
import dev.tenon.core.Refusal;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.ReportHealthRequest;
import dev.tenon.v1.ShutdownRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Requests that are too large, too deep, too many, or no protobuf at all. */
class MessageAttackTest {
  private static final String REGISTERED =
      "mallory registration register testservice.v1.Other success -";
  private static final int WIRE_TYPE_START_GROUP = 3;

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(new Plan().enrolled("mallory", Scene.OTHER).enrolled("eve"));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  private static void assertTaken(RegisterRequest.Builder metadata) {
    String id = mallory().registry().register(claim(metadata)).getRegistrationId();
    assertThat(id).hasSize(32);
    oracles.expect(REGISTERED);
  }

  private static void assertRefused(RegisterRequest.Builder metadata) {
    Answer answer = oracles.refused(() -> mallory().registry().register(claim(metadata)));

    assertThat(answer.is(Refusal.INVALID_REQUEST)).isTrue();
    assertThat(answer.text()).startsWith("metadata: ").hasSizeLessThan(300);
  }

  private static RegisterRequest claim(RegisterRequest.Builder metadata) {
    return RawPlugin.claim(Scene.OTHER).toBuilder().mergeFrom(metadata.build()).build();
  }

  private static RegisterRequest.Builder entries(int count) {
    RegisterRequest.Builder request = RegisterRequest.newBuilder();
    IntStream.rangeClosed(1, count).forEach(n -> request.putMetadata("k" + n, "v"));
    return request;
  }

  private static RegisterRequest.Builder entry(String key, String value) {
    return RegisterRequest.newBuilder().putMetadata(key, value);
  }

  /** Metadata at its limits and beyond; no refusal shows the value. Attack: H12. Row: TE-3. */
  @Test
  void register_metadataAtItsLimits_takenOrRefused() {
    String canary = oracles.canary();
    assertTaken(entries(100));
    assertTaken(entry("k".repeat(256), "v".repeat(4096)));
    assertRefused(entries(101));
    assertRefused(entry("k".repeat(257), canary));
    assertRefused(entry("k", canary + "v".repeat(4097 - canary.length())));
    assertRefused(entry("", canary));
    assertRefused(entry("k=v", canary));
    assertRefused(entry("k\n", canary));
    assertRefused(entry("k", canary + "\u0000"));
  }

  /** Strings that are no text, and text that is no name. Attack: H13. Row: TE-3. */
  @Test
  void register_stringThatIsNoName_refused() throws IOException {
    for (byte[] bad :
        List.of(new byte[] {(byte) 0xff}, bytes(0xed, 0xa0, 0x80), bytes(0xc0, 0xaf))) {
      assertNotProtobuf(withString(RegisterRequest.SERVICE_FIELD_NUMBER, bad));
    }
    for (String name :
        List.of("\ufefftestservice.v1.Other", "testservice.v1.\u202eOther", "a\u0000b.C")) {
      Answer answer = oracles.refused(() -> mallory().register(name));
      assertThat(answer.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(answer.text()).matches("[ -~]*");
    }
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] withString(int field, byte[] text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeBytes(field, ByteString.copyFrom(text));
    out.flush();
    return bytes.toByteArray();
  }

  private static void assertNotProtobuf(byte[] message) {
    Answer answer = oracles.refused(() -> register(message));
    assertThat(answer.is(Refusal.INVALID_REQUEST)).isTrue();
    assertThat(answer.text()).startsWith("message: not valid");
  }

  private static void register(byte[] message) {
    send(
        mallory().control(mallory().bearer()),
        RegistryGrpc.getRegisterMethod().getFullMethodName(),
        message);
  }

  /** As many empty elements as fit into the largest message, on both planes. Attack: H14. */
  @Test
  void send_emptyElementsWithoutEnd_refused() {
    byte[] requires = repeated(EnrolRequest.REQUIRES_FIELD_NUMBER, 30_000);
    byte[] unavailable = repeated(ReportHealthRequest.UNAVAILABLE_FIELD_NUMBER, 2_000_000);

    Answer enrolment =
        oracles.refused(
            () ->
                send(
                    mallory().enrolChannel(),
                    EnrolmentGrpc.getEnrolMethod().getFullMethodName(),
                    requires));
    Answer report =
        oracles.refused(
            () ->
                send(
                    mallory().control(mallory().bearer()),
                    LifecycleGrpc.getReportHealthMethod().getFullMethodName(),
                    unavailable));

    assertThat(enrolment.is(Refusal.INVALID_REQUEST)).isTrue();
    assertThat(report.is(Refusal.INVALID_REQUEST)).isTrue();
    oracles.expect("- enrolment enrol - denied runtime id malformed");
  }

  private static byte[] repeated(int field, int times) {
    byte[] bytes = new byte[2 * times];
    for (int i = 0; i < bytes.length; i += 2) {
      bytes[i] = (byte) (field << 3 | 2);
    }
    return bytes;
  }

  /** Groups in groups: as deep as the parser goes, one deeper, and a million. Attack: H15. */
  @Test
  void register_deepNesting_refused() {
    for (int depth : new int[] {101, 1_000, 1_000_000}) {
      byte[] deep = new byte[depth];
      Arrays.fill(deep, (byte) (15 << 3 | WIRE_TYPE_START_GROUP));
      assertNotProtobuf(deep);
    }
  }

  /** Keys that all have one hash code. Attack: H17. */
  @Test
  void register_collidingKeys_refused() {
    RegisterRequest.Builder colliding = RegisterRequest.newBuilder();
    for (int n = 0; n < 1 << 16; n++) {
      StringBuilder key = new StringBuilder();
      for (int bit = 0; bit < 16; bit++) {
        key.append((n >> bit & 1) == 0 ? "Aa" : "BB");
      }
      colliding.putMetadata(key.toString(), "v");
    }
    assertThat(colliding.getMetadataMap().keySet().stream().mapToInt(String::hashCode).distinct())
        .hasSize(1);

    assertRefused(colliding);
  }

  /**
   * Three megabytes in fields that the contract does not have: neither kept nor shown. Attack: H18.
   */
  @Test
  void register_unknownFields_notKept() {
    String canary = oracles.canary();
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(
                15,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8(canary.repeat(70_000)))
                    .build())
            .build();
    assertThat(unknown.getSerializedSize()).isGreaterThan(3_000_000);
    RegisterRequest request =
        RawPlugin.claim(Scene.OTHER).toBuilder().setUnknownFields(unknown).build();

    String id = mallory().registry().register(request).getRegistrationId();
    mallory().report(Health.HEALTH_HEALTHY);
    RawPlugin eve = oracles.plugin("eve");
    DiscoverResponse found = eve.registry().discover(RawPlugin.question(Scene.OTHER));

    assertThat(id).hasSize(32);
    assertThat(found.getSerializedSize()).isLessThan(200);
    oracles.expect(REGISTERED, "eve discovery discover testservice.v1.Other success allowed");
  }

  /** No message of the contract holds one whose type the sender chooses. Attack: H19. */
  @Test
  void contract_allMessages_holdNoAny() {
    for (FileDescriptor file :
        List.of(
            EnrolRequest.getDescriptor().getFile(),
            RegisterRequest.getDescriptor().getFile(),
            ReportHealthRequest.getDescriptor().getFile(),
            RenewRequest.getDescriptor().getFile(),
            ShutdownRequest.getDescriptor().getFile())) {
      assertThat(file.getMessageTypes())
          .isNotEmpty()
          .flatMap(Descriptor::getFields)
          .noneMatch(
              field ->
                  field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                      && field
                          .getMessageType()
                          .getFullName()
                          .equals(Any.getDescriptor().getFullName()));
    }
  }

  private static void send(Channel channel, String method, byte[] message) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    var unused =
        ClientCalls.blockingUnaryCall(
            channel, raw, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), message);
  }

  /** Messages as they are on the wire. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
