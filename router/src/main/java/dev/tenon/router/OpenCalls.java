package dev.tenon.router;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenon.core.RuntimeId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The calls that have started and not ended. Thread-safe. */
final class OpenCalls {
  /*
   * A call is here before its provider is chosen and leaves when it has ended. So once the registry
   * no longer offers a run, and no call is left that went there or has still to choose, none will.
   *
   * A run that is ended here was let in by nobody any more, but a call that admission let in just
   * before may arrive just after: ended runs are remembered for longer than that takes.
   */
  private static final Duration REMEMBERED = Duration.ofMinutes(1);
  private static final int MAX_REMEMBERED = 10_000;

  private final Set<RoutedCall<?, ?>> open = ConcurrentHashMap.newKeySet();
  private final Cache<String, Boolean> ended =
      Caffeine.newBuilder()
          .expireAfterWrite(REMEMBERED)
          .maximumSize(MAX_REMEMBERED)
          .executor(Runnable::run)
          .build();

  void add(RoutedCall<?, ?> call) {
    open.add(call);
    if (ended.getIfPresent(call.caller().actor()) != null) {
      call.end();
    }
  }

  void remove(RoutedCall<?, ?> call) {
    open.remove(call);
  }

  /** Returns how many calls went to {@code provider} or may still go there. */
  long inFlight(RuntimeId provider) {
    return open.stream().filter(call -> call.mayReach(provider)).count();
  }

  /** Ends all calls of {@code caller}. */
  void end(RuntimeId caller) {
    ended.put(caller.value(), true);
    open.stream()
        .filter(call -> call.caller().actor().equals(caller.value()))
        .forEach(RoutedCall::end);
  }
}
