package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.v1.EndIntroductionsRequest;
import dev.tenon.v1.EndIntroductionsResponse;
import dev.tenon.v1.PluginControlGrpc;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The introductions whose grants have not expired, and what ends them before: both sides are told,
 * and told again until they answer or the grants are over. Thread-safe.
 */
public final class Introductions {
  /** How long a grant is good for; what is lost to tell a provider costs no more than that. */
  static final Duration LIFE = Duration.ofMinutes(1);

  /** The most that one run may call by at a time. */
  static final int MAX_OF_A_CALLER = 256;

  /** The most of a host. */
  static final int MAX_IN_TOTAL = 10_000;

  /** The most serials of one request; a plugin takes no more. */
  private static final int MAX_SERIALS = 1_000;

  private static final int TELL_SECONDS = 5;

  private static final String EVENT = "introduction";

  private static final System.Logger LOG = System.getLogger(Introductions.class.getName());

  /*
   * An introduction is in `live` before its grant leaves the host, and the host looks then once more
   * whether it still may be: whoever takes a right away sees it here, or is seen there.
   */
  private final ConcurrentMap<String, Introduction> live = new ConcurrentHashMap<>();
  private final Queue<Telling> untold = new ConcurrentLinkedQueue<>();
  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final ControlAudit audit;
  private final InstantSource clock;

  /** What becomes of calls that are open when an introduction ends. */
  private enum OpenCalls {
    /** They end with it. */
    CUT,
    /** They go on until the grant expires. */
    KEPT
  }

  /** What one run is to be told. */
  private record Telling(PluginRun run, List<String> serials, OpenCalls calls, Instant until) {}

  /** Makes an empty table of introductions between {@code runs}. */
  public Introductions(
      PluginRuns runs, Supplier<Policy> policy, ControlAudit audit, InstantSource clock) {
    this.runs = runs;
    this.policy = policy;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * Adds {@code made}, which counts from now on.
   *
   * @throws IntroductionDeniedException if there are too many
   */
  void add(Introduction made) throws IntroductionDeniedException {
    RuntimeId caller = made.caller().id().runtimeId();
    long own =
        live.values().stream()
            .filter(each -> each.caller().id().runtimeId().equals(caller))
            .count();
    if (own >= MAX_OF_A_CALLER || live.size() >= MAX_IN_TOTAL) {
      throw new IntroductionDeniedException(Refusal.LIMIT_REACHED, "too many introductions");
    }
    live.put(made.serial(), made);
  }

  /** Forgets {@code made}, whose grant nobody has got. */
  void drop(Introduction made) {
    live.remove(made.serial());
  }

  /** Returns whether the policy still lets {@code made} be, in every method. */
  boolean isAllowed(Introduction made) {
    Policy now = policy.get();
    Identity caller = new Identity(made.caller().id(), Identity.Evidence.SVID);
    return made.methods().stream()
        .allMatch(method -> now.direct(caller, new CallPath(made.service(), method)).isPresent());
  }

  /** Ends those of {@code run}, which has ended or is not to be believed any more. */
  public void runEnded(RuntimeId run) {
    end(each -> each.isOf(run), "its caller or its provider has ended", OpenCalls.CUT);
  }

  /** Ends those that the policy does not allow any more. */
  public void policyChanged() {
    end(each -> !isAllowed(each), "the policy does not allow it any more", OpenCalls.CUT);
  }

  /**
   * Forgets those that have expired, ends those whose provider takes no new calls, and tells again
   * what could not be told. To be done about once a second.
   */
  public void check() {
    Instant now = clock.instant();
    live.values().removeIf(each -> !now.isBefore(each.expires()));
    end(each -> !isServed(each), "its provider takes no new calls", OpenCalls.KEPT);
    for (Telling telling = untold.poll(); telling != null; telling = untold.poll()) {
      if (now.isBefore(telling.until()) && !telling.run().state().isEnd()) {
        tell(telling);
      }
    }
  }

  private boolean isServed(Introduction made) {
    try {
      var unused = runs.registry().choose(made.service(), made.provider().id().runtimeId());
      return runs.registry()
          .health(made.caller().id().runtimeId())
          .map(Health::isEligible)
          .orElse(true);
    } catch (RefusedException e) {
      return false;
    }
  }

  /** Tells first and records then: containment does not wait for the log, or depend on it. */
  private void end(Predicate<Introduction> which, String why, OpenCalls calls) {
    List<Introduction> ended = new ArrayList<>();
    for (Introduction each : live.values()) {
      if (which.test(each) && live.remove(each.serial(), each)) {
        ended.add(each);
      }
    }
    Map<PluginRun, List<Introduction>> byRun = new HashMap<>();
    for (Introduction each : ended) {
      byRun.computeIfAbsent(each.provider(), run -> new ArrayList<>()).add(each);
      byRun.computeIfAbsent(each.caller(), run -> new ArrayList<>()).add(each);
    }
    byRun.forEach((run, theirs) -> tell(run, theirs, calls));
    ended.forEach(each -> record(each, why));
  }

  private void tell(PluginRun run, List<Introduction> ended, OpenCalls calls) {
    if (run.state().isEnd()) {
      return; // It has lost its connections, and its process ends.
    }
    for (int from = 0; from < ended.size(); from += MAX_SERIALS) {
      List<Introduction> some = ended.subList(from, Math.min(ended.size(), from + MAX_SERIALS));
      Instant until = some.stream().map(Introduction::expires).max(Instant::compareTo).get();
      tell(new Telling(run, some.stream().map(Introduction::serial).toList(), calls, until));
    }
  }

  private void tell(Telling telling) {
    PluginControlGrpc.newStub(telling.run().channels().control())
        .withWaitForReady()
        .withDeadlineAfter(TELL_SECONDS, TimeUnit.SECONDS)
        .endIntroductions(
            EndIntroductionsRequest.newBuilder()
                .addAllSerials(telling.serials())
                .setCut(telling.calls() == OpenCalls.CUT)
                .build(),
            new StreamObserver<EndIntroductionsResponse>() {
              @Override
              public void onNext(EndIntroductionsResponse told) {}

              @Override
              public void onError(Throwable error) {
                LOG.log(
                    Level.DEBUG,
                    "{0} not told yet: {1}",
                    telling.run().id().runtimeId(),
                    error.getMessage());
                untold.add(telling);
              }

              @Override
              public void onCompleted() {}
            });
  }

  private void record(Introduction ended, String why) {
    try {
      audit.success(
          EVENT,
          PluginName.HOST,
          "end",
          ended.service().value(),
          Map.of(
              "caller", ended.caller().id().runtimeId().value(),
              "provider", ended.provider().id().runtimeId().value(),
              "serial", ended.serial(),
              "reason", why));
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "the end of introduction {0} is not on record", ended.serial());
    }
  }
}
