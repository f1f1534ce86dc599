package dev.tenon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.AdminName;
import dev.tenon.core.Plugin;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator types to change what runs, and to call it, against a real host over mTLS. */
class ChangeCommandsTest {
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
      method = "Unary"
      """;

  private Path folder;
  private Path protoSet;
  private PluginHost host;
  private String admin;

  @BeforeEach
  void start() throws Exception {
    folder = Files.createTempDirectory(Path.of("/tmp"), "tl").toRealPath();
    makeFailing(Files.createDirectories(folder.resolve("plugins/failing")));
    host =
        PluginHost.builder()
            .required("*")
            .state(folder.resolve("s"))
            .run(folder.resolve("r"))
            .policy(Policy.parse(POLICY))
            .admins("operator")
            .plugins(folder.resolve("plugins"))
            .plugin(
                Plugin.named("words")
                    .version("1.0.0")
                    .provides(ECHO, context -> new Echo())
                    .build())
            .start();
    admin = host.admins().file(new AdminName("operator")).toString();
    protoSet = folder.resolve("echo.desc");
    Files.write(
        protoSet,
        FileDescriptorSet.newBuilder()
            .addFile(EchoRequest.getDescriptor().getFile().toProto())
            .build()
            .toByteArray());
  }

  /** Writes a plugin that ends when it is started, which the host does not do by itself. */
  private static void makeFailing(Path plugin) throws Exception {
    Path program = plugin.resolve("program");
    Files.writeString(program, "#!/bin/sh\nexit 3\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    String sha256 =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(program)));
    Files.writeString(
        plugin.resolve("plugin.toml"),
        """
        name = "failing"
        version = "1.0.0"
        isolation = "shared-uid"
        command = ["program"]
        sha256 = "%s"
        start = "lazy"
        """
            .formatted(sha256));
    Path next = Files.createDirectories(plugin.resolveSibling(".next"));
    Files.copy(program, next.resolve("program"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(
        next.resolve("plugin.toml"),
        Files.readString(plugin.resolve("plugin.toml"))
            .replace("start = \"lazy\"", "")
            .replace("\"failing\"", "\"words\""));
  }

  @AfterEach
  void stop() throws IOException {
    host.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Answers with what it was sent, or refuses when that is nothing. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      if (request.getPayload().isEmpty()) {
        observer.onError(
            Status.OUT_OF_RANGE.withDescription("nothing\u001b[2J").asRuntimeException());
        return;
      }
      observer.onNext(
          EchoResponse.newBuilder().setPayload(request.getPayload()).setPid(1L << 60).build());
      observer.onCompleted();
    }
  }

  private Ran tenon(String command, String... more) {
    return Ran.with(
        Stream.concat(Stream.of(command, "--admin", admin), Stream.of(more))
            .toArray(String[]::new));
  }

  private Ran call(String... more) {
    return tenon(
        "call",
        Stream.concat(
                Stream.of("--proto-set", protoSet.toString(), "--reason", "a try"), Stream.of(more))
            .toArray(String[]::new));
  }

  private String audit() throws IOException {
    return Files.readString(folder.resolve("s/audit.jsonl"));
  }

  /** Status 4 for a plugin that does not get there; what was to be replaced is there still. */
  @Test
  void replace_byOneThatEnds_returnsFourAndSaysWhy() {
    Ran ran = tenon("replace", "words", ".next", "--reason", "better");

    assertThat(ran.status()).isEqualTo(4);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .startsWith("replace: FAILED_PRECONDITION: plugin words ended with status 3");
    assertThat(call(ECHO + "/Unary", "{\"payload\":\"YQ==\"}").status()).isZero();
  }

  @Test
  void remove_plugin_itIsGoneAndOnRecord() throws Exception {
    Ran ran = tenon("remove", "words", "--reason", "not needed");

    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(ran.out()).isEqualTo("removed words\n");
    assertThat(host.plugins()).isEmpty();
    assertThat(audit())
        .contains("\"actor\":\"admin/operator\",\"action\":\"remove\"")
        .contains("not needed");
    assertThat(tenon("remove", "words", "--reason", "again").status()).isEqualTo(2);
  }

  /** The request as an argument, from a file, and as the form of proto3 has it. */
  @Test
  void call_unary_printsTheAnswerAsJson() throws Exception {
    Path request = Files.writeString(folder.resolve("request.json"), "{\"payload\":\"YWI=\"}");

    Ran people = call(ECHO + "/Unary", "{\"payload\":\"YWI=\"}");
    Ran program = call(ECHO + "/Unary", "@" + request, "--json");

    assertThat(people.status()).as(people.err()).isZero();
    assertThat(people.out())
        .isEqualTo("{\n  \"payload\": \"YWI=\",\n  \"pid\": \"1152921504606846976\"\n}\n");
    assertThat(program.out()).isEqualTo("{\"payload\":\"YWI=\",\"pid\":\"1152921504606846976\"}\n");
    assertThat(audit()).contains("a try").doesNotContain("YWI=");
  }

  /** How the call ended, without what a terminal would obey. */
  @Test
  void call_thatEndsBadly_returnsOneAndSaysHow() {
    Ran refused = call(ECHO + "/Unary");
    Ran denied = call(ECHO + "/ServerStream");

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).isEqualTo("call: OUT_OF_RANGE: nothing?[2J\n");
    assertThat(denied.status()).isEqualTo(1);
    assertThat(denied.err()).startsWith("call: PERMISSION_DENIED: ");
  }

  /** Wrong input: status 2, what was expected, and nothing on stdout. */
  @Test
  void commands_wrongInput_returnTwo() throws Exception {
    Path noSet = Files.write(folder.resolve("no.desc"), "no descriptors".getBytes(UTF_8));
    Path half = folder.resolve("half.desc");
    Files.write(
        half,
        FileDescriptorSet.newBuilder()
            .addFile(
                EchoRequest.getDescriptor().getFile().toProto().toBuilder()
                    .addDependency("missing.proto"))
            .build()
            .toByteArray());
    String echo = ECHO + "/Unary";
    for (List<String> words :
        List.of(
            List.of("add", "../failing", "--reason", "x"),
            List.of("add", "/etc", "--reason", "x"),
            List.of("add", "failing"),
            List.of("add", "failing", "--reason", "x"),
            List.of("replace", "words", "--reason", "x"),
            List.of("replace", "words", "failing", "--reason", "x"),
            List.of("replace", "nobody", ".next", "--reason", "x"),
            List.of("replace", "words", ".next", "--reason", "x", "--wait", "31"),
            List.of("remove", "nobody", "--reason", "x"),
            List.of("call", echo, "--reason", "x"),
            List.of("call", echo, "--reason", "x", "--proto-set", noSet.toString()),
            List.of("call", echo, "--reason", "x", "--proto-set", half.toString()),
            List.of("call", echo, "--reason", "x", "--proto-set", folder + "/none"),
            List.of("call", "Unary", "--reason", "x", "--proto-set", protoSet.toString()),
            List.of("call", ECHO + "/No", "--reason", "x", "--proto-set", protoSet.toString()),
            List.of("call", echo, "{", "--reason", "x", "--proto-set", protoSet.toString()),
            List.of(
                "call", echo, "{\"no\":1}", "--reason", "x", "--proto-set", protoSet.toString()),
            List.of("call", echo, "@/none", "--reason", "x", "--proto-set", protoSet.toString()),
            List.of(
                "call", echo, "--wait", "0", "--reason", "x", "--proto-set", protoSet.toString()),
            List.of("call", echo, "--proto-set", protoSet.toString()))) {
      Ran ran = tenon(words.get(0), words.subList(1, words.size()).toArray(String[]::new));
      assertThat(ran.status()).as(words + ": " + ran.err()).isEqualTo(2);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err()).isNotEmpty();
    }
    assertThat(host.registrations()).hasSize(1);
  }

  /** Ends with its host; each record is a line of JSON, whatever the options. */
  @Test
  void auditTail_following_printsWhatComesUntilTheHostEnds() throws Exception {
    Path kept = folder.resolve("kept.json");
    Files.copy(Path.of(admin), kept, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    java.util.concurrent.CompletableFuture<Ran> following =
        java.util.concurrent.CompletableFuture.supplyAsync(
            () -> Ran.with("audit", "tail", "--admin", kept.toString(), "-n", "1", "--follow"));
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofMinutes(2))
        .until(() -> audit().contains("/tenon.v1.Admin/FollowAudit"));

    host.close();

    Ran ran = following.get(120, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out().lines()).allMatch(line -> line.startsWith("{\"timestamp\":"));
  }
}
