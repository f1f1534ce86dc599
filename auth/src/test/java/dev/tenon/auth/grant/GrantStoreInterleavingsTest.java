package dev.tenon.auth.grant;

import static dev.tenon.auth.Interleavings.isDone;
import static dev.tenon.auth.grant.GrantStoreTest.LOG;
import static dev.tenon.auth.grant.GrantStoreTest.WORDS;

import dev.tenon.auth.Clocks;
import dev.tenon.auth.Interleavings;
import dev.tenon.auth.SteadyRandom;
import dev.tenon.auth.TestClock;
import dev.tenon.auth.TokenMint;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * Grants that are put into effect, refreshed, used and ended at once: as in some order. How many
 * there are is not asked while they change: outside of the lock it is an estimate, as the size of
 * any ConcurrentHashMap.
 */
class GrantStoreInterleavingsTest {
  @Test
  void grantStore_interleaved_behavesAsInSomeOrder() {
    Interleavings.check(Grants.class);
  }

  /**
   * One run with room for two grants, and the draft of one. Its holder refreshes and uses it, one
   * after the other, since it uses the tokens that it was given; others interfere at any time.
   */
  @Param(name = "token", gen = IntGen.class, conf = "0:2")
  public static class Grants {
    private static final String HOLDER = "holder";

    private final TestClock clock = new TestClock();
    private final GrantStore store =
        new GrantStore(
            new TokenMint(new SteadyRandom()),
            new Clocks(clock, clock),
            new GrantLimits(Duration.ofHours(1), 2, 2));
    private final GrantStore.Draft first;

    /** The tokens that the holder was given, in the order of its calls. */
    private final List<String> given = new ArrayList<>();

    public Grants() throws RefusedException {
      first = store.draft(WORDS, LOG, Set.of());
      given.add(first.token().token().exposeForWire());
    }

    @Operation(blocking = true)
    public boolean draft() {
      return isDone(() -> store.draft(WORDS, LOG, Set.of()));
    }

    @Operation(blocking = true)
    public boolean activate() {
      return isDone(
          () -> {
            store.activate(first);
            return true;
          });
    }

    @Operation(nonParallelGroup = HOLDER, blocking = true)
    public boolean refresh() {
      return isDone(() -> given.add(store.refresh(first.grant()).token().exposeForWire()));
    }

    @Operation(params = "token", nonParallelGroup = HOLDER)
    public boolean verify(int token) {
      return token < given.size()
          && isDone(() -> store.verify(WORDS, LOG, first.grant().id() + " " + given.get(token)));
    }

    @Operation
    public boolean find() {
      return store.find(WORDS, first.grant().id()).isPresent();
    }

    @Operation(blocking = true)
    public void end() {
      store.end(first.grant());
    }

    @Operation(blocking = true)
    public void endAll() {
      store.endAll(WORDS);
    }
  }
}
