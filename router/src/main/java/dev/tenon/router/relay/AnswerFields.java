package dev.tenon.router.relay;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What callers of one connection get of heads and trailers of answers. Each list that it returns is
 * good until the next. For one loop.
 */
final class AnswerFields {
  private static final HeaderField OK = HeaderField.of(":status", "200", Indexing.INDEXED);
  private static final HeaderField GRPC =
      HeaderField.of("content-type", "application/grpc", Indexing.INDEXED);

  private final Predicate<String> passes;
  private final List<HeaderField> list = new ArrayList<>();

  AnswerFields(Predicate<String> passes) {
    this.passes = passes;
  }

  /** Returns the head of an answer that goes with {@code fields}; null if it is none of gRPC's. */
  @Nullable List<HeaderField> head(List<HeaderField> fields) {
    list.clear();
    list.add(OK);
    boolean isGrpc = false;
    for (int i = 0; i < fields.size(); i++) {
      HeaderField field = fields.get(i);
      switch (FieldMark.of(field, passes)) {
        case FieldMark.HTTP_STATUS -> {
          if (!isOk(field)) {
            return null;
          }
        }
        case FieldMark.GRPC -> {
          isGrpc = true;
          list.add(field);
        }
        case FieldMark.OTHER_TYPE -> {
          return null;
        }
        case FieldMark.PASSES, FieldMark.CODING -> list.add(field);
        default -> {} // The connection's own, or the router's.
      }
    }
    return isGrpc ? list : null;
  }

  private static boolean isOk(HeaderField status) {
    return status.valueLength() == 3
        && status.valueAt(0) == '2'
        && status.valueAt(1) == '0'
        && status.valueAt(2) == '0';
  }

  /** Returns the head of an answer with what passes of {@code metadata}. */
  List<HeaderField> served(Metadata metadata) {
    begin(/* isAnswering= */ false);
    MetadataFields.add(metadata, passes, list);
    return list;
  }

  /** Returns the end of an answer that a channel gives, with what passes of {@code trailers}. */
  List<HeaderField> served(Status status, Metadata trailers, boolean isAnswering) {
    begin(isAnswering);
    list.add(GrpcStatus.code(status.getCode()));
    add(GrpcStatus.message(status.getDescription()));
    MetadataFields.add(trailers, passes, list);
    return list;
  }

  /**
   * Returns the end of an answer that goes with {@code fields}; null if there is no status of gRPC
   * in them. Trailers-only, if the answer has not begun, with a head of its own.
   */
  @Nullable List<HeaderField> end(List<HeaderField> fields, boolean isAnswering, StatusRead into) {
    begin(isAnswering);
    HeaderField status = null;
    HeaderField message = null;
    for (int i = 0; i < fields.size(); i++) {
      HeaderField field = fields.get(i);
      switch (FieldMark.of(field, passes)) {
        case FieldMark.STATUS -> status = field;
        case FieldMark.MESSAGE -> message = field;
        case FieldMark.HTTP_STATUS -> {
          if (!isOk(field)) {
            return null;
          }
        }
        case FieldMark.PASSES -> list.add(field);
        default -> {} // The connection's own, or the router's.
      }
    }
    if (status == null) {
      return null;
    }
    Status.Code code = GrpcStatus.code(status);
    list.add(isSame(status, code) ? status : GrpcStatus.code(code));
    into.status = code == Status.Code.OK ? Status.OK : failure(code, message);
    return list;
  }

  private static boolean isSame(HeaderField status, Status.Code code) {
    return code != Status.Code.UNKNOWN || status.value().equals("2");
  }

  private Status failure(Status.Code code, @Nullable HeaderField message) {
    Status status = Status.fromCode(code);
    if (message == null) {
      return status;
    }
    String text = GrpcStatus.bounded(GrpcStatus.decoded(message.value()));
    add(GrpcStatus.message(text));
    return status.withDescription(text);
  }

  /** Returns the end of an answer that the router gives. */
  List<HeaderField> ending(Status status, Metadata trailers, boolean isAnswering) {
    begin(isAnswering);
    list.add(GrpcStatus.code(status.getCode()));
    add(GrpcStatus.message(status.getDescription()));
    MetadataFields.add(trailers, name -> true, list);
    return list;
  }

  /**
   * Returns the end that is put to a call which went to its provider. It has no mark of a refusal:
   * the provider may have acted.
   */
  List<HeaderField> refused(Refusal refusal, boolean isAnswering) {
    StatusRuntimeException refused = RefusalStatus.of(refusal);
    Metadata trailers = refused.getTrailers();
    return served(refused.getStatus(), trailers == null ? new Metadata() : trailers, isAnswering);
  }

  private void begin(boolean isAnswering) {
    list.clear();
    if (!isAnswering) {
      list.add(OK);
      list.add(GRPC);
    }
  }

  private void add(@Nullable HeaderField field) {
    if (field != null) {
      list.add(field);
    }
  }

  /** The status that an end had. */
  static final class StatusRead {
    Status status = Status.UNKNOWN;
  }
}
