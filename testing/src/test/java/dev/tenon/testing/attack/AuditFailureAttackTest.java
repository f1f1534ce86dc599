package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditVerification;
import dev.tenon.core.Refusal;
import dev.tenon.v1.Health;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An audit log that cannot be written, or that the effect could outrun. */
class AuditFailureAttackTest {
  private static final String REGISTERED =
      "mallory registration register testservice.v1.Other success -";

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(new Plan().enrolled("mallory", Scene.OTHER).enrolled("eve"));

  /** What is not recorded does not happen: no registration without its record. Attack: G18, A1. */
  @Test
  void register_auditLogFull_refusedAndNothingRegistered() throws Exception {
    RawPlugin mallory = oracles.plugin("mallory");
    RawPlugin eve = oracles.plugin("eve");
    mallory.report(Health.HEALTH_HEALTHY);
    Answer registration;
    Answer discovery;
    try (LargestFile full = LargestFile.ofNothing()) {
      registration = oracles.refused(() -> mallory.register(Scene.OTHER));
      discovery = oracles.refused(() -> eve.registry().discover(RawPlugin.question(Scene.OTHER)));
      assertThat(full.isSet()).isTrue();
    }

    assertThat(registration.is(Refusal.INTERNAL)).isTrue();
    oracles.sameAnswer(registration, discovery);
    Answer after = oracles.refused(() -> eve.registry().discover(RawPlugin.question(Scene.OTHER)));
    assertThat(after.is(Refusal.NOT_FOUND)).isTrue();
    assertThat(mallory.register(Scene.OTHER)).hasSize(32);
    oracles.expect(
        "- audit continue audit-00000000000000000001.jsonl error File too large",
        "eve discovery discover testservice.v1.Other success allowed",
        REGISTERED);
    assertThat(AuditVerification.verify(audit())).isInstanceOf(AuditVerification.Whole.class);
  }

  /** Whoever sees a registration finds its record in the file, always. Attack: G20. */
  @Test
  void discover_registrationJustMade_recordIsThere() throws Exception {
    RawPlugin mallory = oracles.plugin("mallory");
    RawPlugin eve = oracles.plugin("eve");
    mallory.report(Health.HEALTH_HEALTHY);
    AtomicBoolean go = new AtomicBoolean();
    CompletableFuture<String> registered =
        CompletableFuture.supplyAsync(
            () -> {
              while (!go.get()) {
                Thread.onSpinWait();
              }
              return mallory.register(Scene.OTHER);
            });
    int asked = 0;
    List<String> records = List.of();
    go.set(true);
    while (records.isEmpty()) {
      asked++;
      try {
        var unused = eve.registry().discover(RawPlugin.question(Scene.OTHER));
        records = oracles.scene().audit.records();
      } catch (StatusRuntimeException notYet) {
        assertThat(Answer.of(notYet).is(Refusal.NOT_FOUND)).isTrue();
      }
    }

    assertThat(records).contains(REGISTERED);
    assertThat(registered.get(60, TimeUnit.SECONDS)).hasSize(32);
    oracles.expect(asked, "eve discovery discover testservice.v1.Other success allowed");
    oracles.expect(REGISTERED);
  }

  private static Path audit() {
    return oracles.scene().directory.resolve("audit.jsonl");
  }

  /**
   * A limit on the size of every file that this process writes: a full disk, for whoever would
   * write more. Only the soft limit is set, which any user may lower and put back.
   */
  private static final class LargestFile implements AutoCloseable {
    private final long pid = ProcessHandle.current().pid();

    private LargestFile(long bytes) throws IOException {
      limit(bytes + ":");
    }

    static LargestFile ofNothing() throws IOException {
      return new LargestFile(0);
    }

    boolean isSet() throws IOException {
      return !Files.readString(Path.of("/proc/self/limits"))
          .lines()
          .filter(line -> line.startsWith("Max file size"))
          .anyMatch(line -> line.matches("Max file size +unlimited.*"));
    }

    private void limit(String fsize) throws IOException {
      Process prlimit =
          new ProcessBuilder("prlimit", "--pid", String.valueOf(pid), "--fsize=" + fsize)
              .inheritIO()
              .start();
      assertThat(prlimit.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue()).isZero();
    }

    @Override
    public void close() throws IOException {
      limit("unlimited:");
    }
  }
}
