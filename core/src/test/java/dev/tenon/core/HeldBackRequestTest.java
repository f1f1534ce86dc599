package dev.tenon.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A signed request whose headers come at once, and whose message whoever is between holds back. */
class HeldBackRequestTest {
  private static final Marshaller<InputStream> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(InputStream value) {
          return value;
        }

        @Override
        public InputStream parse(InputStream stream) {
          return stream;
        }
      };
  private static final MethodDescriptor<InputStream, InputStream> METHOD =
      MethodDescriptor.newBuilder(BYTES, BYTES)
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("acme.v1.Bank/Pay")
          .build();
  private static final byte[] BODY = "pay 10".getBytes(UTF_8);

  private final List<Status> refused = new ArrayList<>();
  private final AtomicInteger reached = new AtomicInteger();
  private final RequestSigning signing =
      RequestSigning.with(new byte[32], (InstantSource) () -> this.now);
  private final VerifyingInterceptor verifying =
      new VerifyingInterceptor(signing, new SeenNonces(RequestSigning.WINDOW.multipliedBy(2), 10));
  private final Metadata headers = new Metadata();
  private Instant now = Instant.parse("2030-01-01T00:00:00Z");

  @BeforeEach
  void sign() {
    headers.put(RequestSigning.HEADER, signing.sign(METHOD.getFullMethodName(), BODY));
  }

  /** Its time is asked again when the method would run. Row: CI-12. */
  @Test
  void message_afterTheWindow_isRefused() {
    ServerCall.Listener<InputStream> held = begin();
    now = now.plus(RequestSigning.WINDOW).plus(Duration.ofMillis(1));
    held.onMessage(new ByteArrayInputStream(BODY));

    assertThat(reached).hasValue(0);
    assertThat(refused).extracting(Status::getCode).containsExactly(Status.Code.UNAUTHENTICATED);
  }

  /** Nor is it served a second time once its nonce was forgotten. Row: CI-12. */
  @Test
  void message_ofASecondStreamAfterItsNonceWasForgotten_isRefused() {
    begin().onMessage(new ByteArrayInputStream(BODY));
    ServerCall.Listener<InputStream> held = begin();
    now = now.plus(RequestSigning.WINDOW.multipliedBy(2)).plus(Duration.ofMillis(1));
    held.onMessage(new ByteArrayInputStream(BODY));

    assertThat(reached).hasValue(1);
    assertThat(refused).extracting(Status::getCode).containsExactly(Status.Code.UNAUTHENTICATED);
  }

  private ServerCall.Listener<InputStream> begin() {
    return verifying.interceptCall(
        new Refusable(),
        headers,
        (call, metadata) -> {
          reached.incrementAndGet();
          return new ServerCall.Listener<>() {};
        });
  }

  /** A call that keeps how it was closed. */
  private final class Refusable extends ServerCall<InputStream, InputStream> {
    @Override
    public void request(int count) {}

    @Override
    public void sendHeaders(Metadata metadata) {}

    @Override
    public void sendMessage(InputStream message) {}

    @Override
    public void close(Status status, Metadata trailers) {
      refused.add(status);
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<InputStream, InputStream> getMethodDescriptor() {
      return METHOD;
    }
  }
}
