package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.tenon.core.Refusal;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that are too large, too many, or not protobuf at all. */
class HostileMessageTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      """;

  /**
   * Bytes that are not UTF-8 in a string of an enrolment are refused, never replaced. Row: VA-7.
   */
  @ParameterizedTest
  @MethodSource("stringFieldsOfEnrolment")
  void enrol_invalidUtf8_refused(int field) throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      byte[] valid = alpha.enrolRequest().build().toByteArray();

      Refused refused =
          Refused.by(
              () ->
                  send(
                      alpha.enrolChannel(),
                      EnrolmentGrpc.getEnrolMethod().getFullMethodName(),
                      withBadString(valid, field)));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(alpha.enrol().getSpiffeId()).endsWith(alpha.runtimeId());
    }
  }

  static Stream<Integer> stringFieldsOfEnrolment() {
    return Stream.of(
        EnrolRequest.ENROLMENT_TOKEN_FIELD_NUMBER,
        EnrolRequest.PLUGIN_FIELD_NUMBER,
        EnrolRequest.RUNTIME_ID_FIELD_NUMBER,
        EnrolRequest.VERSION_FIELD_NUMBER,
        EnrolRequest.PROVIDES_FIELD_NUMBER);
  }

  /** So are they in a registration, which changes nothing. Row: VA-7. */
  @Test
  void register_invalidUtf8_refusedAndNothingRegistered() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      byte[] valid = RawPlugin.claim(NamedEcho.SERVICE).toByteArray();

      Refused refused =
          Refused.by(
              () ->
                  send(
                      alpha.control(alpha.bearer()),
                      RegistryGrpc.getRegisterMethod().getFullMethodName(),
                      withBadString(valid, RegisterRequest.VERSION_FIELD_NUMBER)));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(host.host().plugins().get(0).services()).isEmpty();
    }
  }

  /** More of anything than the contract has room for: refused by name, no identity. Row: VA-8. */
  @ParameterizedTest
  @MethodSource("tooMuch")
  void enrol_tooMuch_refusedAndNoIdentity(String field, EnrolRequest excess) throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest request = alpha.enrolRequest().mergeFrom(excess).build();

      Refused refused = Refused.by(() -> alpha.enrolment().enrol(request));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).startsWith(field + ": ");
      assertNoIdentity(host);
    }
  }

  static Stream<Arguments> tooMuch() {
    EnrolRequest.Builder provides = EnrolRequest.newBuilder();
    EnrolRequest.Builder requires = EnrolRequest.newBuilder();
    EnrolRequest.Builder metadata = EnrolRequest.newBuilder();
    IntStream.rangeClosed(1, 101)
        .forEach(
            n -> {
              provides.addProvides("acme.v1.S" + n);
              requires.addRequiresBuilder().setService("acme.v1.S" + n);
              metadata.putMetadata("k" + n, "v");
            });
    return Stream.of(
        Arguments.of("provides", provides.build()),
        Arguments.of("requires", requires.build()),
        Arguments.of("metadata", metadata.build()),
        Arguments.of(
            "provides", EnrolRequest.newBuilder().addProvides("a.B").addProvides("a.B").build()),
        Arguments.of("provides", EnrolRequest.newBuilder().addProvides("a".repeat(129)).build()),
        Arguments.of(
            "version", EnrolRequest.newBuilder().setVersion("1.0.0-" + "a".repeat(59)).build()),
        Arguments.of("version", EnrolRequest.newBuilder().setVersion("1.0.1").build()),
        Arguments.of(
            "metadata", EnrolRequest.newBuilder().putMetadata("k", "v".repeat(4097)).build()));
  }

  /** As many as the contract has room for are fine. Row: VA-8. */
  @Test
  void enrol_asMuchAsAllowed_enrolled() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest.Builder request = alpha.enrolRequest();
      IntStream.rangeClosed(1, 100)
          .forEach(n -> request.addProvides("acme.v1.S" + n).putMetadata("k" + n, "v"));

      assertThat(alpha.enrol(request.build()).getRuntimeToken()).startsWith("tnr_");
    }
  }

  /** A megabyte does not even reach the check of the token. Row: VA-8. */
  @Test
  void enrol_megabyte_refusedBeforeItIsRead() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest large = alpha.enrolRequest().putMetadata("k", "v".repeat(1024 * 1024)).build();

      Refused refused = Refused.by(() -> alpha.enrolment().enrol(large));

      assertThat(refused.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(alpha.enrol().getSpiffeId()).endsWith(alpha.runtimeId());
    }
  }

  /** A certificate request that is none brings no identity. Row: VA-8. */
  @Test
  void enrol_badCertificateRequest_refused() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused =
          Refused.by(
              () ->
                  alpha.enrol(
                      alpha
                          .enrolRequest()
                          .setCertificateRequest(ByteString.copyFrom(new byte[4097]))
                          .build()));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertNoIdentity(host);
    }
  }

  /** The limits of a registration's metadata, at the wire. Row: VA-1. */
  @ParameterizedTest
  @MethodSource("metadata")
  void register_metadataAtItsLimits_takenOrRefused(RegisterRequest metadata, boolean taken)
      throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      RegisterRequest request =
          RawPlugin.claim(NamedEcho.SERVICE).toBuilder().mergeFrom(metadata).build();

      if (taken) {
        assertThat(alpha.registry().register(request).getRegistrationId()).isNotEmpty();
      } else {
        Refused refused = Refused.by(() -> alpha.registry().register(request));
        assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
        assertThat(refused.text()).startsWith("metadata: ");
        assertThat(host.host().plugins().get(0).services()).isEmpty();
      }
    }
  }

  static Stream<Arguments> metadata() {
    return Stream.of(
        Arguments.of(entries(99), true),
        Arguments.of(entries(100), true),
        Arguments.of(entries(101), false),
        Arguments.of(entry("k".repeat(255), "v"), true),
        Arguments.of(entry("k".repeat(256), "v"), true),
        Arguments.of(entry("k".repeat(257), "v"), false),
        Arguments.of(entry("k", "v".repeat(4095)), true),
        Arguments.of(entry("k", "v".repeat(4096)), true),
        Arguments.of(entry("k", "v".repeat(4097)), false),
        Arguments.of(entry("", "v"), false),
        Arguments.of(entry("1k", "v"), false),
        Arguments.of(entry("k/v", "v"), false),
        Arguments.of(entry("k_.-9", "v"), true),
        Arguments.of(entry("k", "a\u0000b"), false),
        Arguments.of(entry("k", "a\nb"), false));
  }

  private static RegisterRequest entries(int count) {
    RegisterRequest.Builder request = RegisterRequest.newBuilder();
    IntStream.rangeClosed(1, count).forEach(n -> request.putMetadata("k" + n, "v"));
    return request.build();
  }

  private static RegisterRequest entry(String key, String value) {
    return RegisterRequest.newBuilder().putMetadata(key, value).build();
  }

  private static void assertNoIdentity(TestHost host) {
    assertThat(host.audit.entries())
        .filteredOn(entry -> entry.event().equals("enrolment"))
        .hasSize(1)
        .allSatisfy(entry -> assertThat(entry.outcome()).isEqualTo("denied"));
  }

  /**
   * Appends a string of one byte 0xFF as {@code field}; of a singular field the last one counts.
   */
  private static byte[] withBadString(byte[] message, int field) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(message);
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeBytes(field, ByteString.copyFrom(new byte[] {(byte) 0xFF}));
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] send(Channel channel, String method, byte[] message) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    return ClientCalls.blockingUnaryCall(
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
