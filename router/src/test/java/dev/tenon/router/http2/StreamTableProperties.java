package dev.tenon.router.http2;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The table beside a map that has what it should have. */
class StreamTableProperties {
  private static final Http2Connection CONNECTION = new OpenServer(100).connection();

  /** Up to 9: opens the next stream, some ids later; otherwise ends one of those that are open. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void table_anySteps_hasWhatAMapHas(
      @ForAll @Size(max = 400) List<@IntRange(max = 19) Integer> steps) {
    StreamTable table = new StreamTable();
    Map<Integer, Http2Stream> model = new HashMap<>();
    ArrayDeque<Integer> resets = new ArrayDeque<>();
    ArrayDeque<Integer> ends = new ArrayDeque<>();
    int next = 1;
    for (int step : steps) {
      if (step < 10 || model.isEmpty()) {
        next += 2 * (step * step * step);
        Http2Stream stream = new Http2Stream(CONNECTION, next, 0, 0);
        next += 2;
        table.add(stream);
        model.put(stream.id(), stream);
      } else {
        List<Integer> ids = new ArrayList<>(model.keySet());
        Http2Stream stream = requireNonNull(model.remove(ids.get(step * 7 % ids.size())));
        boolean byUs = step % 2 == 0;
        table.remove(stream, byUs);
        table.remove(stream, byUs);
        (byUs ? resets : ends).add(stream.id());
      }
      assertThat(table.size()).isEqualTo(model.size());
      for (int id = Math.max(1, next - 60); id < next + 4; id++) {
        assertThat(table.get(id)).isSameAs(model.get(id));
      }
    }
    model.forEach((id, stream) -> assertThat(table.get(id)).isSameAs(stream));
    List<Http2Stream> all = new ArrayList<>();
    table.forEach(all::add);
    assertThat(all).containsExactlyInAnyOrderElementsOf(model.values());
    resets.forEach(id -> assertThat(table.wasReset(id) && !table.hasEnded(id)).isTrue());
    ends.forEach(id -> assertThat(table.hasEnded(id) && !table.wasReset(id)).isTrue());
  }

  /** Of the streams that ended, the last 512 are known and no others. */
  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void remember_anyNumber_knowsTheLastOnes(@ForAll @IntRange(max = 2_000) int count) {
    StreamTable table = new StreamTable();
    for (int i = 0; i < count; i++) {
      table.remember(2 * i + 1, i % 3 == 0);
    }

    for (int i = 0; i < count; i++) {
      boolean known = i >= count - StreamTable.REMEMBERED;
      assertThat(table.wasReset(2 * i + 1)).isEqualTo(known && i % 3 == 0);
      assertThat(table.hasEnded(2 * i + 1)).isEqualTo(known && i % 3 != 0);
    }
    assertThat(table.wasReset(2 * count + 1) || table.hasEnded(2 * count + 1)).isFalse();
  }

  /** A stream that is taken out during the round is told of once, and a new one is not. */
  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void forEach_thatChangesTheTable_tellsOfWhatThereWas(@ForAll @IntRange(max = 50) int count) {
    StreamTable table = new StreamTable();
    for (int i = 0; i < count; i++) {
      table.add(new Http2Stream(CONNECTION, 2 * i + 1, 0, 0));
    }
    List<Integer> told = new ArrayList<>();

    table.forEach(
        stream -> {
          told.add(stream.id());
          table.remove(stream, true);
          table.add(new Http2Stream(CONNECTION, stream.id() + 1_000, 0, 0));
        });

    assertThat(told).hasSize(count).doesNotHaveDuplicates().allMatch(id -> id < 1_000);
    assertThat(table.size()).isEqualTo(count);
  }
}
