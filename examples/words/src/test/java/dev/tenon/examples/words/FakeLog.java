package dev.tenon.examples.words;

import dev.tenon.v1.log.LogGrpc;
import dev.tenon.v1.log.LogRecord;
import dev.tenon.v1.log.LogWritten;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A host's log that a test reads, or breaks. */
final class FakeLog extends LogGrpc.LogImplBase {
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();
  volatile boolean broken;

  List<String> lines() {
    return records.stream()
        .map(line -> line.getLevel().name().replace("LOG_LEVEL_", "") + " " + line.getMessage())
        .toList();
  }

  @Override
  public void write(LogRecord line, StreamObserver<LogWritten> answer) {
    if (broken) {
      answer.onError(Status.UNAVAILABLE.asException());
      return;
    }
    records.add(line);
    answer.onNext(LogWritten.getDefaultInstance());
    answer.onCompleted();
  }
}
