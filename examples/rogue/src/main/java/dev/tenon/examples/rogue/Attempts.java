package dev.tenon.examples.rogue;

import com.google.protobuf.Empty;
import com.google.protobuf.MessageLite;
import dev.tenon.core.Token;
import dev.tenon.examples.rogue.v1.Outcome;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * All that one run tries, once each. Nobody let it: it has its own rights, another run's token, and
 * what can be seen of the others. For one thread.
 */
final class Attempts {
  static final String STORE = "examples.store.v1.Store";
  static final String UNKNOWN = "examples.nothing.v1.Nothing";

  /** What it says when it enrols that it means to provide: a declaration gives no right. */
  static final List<String> COVETED =
      List.of(STORE, UNKNOWN, "examples.words.v1.Words", "dev.tenon.log.v1.Log");

  private static final List<String> RESERVED =
      List.of("grpc.health.v1.Health", "tenon.v1.Registry");
  private static final List<String> METHODS =
      List.of(
          STORE + "/Get",
          "examples.files.v1.Files/Read",
          "examples.words.v1.Words/Count",
          "examples.tokens.v1.Tokens/Split",
          "dev.tenon.log.v1.Log/Write",
          "examples.host.v1.Listing/List",
          UNKNOWN + "/Get");

  private final Foothold foothold;
  private final Neighbours neighbours;
  private final List<Outcome> outcomes = new ArrayList<>();

  Attempts(Foothold foothold, Neighbours neighbours) {
    this.foothold = foothold;
    this.neighbours = neighbours;
  }

  /** Tries it all; {@code handed} is the other run's token, or empty. */
  List<Outcome> make(String handed) {
    COVETED.forEach(this::register);
    RESERVED.forEach(this::register);
    METHODS.forEach(method -> call(method, "", own()));
    for (String service : List.of(STORE, UNKNOWN, "examples.host.v1.Listing")) {
      discover(service, "", own());
    }
    disguise();
    withToken("a forged token", forged(Token.Kind.RUNTIME));
    if (!handed.isEmpty()) {
      withToken("the other run's token", handed);
    }
    withToken("no token", "");
    enrolAsOther();
    neighbours.sockets().forEach(this::connect);
    return List.copyOf(outcomes);
  }

  private void register(String service) {
    RegisterRequest claim =
        RegisterRequest.newBuilder().setService(service).setVersion(RoguePlugin.VERSION).build();
    String path = RegistryGrpc.getRegisterMethod().getFullMethodName();
    keep("register", service, "", RawCall.make(foothold.control, path, claim, own()));
  }

  private void discover(String service, String disguise, Metadata headers) {
    DiscoverRequest request = DiscoverRequest.newBuilder().setService(service).build();
    String path = RegistryGrpc.getDiscoverMethod().getFullMethodName();
    keep("discover", service, disguise, RawCall.make(foothold.control, path, request, headers));
  }

  private void call(String method, String disguise, Metadata headers) {
    keep("call", method, disguise, RawCall.make(foothold.data, method, nothing(), headers));
  }

  /** Says, beside its own token, that it is somebody else. */
  private void disguise() {
    neighbours
        .victim()
        .ifPresent(
            victim -> {
              call(STORE + "/Get", "tenon-to", with("tenon-to", victim));
              call(STORE + "/Get", "x-plugin-runtime-id", with("x-plugin-runtime-id", victim));
              call(
                  STORE + "/Get",
                  "tenon-caller",
                  with("tenon-caller", foothold.bootstrap.hostId() + "/plugin/store/" + victim));
            });
    call(
        STORE + "/Get",
        "tenon-caller",
        with("tenon-caller", foothold.bootstrap.hostId().toString()));
  }

  private void withToken(String disguise, String token) {
    Metadata headers = token.isEmpty() ? new Metadata() : bearing(token);
    call(STORE + "/Get", disguise, headers);
    discover(STORE, disguise, headers);
  }

  private void enrolAsOther() {
    ManagedChannel enrolment = foothold.enrolment();
    try {
      neighbours.victim().ifPresent(victim -> enrolAs(victim, enrolment));
    } finally {
      enrolment.shutdownNow();
    }
  }

  private void enrolAs(String victim, ManagedChannel enrolment) {
    MessageLite request =
        Foothold.enrolRequest(foothold.bootstrap, CertificateRequest.newKeyPair())
            .setEnrolmentToken(forged(Token.Kind.ENROLMENT))
            .setPlugin("store")
            .setRuntimeId(victim)
            .build();
    String path = EnrolmentGrpc.getEnrolMethod().getFullMethodName();
    keep("enrol", victim, "a forged token", RawCall.make(enrolment, path, request, new Metadata()));
  }

  /** Goes past the host: the victim accepts nobody else, so this ends in its TLS handshake. */
  private void connect(String runtimeId, Endpoint socket) {
    ManagedChannel channel = foothold.toPlugin(socket);
    try {
      Status status = RawCall.make(channel, STORE + "/Get", nothing(), own());
      keep("connect", runtimeId, "", status);
    } finally {
      channel.shutdownNow();
    }
  }

  private void keep(String action, String resource, String disguise, Status status) {
    outcomes.add(
        Outcome.newBuilder()
            .setAction(action)
            .setResource(resource)
            .setDisguise(disguise)
            .setCode(status.getCode().name())
            .setText(Objects.requireNonNullElse(status.getDescription(), ""))
            .build());
  }

  /** Returns a token of the right form that nobody issued. */
  private static String forged(Token.Kind kind) {
    byte[] secret = new byte[Token.SIZE_BYTES];
    new SecureRandom().nextBytes(secret);
    return Token.of(kind, secret).exposeForWire();
  }

  private static MessageLite nothing() {
    return Empty.getDefaultInstance();
  }

  private Metadata own() {
    return bearing(foothold.token);
  }

  private Metadata with(String name, String value) {
    Metadata headers = own();
    headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return headers;
  }

  private static Metadata bearing(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return headers;
  }
}
