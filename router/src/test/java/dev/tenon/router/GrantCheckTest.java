package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.auth.Clocks;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.grant.GrantRefusedException.Why;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Grant;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which calls need a grant, which grant is shown, and what is left of it under today's policy. */
final class GrantCheckTest {
  private static final Identity CALLER = Names.identity(Names.CALLER);
  private static final Metadata.Key<String> GRANT =
      Metadata.Key.of("tenon-grant", Metadata.ASCII_STRING_MARSHALLER);
  private static final Permission READ = new Permission("secrets:read:db/*");
  private static final Permission LIST = new Permission("secrets:list:db/*");

  private final GrantStore grants =
      new GrantStore(
          new TokenMint(new SecureRandom()),
          new Clocks(InstantSource.fixed(Plane.NOW), () -> 0),
          GrantLimits.DEFAULT);
  private final EchoProvider echo = new EchoProvider();
  private final HostServices services =
      HostServices.builder()
          .offerByGrant(echo, Names.VERSION)
          .offer(new OtherGrpc.OtherImplBase() {}, Names.VERSION)
          .start();
  private final GrantCheck check = new GrantCheck(services, grants);
  private final Policy policy = giving("secrets:read:*", "secrets:list:*");

  @AfterEach
  void close() {
    services.close();
  }

  private static Policy giving(String... permissions) {
    try {
      return Policy.parse(
          Names.POLICY
              + "[[grant]]\ncaller = 'caller'\nservice = 'testservice.v1.Echo'\npermissions = ['"
              + String.join("', '", permissions)
              + "']\n");
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  private GrantStore.Draft issued() throws Exception {
    return issued(grants);
  }

  private static GrantStore.Draft issued(GrantStore grants) throws Exception {
    GrantStore.Draft draft = grants.draft(Names.CALLER, Names.ECHO, Set.of(READ, LIST));
    grants.activate(draft);
    return draft;
  }

  private static String shown(GrantStore.Draft draft) {
    return draft.grant().id() + " " + draft.token().token().exposeForWire();
  }

  private static Metadata headers(String... shown) {
    Metadata headers = new Metadata();
    for (String value : shown) {
      headers.put(GRANT, value);
    }
    return headers;
  }

  @Test
  void check_goodGrant_isThatGrantWithWhatItAllows() throws Exception {
    GrantStore.Draft draft = issued();

    assertThat(check.check(policy, CALLER, Names.ECHO, headers(shown(draft))))
        .contains(
            new ShownGrant(
                draft.grant(), new Grant(draft.grant().id(), Names.ECHO, Set.of(READ, LIST))));
  }

  /** The first of two is as good as none, even if both are the same good one. */
  @Test
  void check_noneOrTwo_refused() throws Exception {
    String good = shown(issued());

    assertRefused(headers(), Why.MISSING);
    assertRefused(headers(good, good), Why.DUPLICATE);
    assertRefused(headers(good, "bad"), Why.DUPLICATE);
    assertRefused(headers("bad"), Why.MALFORMED);
  }

  private void assertRefused(Metadata headers, Why why) {
    assertThatThrownBy(() -> check.check(policy, CALLER, Names.ECHO, headers))
        .isInstanceOfSatisfying(
            GrantRefusedException.class, refused -> assertThat(refused.why()).isEqualTo(why));
  }

  /** Another service of the host needs none, and the host itself needs none for its own. */
  @Test
  void check_whereNoneIsNeeded_isEmpty() throws Exception {
    Identity host = new Identity(Names.HOST, Identity.Evidence.IN_PROCESS);

    assertThat(check.check(policy, CALLER, Names.OTHER, headers())).isEmpty();
    assertThat(check.check(policy, CALLER, Names.NOWHERE, headers())).isEmpty();
    assertThat(check.check(policy, host, Names.ECHO, headers())).isEmpty();
  }

  /**
   * A policy that gives less than when the grant was issued takes effect; one that gives more not.
   */
  @Test
  void check_policyChangedSince_neverMoreThanBoth() throws Exception {
    Metadata headers = headers(shown(issued()));

    assertThat(permissions(giving("secrets:read:*"), headers)).containsExactly(READ);
    assertThat(permissions(giving("secrets:read:db/one"), headers)).isEmpty();
    assertThat(permissions(giving("secrets:read:*", "secrets:list:*", "secrets:write:*"), headers))
        .containsExactlyInAnyOrder(READ, LIST);
  }

  private Set<Permission> permissions(Policy now, Metadata headers) throws Exception {
    return check.check(now, CALLER, Names.ECHO, headers).orElseThrow().now().permissions();
  }

  @Test
  void new_servicesByGrantAndNoGrants_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GrantCheck(services, null))
        .withMessage("grants: none (expected: for services offered by grant)");
    try (HostServices open = HostServices.builder().offer(echo, Names.VERSION).start()) {
      assertThat(new GrantCheck(open, null)).isNotNull();
    }
  }

  /** A grant that ends while its call waits for its record takes the call with it. */
  @Test
  void call_grantEndsWhileRecordUnderWay_refusedAndServiceUntouched() throws Exception {
    try (Plane plane = new Plane(services)) {
      plane.policy(policy);
      plane.grants.whenEnded(grant -> {}); // as if it were told before this call was there
      GrantStore.Draft draft = issued(plane.grants);
      plane.audit.hold();
      ListenableFuture<EchoResponse> answer =
          EchoGrpc.newFutureStub(plane.channel(Names.CALLER, "tenon-grant", shown(draft)))
              .unary(EchoRequest.getDefaultInstance());

      plane.grants.end(draft.grant());
      plane.audit.release(null);

      assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              refused -> {
                assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
                assertThat(refused.getStatus().getDescription()).isEqualTo("grant not accepted");
              });
      assertThat(echo.calls).hasValue(0);
    }
  }
}
