package dev.tenon.examples.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tenon.examples.store.v1.Entry;
import dev.tenon.examples.store.v1.GetRequest;
import dev.tenon.examples.store.v1.GetResponse;
import dev.tenon.examples.store.v1.ListRequest;
import dev.tenon.examples.store.v1.PutRequest;
import dev.tenon.examples.store.v1.PutResponse;
import dev.tenon.examples.store.v1.StoreGrpc;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;

/** The store as a service: checks the limits, and keeps entries in files. Thread-safe. */
final class StoreService extends StoreGrpc.StoreImplBase {
  static final int MAX_KEY_BYTES = 4096;
  static final int MAX_VALUE_BYTES = 64 * 1024;

  private static final Logger LOG = System.getLogger(StoreService.class.getName());

  private final EntryFiles entries;

  StoreService(EntryFiles entries) {
    this.entries = entries;
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> answer) {
    try {
      checkKey(request.getKeyBytes());
      checkSize("value", request.getValue(), 0, MAX_VALUE_BYTES);
      entries.put(Entry.newBuilder().setKey(request.getKey()).setValue(request.getValue()).build());
      answer.onNext(PutResponse.getDefaultInstance());
      answer.onCompleted();
    } catch (StatusException e) {
      answer.onError(e);
    } catch (IOException e) {
      answer.onError(failed("writing failed", e));
    }
  }

  @Override
  public void get(GetRequest request, StreamObserver<GetResponse> answer) {
    try {
      checkKey(request.getKeyBytes());
      ByteString value = entries.value(request.getKey());
      answer.onNext(GetResponse.newBuilder().setValue(value).build());
      answer.onCompleted();
    } catch (StatusException e) {
      answer.onError(e);
    } catch (NoSuchFileException e) {
      answer.onError(Status.NOT_FOUND.withDescription("no such key").asException());
    } catch (InvalidProtocolBufferException e) {
      LOG.log(Level.ERROR, "an entry is damaged", e);
      answer.onError(Status.DATA_LOSS.withDescription("the entry is damaged").asException());
    } catch (IOException e) {
      answer.onError(failed("reading failed", e));
    }
  }

  @Override
  public void list(ListRequest request, StreamObserver<Entry> answers) {
    try {
      EntryStream.start(
          entries.startingWith(request.getPrefix()), (ServerCallStreamObserver<Entry>) answers);
    } catch (IOException e) {
      answers.onError(failed("reading failed", e));
    }
  }

  private static void checkKey(ByteString key) throws StatusException {
    checkSize("key", key, 1, MAX_KEY_BYTES);
  }

  private static void checkSize(String field, ByteString bytes, int min, int max)
      throws StatusException {
    if (bytes.size() < min || bytes.size() > max) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              field + ": " + bytes.size() + " bytes (expected: " + min + " to " + max + ")")
          .asException();
    }
  }

  /** Returns what the caller is told; the cause stays in the log. */
  static StatusException failed(String text, Exception cause) {
    LOG.log(Level.ERROR, text, cause);
    return Status.INTERNAL.withDescription(text).asException();
  }
}
