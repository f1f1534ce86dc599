package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.core.Refusal;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.Health;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.ListResponse;
import dev.tenon.v1.ListedService;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What plugins are told of services, and what the audit log is told of what they are not. */
class ListingTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "one"
      services = ["testservice.v1.Echo", "acme.a.v1.A", "acme.b.v1.B", "acme.c.v1.C", "acme.d.v1.D"]

      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.*"

      [[rule]]
      id = "some-of-a"
      effect = "allow"
      caller = "caller"
      service = "acme.a.v1.A"
      method = "Get*"

      [[rule]]
      id = "never-b"
      effect = "deny"
      caller = "*"
      service = "acme.b.*"

      [[rule]]
      id = "b-in-vain"
      effect = "allow"
      caller = "caller"
      service = "acme.b.v1.B"
      """;

  private static final List<String> FIVE =
      List.of(EchoGrpc.SERVICE_NAME, "acme.a.v1.A", "acme.b.v1.B", "acme.c.v1.C", "acme.d.v1.D");

  private static TestHost host() throws Exception {
    TestHost host =
        TestHost.with(POLICY)
            .enrolled("one", FIVE.toArray(new String[0]))
            .enrolled("caller")
            .start();
    host.plugin("one").serve(new FinishingEcho());
    FIVE.forEach(host.plugin("one")::register);
    return host;
  }

  private static ListResponse list(RawPlugin caller) {
    return caller.registry().list(ListRequest.getDefaultInstance());
  }

  private static List<JsonObject> lines(TestHost host) {
    return host.audit
        .text()
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  private static String member(JsonObject line, String name) {
    return line.get(name).getAsString();
  }

  private static String detail(JsonObject line, String name) {
    return member(line.getAsJsonObject("details"), name);
  }

  /** Of five services the caller may call two: it sees two, and the log has three. Row: PL-4. */
  @Test
  void list_rightsOnTwoOfFive_showsTwoAndRecordsThree() throws Exception {
    try (TestHost host = host()) {
      ListResponse listed = list(host.plugin("caller"));

      assertThat(listed.getServicesList())
          .containsExactly(entry("acme.a.v1.A"), entry(EchoGrpc.SERVICE_NAME));
      List<JsonObject> lines = lines(host);
      JsonObject last = lines.get(lines.size() - 1);
      assertThat(member(last, "event")).isEqualTo("discovery");
      assertThat(member(last, "action")).isEqualTo("list");
      assertThat(member(last, "actor")).isEqualTo(host.plugin("caller").runtimeId());
      assertThat(member(last, "outcome")).isEqualTo("filtered");
      assertThat(detail(last, "shown")).isEqualTo("2");
      assertThat(detail(last, "filtered_count")).isEqualTo("3");
      assertThat(detail(last, "filtered")).isEqualTo("acme.b.v1.B acme.c.v1.C acme.d.v1.D");
    }
  }

  /** Who may call nothing sees what there is to see where nothing is. */
  @Test
  void list_noRights_likeAnEmptyRegistry() throws Exception {
    try (TestHost host = host()) {
      assertThat(list(host.plugin("one"))).isEqualTo(ListResponse.getDefaultInstance());

      host.plugin("one").report(Health.HEALTH_UNHEALTHY);

      assertThat(list(host.plugin("caller"))).isEqualTo(ListResponse.getDefaultInstance());
      List<JsonObject> lines = lines(host);
      assertThat(member(lines.get(lines.size() - 1), "outcome")).isEqualTo("success");
    }
  }

  private static ListedService entry(String service) {
    return ListedService.newBuilder()
        .setService(service)
        .setVersion("1.0.0")
        .setSingleProvider(true)
        .build();
  }

  /** One allowed call, one denied call, one filtered listing: three lines. Row: AU-4. */
  @Test
  void audit_allowedDeniedAndFiltered_threeLinesWithTheirOutcomes() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      RawPlugin one = host.plugin("one");
      int before = lines(host).size();

      var unused =
          EchoGrpc.newBlockingStub(caller.data(caller.bearer()))
              .unary(EchoRequest.getDefaultInstance());
      assertThatThrownBy(
              () ->
                  EchoGrpc.newBlockingStub(one.data(one.bearer()))
                      .unary(EchoRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
      var unusedList = list(caller);

      assertThat(lines(host).subList(before, lines(host).size()))
          .extracting(line -> member(line, "event") + " " + member(line, "outcome"))
          .containsExactly("call success", "call denied", "discovery filtered");
    }
  }

  /**
   * A service that is not there and one that is forbidden leave lines with the same fields, of
   * which the outcome and its reason differ. Row: AU-9.
   */
  @Test
  void audit_notFoundAndForbiddenDiscovery_sameFields() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");
      int before = lines(host).size();

      Refused absent = Refused.by(() -> discover(caller, "testservice.v1.Nowhere"));
      Refused forbidden = Refused.by(() -> discover(caller, "acme.c.v1.C"));

      assertThat(absent.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(forbidden.is(Refusal.NOT_FOUND)).isTrue();
      List<JsonObject> made = lines(host).subList(before, lines(host).size());
      assertThat(made).hasSize(2);
      JsonObject first = made.get(0);
      JsonObject second = made.get(1);
      assertThat(first.keySet()).isEqualTo(second.keySet());
      assertThat(first.getAsJsonObject("details").keySet())
          .isEqualTo(second.getAsJsonObject("details").keySet());
      for (String same : List.of("event", "actor", "action")) {
        assertThat(first.get(same)).isEqualTo(second.get(same));
      }
      assertThat(member(first, "outcome")).isEqualTo("success");
      assertThat(member(second, "outcome")).isEqualTo("denied");
      assertThat(member(first, "resource")).isEqualTo("testservice.v1.Nowhere");
      assertThat(member(second, "resource")).isEqualTo("acme.c.v1.C");
    }
  }

  private static void discover(RawPlugin caller, String service) {
    var unused =
        caller.registry().discover(DiscoverRequest.newBuilder().setService(service).build());
  }

  /** A listing that cannot be recorded is not given. */
  @Test
  void list_auditFails_internal() throws Exception {
    try (ControlPlane plane = new ControlPlane(ServiceRegistry.inMemory())) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol();
      plane.audit.failOn(Outcome.SUCCESS);

      assertThat(Refused.by(() -> list(alpha)).is(Refusal.INTERNAL)).isTrue();
    }
  }

  /** Without a token nothing is listed. */
  @Test
  void list_withoutToken_unauthenticated() throws Exception {
    try (TestHost host = host()) {
      RawPlugin caller = host.plugin("caller");

      Refused refused =
          Refused.by(
              () ->
                  RawPlugin.deadline(RegistryGrpc.newBlockingStub(caller.control()))
                      .list(ListRequest.getDefaultInstance()));

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    }
  }
}
