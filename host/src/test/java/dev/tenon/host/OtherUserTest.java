package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * A process of another user that has everything of a plugin's: certificate, key and token. Here the
 * test is that process, and the plugin's user is one that nobody has.
 */
class OtherUserTest {
  private static final int UID = 500_000_001;

  /** A runtime whose processes are to be the user {@link #UID}'s. */
  private record OfOtherUser(PluginRuntime delegate) implements PluginRuntime {
    @Override
    public LaunchedPlugin launch(Launch launch) throws LaunchException {
      return delegate.launch(launch);
    }

    @Override
    public OptionalInt uid() {
      return OptionalInt.of(UID);
    }

    @Override
    public Isolation isolation() {
      return Isolation.NONE;
    }
  }

  /** What it stole is worth nothing where the kernel says whose process it is. Row: LC-23. */
  @Test
  void call_byAnotherUserWithAllCredentials_isRefused() throws Exception {
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      CompletableFuture<Refused> refused = new CompletableFuture<>();
      PluginDefinition stolen =
          host.later(
              "beta",
              plugin -> {
                plugin.enrol();
                refused.complete(Refused.by(plugin::healthy));
                throw new IllegalStateException("seen");
              });
      PluginDefinition beta =
          new PluginDefinition(stolen.name(), stolen.version(), new OfOtherUser(stolen.runtime()));

      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> host.host().add(beta)))
          .isInstanceOf(PluginChangeException.class);

      assertThat(refused.join().is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(host.host().connections().refused()).containsKey("foreign");
    }
  }
}
