package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the router logs about calls. */
final class CallLogTest {
  private static final String NAMES =
      "caller=caller-000000000000000a provider=words-0000000000000001"
          + " service=testservice.v1.Echo method=Unary";

  private final Logger logger = Logger.getLogger(Router.class.getName());
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          lines.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    logger.removeHandler(handler);
    logger.setLevel(null);
  }

  private void callOnce(Level level) {
    logger.setLevel(level);
    try (Plane plane = new Plane()) {
      Plane.call(plane.channel(Names.CALLER));
    }
  }

  /** One line at the start and one at the end. Row: RT-17. */
  @Test
  void call_atDebug_isLoggedWhenItStartsAndEnds() {
    callOnce(Level.FINE);

    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).isEqualTo("call started: " + NAMES);
    assertThat(lines.get(1))
        .startsWith("call ended: " + NAMES + " status=OK micros=")
        .matches(".* micros=\\d+");
  }

  /** Nobody's log grows with the calls unless it was asked for. Row: RT-17. */
  @Test
  void call_atInfo_isNotLogged() {
    callOnce(Level.INFO);

    assertThat(lines).isEmpty();
  }
}
