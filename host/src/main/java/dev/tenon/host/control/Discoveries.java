package dev.tenon.host.control;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.Discovery;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.ListResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Answers which provider serves a service. Unknown and forbidden are one answer, and with {@code
 * wait} also one time.
 */
public final class Discoveries {
  /** Longest wait that a caller may ask for. */
  static final Duration MAX_WAIT = Duration.ofSeconds(30);

  private final Supplier<Policy> policy;
  private final ServiceRegistry registry;
  private final Map<ServiceName, Version> hostServices;
  private final ControlAudit audit;
  private final ScheduledExecutorService timer;
  private final Listings listings;

  /** Makes discoveries; {@code timer} ends waits. */
  public Discoveries(
      Supplier<Policy> policy,
      ServiceRegistry registry,
      Map<ServiceName, Version> hostServices,
      ControlAudit audit,
      ScheduledExecutorService timer) {
    this.policy = policy;
    this.registry = registry;
    this.hostServices = Map.copyOf(hostServices);
    this.audit = audit;
    this.timer = timer;
    listings = new Listings(registry, this.hostServices);
  }

  Set<ServiceName> hostServices() {
    return hostServices.keySet();
  }

  void answer(DiscoverRequest request, Identity caller, StreamObserver<DiscoverResponse> observer) {
    CompletableFuture<Optional<DiscoverResponse>> found;
    try {
      found = discover(request, caller);
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    }
    ((ServerCallStreamObserver<DiscoverResponse>) observer)
        .setOnCancelHandler(() -> found.cancel(/* mayInterruptIfRunning= */ false));
    var unused =
        found.whenComplete(
            (provider, failure) -> {
              if (failure != null) {
                observer.onError(RefusalStatus.of(Refusal.INTERNAL));
              } else if (provider.isPresent()) {
                observer.onNext(provider.get());
                observer.onCompleted();
              } else {
                observer.onError(RefusalStatus.of(Refusal.NOT_FOUND));
              }
            });
  }

  /**
   * Looks for a provider that {@code caller} may call, as {@code request} asks; completes empty if
   * there is none in time. Cancelling the future ends the wait.
   *
   * @throws RefusedException if the request is malformed or cannot be recorded
   */
  public CompletableFuture<Optional<DiscoverResponse>> discover(
      DiscoverRequest request, Identity caller) throws RefusedException {
    ServiceName service = Field.read("service", request.getService(), ServiceName::new);
    VersionRange range =
        Field.read("version_range", request.getVersionRange(), VersionRange::parse);
    Duration wait = Field.read("wait", request.getWait(), Discoveries::wait);
    if (!policy.get().mayCallAny(caller, service)) {
      audit.denied("discovery", caller.actor(), "discover", service.value(), "no rule");
      return after(wait, Optional.empty());
    }
    audit.success(
        "discovery", caller.actor(), "discover", service.value(), Map.of("reason", "allowed"));
    Version ofHost = hostServices.get(service);
    if (ofHost != null) {
      return range.contains(ofHost)
          ? CompletableFuture.completedFuture(Optional.of(hostProvides(ofHost)))
          : after(wait, Optional.empty());
    }
    CompletableFuture<Optional<Discovery>> waiting =
        registry.discoverWithin(service, range, wait, timer);
    // A call that is cancelled ends its wait: cancelling what depends on a future does not.
    // A policy that came while it waited counts.
    return waiting
        .thenApply(
            found ->
                found
                    .filter(there -> policy.get().mayCallAny(caller, service))
                    .map(Discoveries::response))
        .whenComplete((answer, failure) -> waiting.cancel(/* mayInterruptIfRunning= */ false));
  }

  /**
   * Lists, by the decision that {@link #discover} asks for, what {@code caller} may call and a
   * provider can take calls for now. What is left out is on record.
   *
   * @throws RefusedException if it cannot be recorded
   */
  public ListResponse list(Identity caller) throws RefusedException {
    Listings.Listing listing = listings.of(caller, policy.get());
    audit.listed(caller.actor(), listing.shown().getServicesCount(), listing.leftOut());
    return listing.shown();
  }

  private <T> CompletableFuture<T> after(Duration wait, T result) {
    CompletableFuture<T> later = new CompletableFuture<>();
    if (wait.isZero()) {
      later.complete(result);
    } else {
      var unused =
          timer.schedule(() -> later.complete(result), wait.toNanos(), TimeUnit.NANOSECONDS);
    }
    return later;
  }

  static Duration wait(com.google.protobuf.Duration raw) {
    // Compared before it is added up: the sum of what a peer sends may not fit.
    boolean isDuration = raw.getNanos() >= 0 && raw.getNanos() < 1_000_000_000;
    if (!isDuration || raw.getSeconds() < 0 || raw.getSeconds() > MAX_WAIT.toSeconds()) {
      throw new IllegalArgumentException(raw.getSeconds() + " s (expected: 0 to 30 s)");
    }
    Duration wait = Duration.ofSeconds(raw.getSeconds(), raw.getNanos());
    if (wait.compareTo(MAX_WAIT) > 0) {
      throw new IllegalArgumentException(wait + " (expected: 0 to 30 s)");
    }
    return wait;
  }

  private static DiscoverResponse hostProvides(Version version) {
    return DiscoverResponse.newBuilder()
        .setProvider(PluginName.HOST)
        .setVersion(version.toString())
        .setSingleProvider(true)
        .build();
  }

  private static DiscoverResponse response(Discovery found) {
    return DiscoverResponse.newBuilder()
        .setProvider(found.registration().provider().value())
        .setVersion(found.registration().version().toString())
        .putAllMetadata(found.registration().annotations().entries())
        .setSingleProvider(found.single())
        .build();
  }
}
