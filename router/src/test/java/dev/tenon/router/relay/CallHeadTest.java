package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a head is, and what a provider gets of its time. */
final class CallHeadTest {
  private static final HeaderField ANY = HeaderField.of("x-any", "1", Indexing.INDEXED);

  private static CallHead head(HeaderField... fields) {
    return new CallHead(List.of(fields), name -> true, System.nanoTime());
  }

  private static HeaderField timeout(String value) {
    return HeaderField.of("grpc-timeout", value, Indexing.INDEXED);
  }

  private static HeaderField forwarded(CallHead head) {
    List<HeaderField> list = new ArrayList<>();
    head.forwardTo(list, ANY, ANY);
    return list.stream()
        .filter(field -> field.name().equals("grpc-timeout"))
        .findAny()
        .orElseThrow();
  }

  /** Most senders say what is left to them, and never twice the same: no table is to keep that. */
  @Test
  void timeout_thatComesForTheFirstTime_goesOnByItself() {
    HeaderField forwarded = forwarded(head(timeout("29999871u")));

    assertThat(forwarded.value()).isEqualTo("29999871u");
    assertThat(forwarded.indexing()).isEqualTo(Indexing.PLAIN);
  }

  @Test
  void timeout_thatComesAgain_goesOnByWayOfTheTable() {
    HeaderField again = timeout("30S");
    CallHead first = head(again);

    CallHead second = head(again);

    assertThat(forwarded(first).indexing()).isEqualTo(Indexing.PLAIN);
    assertThat(forwarded(second)).isSameAs(again);
    assertThat(second.deadlineNanos() - second.arrivedNanos())
        .isEqualTo(Duration.ofSeconds(30).toNanos());
  }

  @Test
  void timeout_ofACallThatHasWaited_isWhatIsLeft() {
    HeaderField again = timeout("30S");
    CallHead first = head(again);
    long aSecondAgo = System.nanoTime() - Duration.ofSeconds(1).toNanos();
    CallHead waited = new CallHead(List.of(again), name -> true, aSecondAgo).kept();

    assertThat(Timeouts.nanos(forwarded(waited)))
        .isLessThanOrEqualTo(Duration.ofSeconds(29).toNanos())
        .isPositive();
    assertThat(Timeouts.nanos(forwarded(first.kept())))
        .isLessThanOrEqualTo(Duration.ofSeconds(30).toNanos());
    assertThat(forwarded(waited).indexing()).isEqualTo(Indexing.PLAIN);
  }

  @Test
  void timeout_thatIsLimited_isWhatIsLeftOfTheLimit() {
    CallHead limited = head(timeout("30S"));

    assertThat(limited.limit(Duration.ofMinutes(1))).isFalse();
    assertThat(forwarded(limited).value()).isEqualTo("30S");
    assertThat(limited.limit(Duration.ofSeconds(5))).isTrue();
    assertThat(Timeouts.nanos(forwarded(limited)))
        .isLessThanOrEqualTo(Duration.ofSeconds(5).toNanos())
        .isPositive();
  }

  @Test
  void head_withASecondTypeOfAnother_isNoneOfGrpc() {
    HeaderField post = HeaderField.of(":method", "POST", Indexing.INDEXED);
    HeaderField grpc = HeaderField.of("content-type", "application/grpc+proto", Indexing.INDEXED);
    HeaderField other = HeaderField.of("content-type", "application/grpcx", Indexing.INDEXED);

    assertThat(head(post, grpc).isGrpc()).isTrue();
    assertThat(head(post, other).isGrpc()).isFalse();
    assertThat(head(post, other, grpc).isGrpc()).isFalse();
    assertThat(head(grpc).isGrpc()).isFalse();
  }
}
