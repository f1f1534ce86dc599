package dev.tenon.router;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells a status that the provider sent from one that our side of the connection made up. One per
 * call; thread-safe.
 *
 * <p>A status from the provider is the application's and passes. One that grpc-java made (no
 * connection, connection lost, not HTTP/2, message too large) carries addresses and internals in
 * its description and becomes a plain one. grpc-java does not say which is which, so this watches
 * the stream: only a provider's trailers reach {@link ClientStreamTracer#inboundTrailers}.
 */
final class ProviderStatus extends ClientStreamTracer.Factory {
  /** Longest description that passes, in UTF-16 units. */
  static final int MAX_DESCRIPTION_CHARS = 1024;

  private static final AtomicReferenceFieldUpdater<ProviderStatus, @Nullable Status> SENT =
      AtomicReferenceFieldUpdater.newUpdater(ProviderStatus.class, Status.class, "sent");

  private final BooleanSupplier cancelledHere;
  private final Runnable closed;
  private volatile @Nullable Status sent;
  private volatile boolean isAnswered;

  /**
   * Makes the watch over one call.
   *
   * @param cancelledHere whether the caller or its deadline cancelled; a stream that the provider
   *     cancelled instead is a lost one
   * @param closed told that the stream is closed, which its caller may hear later or never; must be
   *     idempotent and not block
   */
  ProviderStatus(BooleanSupplier cancelledHere, Runnable closed) {
    this.cancelledHere = cancelledHere;
    this.closed = closed;
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo stream, Metadata headers) {
    sent = null;
    isAnswered = false;
    return new ClientStreamTracer() {
      private volatile boolean trailersCame;

      @Override
      public void inboundHeaders() {
        isAnswered = true;
      }

      @Override
      public void inboundTrailers(Metadata trailers) {
        trailersCame = true;
      }

      @Override
      public void streamClosed(Status status) {
        if (trailersCame) {
          sent = status;
        }
        closed.run();
      }
    };
  }

  /** Returns whether {@code status} is what the provider sent. */
  boolean isProviders(Status status) {
    Status by = sent;
    return by != null && (by.equals(status) || isSame(by, status));
  }

  /** Returns whether there was any sign of an answer. */
  boolean isAnswered() {
    return isAnswered;
  }

  /**
   * Takes that the provider sent {@code status}, where no stream tells; on the thread that asks.
   *
   * @param answered whether it sent anything before
   */
  void sent(Status status, boolean answered) {
    if (answered && !status.isOk()) {
      isAnswered = true;
    }
    SENT.lazySet(this, status);
  }

  /** Returns how the call ends for the caller, with the trailers that go with it. */
  End end(Status status, Metadata trailers) {
    if (isProviders(status)) {
      return new End(passed(status), MetadataRules.response(trailers));
    }
    return switch (status.getCode()) {
      case CANCELLED -> cancelledHere.getAsBoolean() ? cancelled() : unavailable();
      case DEADLINE_EXCEEDED -> plain(Status.DEADLINE_EXCEEDED, "deadline exceeded");
      case RESOURCE_EXHAUSTED -> plain(Status.RESOURCE_EXHAUSTED, "limit exceeded");
      default -> unavailable();
    };
  }

  private static boolean isSame(Status sent, Status status) {
    return sent.getCode() == status.getCode()
        && String.valueOf(sent.getDescription()).equals(String.valueOf(status.getDescription()));
  }

  private static Status passed(Status status) {
    Status passed = Status.fromCode(status.getCode());
    String description = status.getDescription();
    return description == null ? passed : passed.withDescription(bounded(description));
  }

  private static String bounded(String description) {
    int length = Math.min(description.length(), MAX_DESCRIPTION_CHARS);
    if (length < description.length()
        && Character.isHighSurrogate(description.charAt(length - 1))) {
      length--;
    }
    StringBuilder bounded = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      char c = description.charAt(i);
      bounded.append(isPlain(c) ? c : '?');
    }
    return bounded.toString();
  }

  /** Tabs and line ends are text, which gRPC carries; other controls are for terminals. */
  private static boolean isPlain(char c) {
    return c == '\t'
        || c == '\n'
        || c == '\r'
        || !(Character.isISOControl(c) || c == '\u2028' || c == '\u2029');
  }

  /** Returns {@code status} on one line, for our own log. */
  static String oneLine(Status status) {
    String description = status.getDescription();
    return description == null
        ? status.getCode().name()
        : status.getCode() + " \"" + bounded(description).replaceAll("[\\t\\n\\r]", "?") + '"';
  }

  /** Returns the end of a call that its caller cancelled. */
  static End cancelled() {
    return plain(Status.CANCELLED, "cancelled");
  }

  /** Returns the end of a call whose deadline came before a provider. */
  static End late() {
    return plain(Status.DEADLINE_EXCEEDED, "deadline exceeded while a provider was starting");
  }

  private static End plain(Status status, String description) {
    return new End(status.withDescription(description), new Metadata());
  }

  private static End unavailable() {
    return End.afterRelay(RefusalStatus.of(Refusal.UNAVAILABLE));
  }

  /** How a call ends. */
  record End(Status status, Metadata trailers) {
    static End of(StatusRuntimeException refused) {
      Metadata trailers = refused.getTrailers();
      return new End(refused.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    /**
     * Returns the end that we put to a call that went to its provider. It has no mark of a refusal:
     * the provider may have acted, so the caller must not take the call for one that was not made.
     */
    static End afterRelay(StatusRuntimeException ended) {
      End marked = of(ended);
      return new End(marked.status(), MetadataRules.response(marked.trailers()));
    }
  }
}
