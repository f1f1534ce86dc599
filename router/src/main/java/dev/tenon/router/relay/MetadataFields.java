package dev.tenon.router.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import io.grpc.Metadata;
import java.util.Base64;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** Metadata of grpc-java as header fields, and the other way round. Stateless. */
final class MetadataFields {
  private MetadataFields() {}

  /** Returns what of {@code fields} is for the router alone, with or without authorizations. */
  static Metadata asked(
      List<HeaderField> fields, Predicate<String> passes, boolean withAuthorizations) {
    return metadata(
        fields,
        passes,
        mark -> mark == FieldMark.ASKED || (withAuthorizations && mark == FieldMark.AUTHORIZATION));
  }

  /** Returns what of {@code fields} crosses. */
  static Metadata passing(List<HeaderField> fields, Predicate<String> passes) {
    return metadata(fields, passes, mark -> mark == FieldMark.PASSES);
  }

  /** Returns what of {@code fields} crosses, and what is for this side alone. */
  static Metadata whole(List<HeaderField> fields, Predicate<String> passes) {
    return metadata(
        fields,
        passes,
        mark ->
            mark == FieldMark.PASSES || mark == FieldMark.ASKED || mark == FieldMark.AUTHORIZATION);
  }

  private static Metadata metadata(
      List<HeaderField> fields, Predicate<String> passes, IntPredicate wanted) {
    Metadata metadata = new Metadata();
    for (HeaderField field : fields) {
      if (wanted.test(FieldMark.of(field, passes))) {
        put(metadata, field);
      }
    }
    return metadata;
  }

  /** A name that gRPC does not allow, and what is not base64 under {@code -bin}, is dropped. */
  private static void put(Metadata metadata, HeaderField field) {
    try {
      if (field.name().endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        Metadata.Key<byte[]> key = Metadata.Key.of(field.name(), Metadata.BINARY_BYTE_MARSHALLER);
        // Several values of one name may come in one field (gRPC over HTTP/2, Custom-Metadata).
        for (String part : field.value().split(",", -1)) {
          metadata.put(key, Base64.getDecoder().decode(part.strip()));
        }
      } else {
        metadata.put(
            Metadata.Key.of(field.name(), Metadata.ASCII_STRING_MARSHALLER), field.value());
      }
    } catch (IllegalArgumentException e) {
      // See above.
    }
  }

  /** Adds what {@code passes} of {@code metadata} to {@code to}. */
  static void add(Metadata metadata, Predicate<String> passes, List<HeaderField> to) {
    for (String name : metadata.keys()) {
      if (!passes.test(name)) {
        continue;
      }
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        Iterable<byte[]> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
        if (values != null) {
          values.forEach(value -> to.add(HeaderField.of(name, base64(value), Indexing.PLAIN)));
        }
      } else {
        Iterable<String> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        if (values != null) {
          values.forEach(value -> to.add(HeaderField.of(name, value, Indexing.PLAIN)));
        }
      }
    }
  }

  private static String base64(byte[] value) {
    return new String(Base64.getEncoder().withoutPadding().encode(value), US_ASCII);
  }
}
