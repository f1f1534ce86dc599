package dev.tenon.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.auth.policy.PolicyDocument;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * The policy that a host starts with. Immutable.
 *
 * @param source the file that it follows; empty if the policy was given
 * @param document what was read from the file; empty if it was missing
 */
record StartPolicy(
    Policy policy, Optional<PolicySource> source, Optional<PolicyDocument> document) {
  static final StartPolicy DENY_ALL = given(Policy.DENY_ALL);

  private static final System.Logger LOG = System.getLogger(StartPolicy.class.getName());

  static StartPolicy given(Policy policy) {
    return new StartPolicy(policy, Optional.empty(), Optional.empty());
  }

  /**
   * Reads the file of {@code source}; a missing or unreadable one allows nothing, with a warning.
   *
   * @throws ConfigException if it was read and is no policy
   */
  static StartPolicy load(PolicySource source) throws ConfigException {
    PolicyDocument document;
    try {
      document = PolicyDocument.read(source.file());
    } catch (ConfigException e) {
      if (e.kind() != ConfigException.Kind.UNREADABLE) {
        throw e;
      }
      LOG.log(
          Level.WARNING,
          "No policy: every call and every registration is denied until there is one. {0}",
          e.getMessage());
      return new StartPolicy(Policy.DENY_ALL, Optional.of(source), Optional.empty());
    }
    return new StartPolicy(
        source.narrowed(document.policy()), Optional.of(source), Optional.of(document));
  }
}
