package dev.tenon.sdk.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that find their servers by gRPC's DNS, in a JVM whose names are in a file of the test.
 */
@Timeout(240)
final class DnsTest {
  @TempDir Path folder;

  /** A program of {@link DnsClient}. */
  private final class Client implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    Client(int port, EndpointSelection selection) throws IOException {
      Path trust = Files.writeString(folder.resolve("trust.pem"), OutsideServer.rootPem());
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-XX:TieredStopAtLevel=1",
                  "-Djdk.net.hosts.file=" + names(),
                  "-Dnetworkaddress.cache.ttl=0", // what gRPC keeps, 30 s without it
                  "-Dsun.net.inetaddr.ttl=0", // what the JDK keeps
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  DnsClient.class.getName(),
                  String.valueOf(port),
                  trust.toString(),
                  selection.name())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    Set<String> tenCalls() {
      try {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        String line = answers.readLine();
        return line == null ? Set.of() : Set.copyOf(List.of(line.split(" ")));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void awaitCalls(Predicate<Set<String>> answered) {
      await().atMost(Duration.ofSeconds(100)).until(this::tenCalls, answered);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private Path names() {
    return folder.resolve("hosts");
  }

  private void names(String... addresses) throws IOException {
    Path next = folder.resolve("hosts.next");
    Files.write(
        next,
        List.of(addresses).stream().map(address -> address + " " + OutsideServer.NAME).toList());
    Files.move(next, names(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Both addresses of a name are used, and one that comes when another has gone. Row: CI-8 */
  @Test
  void calls_twoAddresses_bothUsedAndChangePickedUp() throws Exception {
    names("127.0.0.1", "127.0.0.2");
    try (OutsideServer one = OutsideServer.startAt("one", "127.0.0.1", 0);
        OutsideServer two = OutsideServer.startAt("two", "127.0.0.2", one.port());
        OutsideServer three = OutsideServer.startAt("three", "127.0.0.3", one.port());
        Client client = new Client(one.port(), EndpointSelection.ROUND_ROBIN)) {
      client.awaitCalls(Set.of("one", "two")::equals);

      names("127.0.0.1", "127.0.0.3");
      two.stop();

      client.awaitCalls(Set.of("one", "three")::equals);
      assertThat(three.connections.get()).isPositive();
    }
  }

  /** Each client keeps to one of the addresses, and they do not all take the same. Row: CI-8 */
  @Test
  void calls_random_oneAddressEach() throws Exception {
    names("127.0.0.1", "127.0.0.2");
    try (OutsideServer one = OutsideServer.startAt("one", "127.0.0.1", 0);
        OutsideServer two = OutsideServer.startAt("two", "127.0.0.2", one.port());
        Client client = new Client(one.port(), EndpointSelection.RANDOM)) {
      client.awaitCalls(answers -> answers.equals(Set.of("one")) || answers.equals(Set.of("two")));
      assertThat(one.connections.get() + two.connections.get()).isEqualTo(1);
    }
  }
}
