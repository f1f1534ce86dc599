package dev.tenon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.AdminName;
import dev.tenon.core.Plugin;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator types, against a real host over mTLS. */
class CommandsTest {
  private static final String ECHO = EchoGrpc.SERVICE_NAME;
  private static final String POLICY =
      """
      [[provide]]
      plugin = "words"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "host-echoes"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  private final CountDownLatch called = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);
  private Path folder;
  private PluginHost host;
  private String admin;

  @BeforeEach
  void start() throws Exception {
    folder = Files.createTempDirectory(Path.of("/tmp"), "tl").toRealPath();
    host =
        PluginHost.builder()
            .required("*")
            .state(folder.resolve("s"))
            .run(folder.resolve("r"))
            .policy(Policy.parse(POLICY))
            .admins("operator")
            .plugin(
                Plugin.named("words")
                    .version("1.0.0")
                    .provides(ECHO, context -> new SlowEcho())
                    .build())
            .start();
    admin = host.admins().file(new AdminName("operator")).toString();
  }

  @AfterEach
  void stop() throws IOException {
    answer.countDown();
    host.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Answers when the test lets it. */
  private final class SlowEcho extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      called.countDown();
      try {
        answer.await(120, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      observer.onNext(EchoResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  private String run() {
    return host.plugins().get(0).runtimeId().value();
  }

  private Ran tenon(String command, String... more) {
    return Ran.with(
        Stream.concat(Stream.of(command, "--admin", admin), Stream.of(more))
            .toArray(String[]::new));
  }

  private String audit() throws IOException {
    return Files.readString(folder.resolve("s/audit.jsonl"));
  }

  @Test
  void list_runningHost_showsPluginsAsTableAndAsJson() {
    Ran ran = tenon("list");

    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out().lines())
        .hasSize(2)
        .anyMatch(line -> line.startsWith("PLUGIN"))
        .anyMatch(
            line ->
                line.startsWith("words")
                    && line.contains(run())
                    && line.contains("healthy")
                    && line.endsWith(ECHO));
    JsonObject json = JsonParser.parseString(tenon("list", "--json").out()).getAsJsonObject();
    JsonObject words = json.getAsJsonArray("plugins").get(0).getAsJsonObject();
    assertThat(words.get("runtime_id").getAsString()).isEqualTo(run());
    assertThat(words.get("available").getAsBoolean()).isTrue();
    assertThat(words.get("in_flight").getAsLong()).isZero();
  }

  @Test
  void describe_byPluginOrRun_tellsTheSame() {
    Ran byName = tenon("describe", "words");
    Ran byRun = tenon("describe", run());

    assertThat(byName.status()).as(byName.err()).isZero();
    assertThat(byName.out())
        .isEqualTo(byRun.out())
        .contains("plugin\twords\n", "state\thealthy\n", "provides\t" + ECHO + " ");
  }

  /** Rows: OB-5, OB-6. */
  @Test
  void states_withADrainedPlugin_showsItAmongTheUnavailable() {
    assertThat(tenon("states").out()).contains("words").contains("healthy");
    assertThat(tenon("states", "--unavailable").out()).hasLineCount(1);

    assertThat(tenon("drain", "words", "--reason", "a new version").status()).isZero();

    assertThat(tenon("states", "--unavailable").out()).contains("words").contains("draining");
  }

  /** Row: RG-25. */
  @Test
  void registrations_ofAService_areListed() {
    Ran ran = tenon("registrations", "--service", ECHO);

    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).contains(run()).contains("shared");
    assertThat(tenon("registrations", "--service", "a.B").out()).hasLineCount(1);
  }

  @Test
  void drain_withACallInFlight_failsAndSaysHowMany() throws Exception {
    Thread caller =
        new Thread(
            () -> {
              var unused =
                  host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
            });
    caller.start();
    assertThat(called.await(120, TimeUnit.SECONDS)).isTrue();

    Ran still = tenon("drain", "words", "--reason", "a new version", "--wait", "0");
    answer.countDown();
    Ran done = tenon("drain", "words", "--reason", "a new version", "--wait", "30");

    caller.join(120_000);
    assertThat(still.status()).isEqualTo(1);
    assertThat(still.out()).isEqualTo("drained " + run() + ": 1 in flight\n");
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.out()).isEqualTo("drained " + run() + ": 0 in flight\n");
  }

  /** Row: AU-10. */
  @Test
  void revoke_withReason_endsTheRunAndIsOnRecord() throws Exception {
    String run = run();

    Ran ran = tenon("revoke", "words", "--reason", "seen elsewhere");

    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("revoked " + run + "\n");
    assertThat(host.plugins()).allMatch(CommandsTest::hasEnded);
    assertThat(host.registrations()).isEmpty();
    assertThat(audit())
        .contains("\"actor\":\"admin/operator\",\"action\":\"revoke\"")
        .contains("seen elsewhere");
  }

  private static boolean hasEnded(PluginStatus plugin) {
    return plugin.state().isEnd();
  }

  /** Row: RG-24. */
  @Test
  void withdraw_rightOfAPlugin_endsItsRegistration() throws Exception {
    Ran ran = tenon("withdraw", "words", ECHO, "--reason", "answers wrongly");

    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("withdrawn words " + ECHO + "\n");
    assertThat(host.registrations()).isEmpty();
    assertThat(audit()).contains("answers wrongly");
    assertThat(tenon("withdraw", "words", ECHO, "--reason", "again").status()).isEqualTo(2);
  }

  @Test
  void auditTail_ofTheHost_printsItsLastRecords() {
    Ran ran = Ran.with("audit", "tail", "--admin", admin, "-n", "3");

    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("{\"timestamp\":"))
        .anyMatch(line -> line.contains("/tenon.v1.Admin/ReadAudit"));
    assertThat(Ran.with("audit", "tail", "--admin", admin, "-n", "0").status()).isEqualTo(2);
  }

  @Test
  void explain_call_tellsVerdictAndRules() {
    Ran allowed = tenon("explain", "host", ECHO, "Unary");
    Ran denied = tenon("explain", "words", ECHO, "Unary");

    assertThat(allowed.status()).as(allowed.err()).isZero();
    assertThat(allowed.out())
        .startsWith("host -> /" + ECHO + "/Unary: allowed: rule host-echoes\n")
        .contains("RULE");
    assertThat(denied.out()).isEqualTo("words -> /" + ECHO + "/Unary: denied: no rule\n");
  }

  /** Input that is wrong: status 2, and nothing on stdout. */
  @Test
  void commands_wrongInput_returnTwo() {
    for (List<String> words :
        List.of(
            List.of("describe", "nobody"),
            List.of("describe", "words-0000000000000000"),
            List.of("revoke", "words"),
            List.of("revoke", "words", "--reason", " "),
            List.of("drain", "words", "--reason", "x", "--wait", "31"),
            List.of("explain", "No Name", ECHO, "Unary"),
            List.of("list", "surplus"),
            List.of("nothing"))) {
      Ran ran = tenon(words.get(0), words.subList(1, words.size()).toArray(String[]::new));
      assertThat(ran.status()).as(words + ": " + ran.err()).isEqualTo(2);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err()).isNotEmpty();
    }
    assertThat(host.plugins()).noneMatch(CommandsTest::hasEnded);
  }

  /** The file is what makes an operator: without a good one nothing is asked of anybody. */
  @ParameterizedTest
  @ValueSource(strings = {"missing", "open", "empty", "other"})
  void list_withoutAGoodFile_returnsThree(String kind) throws Exception {
    Path file = folder.resolve(kind + ".json");
    String good = Files.readString(Path.of(admin));
    if (!kind.equals("missing")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      String text =
          switch (kind) {
            case "empty" -> "";
            case "other" -> good.replace("\"key\"", "\"yek\"");
            default -> good;
          };
      Files.writeString(file, text);
    }
    if (kind.equals("open")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    Ran ran = Ran.with("list", "--admin", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err())
        .startsWith("list: " + file)
        .contains("(expected: ")
        .hasLineCount(1)
        .doesNotContain("PRIVATE KEY");
  }

  /** Row: RG-23. */
  @Test
  void list_adminWhoWasRevoked_fails() throws Exception {
    Path kept = folder.resolve("kept.json");
    Files.copy(Path.of(admin), kept, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    host.admins().revoke(new AdminName("operator"), "has left");

    Ran ran = Ran.with("list", "--admin", kept.toString());

    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .startsWith("list: operator is not an administrator of this host any more");
  }

  @Test
  void list_hostThatHasEnded_fails() throws Exception {
    Path kept = folder.resolve("kept.json");
    Files.copy(Path.of(admin), kept, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    host.close();

    Ran ran = Ran.with("list", "--admin", kept.toString());

    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).startsWith("list: no connection to unix:");
  }
}
