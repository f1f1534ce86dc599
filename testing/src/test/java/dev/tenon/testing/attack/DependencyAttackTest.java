package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.host.HostStartException;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.Health;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Plugins that require each other, themselves, or nobody: the start ends, and says who. */
class DependencyAttackTest {
  /** A circle of two. Attack: G17. */
  @Test
  void start_circle_refusedNamingItsMembers() throws Exception {
    Plan plan =
        new Plan()
            .script("mallory", plugin -> enrol(plugin, Scene.OTHER, "acme.kv.v1.Store"))
            .script("cyclic", plugin -> enrol(plugin, "acme.kv.v1.Store", Scene.OTHER));

    assertThat(startOf(plan)).contains("mallory").contains("cyclic").doesNotContain("eve");
  }

  /** A plugin that requires what only it provides. Attack: G17. */
  @Test
  void start_requiresItself_refusedNamingIt() throws Exception {
    Plan plan = new Plan().script("mallory", plugin -> enrol(plugin, Scene.OTHER, Scene.OTHER));

    assertThat(startOf(plan)).contains("mallory");
  }

  /** A plugin that requires what nobody provides. Attack: G17. */
  @Test
  void start_requiresWhatNobodyProvides_refusedNamingBoth() throws Exception {
    Plan plan =
        new Plan().script("mallory", plugin -> enrol(plugin, Scene.OTHER, "acme.v1.Nothing"));

    assertThat(startOf(plan)).contains("mallory").contains("acme.v1.Nothing");
  }

  private static void enrol(RawPlugin plugin, String provides, String requires) {
    EnrolRequest.Builder request = plugin.enrolRequest().addProvides(provides);
    request.addRequiresBuilder().setService(requires);
    var unused = plugin.enrol(request.build());
    plugin.report(Health.HEALTH_HEALTHY);
  }

  /** Returns why the host of {@code plan} did not start; nothing of it is left then. */
  private static String startOf(Plan plan) throws Exception {
    CompletionException failed =
        catchThrowableOfType(CompletionException.class, () -> Scene.start(plan).close());
    assertThat(failed).cause().isInstanceOf(HostStartException.class);
    return String.valueOf(failed.getMessage());
  }
}
