package dev.tenon.examples.host;

import static java.util.stream.Collectors.joining;

import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.PluginName;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The table {@code [selection]}: a service on the left, and on the right a strategy's name or a
 * table of plugins with their weights.
 */
final class SelectionTable {
  private SelectionTable() {}

  static Map<String, Selection> read(ConfigTable selection) {
    Map<String, Selection> all = new TreeMap<>();
    for (String service : selection.keys()) {
      Optional<Selection> one =
          selection.hasTable(service)
              ? selection.table(service).flatMap(weights -> weighted(selection, service, weights))
              : selection.parsed(service, Selection::parse);
      if (isService(selection, service)) {
        one.ifPresent(strategy -> all.put(service, strategy));
      }
    }
    return all;
  }

  private static boolean isService(ConfigTable selection, String service) {
    try {
      var unused = new ServiceName(service);
      return true;
    } catch (IllegalArgumentException e) {
      selection.problem(service, "got a key that is no service (expected: \"package.Service\")");
      return false;
    }
  }

  private static Optional<Selection> weighted(
      ConfigTable selection, String service, ConfigTable table) {
    Map<PluginName, Integer> weights = new LinkedHashMap<>();
    for (String plugin : table.keys()) {
      long weight = table.integer(plugin).orElse(-1L);
      try {
        weights.put(
            new PluginName(plugin), (int) Math.max(-1, Math.min(weight, Integer.MAX_VALUE)));
      } catch (IllegalArgumentException e) {
        table.problem(plugin, "got a key that is no plugin (expected: a plugin's name)");
        return Optional.empty();
      }
    }
    try {
      return Optional.of(new Selection.Weighted(weights));
    } catch (IllegalArgumentException e) {
      selection.problem(service, "got " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Returns {@code selection} as the right side of an entry. */
  static String toToml(Selection selection) {
    if (selection instanceof Selection.Weighted weighted) {
      return new TreeMap<>(weighted.weights())
          .entrySet().stream()
              .map(share -> share.getKey() + " = " + share.getValue())
              .collect(joining(", ", "{ ", " }"));
    }
    return "\"" + ((Selection.Plain) selection).label() + "\"";
  }
}
