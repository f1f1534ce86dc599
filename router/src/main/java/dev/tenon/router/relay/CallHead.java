package dev.tenon.router.relay;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The head of a request, read once. For one loop. */
final class CallHead {
  static final long NO_DEADLINE = Long.MAX_VALUE;

  private static final long NO_TIMEOUT = Long.MAX_VALUE;

  private static final HeaderField NO_PATH = HeaderField.of(":path", "", Indexing.PLAIN);
  private static final Metadata NOTHING = new Metadata();

  private final List<HeaderField> fields;
  private final Predicate<String> passes;
  private final long arrivedNanos;
  private HeaderField path = NO_PATH;
  private @Nullable HeaderField authorization;
  private @Nullable HeaderField timeout; // says `timeoutNanos`, while all of that is left
  private @Nullable HeaderField grpcType;
  private long timeoutNanos = NO_TIMEOUT;
  private boolean isPost;
  private boolean isOther;
  private boolean isAsking;
  private int authorizations;
  private @Nullable Metadata asked;

  /**
   * Reads {@code fields}, which are used as long as the head is, unless it is kept.
   *
   * @param arrivedNanos when they came, by {@link System#nanoTime}
   */
  CallHead(List<HeaderField> fields, Predicate<String> passes, long arrivedNanos) {
    this.fields = fields;
    this.passes = passes;
    this.arrivedNanos = arrivedNanos;
    for (int i = 0; i < fields.size(); i++) {
      read(fields.get(i));
    }
  }

  private CallHead(CallHead from, List<HeaderField> fields) {
    this.fields = fields;
    this.passes = from.passes;
    this.arrivedNanos = from.arrivedNanos;
    this.path = from.path;
    this.authorization = from.authorization;
    this.grpcType = from.grpcType;
    this.timeoutNanos = from.timeoutNanos;
    this.isPost = from.isPost;
    this.isOther = from.isOther;
    this.isAsking = from.isAsking;
    this.authorizations = from.authorizations;
  }

  private void read(HeaderField field) {
    switch (FieldMark.of(field, passes)) {
      case FieldMark.PATH -> path = field;
      case FieldMark.POST -> isPost = true;
      case FieldMark.AUTHORIZATION -> {
        authorization = field;
        authorizations++;
      }
      case FieldMark.ASKED -> isAsking = true;
      case FieldMark.TIMEOUT -> {
        field.mark(FieldMark.TIMEOUT_AGAIN);
        timeout(field, field.as(Indexing.PLAIN));
      }
      case FieldMark.TIMEOUT_AGAIN -> timeout(field, field);
      case FieldMark.GRPC -> grpcType = field;
      case FieldMark.OTHER_TYPE -> isOther = true;
      default -> {} // What passes is looked at again when it is forwarded.
    }
  }

  /** As it came and went before, it is indexed; one that will hardly come again is not. */
  private void timeout(HeaderField field, HeaderField forwarded) {
    timeout = forwarded;
    timeoutNanos = Timeouts.nanos(field);
  }

  /** Returns this head with a list of its own, for a call that waits. */
  CallHead kept() {
    return new CallHead(this, List.copyOf(fields));
  }

  HeaderField path() {
    return path;
  }

  /** Returns whether it is one of gRPC's: POST, with a content-type of gRPC. */
  boolean isGrpc() {
    return isPost && grpcType != null && !isOther;
  }

  /** Returns whether its {@code grpc-timeout} is none. */
  boolean isTimeoutMalformed() {
    return timeoutNanos == Timeouts.MALFORMED;
  }

  /** Returns when it came, by {@link System#nanoTime}. */
  long arrivedNanos() {
    return arrivedNanos;
  }

  /** Returns when the caller waits no longer, by {@link System#nanoTime}, or NO_DEADLINE. */
  long deadlineNanos() {
    return timeoutNanos == NO_TIMEOUT ? NO_DEADLINE : arrivedNanos + timeoutNanos;
  }

  /** Has the call take {@code most} at most, from when it came; returns whether that is less. */
  boolean limit(Duration most) {
    long nanos = Math.min(most.toNanos(), Timeouts.LONGEST_NANOS);
    boolean isLess = nanos < timeoutNanos;
    if (isLess) {
      timeoutNanos = nanos;
      timeout = null;
    }
    return isLess;
  }

  /** Returns the authorization, if there is exactly one. */
  @Nullable HeaderField authorization() {
    return authorizations == 1 ? authorization : null;
  }

  /** Returns what else is for the router. */
  Metadata asked() {
    Metadata known = asked;
    if (known == null) {
      known =
          authorizations <= 1 && !isAsking
              ? NOTHING
              : MetadataFields.asked(fields, passes, authorizations > 1);
      asked = known;
    }
    return known;
  }

  /** Returns the method that is called, with messages as bytes. */
  MethodDescriptor<byte[], byte[]> method() {
    return MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
        .setType(MethodDescriptor.MethodType.UNKNOWN)
        .setFullMethodName(path.value().substring(1))
        .build();
  }

  /** Returns the metadata that passes, for a channel. */
  Metadata metadata() {
    return MetadataFields.passing(fields, passes);
  }

  /** Returns the metadata that passes, with what is for this side alone. */
  Metadata whole() {
    return MetadataFields.whole(fields, passes);
  }

  /** Returns the coding of messages that the caller says it uses; empty: none. */
  String encoding() {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals("grpc-encoding")) {
        return fields.get(i).value();
      }
    }
    return "";
  }

  /**
   * Adds what a provider gets of the head to {@code to}: its path, what is left of its time, and
   * what passes; with the provider's own {@code authority} and {@code te}. All of its time is left
   * unless it has waited, for it goes on in the turn in which it came.
   */
  void forwardTo(List<HeaderField> to, HeaderField authority, HeaderField te) {
    to.add(path);
    to.add(authority);
    to.add(te);
    HeaderField type = grpcType;
    if (type != null) {
      to.add(type);
    }
    HeaderField whole = timeout;
    if (whole != null) {
      to.add(whole);
    } else if (timeoutNanos != NO_TIMEOUT) {
      to.add(Timeouts.field(timeoutNanos - (System.nanoTime() - arrivedNanos)));
    }
    for (int i = 0; i < fields.size(); i++) {
      HeaderField field = fields.get(i);
      byte mark = FieldMark.of(field, passes);
      if (mark == FieldMark.PASSES || mark == FieldMark.CODING) {
        to.add(field);
      }
    }
  }
}
