package dev.tenon.registry.etcd;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceTakenException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One claim on its way. Whoever is first, its end or the end of the wait, decides. Thread-safe. */
final class Registering {
  private final Registration claim;
  private final CompletableFuture<Registration> end = new CompletableFuture<>();

  Registering(Registration claim) {
    this.claim = claim;
  }

  Registration claim() {
    return claim;
  }

  /** Returns whether nobody waits any more. */
  boolean isOver() {
    return end.isDone();
  }

  /** Ends the wait with success; returns false if nobody waits any more. */
  boolean done() {
    return end.complete(claim);
  }

  void refused(Exception why) {
    var unused = end.completeExceptionally(why);
  }

  Registration await(Duration most)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException {
    try {
      return end.get(most.toNanos(), NANOSECONDS);
    } catch (TimeoutException e) {
      return givenUp("etcd has not answered in " + most);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return givenUp("interrupted");
    } catch (ExecutionException e) {
      throw refusal(e.getCause());
    }
  }

  private Registration givenUp(String why)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException {
    if (end.completeExceptionally(new RegistryUnavailableException(why))) {
      throw new RegistryUnavailableException(why);
    }
    try {
      return end.join(); // It ended in the same moment.
    } catch (CompletionException e) {
      throw refusal(e.getCause());
    }
  }

  private static RegistryUnavailableException refusal(@Nullable Throwable why)
      throws ServiceTakenException, LimitReachedException {
    if (why instanceof ServiceTakenException taken) {
      throw taken;
    }
    if (why instanceof LimitReachedException limit) {
      throw limit;
    }
    if (why instanceof RegistryUnavailableException unavailable) {
      return unavailable;
    }
    if (why instanceof RuntimeException unexpected) {
      throw unexpected;
    }
    throw new IllegalStateException("registration failed", why);
  }
}
