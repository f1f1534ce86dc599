package dev.tenon.transport;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The file of a listening Unix socket: in a directory that is ours alone, in the place of no living
 * server, and with mode 0600.
 *
 * <p>The mode is set after the bind, since a socket cannot be bound with one. Nobody gains from the
 * moment in between: the directory lets no other user through.
 */
final class SocketFile extends ChannelOutboundHandlerAdapter {
  private static final Set<PosixFilePermission> DIRECTORY_MODE =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE_MODE =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;

  SocketFile(Path path) {
    this.path = path;
  }

  /**
   * Checks the directory that {@code path} is in.
   *
   * @throws IllegalStateException if it is missing, a link, of another user, or open to others
   */
  static void requirePrivateDirectory(Path path, int ownUid) {
    Path directory = path.resolveSibling(".").normalize();
    try {
      PosixFileAttributes attributes =
          Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      int owner = (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      if (!attributes.isDirectory()
          || owner != ownUid
          || !attributes.permissions().equals(DIRECTORY_MODE)) {
        throw new IllegalStateException(
            "socket directory: "
                + directory
                + " with mode "
                + PosixFilePermissions.toString(attributes.permissions())
                + " of uid "
                + owner
                + " (expected: a directory with mode rwx------ of uid "
                + ownUid
                + ")");
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "socket directory: " + directory + " cannot be read (expected: a private directory)", e);
    }
  }

  @Override
  public void bind(ChannelHandlerContext ctx, SocketAddress address, ChannelPromise promise) {
    try {
      removeStale();
    } catch (IOException e) {
      promise.setFailure(e);
      return;
    }
    ChannelPromise bound = ctx.newPromise();
    bound.addListener(
        done -> {
          if (!done.isSuccess()) {
            promise.setFailure(done.cause());
            return;
          }
          try {
            Files.setPosixFilePermissions(path, FILE_MODE);
            promise.setSuccess();
          } catch (IOException e) {
            promise.setFailure(e);
          }
        });
    ChannelFuture unused = ctx.bind(address, bound);
  }

  private void removeStale() throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .isOther()) {
      throw new BindException(path + " is not a socket (expected: a socket or nothing)");
    }
    if (isLive()) {
      throw new BindException(path + " is in use by a living server (expected: a free path)");
    }
    Files.deleteIfExists(path);
  }

  /** Returns whether somebody listens; a full queue of connections is somebody too. */
  private boolean isLive() throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false);
      probe.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException refused) {
      return false;
    }
  }
}
