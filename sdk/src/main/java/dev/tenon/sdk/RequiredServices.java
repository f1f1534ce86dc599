package dev.tenon.sdk;

import dev.tenon.core.Plugin;
import dev.tenon.core.Requirement;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Waits until what a plugin requires is there, which also puts plugins that start together in
 * order: a plugin is eligible only once all that it requires is.
 */
final class RequiredServices {
  private static final Duration ANSWER_TIME = Duration.ofSeconds(5);

  private final Plugin plugin;
  private final Channel control;
  private final Duration wait;

  RequiredServices(Plugin plugin, Channel control, Duration wait) {
    this.plugin = plugin;
    this.control = control;
    this.wait = wait;
  }

  /**
   * Returns once every required service has an eligible provider.
   *
   * @throws PluginStartException if one has none in time, or may not be called; the host does not
   *     tell which
   */
  void await() throws PluginStartException {
    for (Requirement requirement : plugin.requirements().values()) {
      if (requirement.need() == Requirement.Need.REQUIRED) {
        await(requirement);
      }
    }
  }

  private void await(Requirement requirement) throws PluginStartException {
    DiscoverRequest request =
        DiscoverRequest.newBuilder()
            .setService(requirement.service().value())
            .setVersionRange(requirement.versions().toString())
            .setWait(Durations.message(wait))
            .build();
    try {
      var unused =
          RegistryGrpc.newBlockingStub(control)
              .withWaitForReady()
              .withDeadlineAfter(wait.plus(ANSWER_TIME).toMillis(), TimeUnit.MILLISECONDS)
              .discover(request);
    } catch (StatusRuntimeException e) {
      throw new PluginStartException(
          "plugin "
              + plugin.name()
              + " requires "
              + requirement
              + ": "
              + (e.getStatus().getCode() == Status.Code.NOT_FOUND ? notFound() : StatusText.of(e)),
          e);
    }
  }

  private String notFound() {
    return "nothing that it may call provided it within "
        + wait.toMillis()
        + " ms (expected: a running provider in that version, and a [[rule]] that lets "
        + plugin.name()
        + " call it)";
  }
}
