package dev.tenon.examples.rogue;

import dev.tenon.examples.rogue.v1.AttemptRequest;
import dev.tenon.examples.rogue.v1.AttemptResponse;
import dev.tenon.examples.rogue.v1.HandOverRequest;
import dev.tenon.examples.rogue.v1.HandOverResponse;
import dev.tenon.examples.rogue.v1.ReportGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The one service that the rogue may provide, by which it tells what it got. */
final class ReportService extends ReportGrpc.ReportImplBase {
  private static final String SUFFIX = ".token";

  private final Foothold foothold;
  private final Path shared;

  /** Makes the service of a run that shares the directory {@code shared} with another. */
  ReportService(Foothold foothold, Path shared) {
    this.foothold = foothold;
    this.shared = shared;
  }

  @Override
  public void handOver(HandOverRequest request, StreamObserver<HandOverResponse> answer) {
    try {
      Path file = shared.resolve(ownName());
      Files.deleteIfExists(file);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, foothold.token);
      answer.onNext(HandOverResponse.getDefaultInstance());
      answer.onCompleted();
    } catch (IOException e) {
      answer.onError(Status.INTERNAL.withDescription("no file").withCause(e).asException());
    }
  }

  @Override
  public void attempt(AttemptRequest request, StreamObserver<AttemptResponse> answer) {
    try {
      Attempts attempts = new Attempts(foothold, Neighbours.of(foothold.bootstrap.listen()));
      answer.onNext(
          AttemptResponse.newBuilder().addAllOutcomes(attempts.make(takeHanded())).build());
      answer.onCompleted();
    } catch (IOException e) {
      answer.onError(Status.INTERNAL.withDescription("no file").withCause(e).asException());
    }
  }

  /** Returns the token that the other run left, and removes its file; empty if there is none. */
  private String takeHanded() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(shared, "*" + SUFFIX)) {
      for (Path file : files) {
        if (!file.endsWith(ownName())) {
          String token = Files.readString(file);
          Files.delete(file);
          return token;
        }
      }
    }
    return "";
  }

  private String ownName() {
    return foothold.bootstrap.runtimeId() + SUFFIX;
  }
}
