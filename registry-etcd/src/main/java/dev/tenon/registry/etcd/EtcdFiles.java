package dev.tenon.registry.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.registry.etcd.EtcdSettings.ClientKey;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** The files that a connection to etcd is made with; read anew for each connection. */
final class EtcdFiles {
  private static final int MAX_BYTES = 64 * 1024;

  private EtcdFiles() {}

  /**
   * Returns what to connect to {@code endpoint} with.
   *
   * @throws EtcdFailedException if a file cannot be used
   */
  static ChannelCredentials credentials(URI endpoint, EtcdSettings settings)
      throws EtcdFailedException {
    if ("http".equals(endpoint.getScheme())) {
      return InsecureChannelCredentials.create(); // EtcdSettings: on the loopback interface alone.
    }
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
    try {
      if (settings.trusted().isPresent()) {
        tls.trustManager(settings.trusted().get().toFile());
      }
      if (settings.client().isPresent()) {
        ClientKey client = settings.client().get();
        requirePrivate(client.key());
        tls.keyManager(client.certificate().toFile(), client.key().toFile());
      }
      return tls.build();
    } catch (IOException e) {
      throw new EtcdFailedException("etcd: a file of TLS: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the first line of {@code file}.
   *
   * @throws EtcdFailedException if it cannot be read, or others can read it
   */
  static String password(Path file) throws EtcdFailedException {
    try {
      requirePrivate(file);
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException(file + ": too long (expected: one line)");
      }
      return Files.readString(file, UTF_8).lines().findFirst().orElse("");
    } catch (IOException e) {
      throw new EtcdFailedException("etcd: the password's file: " + e.getMessage(), e);
    }
  }

  private static void requirePrivate(Path file) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (view == null) {
      return; // No such permissions here: the system's own decide.
    }
    Set<PosixFilePermission> permissions = view.readAttributes().permissions();
    for (PosixFilePermission permission : permissions) {
      if (!permission.name().startsWith("OWNER_")) {
        throw new IOException(
            file + ": open to others (expected: mode 0600, because it holds a secret)");
      }
    }
  }
}
