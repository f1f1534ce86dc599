package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: SD-9. */
class DefaultDeadlineTest {
  private final RecordingChannel channel = new RecordingChannel();

  private @Nullable Deadline deadlineOf(MethodType type, CallOptions options) {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(type)
            .setFullMethodName("acme.v1.Echo/Echo")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    var unused =
        new DefaultDeadline(DefaultDeadline.DEFAULT).interceptCall(method, options, channel);
    return channel.options.getDeadline();
  }

  @Test
  void interceptCall_unaryWithoutDeadline_getsIt() {
    assertThat(deadlineOf(MethodType.UNARY, CallOptions.DEFAULT))
        .isNotNull()
        .satisfies(
            deadline ->
                assertThat(deadline.timeRemaining(TimeUnit.MILLISECONDS))
                    .isBetween(1L, DefaultDeadline.DEFAULT.toMillis()));
    assertThat(DefaultDeadline.DEFAULT).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void interceptCall_unaryWithDeadline_keepsItsOwn() {
    Deadline own = Deadline.after(1, TimeUnit.HOURS);

    assertThat(deadlineOf(MethodType.UNARY, CallOptions.DEFAULT.withDeadline(own))).isSameAs(own);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UNARY")
  void interceptCall_otherKind_getsNone(MethodType type) {
    assertThat(deadlineOf(type, CallOptions.DEFAULT)).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void new_notPositive_refused(long seconds) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DefaultDeadline(Duration.ofSeconds(seconds)))
        .withMessageContaining("(expected: > 0)");
  }

  /** A channel that remembers the options of the last call and carries nothing. */
  private static final class RecordingChannel extends Channel {
    private CallOptions options = CallOptions.DEFAULT;

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      this.options = options;
      return new SilentCall<>();
    }

    @Override
    public String authority() {
      return "nowhere";
    }
  }

  private static final class SilentCall<Q, R> extends ClientCall<Q, R> {
    @Override
    public void start(Listener<R> listener, Metadata headers) {}

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException("nothing is received");
    }
  }
}
