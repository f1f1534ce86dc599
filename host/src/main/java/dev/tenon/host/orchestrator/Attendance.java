package dev.tenon.host.orchestrator;

import static java.util.Objects.requireNonNull;

import dev.tenon.v1.DeregisterHostRequest;
import dev.tenon.v1.HeartbeatRequest;
import dev.tenon.v1.OrchestratorGrpc;
import dev.tenon.v1.OrchestratorGrpc.OrchestratorStub;
import dev.tenon.v1.RegisterHostRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a host registered with an orchestrator: registers it, says regularly that it is there
 * still, and takes the registration back at its end. Whatever the orchestrator does, the host goes
 * on: nothing here throws, nothing but the end waits, and a trouble is warned of once until it is
 * another or over. Thread-safe.
 */
public final class Attendance implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Attendance.class.getName());

  /** How long each call may take. */
  record Limits(Duration register, Duration heartbeat, Duration deregister) {
    static final Limits DEFAULT =
        new Limits(Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofSeconds(5));
  }

  /** Runs a task again and again, on a thread of its own choice. */
  @FunctionalInterface
  public interface Schedule {
    /** Runs {@code task}, which does not block, with {@code pause} between two runs. */
    void every(Duration pause, Runnable task);
  }

  /*
   * All but the finals is guarded by `this`, and nothing is called under it. There is one call at a time:
   * `isAsking` is true from before it until its answer was taken, which may be on the same thread.
   */
  private final ManagedChannel channel;
  private final OrchestratorStub orchestrator;
  private final String name;
  private final Supplier<RegisterHostRequest> self;
  private final Limits limits;
  private @Nullable RegisterHostRequest registered;
  private Optional<Status.Code> trouble = Optional.empty();
  private boolean isAsking;
  private boolean mayBeKnown;
  private boolean isClosed;

  /**
   * Makes the attendance of the host that {@code self} describes, at the moment when it is asked.
   *
   * @param channel to the orchestrator alone; ends with this
   * @param name what the log calls the orchestrator
   */
  public Attendance(ManagedChannel channel, String name, Supplier<RegisterHostRequest> self) {
    this(channel, name, self, Limits.DEFAULT);
  }

  Attendance(
      ManagedChannel channel, String name, Supplier<RegisterHostRequest> self, Limits limits) {
    this.channel = requireNonNull(channel, "channel");
    this.name = requireNonNull(name, "name");
    this.self = requireNonNull(self, "self");
    this.limits = limits;
    orchestrator = OrchestratorGrpc.newStub(channel);
  }

  /** Registers, without waiting, and beats every {@code pause} by {@code schedule}. */
  public void begin(Duration pause, Schedule schedule) {
    beat();
    schedule.every(pause, this::beat);
  }

  /** Says that the host is there, or registers it if it is not, or not as it is now. */
  private void beat() {
    RegisterHostRequest now = self.get();
    boolean isRegistered;
    synchronized (this) {
      if (isClosed || isAsking) {
        return;
      }
      isAsking = true;
      isRegistered = now.equals(registered);
    }
    if (isRegistered) {
      heartbeat(now);
    } else {
      register(now);
    }
  }

  private void register(RegisterHostRequest now) {
    orchestrator
        .withDeadlineAfter(limits.register().toNanos(), TimeUnit.NANOSECONDS)
        .registerHost(now, new Answer<>(() -> registered(now), this::failed));
  }

  private void heartbeat(RegisterHostRequest now) {
    orchestrator
        .withDeadlineAfter(limits.heartbeat().toNanos(), TimeUnit.NANOSECONDS)
        .heartbeat(
            HeartbeatRequest.getDefaultInstance(),
            new Answer<>(
                () -> registered(now),
                code -> {
                  if (code == Status.Code.NOT_FOUND && forgotten()) {
                    register(now);
                  } else {
                    failed(code);
                  }
                }));
  }

  private void registered(RegisterHostRequest as) {
    boolean isOver;
    synchronized (this) {
      isOver = trouble.isPresent() || registered == null;
      registered = as;
      mayBeKnown = true;
      trouble = Optional.empty();
      isAsking = false;
    }
    if (isOver) {
      LOG.log(Level.INFO, "this host is registered with the orchestrator {0}", name);
    }
  }

  /** Takes that the orchestrator does not know this host, and returns whether to register it. */
  private synchronized boolean forgotten() {
    registered = null;
    return !isClosed;
  }

  private void failed(Status.Code code) {
    boolean isNew;
    synchronized (this) {
      isAsking = false;
      // Whoever did not answer may have heard.
      mayBeKnown |= code != Status.Code.UNAVAILABLE;
      isNew = !isClosed && !trouble.equals(Optional.of(code));
      trouble = Optional.of(code);
    }
    if (isNew) {
      LOG.log(
          Level.WARNING,
          "this host cannot register with the orchestrator {0}: {1}; it goes on, and tries again",
          name,
          code);
    }
  }

  /**
   * Takes the registration back, if there may be one, and ends the connection. Waits for the
   * orchestrator for its time at most.
   */
  @Override
  public void close() {
    boolean isToTell;
    synchronized (this) {
      if (isClosed) {
        return;
      }
      isClosed = true;
      isToTell = mayBeKnown || isAsking;
    }
    if (isToTell) {
      deregister();
    }
    channel.shutdownNow();
  }

  private void deregister() {
    try {
      var unused =
          OrchestratorGrpc.newBlockingStub(channel)
              .withDeadlineAfter(limits.deregister().toNanos(), TimeUnit.NANOSECONDS)
              .deregisterHost(DeregisterHostRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      LOG.log(
          Level.WARNING,
          "the orchestrator {0} was not told of the end of this host: {1}",
          name,
          e.getStatus().getCode());
    }
  }

  /** The one answer to a call. What it says beside its code is the orchestrator's word: unused. */
  private record Answer<R>(Runnable good, Consumer<Status.Code> bad) implements StreamObserver<R> {
    @Override
    public void onNext(R response) {}

    @Override
    public void onError(Throwable error) {
      bad.accept(Status.fromThrowable(error).getCode());
    }

    @Override
    public void onCompleted() {
      good.run();
    }
  }
}
