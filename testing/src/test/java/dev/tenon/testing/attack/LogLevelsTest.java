package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.OnBehalfOf;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the same scenario leaves in the log at each level: a host starts, a plugin makes a call, one
 * that is refused, and one on behalf of somebody, and the host ends.
 */
class LogLevelsTest {
  private static final Logger TENON = Logger.getLogger("dev.tenon");

  private static final String ROUTER = "dev.tenon.router.Router";

  private static final String ON_BEHALF = "canary-of-somebody";

  /** A port of a peer, or a socket of one. */
  private static final Pattern PEER =
      Pattern.compile("(127\\.0\\.0\\.1|localhost|\\[::1]):[0-9]|unix:|/p/[a-z]");

  private final Lines lines = new Lines();

  /** Keeps what is logged. Thread-safe. */
  private static final class Lines extends Handler {
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord record) {
      records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    Map<String, Long> byLogger() {
      Map<String, Long> counts = new TreeMap<>();
      records.forEach(
          record -> counts.merge(String.valueOf(record.getLoggerName()), 1L, Long::sum));
      return counts;
    }

    List<String> texts() {
      return records.stream().map(new SimpleFormatter()::formatMessage).toList();
    }
  }

  @BeforeEach
  void listen() {
    lines.setLevel(Level.ALL);
    TENON.addHandler(lines);
  }

  @AfterEach
  void restore() {
    TENON.removeHandler(lines);
    TENON.setLevel(null);
  }

  private void run(Level level) throws Exception {
    lines.records.clear();
    TENON.setLevel(level);
    Plan plan =
        new Plan().set(host -> host.onBehalfOf((caller, path, token) -> Optional.of("alice")));
    try (Scene scene = Scene.start(plan)) {
      RawPlugin innocent = scene.plugin(Scene.INNOCENT);
      assertThat(innocent.echo().unary(EchoRequest.getDefaultInstance())).isNotNull();
      assertThatThrownBy(
              () ->
                  RawPlugin.deadline(EchoGrpc.newBlockingStub(innocent.data("Bearer none")))
                      .unary(EchoRequest.getDefaultInstance()))
          .isInstanceOf(StatusRuntimeException.class);
      Metadata behalf = new Metadata();
      behalf.put(OnBehalfOf.HEADER, ON_BEHALF);
      assertThat(
              RawPlugin.deadline(
                      EchoGrpc.newBlockingStub(
                          RawPlugin.with(behalf, innocent.data(innocent.bearer()))))
                  .unary(EchoRequest.getDefaultInstance()))
          .isNotNull();
      assertThat(String.join("\n", scene.audit.text()))
          .contains("\"obo_identity\":\"alice\"")
          .doesNotContain(ON_BEHALF);
      assertThat(lines.texts())
          .noneMatch(text -> text.contains(ON_BEHALF))
          .noneMatch(text -> text.contains(innocent.token()));
    }
  }

  /**
   * Each level has the lines of the ones above it; the router speaks at debug alone, with two lines
   * for each call that it relayed; and no level shows a token.
   *
   * <p>Row: SL-4, RT-26
   */
  @Test
  void log_sameScenarioAtEachLevel_routerAtDebugAlone() throws Exception {
    run(Level.SEVERE);
    assertThat(lines.byLogger()).isEmpty();

    run(Level.WARNING);
    assertThat(lines.records).allMatch(record -> record.getLevel().equals(Level.WARNING));
    assertThat(lines.byLogger()).doesNotContainKey(ROUTER);

    run(Level.INFO);
    assertThat(lines.byLogger()).containsKey("dev.tenon.host.PluginHost").doesNotContainKey(ROUTER);
    long atInfo = lines.records.size();
    assertThat(atInfo).isLessThan(50);

    run(Level.FINE);
    assertThat(lines.byLogger()).containsKey("dev.tenon.host.PluginHost").containsEntry(ROUTER, 4L);
    assertThat((long) lines.records.size()).isGreaterThan(atInfo);
  }

  /**
   * From info on, the log has no address of a peer: neither a port nor a socket.
   *
   * <p>Row: SL-5
   */
  @Test
  void log_atInfo_noPeersAddress() throws Exception {
    run(Level.INFO);

    assertThat(lines.texts()).isNotEmpty().noneMatch(text -> PEER.matcher(text).find());
  }
}
