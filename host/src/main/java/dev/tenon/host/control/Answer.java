package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;

/** Answers one unary control call: the response, or the status of its refusal. */
final class Answer {
  private static final System.Logger LOG = System.getLogger(Answer.class.getName());

  /** What a control call does. */
  @FunctionalInterface
  interface Work<R> {
    R run() throws RefusedException;
  }

  private Answer() {}

  static <R> void with(StreamObserver<R> observer, Work<R> work) {
    R response;
    try {
      response = work.run();
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "control call failed", e);
      observer.onError(RefusalStatus.of(Refusal.INTERNAL));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }
}
