package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.PluginName;
import dev.tenon.core.Selection;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.DiscoverRequest;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Calls through the router go to the providers that the operator's selection says. */
class SelectionTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "one"
      services = ["testservice.v1.Echo"]

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

  private static TestHost host(Selection selection) throws Exception {
    TestHost host =
        TestHost.with(POLICY)
            .enrolled("caller")
            .set(builder -> builder.selection(NamedEcho.SERVICE, selection));
    for (String name : List.of("one", "two", "three")) {
      host.scripted(
          name,
          RawRuntime.Tree.NONE,
          plugin -> {
            plugin.enrol(NamedEcho.SERVICE);
            plugin.serve(new NamedEcho(name));
            plugin.register(NamedEcho.SERVICE);
            plugin.healthy();
          });
    }
    return host.start();
  }

  /** Returns who answered how many of {@code count} calls, with questions between them. */
  private static Map<String, Integer> calls(TestHost host, int count) {
    RawPlugin caller = host.plugin("caller");
    Map<String, Integer> calls = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      var unused =
          caller
              .registry()
              .discover(DiscoverRequest.newBuilder().setService(NamedEcho.SERVICE).build());
      String name =
          RawPlugin.deadline(EchoGrpc.newBlockingStub(caller.data(caller.bearer())))
              .unary(EchoRequest.getDefaultInstance())
              .getPayload()
              .toStringUtf8();
      calls.merge(name, 1, Integer::sum);
    }
    return calls;
  }

  /** In turn, with discoveries between, also after one of three is gone. Row: RG-14, RG-15. */
  @Test
  void call_roundRobin_evenOverAllAndOverTheRest() throws Exception {
    try (TestHost host = host(Selection.Plain.ROUND_ROBIN)) {
      assertThat(calls(host, 30)).isEqualTo(Map.of("one", 10, "two", 10, "three", 10));

      host.plugin("two").report(dev.tenon.v1.Health.HEALTH_UNHEALTHY);

      assertThat(calls(host, 20)).isEqualTo(Map.of("one", 10, "three", 10));
    }
  }

  /** By weight. Row: RG-14. */
  @Test
  void call_weighted_byWeight() throws Exception {
    Selection weighted =
        new Selection.Weighted(
            Map.of(
                new PluginName("one"), 70,
                new PluginName("two"), 20,
                new PluginName("three"), 10));
    try (TestHost host = host(weighted)) {
      assertThat(calls(host, 20)).isEqualTo(Map.of("one", 14, "two", 4, "three", 2));
    }
  }

  /** By the caller's key, which brings every call to the same provider. Row: RG-14. */
  @Test
  void call_sticky_byTheCallersKey() throws Exception {
    try (TestHost host = host(Selection.Plain.STICKY)) {
      Set<String> all = new TreeSet<>();
      for (int key = 0; key < 12; key++) {
        Set<String> one = new TreeSet<>();
        for (int call = 0; call < 3; call++) {
          one.add(keyed(host.plugin("caller"), "customer-" + key));
        }
        assertThat(one).hasSize(1);
        all.addAll(one);
      }
      assertThat(all).hasSizeGreaterThan(1);
      assertThat(calls(host, 30).values().stream().mapToInt(calls -> calls).sum()).isEqualTo(30);
    }
  }

  private static String keyed(RawPlugin caller, String key) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("tenon-key", Metadata.ASCII_STRING_MARSHALLER), key);
    return RawPlugin.deadline(EchoGrpc.newBlockingStub(caller.data(caller.bearer())))
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  @Test
  void selection_sameServiceTwice_refused() {
    HostBuilder builder = PluginHost.builder().selection("acme.v1.A", Selection.Plain.RANDOM);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.selection("acme.v1.A", Selection.Plain.FIRST))
        .withMessage("selection: acme.v1.A (expected: set once)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.selection("not a service", Selection.Plain.FIRST));
  }
}
