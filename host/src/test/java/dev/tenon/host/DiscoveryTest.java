package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Duration;
import dev.tenon.core.Refusal;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.Health;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which provider the host tells, and to whom. */
class DiscoveryTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "one"
      services = ["testservice.v1.Echo", "acme.secrets.v1.Secrets"]

      [[provide]]
      plugin = "two"
      services = ["testservice.v1.Echo"]

      [[provide]]
      plugin = "three"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.Echo"
      """;

  /** None, one and three providers. Row: RG-10. */
  @Test
  void discover_noneOneThree_firstProviderAndWhetherItIsAlone() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      Refused none = Refused.by(() -> discover(caller, NamedEcho.SERVICE));
      assertThat(none.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(none.text()).isEqualTo(Refusal.NOT_FOUND.text());

      register(host.plugin("one"), "1.0.0");
      DiscoverResponse one = discover(caller, NamedEcho.SERVICE);
      assertThat(one.getProvider()).isEqualTo(host.plugin("one").runtimeId());
      assertThat(one.getVersion()).isEqualTo("1.0.0");
      assertThat(one.getMetadataMap()).containsExactly(java.util.Map.entry("zone", "a"));
      assertThat(one.getSingleProvider()).isTrue();

      register(host.plugin("two"), "1.0.0");
      register(host.plugin("three"), "2.0.0");
      DiscoverResponse three = discover(caller, NamedEcho.SERVICE);
      assertThat(three.getProvider()).isEqualTo(host.plugin("one").runtimeId());
      assertThat(three.getSingleProvider()).isFalse();

      DiscoverResponse newer =
          caller
              .registry()
              .discover(
                  DiscoverRequest.newBuilder()
                      .setService(NamedEcho.SERVICE)
                      .setVersionRange(">=2.0.0")
                      .build());
      assertThat(newer.getProvider()).isEqualTo(host.plugin("three").runtimeId());
    }
  }

  /** A provider that is not healthy is not told. Row: RG-10. */
  @Test
  void discover_unhealthyProvider_notFound() throws Exception {
    try (TestHost host = host()) {
      register(host.plugin("one"), "1.0.0");
      host.plugin("one").report(Health.HEALTH_UNHEALTHY);

      assertThat(
              Refused.by(() -> discover(host.plugin("caller"), NamedEcho.SERVICE))
                  .is(Refusal.NOT_FOUND))
          .isTrue();

      host.plugin("one").report(Health.HEALTH_DEGRADED);
      assertThat(discover(host.plugin("caller"), NamedEcho.SERVICE).getProvider())
          .isEqualTo(host.plugin("one").runtimeId());
    }
  }

  /**
   * A service that one may not call and one that nobody has are one answer.
   *
   * <p>Denies: Registry/Discover NOT_FOUND.
   */
  @Test
  void discover_forbiddenAndUnknown_sameAnswer() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      host.plugin("one").register("acme.secrets.v1.Secrets");

      Refused forbidden = Refused.by(() -> discover(caller, "acme.secrets.v1.Secrets"));
      Refused unknown = Refused.by(() -> discover(caller, "acme.nobody.v1.Nobody"));
      Refused allowedAndAbsent = Refused.by(() -> discover(caller, NamedEcho.SERVICE));

      assertThat(forbidden.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(forbidden).isEqualTo(unknown).isEqualTo(allowedAndAbsent);
      assertThat(host.audit.denials("discovery")).containsExactly("no rule", "no rule");
    }
  }

  /** With a wait, a forbidden service is not answered sooner than an absent one. */
  @Test
  void discover_forbiddenWithWait_waitsLikeUnknown() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      host.plugin("one").register("acme.secrets.v1.Secrets");
      long from = System.nanoTime();

      Refused forbidden =
          Refused.by(
              () -> caller.registry().discover(waiting("acme.secrets.v1.Secrets", 300_000_000)));

      assertThat(System.nanoTime() - from).isGreaterThanOrEqualTo(300_000_000L);
      assertThat(forbidden)
          .isEqualTo(
              Refused.by(() -> caller.registry().discover(waiting(NamedEcho.SERVICE, 1_000_000))));
    }
  }

  /** A wait ends as soon as there is a provider that can take calls. Row: RG-10. */
  @Test
  void discover_withWait_answeredWhenProviderComes() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      ListenableFuture<DiscoverResponse> waiting =
          RegistryGrpc.newFutureStub(caller.control(caller.bearer()))
              .discover(
                  DiscoverRequest.newBuilder()
                      .setService(NamedEcho.SERVICE)
                      .setWait(Duration.newBuilder().setSeconds(30))
                      .build());
      assertThat(Refused.by(() -> discover(caller, NamedEcho.SERVICE)).is(Refusal.NOT_FOUND))
          .isTrue();
      assertThat(waiting.isDone()).isFalse();

      register(host.plugin("two"), "1.0.0");

      assertThat(waiting.get(60, TimeUnit.SECONDS).getProvider())
          .isEqualTo(host.plugin("two").runtimeId());
    }
  }

  /** What cannot be waited for is refused by name. */
  @ParameterizedTest
  @CsvSource({
    "-1,0",
    "30,1",
    "315576000000,0",
    "9223372036854775807,999999999",
    "-9223372036854775808,-1",
    "0,-1"
  })
  void discover_waitOutOfRange_invalid(long seconds, int nanos) throws Exception {
    try (TestHost host = host()) {
      DiscoverRequest request =
          DiscoverRequest.newBuilder()
              .setService(NamedEcho.SERVICE)
              .setWait(Duration.newBuilder().setSeconds(seconds).setNanos(nanos))
              .build();

      Refused refused = Refused.by(() -> host.plugin("caller").registry().discover(request));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).startsWith("wait: ");
    }
  }

  private static TestHost host() throws Exception {
    return TestHost.with(POLICY)
        .enrolled("one", NamedEcho.SERVICE, "acme.secrets.v1.Secrets")
        .enrolled("two", NamedEcho.SERVICE)
        .enrolled("three", NamedEcho.SERVICE)
        .enrolled("caller")
        .start();
  }

  private static void register(RawPlugin plugin, String version) {
    var unused =
        plugin
            .registry()
            .register(
                RegisterRequest.newBuilder()
                    .setService(NamedEcho.SERVICE)
                    .setVersion(version)
                    .putMetadata("zone", "a")
                    .build());
  }

  private static DiscoverResponse discover(RawPlugin caller, String service) {
    return caller.registry().discover(DiscoverRequest.newBuilder().setService(service).build());
  }

  private static DiscoverRequest waiting(String service, int nanos) {
    return DiscoverRequest.newBuilder()
        .setService(service)
        .setWait(Duration.newBuilder().setNanos(nanos))
        .build();
  }
}
