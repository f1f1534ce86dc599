package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call that goes to its provider itself, unless its metadata asks something of the host: that is
 * known when it starts. As thread-safe as gRPC asks: {@code cancel} comes from anywhere.
 */
final class DirectCall<Q, R> extends ClientCall<Q, R> {
  private final DirectPath.Way way;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Channel host;

  /* Both are touched under `this`: a call may be cancelled before it starts. */
  private @Nullable ClientCall<Q, R> chosen;
  private @Nullable Cancellation cancelled;

  /** Why the caller gave up. */
  private record Cancellation(@Nullable String message, @Nullable Throwable cause) {}

  DirectCall(DirectPath.Way way, MethodDescriptor<Q, R> method, CallOptions options, Channel host) {
    this.way = way;
    this.method = method;
    this.options = options;
    this.host = host;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    boolean isDirect = !Reserved.isAnyIn(headers);
    ClientCall<Q, R> call = (isDirect ? way.channel() : host).newCall(method, options);
    Cancellation before;
    synchronized (this) {
      chosen = call;
      before = cancelled;
    }
    if (isDirect) {
      way.opened();
      call.start(new Answers(listener), IntroductionClient.shown(headers, way.grant()));
    } else {
      call.start(listener, headers);
    }
    if (before != null) {
      call.cancel(before.message(), before.cause());
    }
  }

  private synchronized ClientCall<Q, R> chosen() {
    return requireNonNull(chosen, "start");
  }

  @Override
  public void request(int messages) {
    chosen().request(messages);
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    ClientCall<Q, R> started;
    synchronized (this) {
      started = chosen;
      cancelled = new Cancellation(message, cause);
    }
    if (started != null) {
      started.cancel(message, cause);
    }
  }

  @Override
  public void halfClose() {
    chosen().halfClose();
  }

  @Override
  public void sendMessage(Q message) {
    chosen().sendMessage(message);
  }

  @Override
  public boolean isReady() {
    return chosen().isReady();
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    chosen().setMessageCompression(enabled);
  }

  @Override
  public Attributes getAttributes() {
    return chosen().getAttributes();
  }

  /**
   * What the provider answers: nothing that it says can be taken for the host's word, but that it
   * does not accept the grant, which costs it a caller.
   */
  private final class Answers extends SimpleForwardingClientCallListener<R> {
    private volatile boolean isAnswered;

    Answers(Listener<R> listener) {
      super(listener);
    }

    @Override
    public void onHeaders(Metadata headers) {
      isAnswered = true;
      Reserved.discardAll(headers);
      super.onHeaders(headers);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      way.closed();
      if (RetryAfterRenewal.isGrantRefusal(status, trailers)) {
        way.refused();
      }
      if (isAnswered || !RetryAfterRenewal.isGrantRefusal(status, trailers)) {
        Reserved.discardAll(trailers);
      }
      super.onClose(status, trailers);
    }
  }
}
