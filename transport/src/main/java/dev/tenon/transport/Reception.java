package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.ServerTransportFilter;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** What the links of one {@link Listening} have in common, and which they are. Thread-safe. */
final class Reception {
  private final Threshold threshold;
  private final Executor handshakes;
  private final Transport.Patience patience;
  private final OptionalLong bytesPerSecond;
  private final List<ServerTransportFilter> filters;
  private final LinkHandler handler;
  private final Set<AcceptedLink> links = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;

  /**
   * @param handshakes where certificates of peers are checked
   * @param bytesPerSecond as in {@link dev.tenon.core.ConnectionLimits}
   * @param filters told of each connection that has begun, in order, and of its end
   */
  Reception(
      Threshold threshold,
      Executor handshakes,
      Transport.Patience patience,
      OptionalLong bytesPerSecond,
      List<ServerTransportFilter> filters,
      LinkHandler handler) {
    this.threshold = threshold;
    this.handshakes = handshakes;
    this.patience = patience;
    this.bytesPerSecond = bytesPerSecond;
    this.filters = List.copyOf(filters);
    this.handler = requireNonNull(handler, "handler");
  }

  Threshold threshold() {
    return threshold;
  }

  Executor handshakes() {
    return handshakes;
  }

  Transport.Patience patience() {
    return patience;
  }

  OptionalLong bytesPerSecond() {
    return bytesPerSecond;
  }

  List<ServerTransportFilter> filters() {
    return filters;
  }

  LinkHandler handler() {
    return handler;
  }

  /** Notes that {@code link} is there; after {@link #close}, ends it. On its loop. */
  void enter(AcceptedLink link) {
    links.add(link);
    if (isClosed) { // It comes between the end of listening and the look at who is there.
      link.abort();
    }
  }

  void leave(AcceptedLink link) {
    links.remove(link);
  }

  /** Ends all links, also those to come; completes when all that there are now are over. */
  CompletableFuture<Void> close() {
    isClosed = true;
    List<AcceptedLink> left = List.copyOf(links);
    left.forEach(link -> link.loop().execute(link::abort));
    return CompletableFuture.allOf(
        left.stream().map(AcceptedLink::whenOver).toArray(CompletableFuture<?>[]::new));
  }
}
