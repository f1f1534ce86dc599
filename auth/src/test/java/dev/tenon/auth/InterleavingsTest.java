package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Stores with the faults that the others must not have are told from them by the same means. */
class InterleavingsTest {
  @Test
  void check_redemptionThatLooksBeforeItSpends_found() {
    assertThatThrownBy(() -> Interleavings.check(SpentTwice.class))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageContaining("Invalid execution results");
  }

  /** One token, which two may find unspent. */
  public static class SpentTwice {
    private final Map<String, Boolean> spent = new ConcurrentHashMap<>();

    @Operation
    public boolean redeem() {
      if (spent.containsKey("token")) {
        return false;
      }
      spent.put("token", true);
      return true;
    }

    @Operation
    public void withdraw() {
      spent.clear();
    }
  }

  @Test
  void check_limitThatLooksBeforeItAdds_found() {
    assertThatThrownBy(() -> Interleavings.check(TooMany.class))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageContaining("Invalid execution results");
  }

  /** Room for two, the last of which two may find free. */
  @Param(name = "grant", gen = IntGen.class, conf = "0:9")
  public static class TooMany {
    private final Map<Integer, Boolean> grants = new ConcurrentHashMap<>();

    @Operation(params = "grant")
    public boolean draft(int grant) {
      return grants.size() < 2 && grants.put(grant, true) == null;
    }
  }

  @Test
  void check_bucketThatWritesWhatItReadBefore_found() {
    assertThatThrownBy(() -> Interleavings.check(LostUpdate.class))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageContaining("Invalid execution results");
  }

  /** Two tokens, of which more may be taken. */
  public static class LostUpdate {
    private final AtomicInteger tokens = new AtomicInteger(2);

    @Operation
    public boolean allow() {
      int seen = tokens.get();
      if (seen > 0) {
        tokens.set(seen - 1);
      }
      return seen > 0;
    }
  }

  @Test
  void check_readerThatTakesTheWritersLock_found() {
    assertThatThrownBy(() -> Interleavings.check(Locked.class))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageContaining("should be non-blocking");
  }

  /** Right, but its reader waits for a writer that was suspended. */
  public static class Locked {
    private int renewals;

    @Operation(blocking = true)
    public synchronized void renew() {
      renewals++;
    }

    @Operation
    public synchronized int verify() {
      return renewals;
    }
  }
}
