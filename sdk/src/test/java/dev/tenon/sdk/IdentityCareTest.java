package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What refused calls ask for, how often, and what happens when it goes wrong. */
final class IdentityCareTest {
  @TempDir Path folder;
  private ManualCare manual;
  private IdentityCare care;

  @BeforeEach
  void open() {
    manual = new ManualCare(folder);
    care = manual.care;
  }

  @AfterEach
  void close() {
    manual.close();
  }

  /** Callers wait for the answer: it comes even if what is done about it fails unforeseen. */
  @Test
  void renewed_actionThrows_isAnsweredAndAskedAgainLater() {
    expire();
    manual.renewer.whenExpired(
        () -> {
          throw new IllegalStateException("unforeseen");
        });
    CompletableFuture<Boolean> asked = care.renewed(manual.identity.now());

    assertThatThrownBy(() -> manual.runImmediate()).hasMessage("unforeseen");

    assertThat(asked).isCompletedWithValue(false);
    elapse(Renewer.FIRST_PAUSE);
    assertThat(care.renewed(manual.identity.now())).isNotDone();
  }

  /** A call that is not made again renews for the next, but not for ever: it may not help. */
  @Test
  void refusedForGood_newIdentityRefusedToo_pausesAsOthersDo() {
    care.refusedForGood(manual.identity.now());
    manual.runImmediate();
    assertThat(manual.renewals).isEqualTo(1);

    care.refusedForGood(manual.identity.now());
    manual.runImmediate();
    elapse(IdentityCare.PAUSE_AFTER_USELESS.minusSeconds(1));
    assertThat(care.renewed(manual.identity.now())).isCompletedWithValue(false);
    assertThat(manual.renewals).isEqualTo(1);

    elapse(Duration.ofSeconds(1));
    care.refusedForGood(manual.identity.now());
    manual.runImmediate();
    assertThat(manual.renewals).isEqualTo(2);
  }

  /**
   * The pause is for what did not help: an identity that has served its time is renewed at once.
   */
  @Test
  void refusedForGood_muchLater_renews() {
    care.refusedForGood(manual.identity.now());
    manual.runImmediate();
    elapse(Duration.ofHours(1));

    care.refusedForGood(manual.identity.now());
    manual.runImmediate();

    assertThat(manual.renewals).isEqualTo(2);
  }

  /** However many calls are refused meanwhile, the file is looked at in one rhythm. */
  @Test
  void enrolAgainFrom_manyRefusedCalls_planOneLook() {
    care.enrolAgainFrom(new BootstrapSource.PrivateFile(folder.resolve("absent")));
    expire();

    for (int refused = 0; refused < 5; refused++) {
      var unused = care.renewed(manual.identity.now());
      manual.runImmediate();
      elapse(Duration.ofSeconds(2));
    }
    assertThat(looks()).isEqualTo(1);

    look();
    assertThat(looks()).isEqualTo(1);
  }

  /** An enrolment that fails unforeseen does not end the rhythm. */
  @Test
  void enrolAgainFrom_enrolmentThrows_looksAgain() throws Exception {
    Path file = folder.resolve("bootstrap.json");
    Files.writeString(file, manual.host.bootstrap("echo").toJsonLine());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    care.enrolAgainFrom(new BootstrapSource.PrivateFile(file));
    expire();

    try (LogLines log = new LogLines()) {
      CompletableFuture<Boolean> asked = care.renewed(manual.identity.now());
      manual.runImmediate();

      log.awaitLines("not enrolled again", 1);
      assertThat(log.lines()).noneMatch(line -> line.contains("tne_"));
      assertThat(asked).isCompletedWithValue(false);
    }
    assertThat(looks()).isEqualTo(1);
  }

  private void expire() {
    manual.now = manual.identity.now().certificateExpires();
  }

  private void elapse(Duration time) {
    manual.now = manual.now.plus(time);
  }

  private long looks() {
    return manual.tasks.stream().filter(IdentityCareTest::isLook).count();
  }

  private void look() {
    ManualCare.Task next =
        manual.tasks.stream().filter(IdentityCareTest::isLook).findFirst().orElseThrow();
    manual.tasks.remove(next);
    next.action().run();
  }

  private static boolean isLook(ManualCare.Task task) {
    return task.pause().equals(IdentityCare.FILE_PAUSE);
  }
}
