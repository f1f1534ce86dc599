package dev.tenon.cli;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Messages of plugins as JSON, in the form that proto3 gives it and {@link JsonRequest} reads:
 * fields that are set, by their JSON names. Stateless.
 */
final class JsonAnswer {
  private JsonAnswer() {}

  /** Returns {@code message}, each level indented by {@code indent}; on one line if it is empty. */
  static String of(Message message, String indent) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.setIndent(indent);
      write(message, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(Message message, JsonWriter json) throws IOException {
    Descriptor type = message.getDescriptorForType();
    if (type.getFullName().equals("google.protobuf.Timestamp")) {
      json.value(timestamp(seconds(message), nanos(message)));
      return;
    }
    if (type.getFullName().equals("google.protobuf.Duration")) {
      BigDecimal all =
          BigDecimal.valueOf(seconds(message)).add(BigDecimal.valueOf(nanos(message), 9));
      json.value(all.signum() == 0 ? "0s" : all.stripTrailingZeros().toPlainString() + "s");
      return;
    }
    json.beginObject();
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      json.name(entry.getKey().getJsonName());
      write(entry.getKey(), entry.getValue(), json);
    }
    json.endObject();
  }

  private static long seconds(Message message) {
    return (long) message.getField(message.getDescriptorForType().findFieldByNumber(1));
  }

  private static int nanos(Message message) {
    return (int) message.getField(message.getDescriptorForType().findFieldByNumber(2));
  }

  private static String timestamp(long seconds, int nanos) {
    try {
      return Instant.ofEpochSecond(seconds, nanos).toString();
    } catch (DateTimeException e) {
      return seconds + " s after 1970"; // no time that there is
    }
  }

  private static void write(FieldDescriptor field, Object value, JsonWriter json)
      throws IOException {
    if (field.isMapField()) {
      json.beginObject();
      for (Object entry : (List<?>) value) {
        Message pair = (Message) entry;
        FieldDescriptor of = pair.getDescriptorForType().findFieldByNumber(2);
        json.name(String.valueOf(pair.getField(pair.getDescriptorForType().findFieldByNumber(1))));
        one(of, pair.getField(of), json);
      }
      json.endObject();
    } else if (field.isRepeated()) {
      json.beginArray();
      for (Object element : (List<?>) value) {
        one(field, element, json);
      }
      json.endArray();
    } else {
      one(field, value, json);
    }
  }

  private static void one(FieldDescriptor field, Object value, JsonWriter json) throws IOException {
    switch (field.getType()) {
      case MESSAGE, GROUP -> write((Message) value, json);
      case BYTES ->
          json.value(Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()));
      case ENUM -> constant((EnumValueDescriptor) value, json);
      case BOOL -> json.value((Boolean) value);
      case UINT32, FIXED32 -> json.value(Integer.toUnsignedLong((Integer) value));
      case UINT64, FIXED64 -> json.value(Long.toUnsignedString((Long) value));
      case INT64, SINT64, SFIXED64 -> json.value(String.valueOf(value));
      case INT32, SINT32, SFIXED32 -> json.value((Number) value);
      case FLOAT, DOUBLE -> real((Number) value, json);
      case STRING -> json.value((String) value);
    }
  }

  private static void constant(EnumValueDescriptor value, JsonWriter json) throws IOException {
    if (value.getIndex() < 0) {
      json.value(value.getNumber()); // one that the descriptors do not know
    } else {
      json.value(value.getName());
    }
  }

  private static void real(Number value, JsonWriter json) throws IOException {
    if (Double.isFinite(value.doubleValue())) {
      json.value(value);
    } else {
      json.value(String.valueOf(value)); // NaN, Infinity and -Infinity, as proto3 has them
    }
  }
}
