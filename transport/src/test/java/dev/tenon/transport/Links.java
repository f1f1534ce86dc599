package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.ITS_PLUGINS;
import static dev.tenon.transport.Connections.PLUGIN;
import static dev.tenon.transport.Connections.THE_HOST;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A host that accepts links, and a plugin that makes them: over real TLS and real sockets. */
final class Links implements AutoCloseable {
  final TestAuthority hosts = new TestAuthority();
  final TestAuthority plugins = new TestAuthority();
  final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
  final Transport serving;
  final Transport calling;

  /** Those that were accepted and not yet asked for. */
  final LinkedBlockingQueue<Taken> accepted = new LinkedBlockingQueue<>();

  /** What became of accepted connections, as a filter sees it. */
  final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();

  /** Who is told in the place of {@link #told}, unless empty. */
  List<ServerTransportFilter> filters = List.of();

  /** Who may connect. */
  Door door = Door.DEFAULT;

  private @Nullable Listening listening;
  private @Nullable Taken last;

  Links(TlsProvider provider) {
    this(
        Connections.patient(provider, TlsFloor.TLS_1_3),
        Connections.patient(provider, TlsFloor.TLS_1_3));
  }

  Links(Transport serving, Transport calling) {
    this.serving = serving;
    this.calling = calling;
  }

  /** Listens; each link that comes is read by what {@code reader} makes for it. */
  Endpoint listen(Endpoint at, Function<Link, ? extends Taken> reader) throws IOException {
    ServerTls tls = new ServerTls(() -> host, ServerTls.ClientAuth.REQUIRED, ITS_PLUGINS);
    Listening made =
        serving.listen(
            at,
            tls,
            door,
            filters.isEmpty() ? List.of(new Told()) : filters,
            link -> {
              Taken taken = reader.apply(link);
              accepted.add(taken);
              return taken;
            });
    listening = made;
    return made.endpoint();
  }

  /** Returns the link that comes next. */
  Taken nextAccepted() throws InterruptedException {
    Taken next = requireNonNull(accepted.poll(60, SECONDS), "link");
    last = next;
    return next;
  }

  /** Returns the link that was asked for last. */
  Taken last() {
    return requireNonNull(last, "link");
  }

  Listening listening() {
    return requireNonNull(listening);
  }

  ClientTls clientTls() {
    return new ClientTls(() -> plugin, THE_HOST, Dns.HOST);
  }

  /** Makes a link, which {@code reader} makes the reader of. */
  <T extends Taken> T connect(Endpoint to, Function<Link, T> reader) throws Exception {
    return connect(to, clientTls(), OptionalInt.empty(), reader);
  }

  <T extends Taken> T connect(
      Endpoint to, ClientTls tls, OptionalInt serverUid, Function<Link, T> reader)
      throws Exception {
    CompletableFuture<T> made = new CompletableFuture<>();
    calling.connect(to, tls, serverUid, calling.loops().get(0), into(made, reader));
    return made.get(60, SECONDS);
  }

  /** Returns who completes {@code made}, once, with what {@code reader} makes of the link. */
  static <T extends Taken> LinkConnector into(CompletableFuture<T> made, Function<Link, T> reader) {
    return new LinkConnector() {
      @Override
      public Link.Receiver connected(Link link) {
        T taken = reader.apply(link);
        if (!made.complete(taken)) {
          throw new AssertionError("told twice");
        }
        return taken;
      }

      @Override
      public void failed(Throwable cause) {
        if (!made.completeExceptionally(cause)) {
          throw new AssertionError("told twice", cause);
        }
      }
    };
  }

  /** Returns why no link can be made. */
  Throwable refusal(Endpoint to, ClientTls tls) throws Exception {
    try {
      connect(to, tls, OptionalInt.empty(), Taken::new);
    } catch (ExecutionException e) {
      return requireNonNull(e.getCause());
    }
    throw new AssertionError("a link (expected: none)");
  }

  @Override
  public void close() {
    if (listening != null) {
      listening.close();
    }
    serving.close();
    calling.close();
  }

  /** Tells the test what a filter is told. */
  private final class Told extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      told.add("ready");
      return attributes;
    }

    @Override
    public void transportTerminated(Attributes attributes) {
      told.add("terminated " + requireNonNull(attributes.get(Peer.KEY)).id().orElseThrow());
    }
  }

  /** A link that a test has taken, and what came of it. */
  static class Taken implements Link.Receiver {
    final Link link;
    private final Queue<String> events = new ConcurrentLinkedQueue<>();
    final CompletableFuture<Void> closed = new CompletableFuture<>();

    Taken(Link link) {
      this.link = link;
    }

    @Override
    public void received(ByteBuffer bytes) {
      link.begun();
      events.add(ISO_8859_1.decode(bytes).toString());
    }

    @Override
    public void readComplete() {}

    @Override
    public void writabilityChanged() {}

    @Override
    public void closed() {
      events.add("[closed]");
      closed.complete(null);
    }

    @Override
    public void goodbye() {
      events.add("[goodbye]");
    }

    @Override
    public void retire() {
      events.add("[retire]");
    }

    /** Returns what was read and told so far. */
    String events() {
      return String.join("", events);
    }

    /** Waits until that is {@code expected}. */
    void awaitEvents(String expected) {
      await().atMost(Duration.ofSeconds(60)).until(this::events, expected::equals);
    }

    /** Sends {@code text}. */
    void send(String text) {
      link.loop()
          .execute(
              () -> {
                link.out(text.length()).put(text.getBytes(ISO_8859_1));
                link.flush();
              });
    }
  }

  /** Sends back what comes. */
  static class Echo extends Taken {
    Echo(Link link) {
      super(link);
    }

    @Override
    public void received(ByteBuffer bytes) {
      link.begun();
      link.agreed();
      link.out(bytes.remaining()).put(bytes);
    }

    @Override
    public void readComplete() {
      link.flush();
    }
  }
}
