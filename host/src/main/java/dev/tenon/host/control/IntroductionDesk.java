package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SignedGrant;
import dev.tenon.registry.Registration;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.DirectGrant;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Introduces plugins to each other where the policy says so, on record before it takes effect.
 * Thread-safe.
 */
public final class IntroductionDesk {
  /** The most methods of one grant, which every call carries. */
  static final int MAX_METHODS = 16;

  private static final String EVENT = "introduction";

  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final Set<ServiceName> ofHost;
  private final Introductions introductions;
  private final PrivateKey key;
  private final ControlAudit audit;
  private final InstantSource clock;

  /** What an introduction is signed with, by whose time. */
  public record Signing(PrivateKey key, InstantSource clock) {
    /** Returns no part of the key. */
    @Override
    public String toString() {
      return "Signing[redacted]";
    }
  }

  /**
   * Makes the desk.
   *
   * @param ofHost the host's own services, to which nobody is introduced
   */
  public IntroductionDesk(
      PluginRuns runs,
      Supplier<Policy> policy,
      Set<ServiceName> ofHost,
      Introductions introductions,
      Signing signing,
      ControlAudit audit) {
    this.runs = runs;
    this.policy = policy;
    this.ofHost = Set.copyOf(ofHost);
    this.introductions = introductions;
    this.key = requireNonNull(signing.key(), "key");
    this.clock = requireNonNull(signing.clock(), "clock");
    this.audit = audit;
  }

  /** What a plugin asks for. */
  record Asked(ServiceName service, Set<String> methods, Optional<RuntimeId> provider) {
    Asked {
      methods = Set.copyOf(methods);
      if (methods.isEmpty() || methods.size() > MAX_METHODS) {
        throw new IllegalArgumentException(
            methods.size() + " methods (expected: 1 to " + MAX_METHODS + ")");
      }
      methods.forEach(method -> new CallPath(service, method));
    }
  }

  /** An introduction in effect, on the way to its caller. */
  record Made(
      Introduction introduction,
      Endpoint address,
      List<X509Certificate> authorities,
      SignedGrant grant) {}

  /**
   * Introduces {@code caller} as it asks.
   *
   * @throws RefusedException if it may not be, cannot be, or the random source or the audit log
   *     fails; nothing is granted then
   */
  Made introduce(Identity caller, Asked asked) throws RefusedException {
    RuntimeId callerId = Callers.runtimeId(caller);
    try {
      SortedMap<String, String> methods = allowed(caller, asked);
      PluginRun self = runs.find(callerId).orElseThrow(IntroductionDesk::notAllowed);
      PluginRun provider = provider(asked);
      Endpoint address = address(provider, self);
      Instant now = clock.instant();
      Introduction made =
          new Introduction(
              runs.trust().mint().grantId(),
              self,
              provider,
              asked.service(),
              methods.keySet(),
              now.plus(Introductions.LIFE));
      SignedGrant grant = sign(made, now);
      record(made, methods);
      introductions.add(made);
      try {
        runs.requireLiving(self);
        requireStill(made);
      } catch (RefusedException e) {
        introductions.drop(made);
        throw e;
      }
      return new Made(made, address, runs.trust().pluginIssuer().trustBundle(), grant);
    } catch (AuditFailedException e) {
      throw e;
    } catch (RefusedException e) {
      audit.denied(
          EVENT,
          callerId.value(),
          "introduce",
          asked.service().value(),
          String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** Returns the methods that the policy allows, with the rules that do. */
  private SortedMap<String, String> allowed(Identity caller, Asked asked)
      throws IntroductionDeniedException {
    SortedMap<String, String> allowed = new TreeMap<>();
    Policy now = policy.get();
    if (!ofHost.contains(asked.service())) {
      for (String method : asked.methods()) {
        now.direct(caller, new CallPath(asked.service(), method))
            .ifPresent(rule -> allowed.put(method, rule));
      }
    }
    if (allowed.isEmpty()) {
      throw notAllowed();
    }
    return allowed;
  }

  private static IntroductionDeniedException notAllowed() {
    return new IntroductionDeniedException(Refusal.NOT_ALLOWED, "no rule with direct = true");
  }

  /** Returns the provider of before while it takes calls, or the one whose turn it is. */
  private PluginRun provider(Asked asked) throws RefusedException {
    Optional<Registration> known =
        asked.provider().flatMap(provider -> stillServing(asked.service(), provider));
    RuntimeId chosen =
        (known.isPresent() ? known.get() : runs.registry().chooseOwn(asked.service())).provider();
    return runs.find(chosen)
        .filter(run -> !run.state().isEnd())
        .orElseThrow(
            () -> new IntroductionDeniedException(Refusal.UNAVAILABLE, "provider has ended"));
  }

  private Optional<Registration> stillServing(ServiceName service, RuntimeId provider) {
    try {
      return runs.registry().behind(provider).isPresent()
          ? Optional.empty()
          : Optional.of(runs.registry().choose(service, provider));
    } catch (RefusedException e) {
      return Optional.empty();
    }
  }

  private static Endpoint address(PluginRun provider, PluginRun caller)
      throws IntroductionDeniedException {
    Optional<Endpoint> address = provider.reachedFrom(caller);
    if (address.isEmpty()) {
      throw new IntroductionDeniedException(
          Refusal.OUT_OF_REACH,
          "provider out of reach: " + provider.id().runtimeId(),
          Refusal.OUT_OF_REACH.text()
              + ": "
              + provider.id().name()
              + ", isolated as "
              + provider.isolation()
              + ", for a caller isolated as "
              + caller.isolation()
              + " (expected: both on TCP, or neither isolated nor remote); call it through the"
              + " host");
    }
    return address.get();
  }

  private SignedGrant sign(Introduction made, Instant now) throws IntroductionDeniedException {
    DirectGrant grant =
        DirectGrant.newBuilder()
            .setCaller(made.caller().id().toString())
            .setProvider(made.provider().id().toString())
            .setService(made.service().value())
            .addAllMethods(made.methods().stream().sorted().toList())
            .setIssuedAt(now.getEpochSecond())
            .setExpiresAt(made.expires().getEpochSecond())
            .setSerial(made.serial())
            .build();
    try {
      return SignedGrant.sign(grant.toByteArray(), key);
    } catch (IllegalArgumentException e) {
      throw new IntroductionDeniedException(
          Refusal.LIMIT_REACHED, "grant too long", "names of methods: too long for one grant");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a grant that cannot be signed", e);
    }
  }

  private void record(Introduction made, SortedMap<String, String> methods)
      throws AuditFailedException {
    audit.success(
        EVENT,
        made.caller().id().runtimeId().value(),
        "introduce",
        made.service().value(),
        Map.of(
            "provider", made.provider().id().runtimeId().value(),
            "methods", String.join(" ", methods.keySet()),
            "rules", String.join(" ", new TreeSet<>(methods.values())),
            "serial", made.serial(),
            "expires", made.expires().toString()));
  }

  /** Looks again, now that whoever takes a right away sees the introduction. */
  private void requireStill(Introduction made) throws IntroductionDeniedException {
    if (made.provider().state().isEnd()) {
      throw new IntroductionDeniedException(Refusal.UNAVAILABLE, "provider has ended");
    }
    if (!introductions.isAllowed(made)) {
      throw notAllowed();
    }
  }
}
