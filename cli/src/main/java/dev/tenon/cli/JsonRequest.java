package dev.tenon.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Messages from JSON, in the form that proto3 gives it. Times and durations are texts; the other
 * well-known types are the messages that they are. Stateless.
 */
final class JsonRequest {
  private static final int NANOS = 9;

  private JsonRequest() {}

  /**
   * Returns the {@code type} that {@code json} describes.
   *
   * @throws IllegalArgumentException if it describes none; says which field, and what was expected
   */
  static DynamicMessage read(Descriptor type, String json) {
    JsonReader reader = new JsonReader(new StringReader(json));
    reader.setStrictness(Strictness.STRICT);
    JsonElement element;
    try {
      element = JsonParser.parseReader(reader);
      if (reader.peek() != com.google.gson.stream.JsonToken.END_DOCUMENT) {
        throw new IllegalArgumentException("more than one value (expected: one)");
      }
    } catch (JsonParseException | java.io.IOException e) {
      throw new IllegalArgumentException("no JSON (expected: an object)", e);
    }
    return message(type, element, "");
  }

  private static DynamicMessage message(Descriptor type, JsonElement json, String at) {
    if (type.getFullName().equals("google.protobuf.Timestamp")) {
      return timestamp(type, text(json, at), at);
    }
    if (type.getFullName().equals("google.protobuf.Duration")) {
      return duration(type, text(json, at), at);
    }
    if (!json.isJsonObject()) {
      throw wrong(at, "an object");
    }
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    for (Map.Entry<String, JsonElement> entry : json.getAsJsonObject().entrySet()) {
      String place = at.isEmpty() ? entry.getKey() : at + "." + entry.getKey();
      FieldDescriptor field = field(type, entry.getKey(), place);
      if (!entry.getValue().isJsonNull()) {
        put(message, field, entry.getValue(), place);
      }
    }
    return message.build();
  }

  private static FieldDescriptor field(Descriptor type, String name, String at) {
    return type.getFields().stream()
        .filter(field -> field.getJsonName().equals(name) || field.getName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    at,
                    "a field of "
                        + type.getFullName()
                        + ": "
                        + type.getFields().stream()
                            .map(FieldDescriptor::getJsonName)
                            .collect(Collectors.joining(", "))));
  }

  private static void put(
      DynamicMessage.Builder message, FieldDescriptor field, JsonElement json, String at) {
    if (field.isMapField()) {
      putAll(message, field, json, at);
    } else if (field.isRepeated()) {
      if (!json.isJsonArray()) {
        throw wrong(at, "an array");
      }
      json.getAsJsonArray().forEach(each -> message.addRepeatedField(field, one(field, each, at)));
    } else {
      message.setField(field, one(field, json, at));
    }
  }

  private static void putAll(
      DynamicMessage.Builder message, FieldDescriptor field, JsonElement json, String at) {
    if (!json.isJsonObject()) {
      throw wrong(at, "an object");
    }
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    for (Map.Entry<String, JsonElement> entry : ((JsonObject) json).entrySet()) {
      message.addRepeatedField(
          field,
          DynamicMessage.newBuilder(field.getMessageType())
              .setField(key, key(key, entry.getKey(), at))
              .setField(value, one(value, entry.getValue(), at))
              .build());
    }
  }

  private static Object key(FieldDescriptor key, String text, String at) {
    if (key.getJavaType() == FieldDescriptor.JavaType.BOOLEAN) {
      if (!text.equals("true") && !text.equals("false")) {
        throw wrong(at, "true or false as a key");
      }
      return Boolean.valueOf(text);
    }
    return one(key, new JsonPrimitive(text), at);
  }

  private static Object one(FieldDescriptor field, JsonElement json, String at) {
    return switch (field.getJavaType()) {
      case INT -> whole(json, isUnsigned(field), Integer.SIZE, at).intValue();
      case LONG -> whole(json, isUnsigned(field), Long.SIZE, at).longValue();
      case FLOAT -> (float) real(json, at);
      case DOUBLE -> real(json, at);
      case BOOLEAN -> bool(json, at);
      case STRING -> text(json, at);
      case BYTE_STRING -> bytes(text(json, at), at);
      case ENUM -> constant(field.getEnumType(), json, at);
      case MESSAGE -> message(field.getMessageType(), json, at);
    };
  }

  private static boolean isUnsigned(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, FIXED32, UINT64, FIXED64 -> true;
      default -> false;
    };
  }

  private static BigInteger whole(JsonElement json, boolean unsigned, int bits, String at) {
    String expected = "a whole number of " + bits + " bits";
    try {
      BigInteger number = new BigDecimal(primitive(json, at).getAsString()).toBigIntegerExact();
      boolean fits =
          unsigned ? number.signum() >= 0 && number.bitLength() <= bits : number.bitLength() < bits;
      if (fits) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(at, expected);
    } catch (ArithmeticException e) {
      throw wrong(at, expected);
    }
    throw wrong(at, expected);
  }

  private static double real(JsonElement json, String at) {
    try {
      return Double.parseDouble(primitive(json, at).getAsString());
    } catch (NumberFormatException e) {
      throw wrong(at, "a number");
    }
  }

  private static boolean bool(JsonElement json, String at) {
    if (!primitive(json, at).isBoolean()) {
      throw wrong(at, "true or false");
    }
    return json.getAsBoolean();
  }

  private static String text(JsonElement json, String at) {
    if (!primitive(json, at).isString()) {
      throw wrong(at, "a text");
    }
    return json.getAsString();
  }

  private static JsonPrimitive primitive(JsonElement json, String at) {
    if (!json.isJsonPrimitive()) {
      throw wrong(at, "a single value");
    }
    return json.getAsJsonPrimitive();
  }

  private static ByteString bytes(String base64, String at) {
    try {
      return ByteString.copyFrom(
          Base64.getDecoder().decode(base64.replace('-', '+').replace('_', '/')));
    } catch (IllegalArgumentException e) {
      throw wrong(at, "base64");
    }
  }

  private static EnumValueDescriptor constant(EnumDescriptor type, JsonElement json, String at) {
    JsonPrimitive given = primitive(json, at);
    if (given.isNumber()) {
      return type.findValueByNumberCreatingIfUnknown(
          whole(json, /* unsigned= */ false, Integer.SIZE, at).intValue());
    }
    EnumValueDescriptor named = type.findValueByName(given.getAsString());
    if (named == null) {
      throw wrong(
          at,
          type.getValues().stream()
              .map(EnumValueDescriptor::getName)
              .collect(Collectors.joining(", ")));
    }
    return named;
  }

  private static DynamicMessage timestamp(Descriptor type, String text, String at) {
    try {
      Instant time = Instant.parse(text);
      return seconds(type, time.getEpochSecond(), time.getNano());
    } catch (DateTimeParseException e) {
      throw wrong(at, "a time as RFC 3339 writes it");
    }
  }

  private static DynamicMessage duration(Descriptor type, String text, String at) {
    if (!text.matches("-?[0-9]{1,12}(\\.[0-9]{1,9})?s")) {
      throw wrong(at, "seconds: 1.5s");
    }
    BigInteger nanos =
        new BigDecimal(text.substring(0, text.length() - 1))
            .movePointRight(NANOS)
            .toBigIntegerExact();
    BigInteger[] parts = nanos.divideAndRemainder(BigInteger.TEN.pow(NANOS));
    return seconds(type, parts[0].longValue(), parts[1].intValue());
  }

  private static DynamicMessage seconds(Descriptor type, long seconds, int nanos) {
    return DynamicMessage.newBuilder(type)
        .setField(type.findFieldByNumber(1), seconds)
        .setField(type.findFieldByNumber(2), nanos)
        .build();
  }

  private static IllegalArgumentException wrong(String at, String expected) {
    return new IllegalArgumentException(
        (at.isEmpty() ? "all of it" : at) + " (expected: " + expected + ")");
  }
}
