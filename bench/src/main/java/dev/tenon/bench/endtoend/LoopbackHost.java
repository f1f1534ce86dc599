package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.host.HostLimits;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.EnrolResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A host in this JVM, on TCP over loopback and without limits on enrolments, that waits for remote
 * plugins which are nothing but their enrolment. Thread-safe.
 */
public final class LoopbackHost implements AutoCloseable {
  private static final String ANY_PORT = "tcp:127.0.0.1:0";
  private static final Rate MOST = new Rate(Rates.MOST, Rates.MOST);

  private final Path folder;
  private final PluginHost host;
  private final Transport transport;

  private LoopbackHost(Path folder, PluginHost host) {
    this.folder = folder;
    this.host = host;
    this.transport = Transport.create(TlsProvider.preferred());
  }

  /**
   * Starts one that waits for {@code plugins} plugins.
   *
   * @throws IOException if it does not start
   */
  public static LoopbackHost start(int plugins) throws IOException {
    Path folder = Files.createTempDirectory("tenon-bench", Private.FOLDER);
    for (int i = 0; i < plugins; i++) {
      Path home = Files.createDirectories(folder.resolve("plugins").resolve(name(i)));
      Files.writeString(home.resolve("plugin.toml"), definition(i, file(folder, i)));
    }
    try {
      return new LoopbackHost(folder, start(folder));
    } catch (HostStartException e) {
      Folders.delete(folder);
      throw new IOException(e);
    }
  }

  private static PluginHost start(Path folder) throws HostStartException {
    return PluginHost.builder()
        .required("*")
        .plugins(folder.resolve("plugins"))
        .state(folder.resolve("state"))
        .run(folder.resolve("run"))
        .enrolListen(ANY_PORT)
        .controlListen(ANY_PORT)
        .dataListen(ANY_PORT)
        .limits(HostLimits.DEFAULT.with(Limited.CONNECT, MOST).with(Limited.ENROL, MOST))
        .start();
  }

  private static String name(int plugin) {
    return "plugin-" + plugin;
  }

  private static Path file(Path folder, int plugin) {
    return folder.resolve(name(plugin) + ".bootstrap");
  }

  private static String definition(int plugin, Path bootstrap) {
    return """
    name = "%s"
    version = "1.0.0"
    launch = "remote"
    bootstrap = "%s"
    listen = "tcp:127.0.0.1:1"
    """
        .formatted(name(plugin), bootstrap);
  }

  /**
   * Enrols plugin {@code plugin}: a new key, a request signed with it, a handshake, the call, and
   * the host's records on disk. Once for each.
   */
  public void enrol(int plugin) throws IOException {
    EnrolResponse unused = enrolWith(bootstrap(plugin));
  }

  /**
   * Tries to enrol with {@code spent}: after a handshake like any other it is refused.
   *
   * @throws IllegalStateException if it is not refused
   */
  public void enrolInVain(Bootstrap spent) {
    try {
      EnrolResponse unused = enrolWith(spent);
    } catch (StatusRuntimeException refused) {
      return;
    }
    throw new IllegalStateException("enrolment: accepted (expected: refused)");
  }

  private EnrolResponse enrolWith(Bootstrap bootstrap) {
    return Enrolment.enrol(transport, bootstrap, CertificateRequest.newKeyPair());
  }

  /** Reads what {@code plugin} was offered at this moment. */
  public Bootstrap bootstrap(int plugin) throws IOException {
    String line = Files.readString(file(folder, plugin), US_ASCII);
    return Bootstrap.parse(line.strip().getBytes(US_ASCII));
  }

  @Override
  public void close() throws IOException {
    transport.close();
    host.close();
    Folders.delete(folder);
  }
}
