package dev.tenon.examples.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.tenon.examples.files.v1.Chunk;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.files.v1.ReadRequest;
import dev.tenon.examples.host.v1.ListRequest;
import dev.tenon.examples.host.v1.ListingGrpc.ListingBlockingStub;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reads files for other plugins: those that the host lists at the moment of the call. Thread-safe.
 *
 * <p>A path is served only if the host lists exactly that text and it is the real path of a regular
 * file. So neither {@code ..} nor a symbolic link leads out of the list, even if the list has such
 * an entry. What is refused is refused with one text: a caller learns nothing about other files.
 */
final class FilesService extends FilesGrpc.FilesImplBase {
  private static final Logger LOG = System.getLogger(FilesService.class.getName());

  private final ListingBlockingStub listing;

  FilesService(ListingBlockingStub listing) {
    this.listing = listing;
  }

  @Override
  public void read(ReadRequest request, StreamObserver<Chunk> answers) {
    ServerCallStreamObserver<Chunk> call = (ServerCallStreamObserver<Chunk>) answers;
    try {
      FileStream.start(open(request.getPath()), call);
    } catch (StatusException e) {
      call.onError(e);
    }
  }

  private InputStream open(String path) throws StatusException {
    if (!isListed(path)) {
      throw notListed();
    }
    try {
      Path file = Path.of(path);
      if (!isRealPath(path, file) || !isRegularFile(file)) {
        throw notListed();
      }
      return Files.newInputStream(file, NOFOLLOW_LINKS);
    } catch (InvalidPathException e) {
      throw notListed();
    } catch (NoSuchFileException e) {
      throw Status.NOT_FOUND.withDescription("no such file").asException();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot open a listed file", e);
      throw Status.INTERNAL.withDescription("reading failed").asException();
    }
  }

  private boolean isListed(String path) throws StatusException {
    try {
      return listing.list(ListRequest.getDefaultInstance()).getPathsList().contains(path);
    } catch (StatusRuntimeException e) {
      LOG.log(Level.WARNING, "cannot ask the host for its list", e);
      throw Status.UNAVAILABLE.withDescription("the host's list cannot be had").asException();
    }
  }

  /** Returns whether {@code text} is how {@code file} is named when every link is followed. */
  private static boolean isRealPath(String text, Path file) throws IOException {
    for (Path segment : file) {
      if (segment.toString().equals("..")) { // before the disk is asked about any part of it
        return false;
      }
    }
    return file.toRealPath().toString().equals(text);
  }

  private static boolean isRegularFile(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS).isRegularFile();
  }

  private static StatusException notListed() {
    return Status.PERMISSION_DENIED.withDescription("not listed").asException();
  }
}
