package dev.tenon.host;

import dev.tenon.core.AdminName;
import dev.tenon.transport.AdminFile;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.AdminGrpc;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** An administrator that the test plays, with the file that the host wrote for it. */
public final class AdminClient implements AutoCloseable {
  final AdminFile file;
  private final Transport transport;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final ManagedChannel channel;

  private AdminClient(AdminFile file, InstantSource clock) {
    this.file = file;
    transport = Transport.create(TlsProvider.preferred(), clock);
    channel = connect(file.control(), file.credentials());
  }

  static AdminClient of(TestHost host, String name) throws IOException {
    return of(host.host(), name, host.clock);
  }

  /** Returns the administrator {@code name} of {@code host}. */
  public static AdminClient of(PluginHost host, String name) throws IOException {
    return of(host, name, InstantSource.system());
  }

  private static AdminClient of(PluginHost host, String name, InstantSource clock)
      throws IOException {
    Path file = host.admins().file(new AdminName(name));
    return new AdminClient(AdminFile.parse(Files.readAllBytes(file)), clock);
  }

  /** Connects to {@code to} with {@code with}, expecting the host there. */
  ManagedChannel connect(Endpoint to, Credentials with) {
    ClientTls tls = new ClientTls(() -> with, PeerRule.exactly(file.hostId()), file.serverName());
    ManagedChannel made = transport.channel(to, tls).build();
    channels.add(made);
    return made;
  }

  /** Returns the one connection with the file's own certificate. */
  public ManagedChannel channel() {
    return channel;
  }

  /** Returns a stub whose next call has a minute. */
  public AdminGrpc.AdminBlockingStub stub() {
    return RawPlugin.deadline(AdminGrpc.newBlockingStub(channel));
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    transport.close();
  }
}
