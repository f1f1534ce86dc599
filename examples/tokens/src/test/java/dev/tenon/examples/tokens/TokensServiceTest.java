package dev.tenon.examples.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.RuntimeId;
import dev.tenon.examples.tokens.v1.SplitRequest;
import dev.tenon.examples.tokens.v1.SplitResponse;
import dev.tenon.examples.tokens.v1.TokensGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Splits as the service's description says. */
final class TokensServiceTest {
  private InProcess running;

  @BeforeEach
  void start() throws IOException {
    running = new InProcess(new TokensService(new RuntimeId("tokens-0123456789abcdef")));
  }

  @AfterEach
  void stop() {
    running.close();
  }

  @Test
  void split_text_givesItsTokensAndTheRun() {
    SplitResponse response = split("Zwölf 12-\n(日本)");

    assertThat(response.getTokensList()).containsExactly("Zwölf", "12", "-", "(", "日本", ")");
    assertThat(response.getRuntimeId()).isEqualTo("tokens-0123456789abcdef");
  }

  @Test
  void split_white_givesNone() {
    assertThat(split(" \t\n").getTokensList()).isEmpty();
  }

  @Test
  void split_tooLong_isRefused() {
    String text = "x".repeat(TokensService.MAX_CHARACTERS + 1);

    Status status =
        catchThrowableOfType(StatusRuntimeException.class, () -> split(text)).getStatus();

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription())
        .isEqualTo("text: 65537 characters (expected: at most 65536)");
  }

  private SplitResponse split(String text) {
    return TokensGrpc.newBlockingStub(running.channel())
        .split(SplitRequest.newBuilder().setText(text).build());
  }
}
