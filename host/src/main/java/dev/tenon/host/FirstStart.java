package dev.tenon.host;

import static java.util.stream.Collectors.joining;

import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The start of the plugins that start with their host. Of those that are required all get there, or
 * the start fails with what each that did not has met; of the others each gets there, or goes on
 * from its first failure as after a crash. For one start, by one thread.
 */
final class FirstStart {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final Plugins plugins;
  private final Dependencies dependencies;
  private final RequiredPlugins required;
  private final Map<PluginName, HostStartException> missing = new TreeMap<>();

  FirstStart(Planes planes, Plugins plugins, Dependencies dependencies, RequiredPlugins required) {
    this.planes = planes;
    this.plugins = plugins;
    this.dependencies = dependencies;
    this.required = required;
  }

  /** A part of the way that a run goes. */
  @FunctionalInterface
  interface Step {
    void take(Plugins.Started run) throws HostStartException;
  }

  /**
   * Launches {@code definitions} together; {@code added} gets each run before anything of it runs.
   */
  List<Plugins.Started> launch(List<PluginDefinition> definitions, Consumer<Plugins.Started> added)
      throws HostStartException, IOException, RefusedException {
    Launcher launcher = new Launcher(planes);
    List<Plugins.Started> launched = new ArrayList<>();
    for (PluginDefinition definition : definitions) {
      for (int instance = 0; instance < definition.instances(); instance++) {
        Slot slot = plugins.keptSlot(definition);
        if (!required.contains(definition.name())) {
          slot.followFromTheFirst();
        }
        try {
          launched.add(launcher.launch(slot, added));
        } catch (HostStartException e) {
          missed(slot.current().orElseThrow(() -> e), e);
        }
      }
    }
    return launched;
  }

  /**
   * Returns those of {@code runs} that took {@code step}; a start that fails anyhow does not wait
   * for what is not required.
   */
  List<Plugins.Started> through(List<Plugins.Started> runs, Step step) throws HostStartException {
    List<Plugins.Started> through = new ArrayList<>();
    for (Plugins.Started run : runs) {
      if (!missing.isEmpty() && !required.contains(run.definition().name())) {
        continue;
      }
      try {
        step.take(run);
        through.add(run);
      } catch (HostStartException e) {
        missed(run, e);
      }
    }
    return through;
  }

  /** Returns those of {@code enrolled} that can be there together. */
  List<Plugins.Started> fitting(List<Plugins.Started> enrolled)
      throws HostStartException, RefusedException {
    Map<PluginName, HostStartException> unfit =
        dependencies.settle(required::contains, missing.keySet());
    return through(
        enrolled,
        run -> {
          HostStartException why = unfit.get(run.definition().name());
          if (why != null) {
            throw why;
          }
        });
  }

  private void missed(Plugins.Started run, HostStartException why) throws HostStartException {
    if (Thread.currentThread().isInterrupted()) {
      throw why;
    }
    PluginName name = run.definition().name();
    if (required.contains(name)) {
      missing.putIfAbsent(name, why);
    } else {
      LOG.log(
          Level.WARNING, "starting without a plugin that is not required: {0}", why.getMessage());
    }
    planes.runs().giveUp(run.run(), why.shortlyOf(name));
  }

  /**
   * Returns when all that is required is there.
   *
   * @throws HostStartException with what each that is not has met
   */
  void requireAll() throws HostStartException {
    List<HostStartException> failures = List.copyOf(missing.values());
    List<String> messages =
        failures.stream().map(e -> String.valueOf(e.getMessage())).distinct().toList();
    if (messages.size() == 1) {
      throw failures.get(0);
    }
    if (!messages.isEmpty()) {
      boolean isConfiguration =
          failures.stream().allMatch(e -> e.kind() == HostStartException.Kind.CONFIGURATION);
      HostStartException all =
          new HostStartException(
              isConfiguration
                  ? HostStartException.Kind.CONFIGURATION
                  : HostStartException.Kind.PLUGIN,
              "required plugins did not start: "
                  + missing.keySet().stream().map(PluginName::value).collect(joining(", "))
                  + "\n"
                  + String.join("\n", messages));
      failures.forEach(all::addSuppressed);
      throw all;
    }
  }
}
