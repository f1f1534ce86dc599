package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import com.google.gson.stream.JsonWriter;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a host tells a plugin at its start, so that the plugin can enrol: one line of JSON.
 * Immutable, and prints without its token.
 *
 * @param plugin the plugin's name
 * @param runtimeId the run that this is
 * @param enrol where to enrol
 * @param control where to renew and register
 * @param data where to make calls
 * @param serverName the DNS name in the host's certificate
 * @param hostId the only identity that a host may show to this plugin
 * @param trustBundle whom the host's certificate is issued by
 * @param enrolmentToken what to enrol with, once
 * @param expires when that token expires
 * @param listen where the plugin's own server is to listen
 * @param hostUid the user whose processes alone may connect there, where it is not the plugin's own
 */
public record Bootstrap(
    PluginName plugin,
    RuntimeId runtimeId,
    Endpoint enrol,
    Endpoint control,
    Endpoint data,
    String serverName,
    SpiffeId.OfHost hostId,
    List<X509Certificate> trustBundle,
    Token enrolmentToken,
    Instant expires,
    Endpoint listen,
    OptionalInt hostUid) {
  /** Longest document, with its line feed. */
  public static final int MAX_BYTES = 64 * 1024;

  /**
   * Checks that the parts fit each other.
   *
   * @throws IllegalArgumentException if the run is of another plugin, the token of another kind,
   *     the server name no DNS name, or the trust bundle empty
   */
  public Bootstrap {
    requireNonNull(plugin, "plugin");
    requireNonNull(runtimeId, "runtimeId");
    requireNonNull(enrol, "enrol");
    requireNonNull(control, "control");
    requireNonNull(data, "data");
    requireNonNull(serverName, "serverName");
    requireNonNull(hostId, "hostId");
    requireNonNull(enrolmentToken, "enrolmentToken");
    requireNonNull(expires, "expires");
    requireNonNull(listen, "listen");
    requireNonNull(hostUid, "hostUid");
    trustBundle = List.copyOf(trustBundle);
    if (!runtimeId.plugin().equals(plugin)) {
      throw new IllegalArgumentException(
          "runtime id: " + runtimeId + " (expected: a run of " + plugin + ")");
    }
    if (enrolmentToken.kind() != Token.Kind.ENROLMENT) {
      throw new IllegalArgumentException(
          "token: " + enrolmentToken + " (expected: an enrolment token)");
    }
    DnsNames.require(serverName);
    if (trustBundle.isEmpty()) {
      throw new IllegalArgumentException("trust bundle: empty (expected: a certificate)");
    }
  }

  /** Makes the document for a plugin of the host's own user. */
  public Bootstrap(
      PluginName plugin,
      RuntimeId runtimeId,
      Endpoint enrol,
      Endpoint control,
      Endpoint data,
      String serverName,
      SpiffeId.OfHost hostId,
      List<X509Certificate> trustBundle,
      Token enrolmentToken,
      Instant expires,
      Endpoint listen) {
    this(
        plugin,
        runtimeId,
        enrol,
        control,
        data,
        serverName,
        hostId,
        trustBundle,
        enrolmentToken,
        expires,
        listen,
        OptionalInt.empty());
  }

  /**
   * Parses one line, with or without the line feed at its end; unknown keys are ignored.
   *
   * @throws IllegalArgumentException if it is not a bootstrap document; the message never shows the
   *     token
   */
  public static Bootstrap parse(byte[] line) {
    if (line.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "bootstrap: " + line.length + " bytes (expected: <= " + MAX_BYTES + ")");
    }
    DocumentFields fields = DocumentFields.read("bootstrap", line);
    return new Bootstrap(
        fields.parsed("plugin", PluginName::new),
        fields.parsed("runtime_id", RuntimeId::new),
        fields.parsed("enrol", Endpoint::parse),
        fields.parsed("control", Endpoint::parse),
        fields.parsed("data", Endpoint::parse),
        fields.parsed("server_name", DnsNames::require),
        fields.hostId("host_id"),
        fields.parsed("trust_bundle", Pem::parse),
        fields.token("enrolment_token"),
        fields.time("expires"),
        fields.parsed("listen", Endpoint::parse),
        fields.uid("host_uid"));
  }

  /** Returns the document, token included, as one line that ends with LF. */
  public String toJsonLine() {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      json.name("tenon").value(DocumentFields.VERSION);
      json.name("plugin").value(plugin.value());
      json.name("runtime_id").value(runtimeId.value());
      json.name("enrol").value(enrol.toString());
      json.name("control").value(control.toString());
      json.name("data").value(data.toString());
      json.name("server_name").value(serverName);
      json.name("host_id").value(hostId.toString());
      json.name("trust_bundle").value(Pem.encode(trustBundle));
      json.name("enrolment_token").value(enrolmentToken.exposeForWire());
      json.name("expires").value(expires.toString());
      json.name("listen").value(listen.toString());
      if (hostUid.isPresent()) {
        json.name("host_uid").value(Integer.toUnsignedLong(hostUid.getAsInt()));
      }
      json.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.append('\n').toString();
  }

  /** Returns which run this is for; neither token nor addresses. */
  @Override
  public String toString() {
    return "Bootstrap[" + runtimeId + " of " + hostId + ", redacted]";
  }
}
