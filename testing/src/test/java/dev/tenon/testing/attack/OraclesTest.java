package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tenon.host.PluginHost;
import io.grpc.Status;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The oracles bite: each is shown what it is there to find, and a test that does nothing wrong. */
class OraclesTest {
  private static final Logger OF_HOST = Logger.getLogger(PluginHost.class.getName());

  private static final Oracles ORACLES = Oracles.over(new Plan().enrolled("mallory"));

  @BeforeAll
  static void open() throws Exception {
    ORACLES.open();
  }

  @BeforeEach
  void begin() {
    ORACLES.begin();
  }

  @AfterAll
  static void close() {
    ORACLES.close();
  }

  private static List<String> violations() throws Exception {
    return ORACLES.violations(Duration.ZERO);
  }

  @Test
  void violations_nothingWrong_none() throws Exception {
    ORACLES.expect("mallory authentication verify - denied missing");
    RawPlugin mallory = ORACLES.plugin("mallory");

    Answer answer = ORACLES.refused(() -> Door.CONTROL.enter(mallory));

    ORACLES.sameAnswer(answer, answer);
    assertThat(ORACLES.violations(Duration.ofSeconds(20))).isEmpty();
  }

  @Test
  void violations_errorInLogOrNobodyCaughtIt_o1() throws Exception {
    LogRecord error = new LogRecord(Level.WARNING, "out");
    error.setThrown(new AssertionError("out of something"));
    OF_HOST.log(error);
    OF_HOST.log(Level.SEVERE, "a fault of the host");
    Thread thrower =
        new Thread(
            () -> {
              throw new IllegalStateException("nobody catches me");
            });
    thrower.start();
    thrower.join();

    assertThat(violations())
        .anyMatch(it -> it.startsWith("O1") && it.contains("out of something"))
        .anyMatch(it -> it.startsWith("O1") && it.contains("a fault of the host"))
        .anyMatch(it -> it.startsWith("O1") && it.contains("nobody catches me"));
  }

  @Test
  void violations_innocentPluginRefused_o2() throws Exception {
    Oracles others = Oracles.over(new Plan());
    others.open();
    try {
      others.begin();
      others.scene().run(Scene.PROVIDER).terminate();

      assertThat(others.violations(Duration.ZERO))
          .anyMatch(it -> it.startsWith("O2") && it.contains("UNAVAILABLE"));
    } finally {
      others.close();
    }
  }

  @Test
  void violations_somethingLeft_o3() throws Exception {
    List<ServerSocket> sockets = new ArrayList<>();
    byte[][] held = new byte[40][];
    for (int i = 0; i < held.length; i++) {
      sockets.add(new ServerSocket(0));
      held[i] = new byte[1024 * 1024];
    }
    Process child = new ProcessBuilder("sleep", "60").start();
    Path left = Files.createFile(ORACLES.scene().directory.resolve("left"));
    try {
      assertThat(violations())
          .anyMatch(it -> it.startsWith("O3") && it.contains("open files"))
          .anyMatch(it -> it.startsWith("O3") && it.contains("heap"))
          .anyMatch(it -> it.startsWith("O3") && it.contains("child processes"))
          .anyMatch(it -> it.startsWith("O3") && it.contains("files of the host"));
      assertThat(held.length).isEqualTo(sockets.size());
    } finally {
      Files.delete(left);
      child.destroyForcibly().waitFor();
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void violations_recordUnexpectedOrMissing_o4() throws Exception {
    ORACLES.expect("mallory call relay - success -");
    RawPlugin mallory = ORACLES.plugin("mallory");

    var unused = ORACLES.refused(() -> Door.CONTROL.enter(mallory));

    assertThat(violations())
        .contains(
            "O4: unexpected audit record: mallory authentication verify - denied missing",
            "O4: missing audit record: mallory call relay - success -");
  }

  @Test
  void violations_tokenKeyOrPayloadSeen_o5() throws Exception {
    String canary = ORACLES.canary();
    String token = ORACLES.plugin("mallory").token();
    OF_HOST.log(Level.INFO, "seen: {0}", token.substring(0, 20));
    Process shown = new ProcessBuilder("sh", "-c", "sleep 60; :", canary).start();
    try {
      assertThat(violations())
          .anyMatch(it -> it.startsWith("O5: log"))
          .anyMatch(it -> it.startsWith("O5: command line of process " + shown.pid()))
          .noneMatch(it -> it.contains(canary) || it.contains("tnr_"));
      assertThat(new Secrets().violations("answers", "-----BEGIN CERTIFICATE")).hasSize(1);
    } finally {
      shown.descendants().forEach(ProcessHandle::destroyForcibly);
      shown.destroyForcibly().waitFor();
    }
  }

  @Test
  void violations_manyLinesOrStackTrace_o6() throws Exception {
    for (int i = 0; i < 100; i++) {
      OF_HOST.log(Level.INFO, "again");
    }
    LogRecord traced = new LogRecord(Level.INFO, "once");
    traced.setThrown(new IllegalStateException("of a peer"));
    OF_HOST.log(traced);

    assertThat(violations())
        .anyMatch(it -> it.startsWith("O6: 100 lines") && it.contains("again"))
        .anyMatch(it -> it.startsWith("O6: a stack trace") && it.contains("of a peer"));
  }

  @Test
  void sameAnswer_otherTextOrDetails_o7() {
    Answer one = new Answer(Status.Code.NOT_FOUND, "not found", ByteString.EMPTY);
    Answer text = new Answer(Status.Code.NOT_FOUND, "not found: x", ByteString.EMPTY);
    Answer details = new Answer(Status.Code.NOT_FOUND, "not found", ByteString.copyFrom(one()));

    assertThatThrownBy(() -> ORACLES.sameAnswer(one, text)).hasMessageContaining("O7");
    assertThatThrownBy(() -> ORACLES.sameAnswer(one, details)).hasMessageContaining("O7");
  }

  private static byte[] one() {
    return new byte[] {1};
  }
}
