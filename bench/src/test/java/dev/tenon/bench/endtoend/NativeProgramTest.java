package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The C program, built with the address and undefined-behaviour sanitizers: each ends it. */
class NativeProgramTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration BRIEFLY = Duration.ofMillis(200);

  @TempDir private static Path folder;
  private static Path program;
  private static Access access;
  private static Program backend;
  private static String address;

  @BeforeAll
  static void build() throws Exception {
    OnThisMachine.assumeComplete();
    Path out = Path.of("target", "native").toAbsolutePath();
    String unused =
        Command.run(Path.of("native"), List.of("make", "-s", "sanitized", "OUT=" + out));
    program = out.resolve("sanitized").resolve("bench");
    access = BenchAuthority.create(folder.resolve("access"));
    List<String> addresses = List.of("tcp:127.0.0.1:0", "unix:" + folder.resolve("s"));
    backend = Program.start("backend", folder, Backend.command(program, access, addresses));
    address = backend.line(LIMIT);
    backend.await("listening", LIMIT);
  }

  @AfterAll
  static void endBackend() throws Exception {
    if (backend != null) {
      backend.endInput();
      backend.close();
      assertThat(folder.resolve("backend.log")).isEmptyFile();
      assertThat(folder.resolve("load.log")).content().doesNotContain("Sanitizer");
    }
  }

  @Test
  void load_ofEveryKind_hasRightAnswersAlone() throws Exception {
    Contender direct = new Contender(Setting.TCP, Way.DIRECT, backend.pid(), address, access);
    LoadGenerator generator = new LoadGenerator(program, folder);

    for (Load load : Load.values()) {
      Sample sample = generator.measure(direct, load, 1, BRIEFLY, BRIEFLY);

      assertThat(sample.outcome().isClean()).as(sample.toString()).isTrue();
      assertThat(load.units(sample.outcome())).as(sample.toString()).isPositive();
      assertThat(sample.outcome().p99Micros()).isGreaterThanOrEqualTo(sample.outcome().p50Micros());
      assertThat(sample.cpu().nanos()).isPositive();
    }
  }

  @Test
  void load_overUnixSocketWithLongMessages_hasRightAnswersAlone() throws Exception {
    Outcome outcome =
        load(
            "unix:" + folder.resolve("s"),
            access,
            "--path",
            Backend.path("Call"),
            "--size",
            "16384");

    assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
  }

  @Test
  void load_ofAMethodThatIsNotThere_countsNoCallAsRight() throws Exception {
    Outcome outcome = load(address, access, "--path", "/bench.v1.Echo/Other");

    assertThat(outcome.calls()).isZero();
    assertThat(outcome.failed()).isPositive();
    assertThat(outcome.firstFailure())
        .isEqualTo("grpc-status 12, HTTP 200, 0 bytes, stream error 0");
  }

  @Test
  void load_ofTheFirstCalls_hasSoManyAnswers() throws Exception {
    Outcome outcome =
        load(address, access, "--path", Backend.path("Call"), "--warm", "0", "--calls", "37");

    assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
    assertThat(outcome.calls()).isEqualTo(37);
  }

  /** Answers of other lengths and numbers than were asked for are found, whatever their status. */
  @ParameterizedTest
  @CsvSource({"pour, Chat, 0", "pour, Call, 0", "call, Pour, 3"})
  void load_ofAMethodThatAnswersOtherwise_countsNoCallAsRight(
      String shape, String method, String status) throws Exception {
    Outcome outcome = load(address, access, "--path", Backend.path(method), "--shape", shape);

    assertThat(outcome.calls()).isZero();
    assertThat(outcome.failed()).isPositive();
    assertThat(outcome.firstFailure()).startsWith("grpc-status " + status + ", HTTP 200, ");
  }

  @Test
  void load_ofStreamsWithLongMessages_hasEveryByte() throws Exception {
    Outcome chat =
        load(address, access, "--path", Backend.path("Chat"), "--shape", "chat", "--size", "16384");
    Outcome pour =
        load(address, access, "--path", Backend.path("Pour"), "--shape", "pour", "--size", "0");

    assertThat(chat.isClean()).as(chat.toString()).isTrue();
    assertThat(chat.bytes()).isEqualTo(chat.messages() * 16384);
    assertThat(pour.isClean()).as(pour.toString()).isTrue();
    assertThat(pour.messages()).isEqualTo(pour.calls() * 100);
  }

  /** What its open calls had is not leaked, which the end of the backend would tell. */
  @Test
  void echo_whoseCallerIsLostAmidCalls_servesOthers() throws Exception {
    List<String> command = command(address, access, "--path", Backend.path("Chat"));
    command.addAll(List.of("--shape", "chat", "--seconds", "60"));
    try (Program lost = Program.start("load", folder, command)) {
      lost.await("ready", LIMIT);
      lost.tell("go");
      assertThat(load(address, access, "--path", Backend.path("Call")).isClean()).isTrue();
    }

    assertThat(load(address, access, "--path", Backend.path("Call")).isClean()).isTrue();
  }

  @Test
  void load_ofAServerWithAnotherName_callsNothing() {
    assertThatThrownBy(
            () ->
                load(
                    address,
                    new Access(access.folder(), "other.internal"),
                    "--path",
                    Backend.path("Call")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("hostname mismatch");
  }

  /** The certificates of another authority: neither side accepts the other's. */
  @Test
  void load_withCertificatesOfAnotherAuthority_callsNothing() throws Exception {
    Access other = BenchAuthority.create(folder.resolve("other"));

    assertThatThrownBy(() -> load(address, other, "--path", Backend.path("Call")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("connection lost");
  }

  /** The client trusts the server, and is not trusted. */
  @Test
  void load_withAForeignClientCertificate_callsNothing() throws Exception {
    Access foreign = BenchAuthority.create(folder.resolve("foreign"));
    Files.copy(
        access.folder().resolve("authority.pem"),
        foreign.folder().resolve("authority.pem"),
        StandardCopyOption.REPLACE_EXISTING);

    assertThatThrownBy(() -> load(address, foreign, "--path", Backend.path("Call")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("connection lost");
  }

  private static List<String> command(String to, Access as, String... options) {
    List<String> command = new ArrayList<>(List.of(program.toString(), "load", "--address", to));
    command.addAll(as.certificates());
    command.addAll(as.caller());
    command.addAll(List.of("--streams", "4", "--warm", "0.1", "--seconds", "0.1"));
    command.addAll(List.of(options));
    return command;
  }

  private static Outcome load(String to, Access as, String... options) throws Exception {
    try (Program load = Program.start("load", folder, command(to, as, options))) {
      load.await("ready", LIMIT);
      load.tell("go");
      return Outcome.parse(load.line(LIMIT));
    }
  }
}
