package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.examples.store.v1.GetRequest;
import dev.tenon.examples.store.v1.StoreGrpc;
import dev.tenon.examples.words.v1.CountFilesRequest;
import dev.tenon.examples.words.v1.WordsGrpc;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a demo run leaves in places that others may read holds none of the tokens that it issued.
 */
final class SecretsOfADemoTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Logger logger = Logger.getLogger("dev.tenon");
  private Place place;
  private Leaks leaks;
  private Handler log;

  @BeforeEach
  void watch() throws IOException {
    place = Place.make();
    leaks = new Leaks();
    log = new LogInto(leaks);
    logger.setLevel(Level.ALL);
    logger.addHandler(log);
  }

  @AfterEach
  void unwatch() throws IOException {
    logger.removeHandler(log);
    logger.setLevel(null);
    leaks.close();
    place.close();
  }

  /**
   * Every token of this host is known, for its random source is the test's. Calls that are refused
   * and a start that fails are part of the run: their texts are looked at, too.
   *
   * <p>Row: TK-16, TK-18, SL-1, SL-2
   */
  @Test
  void demo_withEveryTokenKnown_leavesNoneWhereOthersMayRead() throws Exception {
    Path file = place.file("some", "three words here\n".getBytes(UTF_8));
    List<String> listed = List.of(file.toString());
    leaks.watch(ProcessHandle.current());
    List<Long> pids = new ArrayList<>();
    try (PluginHost host =
        HostConfig.read(place.config()).host(listed).random(leaks.random()).start()) {
      host.plugins().forEach(plugin -> pids.add(plugin.pid().orElseThrow()));
      count(host, listed);
      count(host, List.of("/etc/passwd"));
      exception(
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  host.client(StoreGrpc::newBlockingStub)
                      .get(GetRequest.newBuilder().setKey("x").build())));
      await().atMost(LIMIT).until(() -> pids.stream().allMatch(leaks::hasWatched));
      leaks.files(place.folder());
      for (PluginStatus status : host.plugins()) {
        leaks.text("plugin status", status.toString());
      }
      leaks.text("calls", host.calls() + host.describe());
    }
    failingStart();
    leaks.files(place.folder());

    assertThat(leaks.known()).as("enrolment and runtime tokens").isGreaterThanOrEqualTo(6);
    assertThat(Files.readString(place.audit())).contains("enrol", "register", "words");
    assertThat(leaks.found()).isEmpty();
  }

  private void count(PluginHost host, List<String> files) {
    host.client(WordsGrpc::newBlockingStub)
        .countFiles(CountFilesRequest.newBuilder().addAllPaths(files).build())
        .forEachRemaining(answer -> leaks.text("answers", answer.toString()));
  }

  private void failingStart() throws Exception {
    BrokenPlugins.write(place, "quitter", "#!/bin/sh\nread line\nexit 7\n");
    Files.writeString(
        place.config(),
        Files.readString(place.config()).replaceFirst("plugins = .*", "plugins = \"broken\""));
    HostBuilder broken = HostConfig.read(place.config()).host(List.of());
    exception(
        catchThrowableOfType(
            HostStartException.class, () -> broken.random(leaks.random()).start().close()));
  }

  private void exception(Throwable thrown) {
    assertThat(thrown).isNotNull();
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    leaks.text("exceptions", text.toString());
  }

  /**
   * The same from outside: a host process, its plugins, all that they print and write.
   *
   * <p>Row: TK-16, SL-1, SL-2
   */
  @Test
  void demo_asProcess_showsNoTokenAndNoKey() throws Exception {
    Path file = place.file("some", "three words here\n".getBytes(UTF_8));
    List<String> arguments =
        List.of("demo", "--config", place.config().toString(), file.toString(), "/etc/hostname");
    try (HostProcess host = HostProcess.start(place, arguments)) {
      leaks.watch(host.process().toHandle());
      assertThat(host.status()).as(host.err()).isZero();
      for (Map<String, String> plugin : Printed.of(host.out()).plugins()) {
        assertThat(leaks.hasWatched(Long.parseLong(plugin.get("PID")))).isTrue();
      }
    }
    leaks.files(place.folder()); // output files are in it

    assertThat(leaks.found()).isEmpty();
  }

  /** The search would find a token in each of the places that it looks at. */
  @Test
  void search_forPlantedSecrets_findsThemAll() throws Exception {
    String token = leaks.plant();
    leaks.text("a text", "see " + token.substring(0, 9) + "...");
    leaks.text("another", "-----BEGIN PRIVATE KEY-----");
    place.file("deep/in/state.bin", ("\0\u00ff" + token).getBytes(UTF_8));
    leaks.files(place.folder());
    Logger.getLogger("dev.tenon.some").log(Level.FINEST, "token", new IOException(token));
    exception(
        catchThrowable(
            () -> {
              throw new IllegalStateException("tne_");
            }));
    ProcessBuilder sleeper = new ProcessBuilder("/bin/sh", "-c", "read line", "sh", token);
    sleeper.environment().put("SECRET", "tnr_" + token);
    Process process = sleeper.start();
    try {
      leaks.watch(process.toHandle());
      await().atMost(LIMIT).until(() -> leaks.found().size() >= 7);
    } finally {
      process.destroyForcibly().waitFor();
    }

    assertThat(leaks.found())
        .anyMatch("a token in a text"::equals)
        .anyMatch("PRIVATE KEY in another"::equals)
        .anyMatch("tne_ in exceptions"::equals)
        .anyMatch("a token in log"::equals)
        .anyMatch(found -> found.startsWith("a token in ") && found.endsWith("state.bin"))
        .anyMatch(found -> found.startsWith("a token in cmdline of " + process.pid()))
        .anyMatch(found -> found.startsWith("tnr_ in environ of " + process.pid()));
  }

  /** Hands every record, with the trace of what was thrown, to the search. */
  private static final class LogInto extends Handler {
    private final Leaks leaks;
    private final SimpleFormatter formatter = new SimpleFormatter();

    LogInto(Leaks leaks) {
      this.leaks = leaks;
      setLevel(Level.ALL);
    }

    @Override
    public void publish(LogRecord entry) {
      leaks.text("log", formatter.format(entry));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
