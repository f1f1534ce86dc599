package dev.tenon.router;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;

/**
 * What must hold for any status of a provider: its code in the first byte, then its description.
 */
public final class ProviderStatusText {
  private ProviderStatusText() {}

  /**
   * Ends a call as a provider does: the code passes, the description bounded and without control
   * characters, and on one line in our log; a status that did not come from the provider becomes a
   * plain one.
   *
   * @return whether the description passed as it was
   */
  public static boolean check(byte[] bytes) {
    if (bytes.length == 0) {
      return false;
    }
    String text = new String(bytes, 1, bytes.length - 1, UTF_8);
    Status status = Status.fromCodeValue(bytes[0] & 15).withDescription(text);
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("tenon-refused", Metadata.ASCII_STRING_MARSHALLER), "forged");

    ProviderStatus.End passed = provider(status).end(status, trailers);
    ProviderStatus.End ours = new ProviderStatus(() -> false, () -> {}).end(status, trailers);

    String description = String.valueOf(passed.status().getDescription());
    assertThat(passed.status().getCode()).isEqualTo(status.getCode());
    assertThat(description)
        .hasSizeLessThanOrEqualTo(1024)
        .doesNotMatch("(?s).*[\\x00\\x1b\\x7f\u2028].*");
    assertThat(passed.trailers().keys()).isEmpty();
    assertThat(ProviderStatus.oneLine(passed.status())).doesNotContain("\n", "\r", "\t", "\u001b");
    assertThat(ours.trailers().keys()).doesNotContain("tenon-refused");
    if (text.length() > 40) {
      assertThat(String.valueOf(ours.status().getDescription())).doesNotContain(text);
    }
    return description.equals(text);
  }

  /** Returns the watch over a stream on which {@code status} came as the provider's trailers. */
  private static ProviderStatus provider(Status status) {
    ProviderStatus watch = new ProviderStatus(() -> false, () -> {});
    ClientStreamTracer tracer =
        watch.newClientStreamTracer(
            ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
    tracer.inboundTrailers(new Metadata());
    tracer.streamClosed(status);
    return watch;
  }
}
