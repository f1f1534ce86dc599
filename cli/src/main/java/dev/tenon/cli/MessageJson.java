package dev.tenon.cli;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import dev.tenon.core.Printable;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;

/**
 * Messages as JSON for programs: the names of the contract, every field that is not a message, and
 * times as RFC 3339 writes them. Characters that a terminal might obey are escaped.
 */
final class MessageJson {
  private MessageJson() {}

  static String of(Message message) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      write(message, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Printable.line(text.toString());
  }

  private static void write(Message message, JsonWriter json) throws IOException {
    json.beginObject();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.isRepeated() || !field.hasPresence() || message.hasField(field)) {
        json.name(field.getName());
        write(field, message.getField(field), json);
      }
    }
    json.endObject();
  }

  private static void write(FieldDescriptor field, Object value, JsonWriter json)
      throws IOException {
    if (field.isMapField()) {
      json.beginObject();
      for (Object entry : (List<?>) value) {
        MapEntry<?, ?> pair = (MapEntry<?, ?>) entry;
        json.name(String.valueOf(pair.getKey()));
        one(pair.getValue(), json);
      }
      json.endObject();
    } else if (field.isRepeated()) {
      json.beginArray();
      for (Object element : (List<?>) value) {
        one(element, json);
      }
      json.endArray();
    } else {
      one(value, json);
    }
  }

  private static void one(Object value, JsonWriter json) throws IOException {
    if (value instanceof Timestamp time) {
      json.value(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString());
    } else if (value instanceof Message message) {
      write(message, json);
    } else if (value instanceof Boolean flag) {
      json.value(flag);
    } else if (value instanceof Number number) {
      json.value(number);
    } else if (value instanceof EnumValueDescriptor constant) {
      json.value(constant.getName());
    } else {
      json.value(String.valueOf(value));
    }
  }
}
