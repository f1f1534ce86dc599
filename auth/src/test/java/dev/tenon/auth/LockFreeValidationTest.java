package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Validation of runtime tokens and of grants while others come and go: no validating thread ever
 * waits for a lock. The JVM's flight recorder tells of each wait, and where it was: one for a class
 * that the JVM loads, links or initializes is not one of a validation.
 */
class LockFreeValidationTest {
  private static final int THREADS = 3;
  private static final int WARM_UP = 2_000;
  private static final int ROUNDS = 20_000;
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final ServiceName LOG = new ServiceName("acme.Log");

  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final Lineages lineages =
      new Lineages(
          mint, InstantSource.system(), Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);
  private final GrantStore grants =
      new GrantStore(
          mint, new Clocks(InstantSource.system(), System::nanoTime), GrantLimits.DEFAULT);

  private PublicKey key;
  private String token;
  private GrantStore.Draft draft;
  private String grant;

  @TempDir private Path folder;

  @BeforeEach
  void beginOneRun() throws Exception {
    key = TestKeys.key();
    token = lineages.open(WORDS, key).token().exposeForWire();
    draft = grants.draft(WORDS, LOG, Set.of());
    grants.activate(draft);
    grant = draft.grant().id() + " " + draft.token().token().exposeForWire();
  }

  /** Row: TK-12 */
  @Test
  void verify_whileOthersEnrolAndAskForGrants_neverWaitsForALock() throws Exception {
    assertThat(waitsOf(this::validate)).isEmpty();
  }

  /** What takes the lock of the grants is caught: the recorder sees what it is asked about. */
  @Test
  void refresh_whileOthersEnrolAndAskForGrants_waitsForTheLock() throws Exception {
    assertThat(waitsOf(() -> grants.refresh(draft.grant()))).isNotEmpty();
  }

  private interface Step {
    void run() throws Exception;
  }

  private List<String> waitsOf(Step step) throws Exception {
    Path file = folder.resolve("waits.jfr");
    repeat(WARM_UP, step);
    AtomicBoolean over = new AtomicBoolean();
    Thread others = new Thread(() -> comeAndGoUntil(over));
    try (Recording recording = new Recording()) {
      recording.enable("jdk.JavaMonitorEnter").withThreshold(Duration.ZERO).withStackTrace();
      recording.enable("jdk.ThreadPark").withThreshold(Duration.ZERO).withStackTrace();
      recording.start();
      others.start();
      try {
        Race.run(
            THREADS,
            i ->
                () -> {
                  repeat(ROUNDS, step);
                  return true;
                });
      } finally {
        over.set(true);
        others.join();
      }
      recording.dump(file);
    }
    return waitsUnderRepeat(file);
  }

  private static void repeat(int rounds, Step step) throws Exception {
    for (int i = 0; i < rounds; i++) {
      step.run();
    }
  }

  private static List<String> waitsUnderRepeat(Path file) throws IOException {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> isUnderRepeat(event.getStackTrace()))
        .map(RecordedEvent::toString)
        .toList();
  }

  private static boolean isUnderRepeat(RecordedStackTrace trace) {
    if (trace == null) {
      return false;
    }
    List<RecordedMethod> methods =
        trace.getFrames().stream().map(frame -> frame.getMethod()).toList();
    return methods.stream().anyMatch(LockFreeValidationTest::isRepeat)
        && methods.stream().noneMatch(LockFreeValidationTest::isOfTheJvm);
  }

  private static boolean isRepeat(RecordedMethod method) {
    return method.getType().getName().equals(LockFreeValidationTest.class.getName())
        && method.getName().equals("repeat");
  }

  private static boolean isOfTheJvm(RecordedMethod method) {
    String type = method.getType().getName();
    return type.equals("java.lang.ClassLoader") || type.startsWith("java.lang.invoke.");
  }

  private void validate() throws Exception {
    lineages.verify(WORDS, token);
    grants.verify(WORDS, LOG, grant);
  }

  private void comeAndGoUntil(AtomicBoolean over) {
    for (int i = 2; !over.get(); i++) {
      comeAndGo(RuntimeId.of(WORDS.plugin(), i));
    }
  }

  private void comeAndGo(RuntimeId run) {
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
