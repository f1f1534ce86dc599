package dev.tenon.sdk;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A host as a plugin sees it: three listeners on Unix sockets with real mTLS, and a way to the
 * plugin's own listener. What it answers is in {@link HostAnswers}.
 */
final class FakeHost implements AutoCloseable {
  final TestTrust trust;
  final HostAnswers answers;
  final EchoService data = new EchoService();

  private final Transport transport = Transport.create(TlsProvider.preferred());
  private final Path folder;
  private final Credentials presented;
  private final Deque<ManagedChannel> channels = new ArrayDeque<>();
  private final Server enrol;
  private final Server router;
  private Server control;

  private FakeHost(Path folder, TestTrust trust, Credentials presented) {
    this.folder = folder;
    this.trust = trust;
    this.presented = presented;
    answers = new HostAnswers(trust);
    enrol = start(server("e", ServerTls.ClientAuth.NONE).addService(answers.enrolment()));
    control = start(control());
    router =
        start(
            server("d", ServerTls.ClientAuth.REQUIRED)
                .addService(data)
                .intercept(data.headers())
                .intercept(answers.admission()));
  }

  static FakeHost start(Path folder) {
    TestTrust trust = TestTrust.create();
    return new FakeHost(folder, trust, trust.ofHost());
  }

  /** Returns a host that plugins know as {@code trust} says, and that shows {@code presented}. */
  static FakeHost impostor(Path folder, TestTrust trust, Credentials presented) {
    return new FakeHost(folder, trust, presented);
  }

  Bootstrap bootstrap(String plugin) {
    PluginName name = new PluginName(plugin);
    return new Bootstrap(
        name,
        RuntimeId.of(name, 0xabc),
        endpoint("e"),
        endpoint("c"),
        endpoint("d"),
        Dns.HOST,
        trust.host(),
        trust.hosts().bundle(),
        Token.parse(Token.Kind.ENROLMENT, HostAnswers.newToken(Token.Kind.ENROLMENT)).orElseThrow(),
        Instant.now().plus(Duration.ofSeconds(30)),
        endpoint("s"));
  }

  /** Returns a channel of this host to its plugin. */
  ManagedChannel toPlugin() {
    return toPlugin(trust.ofHost());
  }

  /** Returns a channel of whoever has {@code credentials} to the plugin. */
  ManagedChannel toPlugin(Credentials credentials) {
    ClientTls tls = new ClientTls(() -> credentials, PeerRule.pluginsOf(trust.host()), Dns.PLUGIN);
    ManagedChannel channel = transport.channel(endpoint("s"), tls).build();
    channels.push(channel);
    return channel;
  }

  /** Closes the control listener and its connections. */
  void stopControl() {
    stop(control);
  }

  /** Closes the control listener and its connections, and opens it again. */
  void dropControl() {
    stop(control);
    control = start(control());
  }

  private ServerBuilder<?> control() {
    ServerBuilder<?> server =
        server("c", ServerTls.ClientAuth.REQUIRED).intercept(answers.headers());
    for (ServerServiceDefinition service : answers.control()) {
      server.addService(service);
    }
    return server;
  }

  private ServerBuilder<?> server(String name, ServerTls.ClientAuth clientAuth) {
    return transport.server(
        endpoint(name),
        new ServerTls(() -> presented, clientAuth, PeerRule.pluginsOf(trust.host())));
  }

  private Endpoint endpoint(String name) {
    return new Endpoint.Unix(folder.resolve(name));
  }

  private static Server start(ServerBuilder<?> server) {
    try {
      return server.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void stop(Server server) {
    try {
      server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
      Files.deleteIfExists(folder.resolve("c"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    List.of(enrol, control, router).forEach(this::stop);
    transport.close();
  }
}
