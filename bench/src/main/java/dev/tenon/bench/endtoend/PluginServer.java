package dev.tenon.bench.endtoend;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.ServerTls;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Server;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.Executors;

/**
 * What direct mode is compared with: the server of a plugin, with the same TLS, threads and
 * service, and nothing that asks who calls and why. There is no host: it makes the two identities
 * by itself, and lends the caller's to the C program.
 *
 * <p>Prints its address and "ready", and ends with its standard input.
 */
final class PluginServer {
  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("bench.internal"), "plugins");
  private static final Endpoint ANY_PORT = Endpoint.parse("tcp:127.0.0.1:0");

  private final SecureRandom random = new SecureRandom();
  private final EmbeddedAuthority plugins =
      EmbeddedAuthority.create(HOST.trustDomain(), Role.PLUGIN, InstantSource.system(), random);

  private PluginServer() {}

  /** Runs one, whose caller's identity is in the folder {@code args[0]}, which it makes. */
  public static void main(String[] args) throws Exception {
    new PluginServer().run(Path.of(args[0]));
  }

  private void run(Path caller) throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    Access unused =
        Access.lend(
            caller,
            keys.getPrivate(),
            plugins.issue(id("caller"), keys.getPublic()),
            plugins.trustBundle());
    Credentials own = credentials();
    try (Transport transport = Transport.create(TlsProvider.preferred())) {
      Server server =
          transport
              .server(
                  ANY_PORT,
                  new ServerTls(() -> own, ServerTls.ClientAuth.REQUIRED, PeerRule.pluginsOf(HOST)))
              .executor(
                  Executors.newCachedThreadPool(
                      task -> {
                        Thread thread = new Thread(task, "calls");
                        thread.setDaemon(true);
                        return thread;
                      }))
              .addService(new JavaEcho())
              .build()
              .start();
      System.out.println(Transport.boundEndpoint(ANY_PORT, server));
      System.out.println("ready");
      long unusedBytes = System.in.transferTo(OutputStream.nullOutputStream());
      server.shutdownNow();
    }
  }

  private Credentials credentials() throws IssueFailedException, IOException {
    KeyPair keys = CertificateRequest.newKeyPair();
    return Credentials.of(
        keys.getPrivate(), plugins.issue(id("backend"), keys.getPublic()), plugins.trustBundle());
  }

  private SpiffeId.OfPlugin id(String plugin) {
    return new SpiffeId.OfPlugin(HOST, new RuntimeId(plugin + "-0000000000000001"));
  }
}
