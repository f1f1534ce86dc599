package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.AdminName;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.host.AdminClient;
import dev.tenon.host.HostLimits;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.AddPluginRequest;
import dev.tenon.v1.RemovePluginRequest;
import dev.tenon.v1.ReplacePluginRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins that an administrator brings, exchanges and takes away: real processes. */
class AdminChangesTest {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final PluginName ECHO = new PluginName("echo");
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("base", OtherGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /** Starts a host whose one plugin is a process, with the folders of this home for others. */
  private PluginHost start() throws Exception {
    home.java("base", Behaviour.OTHER);
    return home.host()
        .admins("alice")
        .limits(HostLimits.DEFAULT.with(Limited.ADMIN, new Rate(1000, 1000)))
        .start();
  }

  private static String add(AdminClient alice, String folder) {
    return alice
        .stub()
        .addPlugin(AddPluginRequest.newBuilder().setFolder(folder).setReason("is new").build())
        .next()
        .getPlugin();
  }

  private static List<String> remove(AdminClient alice, String plugin) {
    return alice
        .stub()
        .removePlugin(
            RemovePluginRequest.newBuilder().setPlugin(plugin).setReason("is old").build())
        .next()
        .getDependentsList();
  }

  private static void replace(AdminClient alice, String plugin, String folder) {
    var unused =
        alice
            .stub()
            .replacePlugin(
                ReplacePluginRequest.newBuilder()
                    .setPlugin(plugin)
                    .setFolder(folder)
                    .setReason("is better")
                    .build())
            .next();
  }

  private static Status.Code code(Runnable call) {
    return status(call).getCode();
  }

  private static Status status(Runnable call) {
    try {
      call.run();
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private List<String> records(String action) throws IOException {
    return Files.readAllLines(home.root().resolve("state/audit.jsonl")).stream()
        .filter(line -> line.contains("\"action\":\"" + action + "\""))
        .toList();
  }

  private long pid(PluginHost host) {
    return host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPid();
  }

  /**
   * From a hidden folder, which a start passes over, and from another one; each is on record with
   * who and why, before it takes effect and after. What is taken away is named by who needs it.
   *
   * <p>Row: RG-23
   */
  @Test
  void addReplaceRemove_byAdmin_asByTheProgram() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    hide("echo", ".next/echo");
    try (PluginHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      assertThat(host.plugins()).hasSize(1);

      assertThat(add(alice, ".next/echo")).isEqualTo("echo");
      long first = pid(host);
      replace(alice, "echo", ".next/echo");
      long second = pid(host);
      assertThat(second).isNotEqualTo(first);
      assertThat(ProcessTable.isRunning(first)).isFalse();
      assertThat(host.states(ECHO)).containsExactly(new PluginState.Healthy());
      assertThat(remove(alice, "echo")).isEmpty();

      assertThat(ProcessTable.isRunning(second)).isFalse();
      assertThat(host.plugins()).hasSize(1);
      for (String action : List.of("add", "replace", "remove")) {
        assertThat(records(action))
            .singleElement()
            .satisfies(line -> assertThat(line).contains("\"actor\":\"admin/alice\"", "is "));
      }
      assertThat(records("intent")).hasSize(3).allMatch(line -> line.contains("\"reason\":\"is "));
      assertThat(records("outcome"))
          .hasSize(3)
          .allMatch(line -> line.contains("\"status\":\"OK\""));
    }
  }

  private void hide(String plugin, String folder) throws IOException {
    Path hidden = home.plugins().resolve(folder);
    Files.createDirectories(hidden.getParent());
    Files.move(home.plugins().resolve(plugin), hidden);
  }

  /**
   * One that does not get there: the administrator is told why, and nothing else of what the plugin
   * printed; nothing is left, and what was to be replaced serves on.
   *
   * <p>Denies: Admin/AddPlugin, Admin/ReplacePlugin CHANGE_FAILED.
   */
  @Test
  void addReplace_thatFails_toldWhyAndNothingIsLeft() throws Exception {
    home.shell("bad", "echo a secret of mine; exit 3").shell("base2", "exit 3");
    hide("bad", ".bad");
    hide("base2", ".base2");
    Path toml = home.plugins().resolve(".base2/plugin.toml");
    Files.writeString(toml, Files.readString(toml).replace("\"base2\"", "\"base\""));
    try (PluginHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      Status failed = status(() -> add(alice, ".bad"));
      assertThat(failed.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(failed.getDescription())
          .startsWith("plugin bad ended with status 3")
          .doesNotContain("secret");
      assertThat(code(() -> replace(alice, "base", ".base2")))
          .isEqualTo(Status.Code.FAILED_PRECONDITION);

      assertThat(host.plugins()).hasSize(1);
      assertThat(host.client(OtherGrpc::newBlockingStub).unary(REQUEST).getPid())
          .isEqualTo(host.plugins().get(0).pid().getAsLong());
      assertThat(records("outcome"))
          .hasSize(2)
          .allMatch(line -> line.contains("\"status\":\"CHANGE_FAILED\""));
    }
  }

  /**
   * Folders of the host's machine beside its plugins, and names that lead there; what is no
   * plugin's; what the host has, or has not; what comes later. A reason is not left out.
   *
   * <p>Denies: Admin/RemovePlugin, Admin/ReplacePlugin NOT_FOUND.
   *
   * <p>Row: RG-23
   */
  @Test
  void addReplaceRemove_ofTheWrong_refusedAndNothingHappens() throws Exception {
    home.shell("late", "exit 3").also("late", "start = \"lazy\"");
    hide("late", ".late");
    Path outside = Files.createDirectory(home.root().resolve("outside"));
    Files.copy(home.plugins().resolve(".late/plugin.toml"), outside.resolve("plugin.toml"));
    Files.createSymbolicLink(home.plugins().resolve(".link"), outside);
    Files.createDirectory(home.plugins().resolve(".empty"));
    try (PluginHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      for (String folder :
          List.of(
              "",
              ".",
              "..",
              "../outside",
              ".late/../../outside",
              ".late/.",
              outside.toString(),
              ".link",
              ".none",
              ".late/plugin.toml",
              "a\0b",
              "a\nb",
              "x".repeat(256))) {
        Status refused = status(() -> add(alice, folder));
        assertThat(refused.getCode()).as(folder).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getDescription())
            .contains("(expected: a folder below the host's plugins directory");
        assertThat(code(() -> replace(alice, "base", folder)))
            .as(folder)
            .isEqualTo(Status.Code.INVALID_ARGUMENT);
      }
      assertThat(status(() -> add(alice, ".empty")).getDescription())
          .startsWith("folder: .empty: ")
          .contains("plugin.toml");
      assertThat(status(() -> add(alice, "base")).getDescription())
          .isEqualTo("plugin: base (expected: one that the host does not have yet)");
      assertThat(status(() -> add(alice, ".late")).getDescription())
          .contains("(expected: one that starts at once)");
      assertThat(status(() -> replace(alice, "base", ".late")).getDescription())
          .isEqualTo("folder: of plugin late (expected: of base)");
      assertThat(code(() -> replace(alice, "late", ".late"))).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(code(() -> remove(alice, "late"))).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(code(() -> remove(alice, "No Name"))).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(
              code(
                  () ->
                      alice
                          .stub()
                          .removePlugin(RemovePluginRequest.newBuilder().setPlugin("base").build())
                          .next()))
          .isEqualTo(Status.Code.INVALID_ARGUMENT);

      assertThat(host.plugins()).hasSize(1);
      assertThat(records("add")).isEmpty();
      assertThat(records("replace")).isEmpty();
      assertThat(records("remove")).isEmpty();
    }
  }

  /**
   * One change of a plugin at a time, whoever makes the other; it is not held up by the refusal.
   *
   * <p>Denies: Admin/AddPlugin, Admin/ReplacePlugin, Admin/RemovePlugin LIMIT_REACHED.
   */
  @Test
  void addReplaceRemove_whileItIsBeingChanged_refused() throws Exception {
    home.java("echo", Behaviour.GATED, EchoGrpc.SERVICE_NAME);
    hide("echo", ".echo");
    try (PluginHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      PluginDefinition echo = PluginDefinition.load(home.plugins().resolve(".echo"));
      CompletableFuture<Boolean> adding =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  host.add(echo);
                  return true;
                } catch (dev.tenon.host.PluginChangeException e) {
                  throw new AssertionError(e);
                }
              });
      await().atMost(SOON).until(() -> Files.exists(home.root().resolve("waiting")));

      assertThat(status(() -> add(alice, ".echo")).getDescription())
          .isEqualTo("plugin echo: is being changed (expected: one change of it at a time)");
      assertThat(code(() -> replace(alice, "echo", ".echo")))
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(code(() -> remove(alice, "echo"))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

      Files.createFile(home.root().resolve("gate"));
      assertThat(adding.get(SOON.toSeconds(), java.util.concurrent.TimeUnit.SECONDS)).isTrue();
      assertThat(pid(host)).isPositive();
    }
  }

  /** A host whose plugins were given one by one has no folder for others. Row: RG-23. */
  @Test
  void add_hostWithoutAPluginsFolder_refused() throws Exception {
    home.shell("bad", "exit 3");
    try (PluginHost host = home.bareHost().admins("alice").start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      assertThat(code(() -> add(alice, "bad"))).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(host.admins().names()).containsExactly(new AdminName("alice"));
    }
  }
}
