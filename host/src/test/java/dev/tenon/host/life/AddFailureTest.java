package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.host.AdminClient;
import dev.tenon.host.HookedAuditLog;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.AddPluginRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A process that is added and fails, at one step after another, by an administrator and, where that
 * takes no JVM, by the program: what the host has afterwards is what it had before. {@link
 * AddTooLateTest} has those that are not in time; {@code AddRollbackTest} the steps between, with
 * plugins that a test plays: their tokens and certificates are of no use.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AddFailureTest {
  private static final PluginName BASE = new PluginName("base");

  private final FailingRandom random = new FailingRandom();
  private TestHome home;
  private PluginHost host;
  private HookedAuditLog audit;
  private AdminClient alice;

  /** At which step the plugin fails, in the order of the steps. */
  private enum Step {
    /** That it is to be added cannot be recorded. */
    RECORD_OF_ADD,
    /** No runtime id can be minted. */
    RUNTIME_ID,
    /** It can have no place: its socket's path would be too long for the system. */
    PLACE,
    /** Its start cannot be recorded. */
    RECORD_OF_START,
    /** No enrolment token can be minted. */
    ENROLMENT_TOKEN,
    /** Its checksum is another's: nothing is launched. */
    CHECKSUM,
    /** Its program cannot be executed. */
    LAUNCH,
    /** Its second instance cannot be recorded, and the first one runs. */
    RECORD_OF_SECOND_START,
    /** It ends before it enrols. */
    ENROL,
    /** Its enrolment cannot be recorded. */
    RECORD_OF_ENROLMENT,
    /** It enrols, and the policy forbids what it provides. */
    RIGHT,
    /** It enrols and requires what there is not. */
    REQUIRE,
    /** Another plugin provides its service, exclusively. */
    TAKEN,
    /** Its registration cannot be recorded. */
    RECORD_OF_REGISTRATION;

    /** Whether the program of the plugin gets so far that it has to be a plugin. */
    boolean takesAJvm() {
      return compareTo(ENROL) > 0;
    }

    PluginName plugin() {
      return new PluginName(this == PLACE ? "p".repeat(63) : this == RIGHT ? "stray" : "late");
    }

    void describe(TestHome home) throws IOException {
      String name = plugin().value();
      switch (this) {
        case RECORD_OF_REGISTRATION, RECORD_OF_ENROLMENT, RIGHT ->
            home.program(name, LifePlugin.class, name, Behaviour.OTHER.name());
        case TAKEN -> home.program(name, LifePlugin.class, name, Behaviour.ECHO.name());
        case REQUIRE ->
            home.program(name, LifePlugin.class, name, Behaviour.OTHER_NEEDS_GREETER.name());
        case CHECKSUM -> {
          home.shell(name, "exit 0");
          home.describe(name, "0".repeat(64), "program");
        }
        case LAUNCH -> {
          home.shell(name, "exit 0");
          Path program = home.plugins().resolve(name).resolve("program");
          Files.writeString(program, "#!/no/such/interpreter\n");
          home.describe(name, TestHome.sha256(program), "program");
        }
        case RECORD_OF_SECOND_START ->
            home.shell(name, "exec sleep 600").also(name, "instances = 2");
        case ENROL -> home.shell(name, "exit 3");
        case RECORD_OF_ADD, RUNTIME_ID, PLACE, RECORD_OF_START, ENROLMENT_TOKEN ->
            home.shell(name, "exec sleep 600");
      }
    }

    /** Makes what fails fail: the next time, and that time alone. */
    void arm(HookedAuditLog audit, FailingRandom random) {
      switch (this) {
        case RECORD_OF_ADD -> audit.failAt("add", 1);
        case RECORD_OF_START -> audit.failAt("start", 1);
        case RECORD_OF_SECOND_START -> audit.failAt("start", 2);
        case RECORD_OF_ENROLMENT -> audit.failAt("enrol", 1);
        case RECORD_OF_REGISTRATION -> audit.failAt("register", 1);
        case RUNTIME_ID -> audit.once("add", () -> random.failAfter(0));
        case ENROLMENT_TOKEN -> audit.once("start", () -> random.failAfter(0));
        case PLACE, CHECKSUM, LAUNCH, ENROL, RIGHT, REQUIRE, TAKEN -> {}
      }
    }

    /** What the failure says of its cause. */
    String says() {
      return switch (this) {
        case RECORD_OF_ADD, RECORD_OF_START, RECORD_OF_SECOND_START -> "audit log: full";
        case RUNTIME_ID, ENROLMENT_TOKEN -> "random source";
        case PLACE -> "path";
        case CHECKSUM -> "sha256";
        case LAUNCH -> "ended with status 127";
        case ENROL -> "ended with status 3";
        case RECORD_OF_ENROLMENT -> "ended with status 1 (expected: to enrol)";
        case RIGHT, TAKEN, RECORD_OF_REGISTRATION ->
            "ended with status 1 (expected: to become healthy)";
        case REQUIRE -> "requires acme.greeter.v1.Greeter >=1.0.0, which no plugin provides";
      };
    }

    /** Whether it is the host that fails: then an administrator is told no more than that. */
    boolean isOfTheHost() {
      return switch (this) {
        case RECORD_OF_ADD, RECORD_OF_START, RECORD_OF_SECOND_START, RUNTIME_ID, ENROLMENT_TOKEN ->
            true;
        case PLACE, CHECKSUM, LAUNCH, ENROL, RECORD_OF_ENROLMENT -> false;
        case RIGHT, REQUIRE, TAKEN, RECORD_OF_REGISTRATION -> false;
      };
    }
  }

  @BeforeAll
  void start() throws Exception {
    home = TestHome.create();
    Files.createDirectories(home.plugins());
    home.shell("spare", "exit 3").also("spare", "start = \"lazy\"");
    home.exclusive("base", EchoGrpc.SERVICE_NAME)
        .exclusive("late", EchoGrpc.SERVICE_NAME)
        .provides("late", OtherGrpc.SERVICE_NAME);
    HostBuilder builder = home.host();
    Supplier<HookedAuditLog> log = HookedAuditLog.before(builder);
    host =
        builder
            .random(random)
            .plugin(
                Plugin.named("base")
                    .version("1.0.0")
                    .provides(EchoGrpc.SERVICE_NAME, context -> new LifePlugin.Echo())
                    .build())
            .admins("alice")
            .start();
    audit = log.get();
    alice = AdminClient.of(host, "alice");
  }

  @AfterEach
  void mend() {
    audit.mend();
    random.mend();
  }

  @AfterAll
  void close() throws IOException {
    if (alice != null) {
      alice.close();
      host.close();
    }
    home.close();
  }

  /** Row: LC-10. */
  @ParameterizedTest
  @EnumSource
  void add_failsAtAStep_leavesWhatThereWas(Step step) throws Exception {
    String name = step.plugin().value();
    step.describe(home);
    Files.move(home.plugins().resolve(name), home.plugins().resolve("." + name));
    try {
      Belongings before = Belongings.of(home, host, BASE);
      if (!step.takesAJvm()) {
        step.arm(audit, random);
        PluginDefinition late = PluginDefinition.load(home.plugins().resolve("." + name));
        assertThatThrownBy(() -> host.add(late))
            .isInstanceOf(PluginChangeException.class)
            .hasMessageContaining(step.says());
        assertAsBefore(step, before);
      }

      step.arm(audit, random);
      StatusRuntimeException refused =
          catchThrowableOfType(StatusRuntimeException.class, () -> addByAlice("." + name));
      if (step.isOfTheHost()) {
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
      } else {
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(refused).hasMessageContaining(step.says());
      }
      assertThat(audit.hasFailed()).isEqualTo(step.name().startsWith("RECORD_OF_"));
      assertAsBefore(step, before);
    } finally {
      TestHome.deleteAll(home.plugins().resolve("." + name));
    }
  }

  private void addByAlice(String folder) {
    alice
        .stub()
        .addPlugin(AddPluginRequest.newBuilder().setFolder(folder).setReason("x").build())
        .next();
  }

  private void assertAsBefore(Step step, Belongings before) {
    before.awaitIn(home, host, BASE);
    assertThatThrownBy(() -> host.states(step.plugin()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
