package dev.tenon.host;

import dev.tenon.core.AdminName;
import dev.tenon.core.RefusedException;
import dev.tenon.host.launch.SecretFile;
import dev.tenon.transport.AdminFile;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files by which administrators are who they are: one each, in a folder of the host's user,
 * replaced when its certificate is half worn or the host has another authority, and deleted with
 * the host. Thread-safe.
 */
final class AdminFiles implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());
  private static final Duration CHECK = Duration.ofSeconds(30);

  private final Planes planes;
  private final Path folder;

  /*
   * `written` is guarded by `this`, which is held while a file is written: by the start, by the one
   * thread that checks, by who revokes, and by the end. Nobody who decides or serves takes it.
   */
  private final Map<AdminName, Written> written = new HashMap<>();

  /** When a file is to be replaced, and whom it trusts. */
  private record Written(Instant renewAt, List<X509Certificate> trustBundle) {}

  private AdminFiles(Planes planes) {
    this.planes = planes;
    this.folder = planes.places().admins();
  }

  /**
   * Writes the files of {@code names}, and deletes what an earlier host has left.
   *
   * @throws IOException if one cannot be written, or others can look into the folder
   * @throws RefusedException if a certificate is not issued, or cannot be recorded
   */
  static AdminFiles open(Planes planes, Set<AdminName> names) throws IOException, RefusedException {
    AdminFiles files = new AdminFiles(planes);
    files.clear();
    if (!names.isEmpty()) {
      OwnedDirectory.makePrivate(files.folder);
      for (AdminName name : names) {
        files.write(name);
      }
      planes.threads().every(CHECK, () -> planes.threads().lines().execute(files::check));
    }
    return files;
  }

  Path of(AdminName name) {
    return folder.resolve(name + ".json");
  }

  private synchronized void write(AdminName name) throws IOException, RefusedException {
    List<X509Certificate> bundle = planes.trust().bundleForPlugins();
    Credentials credentials = planes.admins().issue(name, bundle);
    X509Certificate leaf = credentials.chain().get(0);
    Instant from = leaf.getNotBefore().toInstant();
    Instant until = leaf.getNotAfter().toInstant();
    AdminFile file =
        new AdminFile(
            name,
            planes.addresses().control(),
            Dns.HOST,
            planes.identity().id(),
            credentials,
            until);
    new SecretFile(of(name)).write(file.toJsonLine());
    Instant half = from.plus(Duration.between(from, until).dividedBy(2));
    written.put(name, new Written(half, bundle));
  }

  /** Replaces the files that are half worn. */
  synchronized void check() {
    for (AdminName name : Set.copyOf(written.keySet())) {
      Written last = written.get(name);
      boolean isFresh =
          last != null
              && planes.clock().instant().isBefore(last.renewAt())
              && last.trustBundle().equals(planes.trust().bundleForPlugins());
      if (!isFresh) {
        try {
          write(name);
        } catch (IOException | RefusedException | RuntimeException e) {
          LOG.log(Level.WARNING, "the file of administrator {0} is not replaced: {1}", name, e);
        }
      }
    }
  }

  /** Deletes the file of {@code name}, who is no administrator any more. */
  synchronized void delete(AdminName name) throws IOException {
    written.remove(name);
    new SecretFile(of(name)).delete();
  }

  private void clear() throws IOException {
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*.json")) {
        for (Path file : left) {
          Files.delete(file);
        }
      }
    }
  }

  @Override
  public synchronized void close() throws IOException {
    written.clear();
    clear();
  }
}
