package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.Refusal;
import dev.tenon.v1.log.LogGrpc;
import dev.tenon.v1.log.LogLevel;
import dev.tenon.v1.log.LogRecord;
import io.grpc.Status.Code;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log that a host offers to plugins, over real connections. */
class PluginLogTest {
  private static final String LOG = LogGrpc.SERVICE_NAME;
  private static final String POLICY =
      """
      [[rule]]
      id = "log"
      effect = "allow"
      caller = "*"
      service = "dev.tenon.log.v1.Log"
      [[grant]]
      caller = "words"
      service = "dev.tenon.log.v1.Log"
      permissions = ["log:write:*"]
      [[grant]]
      caller = "quiet"
      service = "dev.tenon.log.v1.Log"
      permissions = ["log:write:error"]
      """;

  private final Logger logger = Logger.getLogger("dev.tenon.plugin.log");
  private final Lines lines = new Lines();

  /** What plugins of this test have written. */
  private static final class Lines extends Handler {
    final List<String> all = new CopyOnWriteArrayList<>();

    @Override
    public void publish(java.util.logging.LogRecord entry) {
      all.add(entry.getLevel() + " " + entry.getMessage().replace("{0}", parameter(entry)));
    }

    private static String parameter(java.util.logging.LogRecord entry) {
      return String.valueOf(entry.getParameters()[0]);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void follow() {
    logger.setLevel(java.util.logging.Level.ALL);
    logger.addHandler(lines);
  }

  @AfterEach
  void unfollow() {
    logger.removeHandler(lines);
    logger.setLevel(null);
  }

  private static TestHost start(Level least) throws Exception {
    return TestHost.with(POLICY)
        .set(host -> host.healthPolling(Duration.ofHours(1), Duration.ofSeconds(5)))
        .set(host -> host.offersLog(least))
        .enrolled("words")
        .enrolled("quiet")
        .enrolled("mute")
        .start();
  }

  private static LogGrpc.LogBlockingStub log(RawPlugin plugin) {
    return RawPlugin.deadline(
        LogGrpc.newBlockingStub(plugin.dataWith(RawPlugin.shown(plugin.grant(LOG)))));
  }

  private static LogRecord.Builder saying(String message) {
    return LogRecord.newBuilder().setLevel(LogLevel.LOG_LEVEL_INFO).setMessage(message);
  }

  private static void write(LogGrpc.LogBlockingStub log, LogRecord.Builder entry) {
    assertThat(log.write(entry.build()).getSerializedSize()).isZero();
  }

  private List<String> of(RawPlugin plugin) {
    return lines.all.stream()
        .filter(line -> line.contains(plugin.runtimeId()))
        .map(line -> line.replace(plugin.runtimeId(), "ID"))
        .toList();
  }

  /**
   * A record is in the host's log at its level, with the run that wrote it, its message and its
   * fields; what is below the host's level is not.
   *
   * <p>Row: CG-13
   */
  @Test
  void write_levels_fromTheLeastOnAreWritten() throws Exception {
    try (TestHost host = start(Level.INFO)) {
      RawPlugin words = host.plugin("words");
      LogGrpc.LogBlockingStub log = log(words);
      write(log, saying("counted").putFields("words", "12").putFields("file", "a b"));
      for (LogLevel level :
          List.of(LogLevel.LOG_LEVEL_DEBUG, LogLevel.LOG_LEVEL_WARNING, LogLevel.LOG_LEVEL_ERROR)) {
        write(log, saying("at " + level).setLevel(level));
      }

      assertThat(of(words))
          .containsExactly(
              "INFO [ID file=\"a b\" words=\"12\"] counted",
              "WARNING [ID] at LOG_LEVEL_WARNING",
              "SEVERE [ID] at LOG_LEVEL_ERROR");
    }
  }

  /**
   * Nothing that a plugin writes begins a line, ends a quotation, hides or turns text round, is
   * taken for a pattern, or shows a token.
   *
   * <p>Row: CG-13, SL-8
   */
  @Test
  void write_hostileText_isEscaped() throws Exception {
    try (TestHost host = start(Level.DEBUG)) {
      RawPlugin words = host.plugin("words");
      LogGrpc.LogBlockingStub log = log(words);
      write(
          log,
          saying("a\r\n2026-01-01 INFO [host] b\u2028c\u001b[2K\u202e\u0085 {0} \\n 'q'")
              .putFields("x", "\"] forged\n")
              .putFields("token", "tng_" + "A".repeat(43)));
      write(log, saying("Grüße \uD83D\uDE00 \uDB40\uDC01"));

      assertThat(of(words))
          .containsExactly(
              "INFO [ID token=\"[redacted]\" x=\"\\\"] forged\\u000a\"]"
                  + " a\\u000d\\u000a2026-01-01 INFO [host]"
                  + " b\\u2028c\\u001b[2K\\u202e\\u0085 {0} \\\\n 'q'",
              "INFO [ID] Grüße \uD83D\uDE00 \\U000e0001");
    }
  }

  /**
   * The policy says who writes at which level; without an entry, nobody does.
   *
   * <p>Row: CG-13, CG-9
   */
  @Test
  void write_levelNotInTheGrant_refused() throws Exception {
    try (TestHost host = start(Level.DEBUG)) {
      RawPlugin quiet = host.plugin("quiet");
      LogGrpc.LogBlockingStub log = log(quiet);
      write(log, saying("broken").setLevel(LogLevel.LOG_LEVEL_ERROR));
      Refused above = Refused.by(() -> log.write(saying("too much").build()));
      assertThat(above.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(Refused.by(() -> log(host.plugin("mute")).write(saying("at all").build())))
          .isEqualTo(above);
      assertThat(of(quiet)).containsExactly("SEVERE [ID] broken");
      assertThat(of(host.plugin("mute"))).isEmpty();
    }
  }

  /**
   * What has no level, is empty, or is larger than the limits is refused, and not cut; what has
   * just the size is written whole.
   *
   * <p>Row: CG-13
   */
  @Test
  void write_beyondTheLimits_refused() throws Exception {
    try (TestHost host = start(Level.DEBUG)) {
      RawPlugin words = host.plugin("words");
      LogGrpc.LogBlockingStub log = log(words);
      LogRecord.Builder many = saying("many");
      IntStream.rangeClosed(0, 32).forEach(i -> many.putFields("f" + i, ""));
      for (LogRecord.Builder wrong :
          List.of(
              saying("no level").setLevel(LogLevel.LOG_LEVEL_UNSPECIFIED),
              saying("new level").setLevelValue(99),
              saying(""),
              saying("a".repeat(8193)),
              saying("ü".repeat(4096)).putFields("n", "v"),
              saying("a".repeat(8190)).putFields("name", ""),
              saying("name").putFields("a b", "v"),
              saying("name").putFields("", "v"),
              saying("name").putFields("a".repeat(65), "v"),
              many)) {
        assertThat(Refused.by(() -> log.write(wrong.build())).code())
            .isEqualTo(Code.INVALID_ARGUMENT);
      }
      write(log, saying("a".repeat(8190)).putFields("n", "v"));
      assertThat(of(words))
          .singleElement()
          .asString()
          .startsWith("INFO [ID n=\"v\"] aaa")
          .endsWith("a".repeat(8190));
    }
  }

  @Test
  void offersLog_withAnother_isRefused() {
    HostBuilder host = PluginHost.builder().offersLog(Level.INFO);
    assertThatIllegalArgumentException().isThrownBy(() -> host.offersLog(Level.DEBUG));
  }
}
