package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.CallPath;
import java.util.List;

/**
 * Why the rules of a policy allow a call or do not. Immutable and thread-safe.
 *
 * @param caller the name of a plugin, or {@code host}
 * @param decision what the rules decide; an authorizer, where there is one, is not asked
 * @param matching all rules that match the call, in the order of the file
 */
public record Explanation(String caller, CallPath path, Decision decision, List<Rule> matching) {
  /** Checks for null. */
  public Explanation {
    requireNonNull(caller, "caller");
    requireNonNull(path, "path");
    requireNonNull(decision, "decision");
    matching = List.copyOf(matching);
  }
}
