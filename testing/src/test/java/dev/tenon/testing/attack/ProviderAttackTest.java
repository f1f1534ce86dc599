package dev.tenon.testing.attack;

import static dev.tenon.testing.attack.RawProvider.all;
import static dev.tenon.testing.attack.RawProvider.frame;
import static dev.tenon.testing.attack.RawProvider.headers;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.v1.Health;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A provider that was taken over and sends what it likes: its callers get a status of gRPC's, and
 * nobody else notices.
 */
class ProviderAttackTest {
  private static final String PATH = "/" + Scene.OTHER + "/Any";
  private static final String CALLED = "eve call relay " + PATH + " success -";
  private static final String UNAVAILABLE = "grpc 14: ";
  private static final int MUCH = 16 * 1024 * 1024;
  private static final String[] HEAD = {":status", "200", "content-type", "application/grpc"};

  private static final RawProvider PROVIDER = new RawProvider();

  @RegisterExtension
  final Oracles oracles =
      Oracles.over(
          new Plan()
              .script(
                  "mallory",
                  mallory -> {
                    mallory.enrol(Scene.OTHER);
                    var unused = mallory.serve(PROVIDER);
                    var unusedId = mallory.register(Scene.OTHER);
                    mallory.report(Health.HEALTH_HEALTHY);
                  })
              .enrolled("eve"));

  @BeforeEach
  void allowCalls() {
    oracles.allow(CALLED);
  }

  private String call(String... more) throws IOException {
    RawPlugin eve = oracles.plugin("eve");
    RawHttp2 connection = oracles.closing(RawHttp2.connect(eve.bootstrap.data(), eve));
    List<String> fields = new ArrayList<>(RawHttp2.request(PATH));
    fields.addAll(List.of("authorization", eve.bearer()));
    fields.addAll(List.of(more));
    connection.headers(1, /* last= */ false, fields);
    connection.emptyMessage(1, /* last= */ true);
    connection.window(0, MUCH); // Whatever comes, it is read.
    connection.window(1, MUCH);
    return connection.end(1);
  }

  private String answerTo(RawProvider.Script script) throws IOException {
    PROVIDER.answers(script);
    return call();
  }

  private static byte[] trailersOnly(int stream, String status, String message) {
    return headers(
        stream,
        /* last= */ true,
        ":status",
        "200",
        "content-type",
        "application/grpc",
        "grpc-status",
        status,
        "grpc-message",
        message);
  }

  /**
   * Statuses that are none, and messages that are long, broken or meant for terminals. Attack: R13.
   */
  @Test
  void answer_statusThatIsNone_unknownAndMessageBounded() throws IOException {
    for (String status : List.of("99", "-1", "+5", "007", "1e1", " ")) {
      assertThat(answerTo(stream -> trailersOnly(stream, status, "m")))
          .as("status '%s'", status)
          .matches("grpc (2: m|14: .*)"); // A value of spaces alone is malformed.
    }
    assertThat(answerTo(stream -> trailersOnly(stream, "5", "100%, %zz, %4, %e2%82, %1b[2J")))
        .startsWith("grpc 5: 100%25, %25zz, %254, ")
        .doesNotContain("%1B");
    assertThat(answerTo(stream -> trailersOnly(stream, "5", "m".repeat(7_000))))
        .isEqualTo("grpc 5: " + "m".repeat(1_024));
    assertThat(answerTo(stream -> trailersOnly(stream, "5", "two\nlines"))).startsWith(UNAVAILABLE);
  }

  /** What a provider sends in place of an answer. */
  private enum Garbage {
    RANDOM_BYTES {
      @Override
      byte[] answer(int stream) {
        byte[] bytes = new byte[100_000];
        new Random(stream).nextBytes(bytes);
        return bytes;
      }
    },
    FRAME_OF_16_MEGABYTES {
      @Override
      byte[] answer(int stream) {
        return new byte[] {-1, -1, -1, 0, 0, 0, 0, 0, 1, 0};
      }
    },
    DATA_WITHOUT_END {
      @Override
      byte[] answer(int stream) {
        byte[] data = frame(RawHttp2.DATA, 0, stream, new byte[16_384]);
        byte[][] parts = new byte[257][];
        parts[0] = headers(stream, /* last= */ false, HEAD);
        for (int i = 1; i < parts.length; i++) {
          parts[i] = data;
        }
        return all(parts);
      }

      /** Whether it is too much at once depends on how fast its caller reads. */
      @Override
      String expected() {
        return "grpc (14|4): ";
      }
    },
    HEADERS_WITHOUT_END {
      @Override
      byte[] answer(int stream) {
        byte[] part = frame(RawHttp2.CONTINUATION, 0, stream, new byte[16_384]);
        return all(frame(RawHttp2.HEADERS, 0, stream, new byte[0]), part, part, part, part);
      }
    },
    HEADERS_TOO_LARGE {
      @Override
      byte[] answer(int stream) {
        return headers(stream, /* last= */ false, ":status", "200", "x-large", "l".repeat(9_000));
      }

      @Override
      String expected() {
        return "grpc 8: ";
      }
    },
    INTERIM_WITHOUT_END {
      @Override
      byte[] answer(int stream) {
        byte[][] parts = new byte[5_000][];
        for (int i = 0; i < parts.length; i++) {
          parts[i] = headers(stream, /* last= */ false, ":status", "103");
        }
        return all(parts);
      }
    },
    MESSAGE_OF_4_GIBIBYTES {
      @Override
      byte[] answer(int stream) {
        return all(
            headers(stream, /* last= */ false, HEAD),
            frame(RawHttp2.DATA, 0, stream, new byte[] {0, -1, -1, -1, -1}));
      }

      @Override
      String expected() {
        return "grpc 8: ";
      }
    },
    NO_STATUS {
      @Override
      byte[] answer(int stream) {
        return headers(stream, /* last= */ true, HEAD);
      }
    },
    A_PAGE_OF_HTML {
      @Override
      byte[] answer(int stream) {
        return headers(stream, /* last= */ false, ":status", "200", "content-type", "text/html");
      }
    },
    ANSWER_TO_NOTHING {
      @Override
      byte[] answer(int stream) {
        return headers(stream + 1_000, /* last= */ true, HEAD);
      }
    },
    PUSH {
      @Override
      byte[] answer(int stream) {
        return frame(RawHttp2.PUSH_PROMISE, 4, stream, new byte[4]);
      }
    },
    RESETS {
      @Override
      byte[] answer(int stream) {
        return frame(RawHttp2.RST_STREAM, 0, stream, RawHttp2.integer(11));
      }
    };

    abstract byte[] answer(int stream);

    String expected() {
      return UNAVAILABLE;
    }
  }

  /**
   * No answer, but something else. Attack: R13.
   *
   * <p>Row: RT-21, TE-19
   */
  @ParameterizedTest
  @EnumSource(Garbage.class)
  void answer_garbage_unavailableForItsCallersAlone(Garbage garbage) throws IOException {
    PROVIDER.answers(garbage::answer);
    assertThat(call("grpc-timeout", "5S")).containsPattern("^" + garbage.expected());
  }

  /** A provider that takes calls and answers none, nor a cancellation. Attack: R31, R32. */
  @Test
  void calls_neverAnswered_endByTheirDeadlines() throws IOException {
    PROVIDER.answers(stream -> new byte[0]);
    RawPlugin eve = oracles.plugin("eve");
    RawHttp2 connection = oracles.closing(RawHttp2.connect(eve.bootstrap.data(), eve));
    for (int i = 0; i < 100; i++) {
      List<String> fields = new ArrayList<>(RawHttp2.request(PATH));
      fields.addAll(List.of("authorization", eve.bearer(), "grpc-timeout", "200m"));
      connection.headers(2 * i + 1, /* last= */ true, fields);
    }

    assertThat(connection.end(199)).startsWith("grpc 4: ");
  }
}
