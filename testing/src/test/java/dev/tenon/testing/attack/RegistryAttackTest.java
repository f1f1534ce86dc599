package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.host.PluginStatus;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.Health;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.UnregisterRequest;
import io.grpc.Metadata;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Registrations that are not the plugin's to make, to take away or to know about. */
class RegistryAttackTest {
  private static final String STORE = "acme.kv.v1.Store";
  private static final String REGISTERED =
      "mallory registration register testservice.v1.Other success -";

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(
          new Plan()
              .enrolled("mallory", Scene.OTHER, InnocentEcho.SERVICE)
              .enrolled("greedy", STORE)
              .enrolled("eve"));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  /** A service that no entry lets it provide: denied, declared or not. Attack: G1. Row: TE-2. */
  @Test
  void register_serviceNotAllowed_denied() {
    RawPlugin greedy = oracles.plugin("greedy");

    Answer declared = oracles.refused(() -> greedy.register(STORE));
    Answer undeclared = oracles.refused(() -> greedy.register("acme.kv.v1.Other"));
    Answer reserved = oracles.refused(() -> greedy.register("tenon.v1.Registry"));

    assertThat(List.of(declared, undeclared, reserved)).allMatch(it -> it.is(Refusal.NOT_ALLOWED));
    assertThat(declared.text()).isEqualTo("plugin greedy may not provide " + STORE);
    assertThat(undeclared.text()).isEqualTo("plugin greedy may not provide acme.kv.v1.Other");
    assertThat(reserved.text()).isEqualTo("plugin greedy may not provide tenon.v1.Registry");
    oracles.expect(
        "greedy registration register acme.kv.v1.Store denied no [[provide]] entry",
        "greedy registration register acme.kv.v1.Other denied not declared when it enrolled",
        "greedy registration register tenon.v1.Registry denied a service of the host");
  }

  /** A claim in the name of another, by header or with its token. Attack: G2. Row: TE-2. */
  @Test
  void register_inTheNameOfAnother_ownOrRefused() {
    RawPlugin eve = oracles.plugin("eve");
    Metadata claim = new Metadata();
    claim.put(
        Metadata.Key.of("x-plugin-runtime-id", Metadata.ASCII_STRING_MARSHALLER), eve.runtimeId());
    claim.put(
        Metadata.Key.of("tenon-caller", Metadata.ASCII_STRING_MARSHALLER),
        eve.bootstrap.hostId() + "/plugin/eve/" + eve.runtimeId());

    var unused =
        RawPlugin.deadline(
                RegistryGrpc.newBlockingStub(
                    RawPlugin.with(claim, mallory().control(mallory().bearer()))))
            .register(RawPlugin.claim(Scene.OTHER));
    Answer stolen =
        oracles.refused(
            () ->
                RawPlugin.deadline(RegistryGrpc.newBlockingStub(mallory().control(eve.bearer())))
                    .register(RawPlugin.claim(Scene.OTHER)));

    assertThat(stolen.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    assertThat(status("mallory").services()).hasSize(1);
    assertThat(status("eve").services()).isEmpty();
    oracles.expect(REGISTERED, "mallory authentication verify - denied foreign");
  }

  private static PluginStatus status(String name) {
    return oracles.scene().host().plugins().stream()
        .filter(plugin -> plugin.name().value().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** A service that another provides alone: it stays where it is. Attack: G3. */
  @Test
  void register_exclusiveServiceOfAnother_taken() {
    Answer taken = oracles.refused(() -> mallory().register(InnocentEcho.SERVICE));

    assertThat(taken.is(Refusal.SERVICE_TAKEN)).isTrue();
    assertThat(taken.text()).isEqualTo(Refusal.SERVICE_TAKEN.text());
    assertThat(status("mallory").services()).isEmpty();
    oracles.expect("mallory registration register testservice.v1.Echo denied held by provider");
  }

  private static Answer unregister(String id) {
    return oracles.refused(
        () ->
            mallory()
                .registry()
                .unregister(UnregisterRequest.newBuilder().setRegistrationId(id).build()));
  }

  /** The registration of another, whose id is known: answered like an unknown one. Attack: G5. */
  @Test
  void unregister_registrationOfAnother_likeUnknown() {
    Answer foreign = unregister(oracles.plugin(Scene.PROVIDER).registration);
    Answer unknown = unregister("0".repeat(32));

    assertThat(foreign.is(Refusal.NOT_FOUND)).isTrue();
    oracles.sameAnswer(foreign, unknown);
    assertThat(status(Scene.PROVIDER).services()).hasSize(1);
    oracles.expect(
        "mallory registration unregister # denied not the owner",
        "mallory registration unregister # denied unknown");
  }

  /** Guesses: each is answered like the one before, and 128 bits are many. Attack: G6. */
  @Test
  void unregister_guessedIds_allUnknown() {
    Answer first = unregister(String.format("%032x", 0));
    for (int guess = 1; guess < 1_000; guess++) {
      oracles.sameAnswer(first, unregister(String.format("%032x", guess)));
    }
    assertThat(oracles.plugin(Scene.PROVIDER).registration).matches("[0-9a-f]{32}");
    oracles.expect(1_000, "mallory registration unregister # denied unknown");
  }

  /**
   * What may not be discovered, what is unknown, and what there is none of. Attack: G10. Row: TE-2.
   */
  @Test
  void discover_notAllowed_likeUnknown() {
    Answer forbidden = discover(Scene.OTHER);
    Answer unknown = discover("acme.v1.Nothing");
    Answer reserved = discover("tenon.v1.Registry");

    assertThat(forbidden.is(Refusal.NOT_FOUND)).isTrue();
    oracles.sameAnswer(forbidden, unknown);
    oracles.sameAnswer(forbidden, reserved);
    oracles.expect(
        "mallory discovery discover testservice.v1.Other denied no rule",
        "mallory discovery discover acme.v1.Nothing denied no rule",
        "mallory discovery discover tenon.v1.Registry denied no rule");
  }

  private static Answer discover(String service) {
    return oracles.refused(() -> mallory().registry().discover(RawPlugin.question(service)));
  }

  /** Versions that are none. Attack: G11. Row: TE-3. */
  @Test
  void register_versionThatIsNone_refused() {
    for (String version :
        List.of(
            "1.0.0-",
            "01.2.0",
            "1.2",
            "1.2.3.4",
            "9".repeat(10_000) + ".0.0",
            "9".repeat(19) + ".0.0",
            "-1.0.0",
            "+1.0.0",
            "\u0661.0.0",
            "latest",
            "*",
            "",
            "1.0.0+build",
            "1.0.0\n")) {
      RegisterRequest request =
          RegisterRequest.newBuilder().setService(Scene.OTHER).setVersion(version).build();

      Answer answer = oracles.refused(() -> mallory().registry().register(request));

      assertThat(answer.is(Refusal.INVALID_REQUEST)).as(version).isTrue();
      assertThat(answer.text()).startsWith("version: ").hasSizeLessThan(300);
    }
  }

  /** A number that a double cannot hold: it is neither its neighbour. Attack: G11. */
  @Test
  void discover_largeNumber_comparedExactly() {
    var unused =
        mallory()
            .registry()
            .register(
                RegisterRequest.newBuilder()
                    .setService(Scene.OTHER)
                    .setVersion("9007199254740993.0.0")
                    .build());
    mallory().report(Health.HEALTH_HEALTHY);
    RegistryGrpc.RegistryBlockingStub eve = oracles.plugin("eve").registry();

    Answer greater = oracles.refused(() -> eve.discover(range(">9007199254740993.0.0")));
    String found = eve.discover(range(">=9007199254740993.0.0")).getVersion();

    assertThat(greater.is(Refusal.NOT_FOUND)).isTrue();
    assertThat(found).isEqualTo("9007199254740993.0.0");
    oracles.expect(REGISTERED);
    oracles.expect(2, "eve discovery discover testservice.v1.Other success allowed");
  }

  private static DiscoverRequest range(String range) {
    return RawPlugin.question(Scene.OTHER).toBuilder().setVersionRange(range).build();
  }

  /** Ranges that are long, or that a matcher would go back and forth in. Attack: G12. */
  @Test
  void discover_rangeForBacktracking_refused() {
    for (String range :
        List.of(
            ">=1.0.0 || ".repeat(10_000),
            ">=1.0.0-" + "a.".repeat(100),
            ">=1.0.0 ".repeat(33),
            ">".repeat(256),
            "1.0.0-" + "0".repeat(200) + "!")) {
      Answer answer = oracles.refused(() -> mallory().registry().discover(range(range)));

      assertThat(answer.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(answer.text()).startsWith("version_range: ").hasSizeLessThan(300);
    }
  }

  /**
   * Names that look like others, also where Turkish rules for letters hold. Attack: G13. Row: TE-3.
   */
  @Test
  void register_nameThatLooksLikeAnother_refused() {
    Locale before = Locale.getDefault();
    Locale.setDefault(new Locale("tr", "TR"));
    try {
      for (String name :
          List.of(
              "testservice.v1.\u041ether",
              "testservice.v1.Ot\u200dher",
              "testservice.v1.Other.",
              "testserv\u0131ce.v1.Other",
              "testserv\u0130ce.v1.Other")) {
        Answer answer = oracles.refused(() -> mallory().register(name));
        assertThat(answer.is(Refusal.INVALID_REQUEST)).isTrue();
      }
      Answer otherCase = oracles.refused(() -> mallory().register("TESTSERVICE.v1.Other"));
      assertThat(otherCase.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(mallory().register(Scene.OTHER)).hasSize(32);
    } finally {
      Locale.setDefault(before);
    }
    oracles.expect(
        REGISTERED,
        "mallory registration register TESTSERVICE.v1.Other denied not declared when it enrolled");
  }
}
