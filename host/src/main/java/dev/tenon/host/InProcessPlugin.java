package dev.tenon.host;

import dev.tenon.core.RefusedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.router.DirectServices;
import dev.tenon.router.RelayedCaller;
import dev.tenon.router.ServiceThreads;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.AnonymousInProcessSocketAddress;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One run of a plugin inside the host: a server without a name or an address, on threads of its
 * own, so that neither slow nor blocking code holds up the router; and beside it those services
 * that never block, as their author says. Thread-safe.
 */
final class InProcessPlugin implements LaunchedPlugin {
  private static final int THREADS = 16;
  private static final int MAX_WAITING = 1_000;

  /*
   * `server` and `ending` are written under `this`, so that no server starts once the end has begun.
   */
  private final AnonymousInProcessSocketAddress address = new AnonymousInProcessSocketAddress();
  private final ServiceThreads threads = new ServiceThreads(THREADS, MAX_WAITING);
  private final DirectServices direct = new DirectServices();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private final SpiffeId.OfHost host;
  private @Nullable Server server;
  private @Nullable Thread starting;
  private boolean ending;

  /** What makes a plugin's services and what follows once they are served. */
  interface Start {
    /** Returns the services; runs code of the plugin's author, and may wait. */
    List<ServerServiceDefinition> services() throws RefusedException, InterruptedException;

    /** Returns whether the methods of {@code service}, one of them, never block. */
    boolean isNonBlocking(ServerServiceDefinition service);

    /** Goes on once the services can be called. */
    void served() throws RefusedException;

    /** Takes that the start failed. */
    void failed(String why);
  }

  /** Makes a plugin inside {@code host}, which is not started yet. */
  InProcessPlugin(SpiffeId.OfHost host) {
    this.host = host;
  }

  /** Returns a new channel to the plugin; it works once its services are served. */
  ManagedChannel channel() {
    return InProcessChannelBuilder.forAddress(address).directExecutor().intercept(threads).build();
  }

  /**
   * Returns what of its services is called without a channel, nothing until they are served.
   * Whoever calls closes it, with the channels.
   */
  DirectServices direct() {
    return direct;
  }

  /** Starts on a thread called {@code name} and returns at once. */
  void start(String name, Start start) {
    Thread thread = new Thread(() -> run(start), name);
    thread.setDaemon(true);
    synchronized (this) {
      starting = thread;
    }
    thread.start();
  }

  /* Whatever the plugin's own code throws, an error too, ends the plugin and not the host. */
  private void run(Start start) {
    try {
      List<ServerServiceDefinition> services = start.services();
      direct.serve(services.stream().filter(start::isNonBlocking).toList());
      if (serve(services)) {
        start.served();
      }
    } catch (InterruptedException e) {
      start.failed("was interrupted while it started");
    } catch (RefusedException | RuntimeException | LinkageError | AssertionError e) {
      start.failed(String.valueOf(e.getMessage()));
    }
  }

  private synchronized boolean serve(List<ServerServiceDefinition> services) {
    starting = null;
    if (ending) {
      return false;
    }
    InProcessServerBuilder building =
        InProcessServerBuilder.forAddress(address)
            .executor(threads)
            .intercept(new RelayedCaller(host));
    services.forEach(building::addService);
    try {
      server = building.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException("in-process server", e);
    }
    return true;
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }

  @Override
  public CompletableFuture<Integer> exit() {
    return exit.copy();
  }

  @Override
  public boolean owns(long pid) {
    return false;
  }

  @Override
  public void rebootstrap(String bootstrapLine) {
    // It has no token, and needs none.
  }

  /** Lets no new call in and ends when none is left. */
  @Override
  public void terminate() {
    Optional<Server> draining = end();
    draining.ifPresent(Server::shutdown);
    Thread waiter = new Thread(() -> awaitEnd(draining), "tenon-plugin-end");
    waiter.setDaemon(true);
    waiter.start();
  }

  private void awaitEnd(Optional<Server> draining) {
    try {
      if (draining.isPresent()) {
        draining.get().awaitTermination();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.close();
    exit.complete(0);
  }

  private synchronized Optional<Server> end() {
    ending = true;
    if (starting != null) {
      starting.interrupt();
    }
    return Optional.ofNullable(server);
  }

  @Override
  public void kill() {
    end().ifPresent(Server::shutdownNow);
    threads.close();
    exit.complete(137); // 128 + SIGKILL, as a process would end
  }

  @Override
  public List<String> lastOutput() {
    return List.of();
  }
}
