package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.issue.Role;
import dev.tenon.core.Refusal;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Genuine certificates of a living plugin's key that name more than its identity, or less than
 * certificates elsewhere do.
 */
class NamesInCertificateTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String SERVICE = EchoGrpc.SERVICE_NAME;
  private static final String POLICY =
      """
      [[provide]]
      plugin = "peer"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "peer"
      effect = "allow"
      caller = "peer"
      service = "testservice.v1.Echo"
      """;

  private static final OpenAuthority PLUGINS = new OpenAuthority();
  private static TestHost host;

  /** What a certificate says beside the plugin's SPIFFE ID and DNS name, which it has. */
  enum Saying {
    NO_SUBJECT(""),
    NO_COMMON_NAME("O=acme"),
    NO_ORGANISATION("CN=victim"),
    NAME_OF_ANOTHER("CN=peer, O=acme"),
    NAME_OF_THE_HOST("CN=host, O=Tenon, OU=admin"),
    A_SERVICE_TO_PROVIDE("CN=victim") {
      @Override
      OpenAuthority.Order add(OpenAuthority.Order order) {
        return order.dns("connector." + SERVICE + ".ztna");
      }
    },
    A_SERVICE_TO_CALL("CN=victim") {
      @Override
      OpenAuthority.Order add(OpenAuthority.Order order) {
        return order.dns("agent." + SERVICE + ".ztna");
      }
    },
    ALL_SERVICES("CN=victim") {
      @Override
      OpenAuthority.Order add(OpenAuthority.Order order) {
        return order.dns("*.ztna").dns("agent.*.ztna").dns("connector.*.ztna");
      }
    };

    private final String subject;

    Saying(String subject) {
      this.subject = subject;
    }

    OpenAuthority.Order add(OpenAuthority.Order order) {
      return order;
    }
  }

  /** What makes it nobody's certificate. */
  enum Ambiguous {
    TWO_IDS {
      @Override
      OpenAuthority.Order add(OpenAuthority.Order order, RawPlugin peer) {
        return order.uri(idOf(peer).toString());
      }
    },
    A_WEB_ADDRESS_TOO {
      @Override
      OpenAuthority.Order add(OpenAuthority.Order order, RawPlugin peer) {
        return order.uri("https://example.org/victim");
      }
    },
    AN_E_MAIL_ADDRESS {
      @Override
      OpenAuthority.Order add(OpenAuthority.Order order, RawPlugin peer) {
        return order.email("victim@example.org");
      }
    };

    abstract OpenAuthority.Order add(OpenAuthority.Order order, RawPlugin peer);
  }

  private static SpiffeId idOf(RawPlugin plugin) {
    return new SpiffeId.OfPlugin(plugin.bootstrap.hostId(), plugin.bootstrap.runtimeId());
  }

  @BeforeAll
  static void start() throws Exception {
    host =
        TestHost.with(POLICY)
            .set(host -> host.authorities(AuthoritySettings.DEFAULT.issuer(Role.PLUGIN, PLUGINS)))
            .enrolled("victim", SERVICE)
            .enrolled("peer", SERVICE)
            .start();
  }

  @AfterAll
  static void stop() {
    host.close();
  }

  private static OpenAuthority.Order leaf(RawPlugin plugin) {
    return PLUGINS.leaf(idOf(plugin), plugin.credentials().chain().get(0).getPublicKey());
  }

  private static void echo(RawPlugin caller) {
    var unused =
        RawPlugin.deadline(EchoGrpc.newBlockingStub(caller.data(caller.bearer())))
            .unary(EchoRequest.getDefaultInstance());
  }

  /**
   * It is the plugin that the SPIFFE ID names, with the rights that the policy gives that one: none
   * to provide or call what the names speak of.
   *
   * <p>Rows: PK-2, PK-7
   */
  @ParameterizedTest
  @EnumSource
  void connect_otherNames_changeNeitherIdentityNorRights(Saying saying) {
    RawPlugin victim = host.plugin("victim");
    victim.use(saying.add(leaf(victim).subject(saying.subject)).certificate());

    victim.healthy();
    Refused claim = Refused.by(() -> victim.register(SERVICE));
    Refused call = Refused.by(() -> echo(victim));

    assertThat(claim.code()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(call.code()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(host.audit.entries())
        .filteredOn(
            entry -> entry.outcome().equals("denied") && !entry.event().equals("connection"))
        .extracting(AuditTrail.Entry::actor)
        .containsOnly(victim.runtimeId());
  }

  /** Nobody has to choose between two names, or knows what a third kind means. Row: PK-2. */
  @ParameterizedTest
  @EnumSource
  void connect_namesThatLeaveAChoice_isRefusedInTheHandshake(Ambiguous names) {
    RawPlugin victim = host.plugin("victim");
    long before = unfit();
    victim.use(names.add(leaf(victim), host.plugin("peer")).certificate());

    Refused refused = Refused.by(victim::healthy);

    assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isFalse();
    await().atMost(SOON).until(() -> unfit() > before);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(host.audit.denials("connection")).containsOnly("unfit certificate"));
  }

  private long unfit() {
    return host.host().connections().refused().getOrDefault("unfit certificate", 0L);
  }
}
