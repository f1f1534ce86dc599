package dev.tenon.host;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.tenon.core.RuntimeId;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The directories of runs, one each, mode 0700: where a plugin's server listens and, for a plugin
 * that sees no other, the host's sockets too. Thread-safe.
 *
 * <p>A plugin of another user owns its directory, so what is in there is taken for anything: it is
 * deleted without following a link, entry by entry of directories that are held open.
 */
final class RunDirectories {
  private static final System.Logger LOG = System.getLogger(RunDirectories.class.getName());

  /** A socket as other users may connect to it, which a directory of mode 0700 keeps them from. */
  private static final Set<PosixFilePermission> CONNECTABLE =
      PosixFilePermissions.fromString("rw-rw-rw-");

  /** How deep a plugin's own folders may be to go with their run; deeper ones go with the host. */
  private static final int MAX_DEPTH = 16;

  private static final int OTHERS_PASS = 00001; // of a directory's mode, as in stat(2)
  private static final int PERMISSIONS = 07777;

  private final Path parent;

  /** Names the directory of all of them, which exists. */
  RunDirectories(Path parent) {
    this.parent = parent;
  }

  /** Makes the directory of {@code run}. */
  Path make(RuntimeId run) throws IOException {
    return Files.createDirectory(
        of(run),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private Path of(RuntimeId run) {
    return parent.resolve(run.value());
  }

  /** Puts the host's sockets into the directory of {@code run}, and returns them there. */
  Planes.Addresses link(RuntimeId run, Planes.Addresses host) throws IOException {
    return new Planes.Addresses(
        link(run, "e", host.enrol()), link(run, "c", host.control()), link(run, "d", host.data()));
  }

  private Endpoint link(RuntimeId run, String name, Endpoint endpoint) throws IOException {
    if (!(endpoint instanceof Endpoint.Unix unix)) {
      return endpoint;
    }
    return new Endpoint.Unix(Files.createLink(of(run).resolve(name), unix.path()));
  }

  /**
   * Gives the directory of {@code run} to {@code uid}, who may connect to the sockets in it.
   *
   * @throws IOException if the host may not give it away
   */
  void give(RuntimeId run, int uid, Planes.Addresses linked) throws IOException {
    for (Endpoint endpoint : List.of(linked.enrol(), linked.control(), linked.data())) {
      if (endpoint instanceof Endpoint.Unix unix) {
        Files.setPosixFilePermissions(unix.path(), CONNECTABLE);
      }
    }
    giveAway(of(run), uid);
  }

  /** Makes {@code uid}, and the group of that number, the owner of a directory of the host's. */
  static void giveAway(Path directory, int uid) throws IOException {
    Files.setAttribute(directory, "unix:gid", uid, NOFOLLOW_LINKS);
    Files.setAttribute(directory, "unix:uid", uid, NOFOLLOW_LINKS);
  }

  /**
   * Lets other users pass through {@code own}, which are the host's, and checks that they can pass
   * through all that is above the last of them. Nobody can list them, or read what is in them.
   *
   * @throws IOException if they cannot
   */
  static void letPass(List<Path> own) throws IOException {
    for (Path directory : own) {
      int mode = (int) Files.getAttribute(directory, "unix:mode") & PERMISSIONS;
      if ((mode & OTHERS_PASS) == 0) {
        Files.setAttribute(directory, "unix:mode", mode | OTHERS_PASS);
      }
    }
    for (Path above = own.get(0).toRealPath(); above != null; above = above.getParent()) {
      if (((int) Files.getAttribute(above, "unix:mode") & OTHERS_PASS) == 0) {
        throw new IOException(
            above
                + ": closed to other users (expected: mode o+x, on the way to "
                + own.get(0)
                + "; or isolation = \"sandbox\")");
      }
    }
  }

  /** Deletes the directory of a run that has ended, if it has one. Idempotent. */
  void delete(RuntimeId run) {
    Path directory = of(run);
    try (DirectoryStream<Path> opened = Files.newDirectoryStream(directory)) {
      if (opened instanceof SecureDirectoryStream<Path> entries) {
        empty(entries, MAX_DEPTH);
      }
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      if (Files.exists(directory, NOFOLLOW_LINKS)) {
        LOG.log(Level.DEBUG, "{0} is left until the host ends: {1}", directory, e.getMessage());
      }
    }
  }

  private static void empty(SecureDirectoryStream<Path> entries, int depth) throws IOException {
    List<Path> names = new ArrayList<>();
    entries.forEach(entry -> names.add(entry.getFileName()));
    for (Path name : names) {
      boolean isDirectory =
          entries
              .getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS)
              .readAttributes()
              .isDirectory();
      if (!isDirectory) {
        entries.deleteFile(name);
      } else if (depth > 0) {
        try (SecureDirectoryStream<Path> below = entries.newDirectoryStream(name, NOFOLLOW_LINKS)) {
          empty(below, depth - 1);
        }
        entries.deleteDirectory(name);
      }
    }
  }
}
