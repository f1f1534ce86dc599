package dev.tenon.registry.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.protobuf.ByteString;
import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The values in etcd: JSON objects, whose unknown fields are for later versions and are ignored.
 * Whoever can write in etcd made them up: all that is read is checked.
 */
final class EtcdValues {
  /** Longest value: the most that annotations can be, and as much again for its escapes. */
  static final int MAX_BYTES = 1024 * 1024;

  private EtcdValues() {}

  static ByteString host(Optional<String> endpoint) {
    JsonObject value = new JsonObject();
    endpoint.ifPresent(data -> value.addProperty("data", data));
    return text(value);
  }

  static ByteString claim(Registration claim) {
    JsonObject annotations = new JsonObject();
    claim.annotations().entries().forEach(annotations::addProperty);
    JsonObject value = new JsonObject();
    value.addProperty("id", claim.id());
    value.addProperty("version", claim.version().toString());
    value.addProperty("sharing", claim.sharing().name());
    value.add("annotations", annotations);
    return text(value);
  }

  static ByteString health(Health health) {
    JsonObject value = new JsonObject();
    value.addProperty("health", health.name());
    return text(value);
  }

  private static ByteString text(JsonObject value) {
    return ByteString.copyFromUtf8(value.toString());
  }

  /**
   * Returns the host, or empty if it has not said where it listens.
   *
   * @throws IllegalArgumentException if it is not what it should be
   */
  static Optional<OtherHost> readHost(EtcdKeys.Key.Host key, ByteString value) {
    JsonObject read = read(value);
    return read.has("data")
        ? Optional.of(new OtherHost(key.host(), string(read, "data")))
        : Optional.empty();
  }

  /**
   * Returns the claim.
   *
   * @throws IllegalArgumentException if it is not what it should be
   */
  static Registration readClaim(EtcdKeys.Key.Claim key, ByteString value) {
    JsonObject read = read(value);
    Map<String, String> annotations = new LinkedHashMap<>();
    if (read.get("annotations") instanceof JsonObject entries) {
      if (entries.size() > Annotations.MAX_ENTRIES) {
        throw new IllegalArgumentException("annotations: too many");
      }
      entries.keySet().forEach(name -> annotations.put(name, string(entries, name)));
    }
    return new Registration(
        string(read, "id"),
        key.run(),
        key.service(),
        new Version(string(read, "version")),
        new Annotations(annotations),
        Sharing.valueOf(string(read, "sharing")));
  }

  /**
   * Returns the health.
   *
   * @throws IllegalArgumentException if it is not what it should be
   */
  static Health readHealth(ByteString value) {
    return Health.valueOf(string(read(value), "health"));
  }

  private static JsonObject read(ByteString value) {
    if (value.size() > MAX_BYTES || !value.isValidUtf8()) {
      throw new IllegalArgumentException("value: too long, or no UTF-8");
    }
    JsonReader reader = new JsonReader(new StringReader(value.toString(UTF_8)));
    reader.setStrictness(Strictness.STRICT);
    try {
      if (JsonParser.parseReader(reader) instanceof JsonObject object) {
        return object;
      }
    } catch (JsonParseException e) {
      throw new IllegalArgumentException("value: no JSON", e);
    }
    throw new IllegalArgumentException("value: no JSON object");
  }

  private static String string(JsonObject object, String name) {
    JsonElement value = object.get(name);
    if (value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()) {
      return value.getAsString();
    }
    throw new IllegalArgumentException(name + ": no text");
  }
}
