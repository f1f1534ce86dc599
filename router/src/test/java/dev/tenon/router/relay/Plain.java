package dev.tenon.router.relay;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Door;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.Listening;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.Status;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A relay between a caller and a provider of grpc-java, over mTLS; every call goes through. */
final class Plain implements AutoCloseable {
  private static final int MOST_BYTES = 16 * 1024 * 1024;
  private static final Endpoint ANY = Endpoint.parse("tcp:127.0.0.1:0");
  private static final TrustDomain DOMAIN = new TrustDomain("test.example");
  private static final SpiffeId.OfHost HOST = new SpiffeId.OfHost(DOMAIN, "h1");
  private static final SpiffeId.OfPlugin CALLER =
      new SpiffeId.OfPlugin(HOST, new RuntimeId("caller-000000000000000a"));
  private static final SpiffeId.OfPlugin PROVIDER =
      new SpiffeId.OfPlugin(HOST, new RuntimeId("words-0000000000000001"));

  final List<String> told = new CopyOnWriteArrayList<>();
  final AtomicInteger begun = new AtomicInteger();
  final Transport transport = Transport.create(TlsProvider.preferred());
  final RelayLoops loops = new RelayLoops();
  final WireBackend backend;

  /** Where nobody listens. */
  final WireBackend nowhere;

  /** Where calls are forwarded at first, and whether they go on to the provider from there. */
  volatile WireBackend first;

  volatile boolean goesOn = true;
  private final EmbeddedAuthority hosts =
      EmbeddedAuthority.create(DOMAIN, Role.HOST, InstantSource.system(), new SecureRandom());
  private final EmbeddedAuthority plugins =
      EmbeddedAuthority.create(DOMAIN, Role.PLUGIN, InstantSource.system(), new SecureRandom());
  private final Credentials hostCredentials;
  private final Server server;
  private final Listening listening;
  private final List<ManagedChannel> channels = new ArrayList<>();

  Plain(BindableService provider) throws Exception {
    this(provider, server -> server);
  }

  Plain(BindableService provider, UnaryOperator<ServerBuilder<?>> setUp) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    hostCredentials =
        Credentials.of(
            keys.getPrivate(), hosts.issue(HOST, keys.getPublic()), plugins.trustBundle());
    Credentials own = plugin(PROVIDER);
    server =
        setUp
            .apply(
                transport.server(
                    ANY,
                    new ServerTls(() -> own, ServerTls.ClientAuth.REQUIRED, PeerRule.exactly(HOST)),
                    Door.OF_ONE_PEER))
            .addService(provider)
            .build()
            .start();
    backend =
        new WireBackend(
            transport,
            Transport.boundEndpoint(ANY, server),
            new ClientTls(() -> hostCredentials, PeerRule.exactly(PROVIDER), Dns.PLUGIN),
            OptionalInt.empty(),
            loops);
    nowhere =
        new WireBackend(
            transport,
            Endpoint.parse("tcp:127.0.0.1:1"),
            new ClientTls(() -> hostCredentials, PeerRule.exactly(PROVIDER), Dns.PLUGIN),
            OptionalInt.empty(),
            loops);
    first = backend;
    listening =
        transport.listen(
            ANY,
            new ServerTls(
                () -> hostCredentials, ServerTls.ClientAuth.REQUIRED, PeerRule.pluginsOf(HOST)),
            Door.DEFAULT,
            List.of(),
            new WireFront(
                new Through(),
                loops,
                new WireFront.Limits(
                    100,
                    16 * 1024 * 1024,
                    Duration.ofHours(1),
                    Duration.ofHours(1),
                    Duration.ofHours(1))));
  }

  private Credentials plugin(SpiffeId.OfPlugin id) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    return Credentials.of(
        keys.getPrivate(), plugins.issue(id, keys.getPublic()), hosts.trustBundle());
  }

  Endpoint front() {
    return listening.endpoint();
  }

  /** Connects a caller. */
  ManagedChannel caller() throws Exception {
    Credentials own = plugin(CALLER);
    ManagedChannel channel =
        transport
            .channel(
                listening.endpoint(), new ClientTls(() -> own, PeerRule.exactly(HOST), Dns.HOST))
            .build();
    channels.add(channel);
    return channel;
  }

  /** Ends the connection of a caller that has no calls. */
  void end(ManagedChannel caller) throws InterruptedException {
    channels.remove(caller);
    if (!caller.shutdownNow().awaitTermination(30, TimeUnit.SECONDS)) {
      throw new AssertionError("a channel that does not end");
    }
  }

  void killProvider() {
    try {
      server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    backend.close();
    nowhere.close();
    listening.close();
    killProvider();
    transport.close();
  }

  private final class Through implements CallHandler {
    @Override
    public CallWatch begin(WireCall call) {
      begun.incrementAndGet();
      call.forward(first, List.of(), MOST_BYTES);
      return new Watch(call);
    }

    @Override
    public boolean passes(String name) {
      return !name.equals("user-agent");
    }
  }

  private final class Watch implements CallWatch {
    private final WireCall call;

    Watch(WireCall call) {
      this.call = call;
    }

    @Override
    public boolean unsent() {
      told.add("unsent");
      if (goesOn) {
        call.forward(backend, List.of(), MOST_BYTES);
      }
      return goesOn;
    }

    @Override
    public void cancelled() {
      told.add("cancelled");
    }

    @Override
    public @Nullable CompletableFuture<?> ending(Status status) {
      told.add(status.getCode().name());
      return null;
    }

    @Override
    public void over() {
      told.add("over");
    }
  }
}
