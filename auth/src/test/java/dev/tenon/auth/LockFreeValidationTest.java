package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Validation of runtime tokens and of grants while others come and go: no validating thread ever
 * waits for a monitor.
 */
class LockFreeValidationTest {
  private static final int WARM_UP = 2_000;
  private static final int VALIDATIONS = 20_000;
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final ServiceName LOG = new ServiceName("acme.Log");

  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final Lineages lineages =
      new Lineages(
          mint, InstantSource.system(), Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);
  private final GrantStore grants =
      new GrantStore(
          mint, new Clocks(InstantSource.system(), System::nanoTime), GrantLimits.DEFAULT);
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  /** Row: TK-12 */
  @Test
  void verify_whileOthersEnrolAndAskForGrants_isNeverBlocked() throws Exception {
    PublicKey key = TestKeys.key();
    String token = lineages.open(WORDS, key).token().exposeForWire();
    GrantStore.Draft draft = grants.draft(WORDS, LOG, Set.of());
    grants.activate(draft);
    String grant = draft.grant().id() + " " + draft.token().token().exposeForWire();
    AtomicBoolean over = new AtomicBoolean();
    Thread others =
        new Thread(
            () -> {
              for (int i = 2; !over.get(); i++) {
                comeAndGo(RuntimeId.of(WORDS.plugin(), i), key);
              }
            });
    others.start();
    try {
      List<Long> blocked =
          Race.run(
              3,
              i ->
                  (Callable<Long>)
                      () -> {
                        validate(WARM_UP, token, grant);
                        long before = blocked();
                        validate(VALIDATIONS, token, grant);
                        return blocked() - before;
                      });
      assertThat(blocked).containsOnly(0L);
    } finally {
      over.set(true);
      others.join();
    }
  }

  private long blocked() {
    return threads.getThreadInfo(Thread.currentThread().getId()).getBlockedCount();
  }

  private void validate(int times, String token, String grant) throws Exception {
    for (int i = 0; i < times; i++) {
      lineages.verify(WORDS, token);
      grants.verify(WORDS, LOG, grant);
    }
  }

  private void comeAndGo(RuntimeId run, PublicKey key) {
    try {
      lineages.open(run, key);
      List<GrantStore.Draft> held = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        held.add(grants.draft(run, LOG, Set.of()));
        grants.activate(held.get(i));
        grants.refresh(held.get(i).grant());
      }
      grants.cleanUp();
      grants.endAll(run);
      lineages.revoke(run);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
