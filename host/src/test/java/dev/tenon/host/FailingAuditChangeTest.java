package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Changes of a running host's plugins that cannot be recorded, and so do not happen: what served
 * before serves on, and nothing of what was to come is left.
 *
 * <p>Row: AU-8
 */
class FailingAuditChangeTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration CALLS = Duration.ofSeconds(60);
  private static final PluginName ALPHA = new PluginName("alpha");
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      """;

  /** Three starts, one right after the other. */
  private static final RestartPolicy AT_ONCE =
      new RestartPolicy(3, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofHours(1));

  /** What the plugin answers with, for each of its runs in turn. */
  private final List<RawPlugin> launched = new CopyOnWriteArrayList<>();

  private TestHost host;

  @BeforeEach
  void start() throws Exception {
    host =
        TestHost.with(POLICY)
            .set(builder -> builder.restart(AT_ONCE))
            .scripted("alpha", RawRuntime.Tree.NONE, plugin -> comeUp(plugin, "one"))
            .start();
    assertThat(call()).isEqualTo("one"); // so that later calls need no record of their own
  }

  @AfterEach
  void close() {
    host.hooked().mend();
    host.close();
    launched.forEach(RawPlugin::close);
  }

  private void comeUp(RawPlugin plugin, String name) throws Exception {
    launched.add(plugin);
    plugin.enrol(NamedEcho.SERVICE);
    plugin.serve(new NamedEcho(name));
    plugin.register(NamedEcho.SERVICE);
    plugin.healthy();
  }

  private String call() {
    return host.host()
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  private List<String> directories() throws IOException {
    try (Stream<Path> all = Files.walk(host.directory().resolve("r"))) {
      return all.map(Path::toString).sorted().toList();
    }
  }

  /** The log fails at the last step, when the successor is up, and goes on failing. Row: LC-12. */
  @Test
  void replace_cannotBeRecorded_oldOneServesOnAndNewOneIsGone() throws Exception {
    List<PluginStatus> plugins = host.host().plugins();
    List<RegistrationStatus> registrations = host.host().registrations();
    List<String> directories = directories();
    host.hooked().failFrom("replace");

    assertThatExceptionOfType(PluginChangeException.class)
        .isThrownBy(
            () -> host.host().replace(host.later("alpha", next -> comeUp(next, "two")), CALLS))
        .withCauseInstanceOf(AuditFailedException.class);

    assertThat(call()).isEqualTo("one");
    assertThat(host.host().plugins()).isEqualTo(plugins);
    assertThat(host.host().registrations()).isEqualTo(registrations);
    assertThat(host.laterRun("alpha").exit().isDone()).as("the new one has ended").isTrue();
    host.hooked().mend();
    RawPlugin failed = host.laterRun("alpha").plugin;
    assertThat(Refused.by(() -> failed.register(NamedEcho.SERVICE)).is(Refusal.NOT_AUTHENTICATED))
        .isTrue();
    await().atMost(SOON).untilAsserted(() -> assertThat(directories()).isEqualTo(directories));

    host.host().replace(host.later("alpha", next -> comeUp(next, "two")), CALLS);

    assertThat(call()).isEqualTo("two");
  }

  /** Row: LC-11. */
  @Test
  void remove_cannotBeRecorded_itServesOn() throws Exception {
    List<PluginStatus> plugins = host.host().plugins();
    List<RegistrationStatus> registrations = host.host().registrations();
    host.hooked().failFrom("remove");

    assertThatExceptionOfType(AuditFailedException.class)
        .isThrownBy(() -> host.host().remove(ALPHA));

    assertThat(call()).isEqualTo("one");
    assertThat(host.host().plugins()).isEqualTo(plugins);
    assertThat(host.host().registrations()).isEqualTo(registrations);
    assertThat(host.run("alpha").exit().isDone()).isFalse();
    host.hooked().mend();

    assertThat(host.host().remove(ALPHA)).isEmpty();

    assertThat(host.host().plugins()).isEmpty();
    assertThat(host.run("alpha").exit().isDone()).isTrue();
  }

  /**
   * Each start that cannot be recorded counts as one that failed, so that a full disk does not keep
   * the host busy; nothing is launched. Row: LC-5.
   */
  @Test
  void restart_cannotBeRecorded_nothingIsLaunched() {
    host.hooked().failFrom("restart");

    host.run("alpha").kill();

    await()
        .atMost(SOON)
        .until(() -> host.host().states(ALPHA).get(0) instanceof PluginState.Failed);
    assertThat(host.host().states(ALPHA))
        .containsExactly(new PluginState.Failed("could not be started, after 3 restarts"));
    assertThat(launched).hasSize(1);
    assertThat(host.host().registrations()).isEmpty();
  }

  /** When the log can be written again in time, the plugin comes back. Row: LC-5. */
  @Test
  void restart_cannotBeRecordedAtFirst_comesBackLater() {
    AtomicInteger failures = new AtomicInteger();
    host.hooked().hook =
        event -> {
          if (event.action().equals("restart") && failures.incrementAndGet() <= 2) {
            throw new AuditFailedException("audit log: full");
          }
        };

    host.run("alpha").kill();

    await()
        .atMost(SOON)
        .until(
            () ->
                launched.size() == 2
                    && host.host().states(ALPHA).get(0) instanceof PluginState.Healthy);
    assertThat(failures).hasValue(3);
    assertThat(call()).isEqualTo("one");
  }
}
