package dev.tenon.cli;

import dev.tenon.transport.AdminFile;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.AdminGrpc;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A connection to the one host that an administrator's file names. */
final class AdminConnection implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Beyond the limits that a host has for its plugins. */
  private static final Duration CHANGE = Duration.ofMinutes(10);

  private final Transport transport;
  private final ManagedChannel channel;

  private AdminConnection(Transport transport, ManagedChannel channel) {
    this.transport = transport;
    this.channel = channel;
  }

  static AdminConnection open(AdminFile file) {
    Transport transport = Transport.create(TlsProvider.preferred());
    ClientTls tls =
        new ClientTls(file::credentials, PeerRule.exactly(file.hostId()), file.serverName());
    return new AdminConnection(transport, transport.channel(file.control(), tls).build());
  }

  /** Returns a stub whose next call has 30 s. */
  AdminGrpc.AdminBlockingStub stub() {
    return stub(Duration.ZERO);
  }

  /** Returns a stub whose next call has 30 s beside {@code more}. */
  AdminGrpc.AdminBlockingStub stub(Duration more) {
    return AdminGrpc.newBlockingStub(channel)
        .withDeadlineAfter(LIMIT.plus(more).toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Returns a stub whose next call has as long as a plugin may take to come and to go. */
  AdminGrpc.AdminBlockingStub changes() {
    return stub(CHANGE);
  }

  /** Returns a stub whose calls last until one side ends them. */
  AdminGrpc.AdminBlockingStub lasting() {
    return AdminGrpc.newBlockingStub(channel);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    transport.close();
  }
}
