package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.Availability;
import dev.tenon.registry.Discovery;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.Watch;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchRequest;
import dev.tenon.v1.WatchState;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Answers who follows a service. Who may not know a service follows nothing, in a stream that looks
 * like that of a service that nobody provides.
 */
public final class Watches {
  private final Supplier<Policy> policy;
  private final ServiceRegistry registry;
  private final Map<ServiceName, Version> hostServices;
  private final ControlAudit audit;
  private final Executor executor;
  private final Set<Stream> open = ConcurrentHashMap.newKeySet();

  /** Makes watches whose events are sent by {@code executor}. */
  public Watches(
      Supplier<Policy> policy,
      ServiceRegistry registry,
      Map<ServiceName, Version> hostServices,
      ControlAudit audit,
      Executor executor) {
    this.policy = policy;
    this.registry = registry;
    this.hostServices = Map.copyOf(hostServices);
    this.audit = audit;
    this.executor = executor;
  }

  /**
   * Answers {@code caller} until it cancels the call, or its connection or run ends: the call is
   * cancelled for this side then, too.
   */
  public void answer(
      WatchRequest request, Identity caller, ServerCallStreamObserver<WatchEvent> observer) {
    Stream stream = new Stream(observer);
    try {
      RuntimeId watcher = Callers.runtimeId(caller);
      ServiceName service = Field.read("service", request.getService(), ServiceName::new);
      VersionRange range =
          Field.read("version_range", request.getVersionRange(), VersionRange::parse);
      open(stream, caller, watcher, new Question(service, range));
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    }
    stream.begin();
    stream.reauthorize(); // a policy that came meanwhile
  }

  /**
   * Ends the watches that the policy answers otherwise now: with PERMISSION_DENIED where the caller
   * may not know the service any more, with UNAVAILABLE where it now may, so that it asks again. To
   * be called once the supplier of the policy brings another one.
   */
  public void policyChanged() {
    open.forEach(Stream::reauthorize);
  }

  /** What a caller wants to follow. */
  private record Question(ServiceName service, VersionRange range) {}

  private void open(Stream stream, Identity caller, RuntimeId watcher, Question asked)
      throws LimitReachedException, AuditFailedException {
    ServiceName service = asked.service();
    boolean known = policy.get().mayCallAny(caller, service);
    stream.answers(caller, service, known);
    Version ofHost = known ? hostServices.get(service) : null;
    try {
      stream.follow(
          known && ofHost == null
              ? registry.watch(watcher, service, asked.range(), stream::changed)
              : registry.watchNothing(watcher));
      if (known) {
        audit.success("discovery", caller.actor(), "watch", service.value(), Map.of());
      } else {
        audit.denied("discovery", caller.actor(), "watch", service.value(), "no rule");
      }
    } catch (LimitReachedException e) {
      stream.close();
      audit.denied("discovery", caller.actor(), "watch", service.value(), e.auditReason());
      throw e;
    } catch (AuditFailedException e) {
      stream.close();
      throw e;
    }
    if (ofHost != null && asked.range().contains(ofHost)) {
      stream.hostProvides(ofHost);
    }
  }

  private static WatchEvent hostEvent(Version version) {
    return WatchEvent.newBuilder()
        .setState(WatchState.WATCH_STATE_AVAILABLE)
        .setProvider(PluginName.HOST)
        .setVersion(version.toString())
        .setSingleProvider(true)
        .build();
  }

  private static WatchEvent event(Availability now) {
    WatchEvent.Builder event = WatchEvent.newBuilder().setState(state(now.state()));
    now.provider().ifPresent(found -> describe(found, event));
    return event.build();
  }

  private static WatchState state(Availability.State state) {
    return switch (state) {
      case AVAILABLE -> WatchState.WATCH_STATE_AVAILABLE;
      case DEGRADED -> WatchState.WATCH_STATE_DEGRADED;
      case UNAVAILABLE -> WatchState.WATCH_STATE_UNAVAILABLE;
    };
  }

  private static void describe(Discovery found, WatchEvent.Builder event) {
    event
        .setProvider(found.registration().provider().value())
        .setVersion(found.registration().version().toString())
        .putAllMetadata(found.registration().annotations().entries())
        .setSingleProvider(found.single());
  }

  /** What a watch was opened for, and whether its caller might know it. */
  private record Answered(Identity caller, ServiceName service, boolean known) {}

  /** The events of one watch, on their way to one caller. */
  private final class Stream {
    /*
     * Whoever has news (the registry, the transport that is ready for more) counts it in `news`; who
     * counts the first sends, on `executor`, until no more was counted meanwhile. So one thread at a
     * time sends, nobody waits, and what is sent is what the watch says at that moment. A caller that
     * does not read leaves the transport unready: then nothing is asked of the watch until it is.
     * The first is counted from the start, by who begins once the watch is on record.
     */
    private final ServerCallStreamObserver<WatchEvent> observer;
    private final AtomicInteger news = new AtomicInteger(1);
    private volatile Optional<Watch> watch = Optional.empty();
    private volatile Optional<WatchEvent> ofHost = Optional.empty();
    private volatile Optional<Answered> answered = Optional.empty();
    private volatile Optional<Refusal> ending = Optional.empty();
    private boolean ended; // used by who sends alone

    Stream(ServerCallStreamObserver<WatchEvent> observer) {
      this.observer = observer;
      observer.setOnReadyHandler(this::changed);
      observer.setOnCancelHandler(this::close);
    }

    void follow(Watch opened) {
      watch = Optional.of(opened);
    }

    void hostProvides(Version version) {
      ofHost = Optional.of(hostEvent(version));
    }

    void answers(Identity caller, ServiceName service, boolean known) {
      answered = Optional.of(new Answered(caller, service, known));
      open.add(this);
    }

    void close() {
      open.remove(this);
      watch.ifPresent(Watch::close);
    }

    void reauthorize() {
      answered
          .filter(was -> policy.get().mayCallAny(was.caller(), was.service()) != was.known())
          .ifPresent(
              was -> {
                ending = Optional.of(was.known() ? Refusal.NOT_ALLOWED : Refusal.UNAVAILABLE);
                changed();
              });
    }

    void changed() {
      if (news.getAndIncrement() == 0) {
        begin();
      }
    }

    void begin() {
      try {
        executor.execute(this::send);
      } catch (RejectedExecutionException e) {
        close(); // the host is closing, and its connections with it
      }
    }

    private void send() {
      int seen = news.get();
      while (seen != 0) {
        ending.ifPresentOrElse(this::end, () -> watch.ifPresent(this::sendFrom));
        seen = news.addAndGet(-seen);
      }
    }

    private void end(Refusal refusal) {
      if (!ended && !observer.isCancelled()) {
        ended = true;
        close();
        observer.onError(RefusalStatus.of(refusal));
      }
    }

    private void sendFrom(Watch from) {
      if (observer.isCancelled()) {
        return;
      }
      while (observer.isReady()) {
        Optional<Availability> now = from.next();
        if (now.isEmpty()) {
          return;
        }
        observer.onNext(ofHost.orElseGet(() -> event(now.get())));
      }
    }
  }
}
