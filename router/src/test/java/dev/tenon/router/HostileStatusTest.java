package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attack R13: a provider's status is any bytes it likes.
 *
 * <p>Row: RT-15, RT-16
 */
final class HostileStatusTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private Plane plane;
  private RawProvider provider;

  @BeforeEach
  void open() throws Exception {
    plane = new Plane();
    provider = new RawProvider();
    plane.backends.put(Names.WORDS, provider.channel());
  }

  @AfterEach
  void close() {
    plane.close();
    provider.close();
  }

  private Status answered(String... grpc) {
    provider.answer =
        Stream.concat(
                Stream.of(":status", "200", "content-type", "application/grpc"), Stream.of(grpc))
            .toArray(String[]::new);
    return Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus();
  }

  @ParameterizedTest
  @ValueSource(strings = {"99", "-1", "17", "4294967296", "x", ""})
  void code_thatIsNone_becomesUnknown(String code) {
    assertThat(answered("grpc-status", code).getCode()).isEqualTo(Code.UNKNOWN);
  }

  @Test
  void description_withControlCharacters_isCleaned() {
    assertThat(
            answered("grpc-status", "5", "grpc-message", "no%0Afake log line%0D%1B[31m%E2%80%A8x")
                .getDescription())
        .isEqualTo("no\nfake log line\r?[31m?x");
  }

  /** gRPC's own case: white space and any plane of Unicode arrive as they were sent. */
  @Test
  void description_withWhiteSpace_passesAndIsOneLineInOurLog() {
    Status status = answered("grpc-status", "2", "grpc-message", "%09%0Aa%0D%0A%F0%9F%98%88%09");
    assertThat(status.getDescription()).isEqualTo("\t\na\r\n\uD83D\uDE08\t");
    assertThat(ProviderStatus.oneLine(status)).isEqualTo("UNKNOWN \"??a??\uD83D\uDE08?\"");
    assertThat(ProviderStatus.oneLine(Status.OK)).isEqualTo("OK");
  }

  @Test
  void description_withBrokenEscapes_passes() {
    assertThat(answered("grpc-status", "5", "grpc-message", "100%zz%").getCode())
        .isEqualTo(Code.NOT_FOUND);
  }

  @Test
  void description_tooLong_isCut() {
    assertThat(answered("grpc-status", "5", "grpc-message", "d".repeat(7_000)).getDescription())
        .isEqualTo("d".repeat(ProviderStatus.MAX_DESCRIPTION_CHARS));
    String withPair =
        "d".repeat(ProviderStatus.MAX_DESCRIPTION_CHARS - 1) + "%F0%9F%98%80".repeat(9);
    assertThat(answered("grpc-status", "5", "grpc-message", withPair).getDescription())
        .isEqualTo("d".repeat(ProviderStatus.MAX_DESCRIPTION_CHARS - 1));
  }

  @Test
  void trailers_tooLarge_areNotPassed() {
    Status status = answered("grpc-status", "5", "grpc-message", "d".repeat(20_000));
    assertThat(status.getCode()).isIn(Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).isIn("service unavailable", "limit exceeded");
  }

  @Test
  void answer_thatIsNotGrpc_isUnavailable() {
    provider.answer =
        new String[] {":status", "404", "content-type", "text/html", "x-host", "10.1"};
    Status status = Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus();
    assertThat(status.getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(status.getDescription()).isEqualTo("service unavailable");
  }

  @Test
  void reset_isUnavailable() {
    Status status = Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus();
    assertThat(status.getCode()).isEqualTo(Code.UNAVAILABLE);
    assertThat(status.getDescription()).isEqualTo("service unavailable");
  }
}
