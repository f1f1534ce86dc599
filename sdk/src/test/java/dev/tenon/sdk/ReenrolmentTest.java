package dev.tenon.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ShutdownRequest;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Further start documents for a run that is up. */
@Timeout(180)
final class ReenrolmentTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final CallingPlugin calling = new CallingPlugin();
  private FakeHost host;
  private Bootstrap first;
  private @Nullable RunningPlugin running;

  @BeforeEach
  void startPlugin() throws Exception {
    host = FakeHost.start(folder);
    first = host.bootstrap("echo");
    running = RunningPlugin.start(calling.plugin(), first, TestSettings.PATIENT);
  }

  @AfterEach
  void stop() {
    if (running != null) {
      running.close();
    }
    host.close();
  }

  /**
   * The same run enrols again with another key and the new token, once; its calls bring the new
   * runtime token at once, and the old one is not used any more. Row: HS-15
   */
  @Test
  void enrolAgain_freshDocument_sameRunNewKeyAndToken() {
    echoFromPlugin();
    Bootstrap again = host.bootstrap("echo");

    enrolAgain(again);
    awaitEnrolments(2);
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(host.answers.health).hasSize(2));
    echoFromPlugin();

    EnrolRequest before = host.answers.enrolments.get(0);
    EnrolRequest after = host.answers.enrolments.get(1);
    assertThat(after.getRuntimeId()).isEqualTo(before.getRuntimeId());
    assertThat(after.getEnrolmentToken()).isEqualTo(again.enrolmentToken().exposeForWire());
    assertThat(after.getCertificateRequest()).isNotEqualTo(before.getCertificateRequest());
    List<@Nullable String> tokens =
        host.data.headers.stream().map(sent -> sent.get(BearerToken.AUTHORIZATION)).toList();
    assertThat(tokens).hasSize(2).doesNotHaveDuplicates();
  }

  /** Services are registered again over a connection with the new key. Row: HS-15 */
  @Test
  void enrolAgain_freshDocument_registersOverNewConnection() {
    enrolAgain(host.bootstrap("echo"));

    await().atMost(PATIENCE).untilAsserted(() -> assertThat(host.answers.health).hasSize(2));
    assertThat(host.answers.registeredOver)
        .containsExactly(
            HostAnswers.publicKey(host.answers.enrolments.get(0).getCertificateRequest()),
            HostAnswers.publicKey(host.answers.enrolments.get(1).getCertificateRequest()));
  }

  /** The plugin's server stays as it is: a call that is open goes on. */
  @Test
  void enrolAgain_callInFlight_goesOn() throws Exception {
    Future<EchoResponse> call =
        EchoGrpc.newFutureStub(host.toPlugin())
            .unary(EchoRequest.newBuilder().setHang(true).build());
    await().atMost(Duration.ofSeconds(60)).until(() -> calling.provided.hanging() == 1);

    enrolAgain(host.bootstrap("echo"));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(host.answers.health).hasSize(2));

    assertThat(call.isDone()).isFalse();
    calling.provided.release();
    assertThat(call.get(60, TimeUnit.SECONDS).getPid()).isPositive();
  }

  /** A document for another run, or another host, is not for us. Nothing of it is logged. */
  @Test
  void enrolAgain_documentOfOthers_ignoredWithAWarning() {
    try (LogLines log = new LogLines()) {
      enrolAgain(host.bootstrap("other"));
      log.awaitLines("ignored", 1);
      enrolAgain(
          new Bootstrap(
              first.plugin(),
              first.runtimeId(),
              first.enrol(),
              first.control(),
              first.data(),
              first.serverName(),
              new SpiffeId.OfHost(first.hostId().trustDomain(), "h2"),
              first.trustBundle(),
              host.bootstrap("echo").enrolmentToken(),
              first.expires(),
              first.listen()));
      log.awaitLines("ignored", 2);
      String broken = host.bootstrap("echo").toJsonLine().replace("\"tenon\":1", "\"tenon\":x");
      running().enrolAgain(broken.getBytes(UTF_8));
      log.awaitLines("ignored", 3);

      assertThat(host.answers.enrolments).hasSize(1);
      assertThat(log.lines()).noneMatch(line -> line.contains("tne_"));
    }
  }

  /** A host would take a token that is shown twice for a stolen one, and kill the plugin. */
  @Test
  void enrolAgain_sameTokenTwice_ignored() {
    try (LogLines log = new LogLines()) {
      enrolAgain(host.bootstrap("other")); // not used, so it does not count as the last one
      log.awaitLines("ignored", 1);
      host.answers.enrolments.clear();

      enrolAgain(first);
      log.awaitLines("used before", 1);
      assertThat(host.answers.enrolments).isEmpty();
    }
  }

  /** Lines are used one at a time; of those that wait, the latest. */
  @Test
  void enrolAgain_stormOfLines_oneAtATimeAndTheLatestWins() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    host.answers.enrolment =
        enrolled -> {
          awaitUninterruptibly(answer);
          return enrolled;
        };
    enrolAgain(host.bootstrap("echo"));
    awaitEnrolments(2);
    Bootstrap latest = host.bootstrap("echo");
    for (int line = 0; line < 100; line++) {
      enrolAgain(host.bootstrap("echo"));
    }
    enrolAgain(latest);

    answer.countDown();
    awaitEnrolments(3);
    echoFromPlugin();

    assertThat(host.answers.enrolments).hasSize(3);
    assertThat(host.answers.enrolments.get(2).getEnrolmentToken())
        .isEqualTo(latest.enrolmentToken().exposeForWire());
  }

  /** A refused enrolment leaves the identity that there is, and a later line can bring another. */
  @Test
  void enrolAgain_hostRefuses_oldIdentityStays() {
    host.answers.enrolment = enrolled -> enrolled.setProtocol(7);
    enrolAgain(host.bootstrap("echo"));
    awaitEnrolments(2);
    echoFromPlugin();
    assertThat(host.answers.registrations).hasSize(1);

    host.answers.enrolment = enrolled -> enrolled;
    enrolAgain(host.bootstrap("echo"));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(host.answers.health).hasSize(2));
    assertThat(host.answers.enrolments).hasSize(3);
  }

  /** As it comes in life: a further line on stdin, one of them before the plugin was up. */
  @Test
  void stdin_furtherLines_enrolAgain() {
    running().close();
    running = null;
    FakeJvm jvm = new FakeJvm(Optional.of("stdin"));
    jvm.write(host.bootstrap("echo").toJsonLine() + host.bootstrap("echo").toJsonLine());

    CompletableFuture<Void> served = serve(jvm);
    awaitEnrolments(3);
    jvm.write(host.bootstrap("echo").toJsonLine());
    awaitEnrolments(4);

    assertThat(served).isNotDone();
    jvm.write("");
    assertThat(served).succeedsWithin(PATIENCE);
  }

  /**
   * A plugin with a file looks into it when its certificate has expired: first it holds the old
   * document, which is not used twice, and then another. Row: SD-8
   */
  @Test
  void file_certificateExpired_enrolsWithTheNewDocument() throws Exception {
    running().close();
    running = null;
    host.answers.certificateLife = Duration.ofSeconds(4);
    host.answers.renewal = Status.UNAVAILABLE;
    Path file = folder.resolve("bootstrap.json");
    write(file, host.bootstrap("echo"));
    CompletableFuture<Void> served = serve(new FakeJvm(Optional.of("file:" + file)));
    awaitEnrolments(2);

    host.answers.certificateLife = Duration.ofHours(1);
    Bootstrap again = host.bootstrap("echo");
    write(file, again);
    awaitEnrolments(3);

    assertThat(host.answers.enrolments.get(2).getEnrolmentToken())
        .isEqualTo(again.enrolmentToken().exposeForWire());
    assertThat(served).isNotDone();
    shutdown();
    assertThat(served).succeedsWithin(PATIENCE);
  }

  /**
   * A plugin with a file looks into it while its host is away, and takes another run that the host
   * offers it there; a document of another host, or for another place, is not for it. Row: LC-28
   */
  @Test
  void file_hostAway_enrolsAsAnotherRunOfTheSameHost() throws Exception {
    running().close();
    running = null;
    Path file = folder.resolve("bootstrap.json");
    write(file, host.bootstrap("echo"));
    CompletableFuture<Void> served = serve(new FakeJvm(Optional.of("file:" + file)));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(host.answers.health).hasSize(2));

    try (LogLines log = new LogLines()) {
      host.stopControl();
      write(
          file,
          anotherRun(new SpiffeId.OfHost(first.hostId().trustDomain(), "h2"), first.listen()));
      log.awaitLines("ignored", 1);
      write(file, anotherRun(first.hostId(), new Endpoint.Unix(folder.resolve("elsewhere"))));
      log.awaitLines("ignored", 2);
      assertThat(host.answers.enrolments).hasSize(2);
      assertThat(log.lines()).noneMatch(line -> line.contains("tne_"));
    }
    Bootstrap next = anotherRun(first.hostId(), first.listen());
    write(file, next);
    awaitEnrolments(3);
    host.dropControl();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(host.answers.health).hasSize(3));

    assertThat(host.answers.enrolments.get(2).getRuntimeId()).isEqualTo(next.runtimeId().value());
    assertThat(served).isNotDone();
    shutdown();
    assertThat(served).succeedsWithin(PATIENCE);
  }

  /** Returns a document for another run of the same plugin, by {@code of}. */
  private Bootstrap anotherRun(SpiffeId.OfHost of, Endpoint listen) {
    return new Bootstrap(
        first.plugin(),
        RuntimeId.of(first.plugin(), 0xdef),
        first.enrol(),
        first.control(),
        first.data(),
        first.serverName(),
        of,
        first.trustBundle(),
        host.bootstrap("echo").enrolmentToken(),
        first.expires(),
        listen);
  }

  private void shutdown() {
    var unused =
        PluginControlGrpc.newBlockingStub(host.toPlugin())
            .shutdown(ShutdownRequest.getDefaultInstance());
  }

  private static void write(Path file, Bootstrap document) throws Exception {
    Path fresh = file.resolveSibling("fresh");
    Files.writeString(fresh, document.toJsonLine());
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static CompletableFuture<Void> serve(FakeJvm jvm) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            new SdkPluginServer(jvm).serve(new CallingPlugin().plugin());
          } catch (PluginStartException | InterruptedException e) {
            throw new CompletionException(e);
          }
        });
  }

  private RunningPlugin running() {
    return requireNonNull(running);
  }

  private void enrolAgain(Bootstrap document) {
    running().enrolAgain(document.toJsonLine().getBytes(UTF_8));
  }

  private void awaitEnrolments(int count) {
    await().atMost(PATIENCE).until(() -> host.answers.enrolments.size() >= count);
  }

  private void echoFromPlugin() {
    var unused =
        calling.context().client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
