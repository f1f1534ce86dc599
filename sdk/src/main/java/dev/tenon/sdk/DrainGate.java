package dev.tenon.sdk;

import dev.tenon.core.Refusal;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/**
 * Counts the calls in flight of the plugin's services, and lets no new one in once a drain has
 * begun. Thread-safe.
 */
final class DrainGate implements ServerInterceptor {
  private final Object lock = new Object();
  private final CompletableFuture<Void> idle = new CompletableFuture<>();
  private final Runnable whenDraining;
  private int inFlight;
  private boolean draining;

  /** Makes an open gate; {@code whenDraining} runs when a drain begins, perhaps more than once. */
  DrainGate(Runnable whenDraining) {
    this.whenDraining = whenDraining;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!enter()) {
      if (DirectConnection.of(call).isPresent()) {
        return HostOnly.refuse(call, Refusal.GRANT_NOT_ACCEPTED); // The host knows another way.
      }
      call.close(Status.UNAVAILABLE.withDescription("the plugin is draining"), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    try {
      return new Counted<>(next.startCall(call, headers));
    } catch (RuntimeException | Error e) {
      leave();
      throw e;
    }
  }

  /**
   * Begins the drain, once; it cannot be taken back. Returns what completes when no call is in
   * flight any more.
   */
  CompletableFuture<Void> drain() {
    boolean isIdle;
    synchronized (lock) {
      draining = true;
      isIdle = inFlight == 0;
    }
    whenDraining.run();
    if (isIdle) {
      idle.complete(null);
    }
    return idle;
  }

  /** Returns whether a drain has begun. */
  boolean isDraining() {
    synchronized (lock) {
      return draining;
    }
  }

  /** Returns how many calls are in flight. */
  int inFlight() {
    synchronized (lock) {
      return inFlight;
    }
  }

  private boolean enter() {
    synchronized (lock) {
      if (draining) {
        return false;
      }
      inFlight++;
      return true;
    }
  }

  private void leave() {
    boolean isIdle;
    synchronized (lock) {
      inFlight--;
      isIdle = draining && inFlight == 0;
    }
    if (isIdle) {
      idle.complete(null);
    }
  }

  /** A call that is counted until it is complete or cancelled; gRPC tells one of both, once. */
  private final class Counted<Q> extends SimpleForwardingServerCallListener<Q> {
    Counted(ServerCall.Listener<Q> call) {
      super(call);
    }

    @Override
    public void onComplete() {
      try {
        super.onComplete();
      } finally {
        leave();
      }
    }

    @Override
    public void onCancel() {
      try {
        super.onCancel();
      } finally {
        leave();
      }
    }
  }
}
