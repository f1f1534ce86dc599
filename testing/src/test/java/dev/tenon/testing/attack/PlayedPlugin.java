package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.Health;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * A plugin in a process of its own: the first line of its input is its bootstrap line. Then it says
 * {@code ready}, does what each line says ({@code calls MILLIS PERIOD_MILLIS}, {@code handshakes
 * COUNT} or {@code flood HARM MILLIS}) and answers with one line, until its input ends. The
 * argument is the service, if any, as which it provides an echo.
 */
final class PlayedPlugin {
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("x".repeat(64))).build();

  private final RawPlugin plugin;
  private final SSLContext context;

  private PlayedPlugin(RawPlugin plugin) throws IOException {
    this.plugin = plugin;
    this.context = RawHttp2.context(plugin);
  }

  /** Runs until there is no more input. */
  public static void main(String... services) throws IOException {
    try (Transport transport = Transport.create(TlsProvider.preferred());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      byte[] line = (in.readLine() + "\n").getBytes(UTF_8);
      try (RawPlugin plugin = new RawPlugin(transport, Bootstrap.parse(line))) {
        var unused = plugin.enrol(services);
        for (String service : services) {
          var unusedServer = plugin.serve(new InnocentEcho().as(service));
          String unusedId = plugin.register(service);
        }
        plugin.report(Health.HEALTH_HEALTHY);
        PlayedPlugin played = new PlayedPlugin(plugin);
        System.out.println("ready " + plugin.bootstrap.data());
        for (String order = in.readLine(); order != null; order = in.readLine()) {
          System.out.println(played.done(order.split(" ", -1)));
        }
      }
    }
  }

  private String done(String[] order) {
    return switch (order[0]) {
      case "calls" -> calls(Long.parseLong(order[1]), Long.parseLong(order[2]));
      case "handshakes" -> handshakes(Integer.parseInt(order[1]));
      case "flood" -> flood(Harm.valueOf(order[1]), Long.parseLong(order[2]));
      default -> throw new IllegalArgumentException("order: " + order[0]);
    };
  }

  /** Calls once a period; one that is late for another's sake has waited from when it was due. */
  private String calls(long millis, long periodMillis) {
    EchoGrpc.EchoBlockingStub echo = EchoGrpc.newBlockingStub(plugin.data(plugin.bearer()));
    Pace pace = new Pace();
    int failures = 0;
    long begun = System.nanoTime();
    long before = begun;
    for (long due = begun; due - begun < millis * 1_000_000; due += periodMillis * 1_000_000) {
      boolean isLate = before - due > 0;
      while (System.nanoTime() - due < 0) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      long start = isLate ? due : System.nanoTime();
      try {
        var unused = RawPlugin.deadline(echo).unary(REQUEST);
      } catch (StatusRuntimeException e) {
        failures++;
      }
      before = System.nanoTime();
      pace.add(before - start);
    }
    return pace.inMicros() + " " + failures;
  }

  /** New connections one after the other, up to the host's SETTINGS. */
  private String handshakes(int count) {
    Pace pace = new Pace();
    int again = 0;
    for (int i = 0; i < count; i++) {
      long begun = System.nanoTime();
      while (!isLetIn()) {
        again++;
      }
      pace.add(System.nanoTime() - begun);
    }
    return pace.inMicros() + " " + again;
  }

  /** Returns the numbers of an answer to {@code calls} or {@code handshakes}. */
  static long[] numbers(String answer) {
    return Stream.of(answer.split(" ", -1)).mapToLong(Long::parseLong).toArray();
  }

  private boolean isLetIn() {
    try (RawHttp2 connection = RawHttp2.connect(plugin.bootstrap.data(), context)) {
      connection.agree();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Does harm for a while, as fast as it can, and says how often and with what outcomes. */
  private String flood(Harm harm, long millis) {
    Harm.Attacker mallory = new Harm.Attacker(plugin, context, Scene.OTHER);
    Set<String> outcomes = new TreeSet<>();
    int times = 0;
    long begun = System.nanoTime();
    do {
      try {
        outcomes.add(harm.once(mallory));
      } catch (StatusRuntimeException e) {
        outcomes.add(e.getStatus().getCode().toString());
      } catch (IOException e) {
        outcomes.add("let in by no means");
      }
      times++;
    } while (System.nanoTime() - begun < millis * 1_000_000);
    return times + " " + RawHttp2.written() + " " + outcomes;
  }
}
