package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets in headers of calls. Row: CI-4. */
class HeaderAuthTest {
  private final List<Metadata> sent = new ArrayList<>();
  private final List<Status> ends = new ArrayList<>();

  private void call(HeaderAuth auth, Metadata headers) {
    MethodDescriptor<InputStream, InputStream> method =
        MethodDescriptor.<InputStream, InputStream>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("acme.v1.Echo/Echo")
            .setRequestMarshaller(new Streams())
            .setResponseMarshaller(new Streams())
            .build();
    ClientCall<InputStream, InputStream> call =
        auth.interceptCall(method, CallOptions.DEFAULT, new Sent());
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ends.add(status);
          }
        },
        headers);
    call.sendMessage(new ByteArrayInputStream(new byte[0]));
    call.halfClose();
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Test
  void call_headerIsThere_replaced() {
    Metadata headers = new Metadata();
    headers.put(key("x-api-key"), "old");
    headers.put(key("x-other"), "stays");

    call(HeaderAuth.apiKey(() -> Secret.of("new")), headers);

    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getAll(key("x-api-key"))).containsExactly("new");
    assertThat(sent.get(0).get(key("x-other"))).isEqualTo("stays");
  }

  /** Without a secret nothing is sent, and the caller learns why; not the secret. */
  @Test
  void call_secretIsNotThere_unauthenticatedAndNotSent() {
    IllegalStateException reason = new IllegalStateException("vault is sealed");

    call(
        HeaderAuth.bearer(
            () -> {
              throw reason;
            }),
        new Metadata());

    assertThat(sent).isEmpty();
    assertThat(ends).hasSize(1);
    assertThat(ends.get(0).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(ends.get(0).getDescription()).isEqualTo("no credential for this call");
    assertThat(ends.get(0).getCause()).isSameAs(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3cret\nx-admin: yes", "s3cret ", " s3cret", "s3crèt"})
  void call_secretIsNoHeaderText_notSentAndNotShown(String text) {
    call(HeaderAuth.apiKey(() -> Secret.of(text)), new Metadata());

    assertThat(sent).isEmpty();
    assertThat(ends).hasSize(1);
    assertThat(ends.get(0).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(ends.get(0).toString()).doesNotContain("s3cr");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tenon-caller", "x-plugin-id", "grpc-timeout", "key-bin", ":path", "a b"})
  void in_headerOfOthers_refused(String header) {
    Supplier<Secret> secret = () -> Secret.of("k");

    assertThatIllegalArgumentException().isThrownBy(() -> HeaderAuth.in(header, "", secret));
  }

  @Test
  void in_prefixIsNoText_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HeaderAuth.in("x-key", "Key\n", () -> Secret.of("k")));
  }

  @Test
  void toString_anySecret_notShown() {
    assertThat(HeaderAuth.bearer(() -> Secret.of("s3cret")))
        .hasToString("HeaderAuth[authorization, redacted]");
    assertThat(ClientSettings.DEFAULT.with(HeaderAuth.apiKey(() -> Secret.of("s3cret"))).toString())
        .doesNotContain("s3cret");
  }

  /** Remembers the headers of calls and carries nothing. */
  private final class Sent extends Channel {
    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new ClientCall<>() {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          sent.add(headers);
        }

        @Override
        public void request(int count) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void halfClose() {}

        @Override
        public void sendMessage(Q message) {}
      };
    }

    @Override
    public String authority() {
      return "nobody";
    }
  }

  private static final class Streams implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return stream;
    }
  }
}
