package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is calling, bound to gRPC's context. */
final class CallerTest {
  private static final Caller HOST = new Caller(SpiffeId.parse("spiffe://example.test/host/h1"));
  private static final Caller WORDS =
      new Caller(
          SpiffeId.parse("spiffe://example.test/host/h1/plugin/words/words-0000000000000001"));

  @Test
  void current_noCall_empty() {
    assertThat(Caller.current()).isEmpty();
  }

  @Test
  void current_inContext_isThatCallerAndOnlyThere() throws Exception {
    Context ofWords = WORDS.in(Context.current());

    assertThat(ofWords.call(Caller::current)).contains(WORDS);
    assertThat(HOST.in(ofWords).call(Caller::current)).contains(HOST);
    assertThat(ofWords.call(Caller::current).map(Caller::name)).isEqualTo(Optional.of("words"));
    assertThat(HOST.name()).isEqualTo("host");
    assertThat(Caller.current()).isEmpty();
  }
}
