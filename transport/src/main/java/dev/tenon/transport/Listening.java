package dev.tenon.transport;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;

/** A server that accepts links, from {@link Transport#listen} to {@link #close}. Thread-safe. */
public final class Listening implements AutoCloseable {
  private static final long CLOSE_TIMEOUT_SECONDS = 5;

  private final Channel server;
  private final Endpoint endpoint;
  private final Reception reception;

  Listening(Channel server, Endpoint asked, Reception reception) {
    this.server = server;
    this.endpoint =
        asked instanceof Endpoint.Tcp tcp && server.localAddress() instanceof InetSocketAddress to
            ? new Endpoint.Tcp(tcp.host(), to.getPort())
            : asked;
    this.reception = reception;
  }

  /** Returns where it listens; where port 0 was asked for, with the port that the system chose. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /**
   * Stops accepting, ends all connections at once, and waits until everybody who reads them knows
   * it, for at most 5 s. Not to be called on a loop. Idempotent.
   */
  @Override
  public void close() {
    CompletableFuture<Void> deaf = new CompletableFuture<>();
    ChannelFuture unused = server.close().addListener(closed -> deaf.complete(null));
    try {
      deaf.get(CLOSE_TIMEOUT_SECONDS, SECONDS);
      reception.close().get(CLOSE_TIMEOUT_SECONDS, SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException | ExecutionException | RejectedExecutionException e) {
      // The loops are busy with something else, or have ended: no reader is left to be told.
    }
  }
}
