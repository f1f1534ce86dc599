package dev.tenon.router.relay;

import dev.tenon.router.http2.HeaderField;
import java.util.function.Predicate;

/** What a field of a head is to the relay; found out once and kept in the field. */
final class FieldMark {
  /** Crosses. */
  static final byte PASSES = 1;

  /** Does not. */
  static final byte DROPPED = 2;

  /** For the router alone: {@code authorization} and {@code tenon-*}. */
  static final byte ASKED = 3;

  static final byte TIMEOUT = 4;

  /** A content-type of gRPC's, with whatever format of messages. */
  static final byte GRPC = 5;

  static final byte STATUS = 6;
  static final byte MESSAGE = 7;
  static final byte HTTP_STATUS = 8;
  static final byte PATH = 9;
  static final byte POST = 10;
  static final byte AUTHORIZATION = 11;

  /**
   * What both ends settle among themselves about the coding of messages; a channel does so itself.
   */
  static final byte CODING = 12;

  /** A TIMEOUT that came before: a sender that rounds its deadlines has few of them. */
  static final byte TIMEOUT_AGAIN = 13;

  /** A content-type that is not gRPC's. */
  static final byte OTHER_TYPE = 14;

  private static final String TYPE = "application/grpc";

  private FieldMark() {}

  /** Returns what {@code field} is; of other names {@code passes} says whether they cross. */
  static byte of(HeaderField field, Predicate<String> passes) {
    byte known = field.mark();
    if (known == 0) {
      known = found(field, passes);
      field.mark(known);
    }
    return known;
  }

  private static byte found(HeaderField field, Predicate<String> passes) {
    String name = field.name();
    return switch (name) {
      case ":path" -> PATH;
      case ":method" -> field.value().equals("POST") ? POST : DROPPED;
      case ":status" -> HTTP_STATUS;
      case "authorization" -> AUTHORIZATION;
      case "grpc-timeout" -> TIMEOUT;
      case "content-type" -> isGrpc(field.value()) ? GRPC : OTHER_TYPE;
      case GrpcStatus.STATUS -> STATUS;
      case GrpcStatus.MESSAGE -> MESSAGE;
      case "grpc-encoding", "grpc-accept-encoding" -> CODING;
      default -> {
        if (name.startsWith(":")) {
          yield DROPPED;
        }
        if (name.startsWith("tenon-")) {
          yield ASKED;
        }
        yield passes.test(name) ? PASSES : DROPPED;
      }
    };
  }

  private static boolean isGrpc(String type) {
    return type.startsWith(TYPE)
        && (type.length() == TYPE.length()
            || type.charAt(TYPE.length()) == '+'
            || type.charAt(TYPE.length()) == ';');
  }
}
