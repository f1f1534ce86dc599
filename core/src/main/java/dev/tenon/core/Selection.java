package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a host chooses, for each call, among the providers of a service that can take it. Immutable:
 * whose turn it is, is kept by the host.
 */
public sealed interface Selection {
  /** A choice that needs no more than its name. */
  enum Plain implements Selection {
    /**
     * The one that registered first, as long as it can take calls. What a host does if not told.
     */
    FIRST("first"),
    /** Each in turn. */
    ROUND_ROBIN("round-robin"),
    /** Any, each with the same chance. */
    RANDOM("random"),
    /**
     * Of two that chance names, the one with fewer open calls of this host (Mitzenmacher, The Power
     * of Two Choices, 2001): nearly as even as asking all of them, and no herd runs to one.
     */
    LEAST_LOADED("least-loaded"),
    /**
     * By the key that the caller sends as {@code tenon-key}: calls with the same key go to the same
     * plugin, on every host, as long as it can take them, and to the same run of it; when a plugin
     * comes or goes, no keys move but its own (Thaler and Ravishankar, rendezvous hashing, 1998).
     * Calls without a key go as with {@link #LEAST_LOADED}.
     */
    STICKY("sticky");

    private final String label;

    Plain(String label) {
      this.label = label;
    }

    /** Returns what configuration files call it. */
    public String label() {
      return label;
    }
  }

  /**
   * A share of the calls for each plugin, dealt out evenly and without chance: with 70, 20 and 10,
   * of any 100 calls in a row to an unchanged set they get 70, 20 and 10. Runs of one plugin share
   * what it gets, in turn. A plugin that is not named, or has 0, gets calls only while none of the
   * others can take them.
   */
  record Weighted(Map<PluginName, Integer> weights) implements Selection {
    /** Greatest weight. */
    public static final int MAX_WEIGHT = 1_000_000;

    /** Most plugins with a weight. */
    public static final int MAX_PLUGINS = 1000;

    /**
     * Checks and copies the weights.
     *
     * @throws IllegalArgumentException if one is not from 0 to 1,000,000, none is above 0, or there
     *     are more than 1,000
     */
    public Weighted {
      weights = Map.copyOf(weights);
      if (weights.size() > MAX_PLUGINS) {
        throw new IllegalArgumentException(
            "weights: " + weights.size() + " plugins (expected: at most " + MAX_PLUGINS + ")");
      }
      new TreeMap<>(weights)
          .forEach(
              (plugin, weight) -> {
                if (weight < 0 || weight > MAX_WEIGHT) {
                  throw new IllegalArgumentException(
                      "weight of " + plugin + ": " + weight + " (expected: 0 to 1000000)");
                }
              });
      if (weights.values().stream().allMatch(weight -> weight == 0)) {
        throw new IllegalArgumentException(
            "weights: " + new TreeMap<>(weights) + " (expected: at least one above 0)");
      }
    }

    /** Returns the weight of {@code plugin}; 0 if it is not named. */
    public int weight(PluginName plugin) {
      return weights.getOrDefault(plugin, 0);
    }

    /** Returns the plugins that are named. */
    public Set<PluginName> plugins() {
      return weights.keySet();
    }
  }

  /**
   * Returns the plain selection that configuration files call {@code label}.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Selection parse(String label) {
    requireNonNull(label, "label");
    for (Plain plain : Plain.values()) {
      if (plain.label().equals(label)) {
        return plain;
      }
    }
    throw new IllegalArgumentException(
        "selection: "
            + Ascii.quote(label)
            + " (expected: first, round-robin, random, least-loaded, sticky, or a table of"
            + " weights)");
  }
}
