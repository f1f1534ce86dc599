package dev.tenon.testing.attack;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.config.ConfigException;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A JUnit 5 extension that sets an attack its scene, and checks after each test what must hold
 * whatever the attack was:
 *
 * <ul>
 *   <li>O1 the host lives: no error, nothing that nobody caught, no fault in its log;
 *   <li>O2 an innocent plugin's calls went on, see {@link Probe};
 *   <li>O3 memory, threads, files and processes are back, see {@link Usage};
 *   <li>O4 the audit log has what the test expects and nothing else, see {@link #expect};
 *   <li>O5 no token, key or payload is seen in log, audit, answers or command lines;
 *   <li>O6 the log stayed small, see {@link Logs};
 *   <li>O7 two answers are the same, see {@link #sameAnswer}.
 * </ul>
 *
 * <p>A static field sets one scene for its class, an instance field one for each test.
 */
final class Oracles
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Plan plan;
  private final Logs logs = new Logs();
  private final Secrets secrets = new Secrets();
  private final List<String> expected = new CopyOnWriteArrayList<>();
  private final Set<String> allowed = ConcurrentHashMap.newKeySet();
  private final List<Answer> answers = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> closing = new CopyOnWriteArrayList<>();
  private boolean forClass;
  private long begun;
  private @Nullable Scene scene;
  private @Nullable Probe probe;
  private @Nullable Usage before;

  private Oracles(Plan plan) {
    this.plan = plan;
  }

  /** Returns the oracles of the scene that {@code plan} describes. */
  static Oracles over(Plan plan) {
    return new Oracles(plan);
  }

  Scene scene() {
    return requireNonNull(scene, "scene: none (expected: a test that is running)");
  }

  /** Returns how many lines the log has, since the test began. */
  int logLines() {
    return logs.lines();
  }

  RawPlugin plugin(String name) {
    return scene().plugin(name);
  }

  /** Expects these audit records, in any order, in the form of {@link AuditTrail#records}. */
  void expect(String... records) {
    expected.addAll(List.of(records));
  }

  /** Expects the same audit record some times. */
  void expect(int times, String record) {
    expected.addAll(Collections.nCopies(times, record));
  }

  /**
   * Allows audit records of connections that are refused for {@code reason}, any number of them, in
   * this test and those that share its scene: whoever is refused tries again when it likes, and
   * some are only counted, and recorded when a minute is over.
   */
  void allowConnections(String actor, String plane, String reason) {
    for (String who : List.of(actor, "-")) {
      allowed.add(who + " connection connect " + plane + " denied " + reason);
    }
  }

  /** Allows {@code record} any number of times: of two safe ends, a race decides which comes. */
  void allow(String record) {
    allowed.add(record);
  }

  /** Returns a text that nothing of the host may show. */
  String canary() {
    String canary = "canary-" + UUID.randomUUID();
    secrets.add(canary);
    return canary;
  }

  /** Makes {@code call}, which must be refused, and returns how it was. */
  Answer refused(ThrowingCallable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
    if (refused == null) {
      throw new AssertionError("the call was answered (expected: refused)");
    }
    Answer answer = Answer.of(refused);
    answers.add(answer);
    return answer;
  }

  /** Checks oracle O7: what a peer learns from one refusal, it learns from the other. */
  void sameAnswer(Answer one, Answer other) {
    assertThat(one).as("O7: the same code, text and details").isEqualTo(other);
  }

  /** Has {@code resource} closed when the test is done, before anything is checked. */
  <T extends AutoCloseable> T closing(T resource) {
    closing.add(resource);
    return resource;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    forClass = true;
    open();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    if (!forClass) {
      open();
    }
    begin();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    try {
      List<String> violations = violations(PATIENCE);
      if (!violations.isEmpty()) {
        throw new AssertionError(String.join("\n", violations));
      }
    } finally {
      if (!forClass) {
        close();
      }
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  /** Sets the scene. */
  void open() throws IOException, ConfigException {
    logs.open();
    Scene opened = Scene.start(plan);
    scene = opened;
    Probe innocent = new Probe(opened.plugin(Scene.INNOCENT));
    probe = innocent;
    innocent.start();
  }

  /** Takes the state of things as what they must come back to. */
  void begin() {
    scene().plugins().forEach(plugin -> plugin.secrets().forEach(secrets::add));
    expected.clear();
    answers.clear();
    before = Usage.now(scene().directory);
    scene().audit.begin();
    logs.begin();
    requireNonNull(probe, "probe").begin();
    begun = System.nanoTime();
  }

  /** Ends the attack and returns what does not hold; O3 has {@code patience} to. */
  List<String> violations(Duration patience) throws Exception {
    for (AutoCloseable resource : closing) {
      resource.close();
    }
    closing.clear();
    scene().disconnectAttackers();
    scene().plugins().forEach(plugin -> plugin.secrets().forEach(secrets::add));
    List<String> violations = new ArrayList<>(requireNonNull(probe, "probe").violations());
    violations.addAll(leftovers(patience));
    violations.addAll(scene().audit.violations(expected, allowed));
    violations.addAll(secrets.violations("log", logs.text()));
    violations.addAll(secrets.violations("audit", String.join("\n", scene().audit.text())));
    violations.addAll(secrets.violations("answers", answers.toString()));
    violations.addAll(secrets.violationsOnCommandLines());
    violations.addAll(logs.violations(Duration.ofNanos(System.nanoTime() - begun)));
    return violations;
  }

  private List<String> leftovers(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      List<String> violations =
          Usage.now(scene().directory).violations(requireNonNull(before, "begun"));
      if (violations.isEmpty() || System.nanoTime() > end) {
        return violations;
      }
      requireNonNull(probe, "probe").call(); // The host is at work while we wait.
    }
  }

  /** Ends the scene. */
  void close() {
    if (probe != null) {
      probe.close();
    }
    if (scene != null) {
      scene.close();
    }
    logs.close();
  }
}
