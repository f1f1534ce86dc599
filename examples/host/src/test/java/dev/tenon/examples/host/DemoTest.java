package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.policy.Policy;
import dev.tenon.examples.store.v1.GetRequest;
import dev.tenon.examples.store.v1.StoreGrpc;
import dev.tenon.examples.words.v1.Statistics;
import dev.tenon.host.PluginHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The demo as a user runs it: a real host process, real plugin processes, real files. */
final class DemoTest {
  private Place place;

  @BeforeEach
  void makePlace() throws IOException {
    place = Place.make();
  }

  @AfterEach
  void removePlace() throws IOException {
    place.close();
  }

  /** The two runs of one plugin take its calls in turn, as the sample has it. */
  @Test
  void demo_onRealFiles_printsPluginsCountsAndCalls() throws Exception {
    List<Path> files = documents();
    List<String> arguments = demo(files.stream().map(Path::toString).toList());
    place.configure("[selection]\n" + inSample("\"examples.tokens.v1.Tokens\" = "));
    try (HostProcess host = HostProcess.start(place, arguments)) {
      assertThat(host.status()).as(host.err()).isZero();
      assertThat(host.err()).isEmpty();

      Printed printed = Printed.of(host.out());
      assertThat(printed.plugins()).hasSameSizeAs(Place.RUNS);
      for (int i = 0; i < Place.RUNS.size(); i++) {
        String name = Place.RUNS.get(i);
        Map<String, String> row = printed.plugins().get(i);
        assertThat(row).containsEntry("PLUGIN", name);
        assertThat(row.get("RUNTIME ID")).matches(name + "-[0-9a-f]{16}");
        assertThat(row.get("PID")).matches("[1-9][0-9]*");
        assertThat(row).containsEntry("ISOLATION", "shared-uid").containsEntry("STATE", "healthy");
        String type =
            name.equals("rogue")
                ? "Report"
                : Character.toUpperCase(name.charAt(0)) + name.substring(1);
        assertThat(row).containsEntry("SERVICES", "examples." + name + ".v1." + type);
      }
      assertThat(printed.files()).containsExactlyElementsOf(expectedRows(files));
      assertThat(printed.calls()).containsExactlyElementsOf(expectedCalls(files.size()));
      assertStepsWithoutAFailedCall(printed.steps());
      assertThat(host.out())
          .containsPattern(
              "\n\nno call failed; all runs served again [0-9]+ ms after the kill\n\n");
      assertThat(printed.splits()).hasSize(2);
      assertThat(printed.splits()).allMatch(row -> row.getOrDefault("CALLS", "").equals("2"));
      assertThat(printed.refusals()).isNotEmpty();
      assertThat(printed.refusals()).allMatch(row -> !row.getOrDefault("REASON", "").equals("-"));
      assertThat(host.out()).endsWith("audit: " + place.audit() + "\n");

      assertThat(host.process().descendants()).isEmpty();
      for (Map<String, String> row : printed.plugins()) {
        assertThat(ProcessHandle.of(Long.parseLong(row.get("PID")))).isEmpty();
      }
      assertThat(place.sockets()).isEmpty();
    }
  }

  /** How many calls there were, and how long all took, is the machine's. */
  private static void assertStepsWithoutAFailedCall(List<Map<String, String>> steps) {
    assertThat(steps).extracting(step -> step.get("FAILED")).containsExactly("0", "0");
    assertThat(steps.get(0)).containsEntry("REPEATED", "0");
    assertThat(steps.get(0)).containsEntry("STEP", "replace tokens");
    assertThat(steps.get(1).get("STEP")).matches("kill tokens-[0-9a-f]{16}");
    assertThat(steps).allMatch(step -> Long.parseLong(step.getOrDefault("CALLS", "0")) > 0);
  }

  /** Returns the one line of the sample that begins with {@code begin}. */
  private static String inSample(String begin) throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("tenon.toml")).stream()
            .filter(line -> line.startsWith(begin))
            .toList();
    assertThat(lines).hasSize(1);
    return lines.get(0);
  }

  private static List<Path> documents() throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> documents = Files.list(Path.of("../../docs"))) {
      documents.filter(file -> file.toString().endsWith(".md")).sorted().forEach(files::add);
    }
    files.add(Path.of("../../LICENSE"));
    assertThat(files).hasSizeGreaterThan(3);
    return files;
  }

  private static List<Map<String, String>> expectedRows(List<Path> files) throws IOException {
    List<Map<String, String>> rows = new ArrayList<>();
    List<Counted> all = new ArrayList<>();
    for (Path file : files) {
      Counted counted = Counted.of(Files.readAllBytes(file));
      all.add(counted);
      rows.add(counted.row(file.toString()));
    }
    rows.add(Counted.sum(all).row("total"));
    return rows;
  }

  private static List<Map<String, String>> expectedCalls(int files) {
    return List.of(
        call("files", "host", "examples.host.v1.Listing", files),
        call("host", "rogue", "examples.rogue.v1.Report", 4),
        call("host", "tokens", "examples.tokens.v1.Tokens", 4),
        call("host", "words", "examples.words.v1.Words", 1),
        call("words", "files", "examples.files.v1.Files", files),
        call("words", "host", "dev.tenon.log.v1.Log", 2),
        call("words", "store", "examples.store.v1.Store", files));
  }

  private static Map<String, String> call(
      String caller, String provider, String service, int calls) {
    Map<String, String> row = new HashMap<>();
    row.put("CALLER", caller);
    row.put("PROVIDER", provider);
    row.put("SERVICE", service);
    row.put("CALLS", Integer.toString(calls));
    row.put("FAILED", "0");
    return row;
  }

  /** Equal base names, an empty file, bytes that are no text, one file twice, a symbolic link. */
  @Test
  void demo_onOddFiles_keepsThemApartAndShowsThem() throws Exception {
    Path first = place.file("a/same", "one\n".getBytes(UTF_8));
    Path second = place.file("b/same", "two words\n".getBytes(UTF_8));
    Path empty = place.file("empty", new byte[0]);
    Path binary = place.file("binary", new byte[] {'a', (byte) 0xff, (byte) 0xc3, ' ', 'b', '\n'});
    Path link = Files.createSymbolicLink(place.folder().resolve("link"), first);
    Path hostile = place.file("e\nvil\u001b[2J\u202e", "x".getBytes(UTF_8));
    Path accents = place.file("h\u00f6he", "\u00e9t\u00e9\n".getBytes(UTF_8));
    List<Path> files = List.of(first, second, empty, binary, first, link, hostile, accents);

    try (HostProcess host =
        HostProcess.start(place, demo(files.stream().map(Path::toString).toList()))) {
      assertThat(host.status()).as(host.err()).isZero();

      List<Map<String, String>> rows = Printed.of(host.out()).files();
      assertThat(rows)
          .extracting(row -> List.copyOf(row.values()))
          .containsExactly(
              List.of(first.toString(), "1", "1", "4", "4", "0"),
              List.of(second.toString(), "1", "2", "10", "10", "0"),
              List.of(empty.toString(), "0", "0", "0", "0", "0"),
              List.of(binary.toString(), "1", "2", "4", "6", "2"),
              List.of(first.toString(), "1", "1", "4", "4", "0"),
              List.of(link.toString(), "1", "1", "4", "4", "0"),
              List.of(place.folder() + "/e\\u000avil\\u001b[2J\\u202e", "1", "1", "1", "1", "0"),
              List.of(accents.toString(), "1", "1", "4", "6", "0"),
              List.of("total", "7", "9", "31", "35", "2"));
    }
  }

  /** A second run works, and what {@code store} kept is there for a third. */
  @Test
  void demo_again_keepsWhatTheStoreHas() throws Exception {
    Path file = place.file("kept", "three words here\n".getBytes(UTF_8));
    for (int run = 0; run < 2; run++) {
      try (HostProcess host = HostProcess.start(place, demo(List.of(file.toString())))) {
        assertThat(host.status()).as(host.err()).isZero();
        assertThat(Printed.of(host.out()).files()).hasSize(1);
      }
    }
    Policy policy =
        Policy.parse(
            Files.readString(Path.of("policy.toml"))
                + """

                [[rule]]
                id = "host-reads"
                effect = "allow"
                caller = "host"
                service = "examples.store.v1.Store"
                """);
    try (PluginHost host = HostConfig.read(place.config()).host(List.of()).policy(policy).start()) {
      Statistics kept =
          Statistics.parseFrom(
              host.client(StoreGrpc::newBlockingStub)
                  .get(GetRequest.newBuilder().setKey(file.toString()).build())
                  .getValue());

      assertThat(kept)
          .isEqualTo(
              Statistics.newBuilder()
                  .setBytes(17)
                  .setCharacters(17)
                  .setLines(1)
                  .setWords(3)
                  .build());
    }
  }

  @Test
  void demo_withRefusedFiles_namesAllAndStartsNothing() throws Exception {
    Path fine = place.file("fine", "x".getBytes(UTF_8));
    Path folder = Files.createDirectory(place.folder().resolve("folder"));
    List<String> files =
        List.of(fine.toString(), place.folder() + "/missing", folder.toString(), "/dev/null");
    try (HostProcess host = HostProcess.start(place, demo(files))) {
      assertThat(host.status()).isEqualTo(2);
      assertThat(host.out()).isEmpty();
      assertThat(host.err())
          .isEqualTo(
              place.folder()
                  + "/missing: no such file\n"
                  + folder
                  + ": is a directory (expected: a file)\n"
                  + "/dev/null: is no regular file (expected: a file)\n");
      assertThat(place.state()).doesNotExist();
      assertThat(place.run()).doesNotExist();
    }
  }

  /** A full disk behind stdout is no success. */
  @Test
  void demo_withResultsThatCannotBeWritten_fails() throws Exception {
    Path file = place.file("some", "x".getBytes(UTF_8));
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" >/dev/full", "-"));
    command.addAll(HostProcess.java());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(demo(List.of(file.toString())));
    try (HostProcess host = HostProcess.start(place, new ProcessBuilder(command))) {
      assertThat(host.status()).isEqualTo(1);
      assertThat(host.err()).isEqualTo("tenon: the results could not be written\n");
    }
  }

  private List<String> demo(List<String> files) {
    List<String> arguments =
        new ArrayList<>(List.of("demo", "--config", place.config().toString(), "--"));
    arguments.addAll(files);
    return arguments;
  }
}
