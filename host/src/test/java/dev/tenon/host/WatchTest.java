package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Annotations;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.Health;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches over mTLS, as a plugin of any language sees them. */
@Timeout(240)
class WatchTest {
  private static final String SECRETS = "acme.secrets.v1.Secrets";
  private static final String POLICY =
      """
      [[provide]]
      plugin = "one"
      services = ["testservice.v1.Echo", "acme.secrets.v1.Secrets"]

      [[provide]]
      plugin = "two"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.*"
      """;

  private static TestHost host() throws Exception {
    return TestHost.with(POLICY)
        .enrolled("one", NamedEcho.SERVICE, SECRETS)
        .enrolled("two", NamedEcho.SERVICE)
        .enrolled("caller")
        .set(host -> host.offers(NamedOther.SERVICE, "1.2.0", new NamedOther("host")))
        .start();
  }

  /** The present state first; then registrations, health and the lost lease. Row: RG-16, RG-9. */
  @Test
  void watch_providerComesChangesAndIsCutOff_everyStateIsTold() throws Exception {
    try (TestHost host = host()) {
      RawPlugin one = host.plugin("one");
      Watched watched = Watched.by(host.plugin("caller"), NamedEcho.SERVICE);
      assertThat(watched.next()).isEqualTo(unavailable());

      var unused =
          one.registry()
              .register(
                  RegisterRequest.newBuilder()
                      .setService(NamedEcho.SERVICE)
                      .setVersion("1.5.0")
                      .putMetadata("zone", "a")
                      .build());
      WatchEvent available = watched.next();
      assertThat(available)
          .isEqualTo(
              WatchEvent.newBuilder()
                  .setState(WatchState.WATCH_STATE_AVAILABLE)
                  .setProvider(one.runtimeId())
                  .setVersion("1.5.0")
                  .putMetadata("zone", "a")
                  .setSingleProvider(true)
                  .build());
      one.report(Health.HEALTH_DEGRADED);
      assertThat(watched.next())
          .isEqualTo(available.toBuilder().setState(WatchState.WATCH_STATE_DEGRADED).build());
      one.report(Health.HEALTH_UNHEALTHY);
      assertThat(watched.next()).isEqualTo(unavailable());
      one.healthy();
      assertThat(watched.next()).isEqualTo(available);

      one.cutControl();
      assertThat(watched.next()).isEqualTo(unavailable());
      assertThat(host.host().registrations()).isEmpty();
    }
  }

  /**
   * A second provider takes over at once, and an old one's late end does not touch it. Row: RG-9.
   */
  @Test
  void watch_oneOfTwoProvidersCutOff_otherIsTold() throws Exception {
    try (TestHost host = host()) {
      host.plugin("one").register(NamedEcho.SERVICE);
      host.plugin("two").register(NamedEcho.SERVICE);
      Watched watched = Watched.by(host.plugin("caller"), NamedEcho.SERVICE);
      WatchEvent first = watched.next();
      assertThat(first.getProvider()).isEqualTo(host.plugin("one").runtimeId());
      assertThat(first.getSingleProvider()).isFalse();

      host.plugin("one").cutControl();

      WatchEvent second = watched.next();
      assertThat(second.getProvider()).isEqualTo(host.plugin("two").runtimeId());
      assertThat(second.getSingleProvider()).isTrue();
      assertThat(host.host().registrations())
          .singleElement()
          .satisfies(
              left ->
                  assertThat(left.provider().value()).isEqualTo(host.plugin("two").runtimeId()));
    }
  }

  /** Without a token, or with another's, there is no first event. Row: HS-25, RG-11. */
  @Test
  void watch_withoutOwnToken_unauthenticatedBeforeAnyEvent() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      for (String[] authorization :
          new String[][] {{}, {host.plugin("one").bearer()}, {"Bearer x"}}) {
        Watched watched =
            Watched.on(
                caller.control(authorization),
                Watched.request(NamedEcho.SERVICE, ""),
                Watched.Reading.ALWAYS);

        assertThat(watched.end().is(Refusal.NOT_AUTHENTICATED)).isTrue();
        assertThat(watched.received()).isZero();
      }
    }
  }

  /**
   * What one may not know and what nobody provides are one stream, before and after a provider
   * comes. Row: RG-11, G10.
   */
  @Test
  void watch_forbiddenAndUnknown_oneUnavailableEventAndSilence() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      Watched forbidden = Watched.by(caller, SECRETS);
      Watched unknown = Watched.by(caller, "acme.nobody.v1.Nobody");
      Watched allowedAndAbsent = Watched.by(caller, NamedEcho.SERVICE);
      assertThat(forbidden.next()).isEqualTo(unknown.next()).isEqualTo(unavailable());
      assertThat(allowedAndAbsent.next()).isEqualTo(unavailable());

      host.plugin("one").register(SECRETS);
      host.plugin("one").register(NamedEcho.SERVICE);

      assertThat(allowedAndAbsent.next().getState()).isEqualTo(WatchState.WATCH_STATE_AVAILABLE);
      assertThat(forbidden.isQuiet()).isTrue();
      assertThat(unknown.isQuiet()).isTrue();
      assertThat(host.audit.denials("discovery")).containsExactly("no rule", "no rule");
    }
  }

  /** A service of the host is there from the first event on, in its version. */
  @Test
  void watch_serviceOfTheHost_availableAtOnce() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      assertThat(Watched.by(caller, NamedOther.SERVICE).next())
          .isEqualTo(
              WatchEvent.newBuilder()
                  .setState(WatchState.WATCH_STATE_AVAILABLE)
                  .setProvider("host")
                  .setVersion("1.2.0")
                  .setSingleProvider(true)
                  .build());

      Watched newer =
          Watched.on(
              caller.control(caller.bearer()),
              Watched.request(NamedOther.SERVICE, ">=2.0.0"),
              Watched.Reading.ALWAYS);
      assertThat(newer.next()).isEqualTo(unavailable());
    }
  }

  @Test
  void watch_malformedRequest_refusedByName() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      Refused service = Watched.by(caller, "no service").end();
      Refused range =
          Watched.on(
                  caller.control(caller.bearer()),
                  Watched.request(NamedEcho.SERVICE, "no range"),
                  Watched.Reading.ALWAYS)
              .end();

      assertThat(service.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(service.text()).startsWith("service: ");
      assertThat(range.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(range.text()).startsWith("version_range: ");
    }
  }

  /**
   * The eleventh is refused, whatever the ten were, until one of them ends. Row: RG-17.
   *
   * <p>Denies: Registry/Watch LIMIT_REACHED.
   */
  @Test
  void watch_eleventhOfOnePlugin_refusedUntilOneIsCancelled() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      List<Watched> ten = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        ten.add(
            Watched.by(caller, List.of(NamedEcho.SERVICE, SECRETS, NamedOther.SERVICE).get(i % 3)));
        assertThat(ten.get(i).next().getState()).isNotEqualTo(WatchState.WATCH_STATE_UNSPECIFIED);
      }

      for (String service : List.of(NamedEcho.SERVICE, SECRETS, NamedOther.SERVICE)) {
        Refused refused = Watched.by(caller, service).end();
        assertThat(refused.is(Refusal.LIMIT_REACHED)).isTrue();
        assertThat(refused.text()).isEqualTo(Refusal.LIMIT_REACHED.text());
      }
      assertThat(host.audit.denials("discovery"))
          .containsExactly(
              "no rule",
              "no rule",
              "no rule",
              "limit of 10 watches of one run",
              "limit of 10 watches of one run",
              "limit of 10 watches of one run");

      ten.get(1).cancel();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(Watched.by(caller, NamedEcho.SERVICE).next().getState())
                      .isEqualTo(WatchState.WATCH_STATE_UNAVAILABLE));
    }
  }

  /** Who reads nothing while the state flips 10,000 times, reads the last one. Row: RG-16, G8. */
  @Test
  void watch_slowReaderAndTenThousandFlips_lastEventIsTheState() throws Exception {
    ServiceRegistry registry = ServiceRegistry.inMemory();
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol();
      RuntimeId provider = new RuntimeId("beta-0123456789abcdef");
      var unused = registry.register(claim(provider));
      Watched watched =
          Watched.on(
              alpha.control(alpha.bearer()),
              Watched.request(NamedOther.SERVICE, ""),
              Watched.Reading.WHEN_ASKED);
      assertThat(watched.next()).isEqualTo(unavailable());

      for (int i = 0; i < 10_000; i++) {
        registry.reportHealth(
            provider, i % 2 == 0 ? dev.tenon.core.Health.HEALTHY : dev.tenon.core.Health.UNHEALTHY);
      }
      registry.reportHealth(provider, dev.tenon.core.Health.DEGRADED);
      watched.read(20_000);

      WatchEvent last = watched.next();
      while (last.getState() != WatchState.WATCH_STATE_DEGRADED) {
        last = watched.next();
      }
      assertThat(last.getProvider()).isEqualTo(provider.value());
      assertThat(watched.received()).isLessThan(10_001);
      assertThat(watched.isQuiet()).isTrue();
    }
  }

  /** The end of the run that watches ends its streams. Row: RG-9, RG-16. */
  @Test
  void watch_runEnds_streamEndsUnauthenticated() throws Exception {
    ServiceRegistry registry = ServiceRegistry.inMemory();
    try (ControlPlane plane = new ControlPlane(registry)) {
      plane.runs.whenEnded(plane.calls::end);
      RawRuntime.Run run = plane.launch("alpha");
      run.plugin.enrol();
      Watched known = Watched.by(run.plugin, NamedOther.SERVICE);
      Watched forbidden = Watched.by(run.plugin, SECRETS);
      assertThat(known.next()).isEqualTo(forbidden.next());

      plane.runs.ended(
          plane.runs.find(new RuntimeId(run.plugin.runtimeId())).orElseThrow(), "was revoked");

      assertThat(known.end().is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(forbidden.end()).isEqualTo(known.end());
    }
  }

  /** A run that ends while its watch is opened has none afterwards. */
  @Test
  void watch_runEndsMeanwhile_streamEndsUnauthenticated() throws Exception {
    ServiceRegistry registry = ServiceRegistry.inMemory();
    try (ControlPlane plane = new ControlPlane(registry)) {
      plane.runs.whenEnded(plane.calls::end);
      RawRuntime.Run run = plane.launch("alpha");
      run.plugin.enrol();
      var ending = plane.runs.find(new RuntimeId(run.plugin.runtimeId())).orElseThrow();
      plane.audit.once("watch", () -> plane.runs.ended(ending, "was revoked"));

      Watched watched = Watched.by(run.plugin, NamedOther.SERVICE);

      assertThat(watched.end().is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(watched.received()).isZero();
    }
  }

  private static Registration claim(RuntimeId provider) {
    return new Registration(
        "1".repeat(32),
        provider,
        new ServiceName(NamedOther.SERVICE),
        new Version("1.0.0"),
        new Annotations(Map.of("text", "x".repeat(1000))),
        Sharing.SHARED);
  }

  private static WatchEvent unavailable() {
    return WatchEvent.newBuilder().setState(WatchState.WATCH_STATE_UNAVAILABLE).build();
  }
}
