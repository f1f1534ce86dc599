package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.transport.Bootstrap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a plugin that its host did not start waits for one that is away; time stands in a field. */
final class HostReturnTest {
  private static final Duration WINDOW = Duration.ofSeconds(5);

  @TempDir Path folder;
  private final Queue<Runnable> looks = new ArrayDeque<>();
  private ManualCare manual;
  private BootstrapSource.PrivateFile file;
  private boolean connected = true;
  private long nanos = Long.MAX_VALUE - 1; // such a clock may start anywhere
  private int givenUp;

  @BeforeEach
  void follow() {
    manual = new ManualCare(folder);
    file = new BootstrapSource.PrivateFile(folder.resolve("bootstrap.json"));
    new HostReturn(
            () -> connected,
            manual.care,
            (delay, task) -> {
              looks.add(task);
              return () -> {};
            },
            () -> nanos,
            WINDOW)
        .follow(file, () -> givenUp++);
  }

  @AfterEach
  void close() {
    manual.close();
  }

  private void look(int times) {
    for (int time = 0; time < times; time++) {
      looks.remove().run();
      nanos += HostReturn.LOOK.toNanos();
    }
  }

  @Test
  void follow_connected_goesOnForEver() {
    look(100);

    assertThat(givenUp).isZero();
    assertThat(looks).hasSize(1);
  }

  /** Row: LC-28 */
  @Test
  void follow_awayForLongerThanTheWindow_givesUpOnce() {
    connected = false;

    look(6);
    assertThat(givenUp).isZero();
    look(1);

    assertThat(givenUp).isEqualTo(1);
    assertThat(looks).isEmpty();
  }

  @Test
  void follow_backInTime_theWindowBeginsAnew() {
    for (int time = 0; time < 5; time++) {
      connected = false;
      look(4);
      connected = true;
      look(2);
    }

    assertThat(givenUp).isZero();
  }

  /** A host that does not know the run lets it connect and closes at once. */
  @Test
  void follow_connectedForOneLookNowAndThen_isAway() {
    for (int time = 0; time < 7; time++) {
      connected = time % 2 == 1;
      look(1);
    }

    assertThat(givenUp).isEqualTo(1);
  }

  /** Whatever is in the file is tried once, and not while the host is there. */
  @Test
  void follow_documentInTheFile_isTriedOnceAndOnlyWhenAway() throws Exception {
    try (LogLines log = new LogLines()) {
      write(manual.host.bootstrap("echo"));
      look(2);
      assertThat(log.lines()).noneMatch(line -> line.contains("not enrolled again"));
      connected = false;
      look(4);
      log.awaitLines("not enrolled again", 1);

      assertThat(log.lines().stream().filter(line -> line.contains("not enrolled again")))
          .hasSize(1);
      assertThat(log.lines()).noneMatch(line -> line.contains("tne_"));
    }
  }

  private void write(Bootstrap document) throws Exception {
    Files.writeString(file.path(), document.toJsonLine());
    Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-------"));
  }
}
