package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bounds of an event: cut, never refused. */
class AuditEventTest {
  /** Every text has a bound. Row: AU-7. */
  @Test
  void new_longTexts_cutWithMark() {
    String longText = "x".repeat(1 << 20);

    AuditEvent event = event(longText, Map.of(longText, longText));

    String cut = "x".repeat(1016) + "...[cut]";
    assertThat(cut).hasSize(1024);
    assertThat(event.event()).isEqualTo(cut);
    assertThat(event.actor()).isEqualTo(cut);
    assertThat(event.action()).isEqualTo(cut);
    assertThat(event.resource()).isEqualTo(cut);
    assertThat(event.details()).containsExactly(Map.entry(cut, cut));
  }

  @Test
  void new_textOfTheBound_whole() {
    String text = "x".repeat(1024);

    assertThat(event(text, Map.of()).resource()).isEqualTo(text);
  }

  @Test
  void new_cutInsideOfASurrogatePair_movedBeforeIt() {
    String text = "x".repeat(1015) + "\ud83d\ude00" + "x".repeat(100);

    assertThat(event(text, Map.of()).resource()).isEqualTo("x".repeat(1015) + "...[cut]");
  }

  /** The first details stay, in their order. Row: AU-7. */
  @Test
  void new_manyDetails_firstOnesStay() {
    Map<String, String> details = new LinkedHashMap<>();
    for (int i = 0; i < 1000; i++) {
      details.put("k" + i, "v");
    }

    assertThat(event("e", details).details()).hasSize(32).containsKeys("k0", "k31");
  }

  @Test
  void new_detailsChangedLater_eventUnchanged() {
    Map<String, String> details = new LinkedHashMap<>();
    AuditEvent event = event("e", details);

    details.put("k", "v");

    assertThat(event.details()).isEmpty();
  }

  @Test
  void new_withoutEventOrAction_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> event("", Map.of()))
        .withMessage("event: \"\" (expected: a name)");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new AuditEvent(
                    Instant.EPOCH, "e", null, "", null, AuditEvent.Outcome.DENIED, Map.of()))
        .withMessage("action: \"\" (expected: a name)");
  }

  private static AuditEvent event(String text, Map<String, String> details) {
    return new AuditEvent(
        Instant.EPOCH, text, text, text, text, AuditEvent.Outcome.SUCCESS, details);
  }
}
