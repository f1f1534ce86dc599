package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Calls of any method by its name, with any bytes for a request, and how they are refused. */
final class RawCalls {
  static final byte[] EMPTY = {};

  /** A tag of the wire type 7, which there is not. */
  static final byte[] NO_PROTOBUF = {(byte) 0x0f};

  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          return EMPTY;
        }
      };

  private RawCalls() {}

  static List<String> methods(ServiceDescriptor... services) {
    return Stream.of(services)
        .flatMap(service -> service.getMethods().stream())
        .map(MethodDescriptor::getFullMethodName)
        .toList();
  }

  /** Calls {@code method} with {@code request}; a stream is read until it ends. */
  static Refused refused(Channel channel, String method, byte[] request) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(MethodType.SERVER_STREAMING)
            .setFullMethodName(method)
            .build();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS);
    return Refused.by(
        () ->
            ClientCalls.blockingServerStreamingCall(channel, raw, options, request)
                .forEachRemaining(answer -> {}));
  }

  static void assertAll(Map<String, Refused> refusals, Refusal expected) {
    assertThat(refusals)
        .allSatisfy(
            (method, refused) ->
                assertThat(refused.is(expected))
                    .as(method + ": " + refused + " (expected: " + expected + ")")
                    .isTrue());
  }
}
