package dev.tenon.registry.etcd;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static dev.tenon.registry.etcd.EtcdHost.chosen;
import static dev.tenon.registry.etcd.EtcdHost.healthy;
import static dev.tenon.registry.etcd.EtcdHost.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.ServiceTakenException;
import dev.tenon.registry.SharedRegistry;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others, operators and enemies, can do to a host by what they write in etcd. */
class InterferenceTest {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);

  @TempDir static Path folder;
  private static EtcdServer etcd;

  private final TrustDomain domain = EtcdHost.freshDomain();
  private final String root = "/tenon/" + domain + "/1/";
  private SharedRegistry one;
  private EtcdConnection hand;

  @BeforeAll
  static void startEtcd() throws Exception {
    etcd = EtcdServer.start(folder);
  }

  @AfterAll
  static void stopEtcd() {
    if (etcd != null) {
      etcd.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    EtcdSettings settings = EtcdHost.settings(etcd.endpoint());
    one = EtcdHost.open(EtcdStore.of(settings), domain, "one");
    hand = EtcdConnection.open(URI.create(etcd.endpoint()), settings, Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    one.close();
    hand.close();
  }

  private static RequestOp put(String key, String value, long lease) {
    return RequestOp.newBuilder()
        .setRequestPut(
            PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .setLease(lease))
        .build();
  }

  private static RequestOp delete(String key) {
    return RequestOp.newBuilder()
        .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)))
        .build();
  }

  private void commit(RequestOp... operations) throws Exception {
    assertThat(
            hand.commit(TxnRequest.newBuilder().addAllSuccess(List.of(operations)).build())
                .getSucceeded())
        .isTrue();
  }

  private List<KeyValue> keys() throws Exception {
    return hand.list(ByteString.copyFromUtf8(root), 1000).entries();
  }

  private String claimOf(String host, RuntimeId run) {
    return root + "claims/" + ECHO + "/" + host + "/" + run;
  }

  private static String claim(String id, String sharing) {
    return "{\"id\":\""
        + id.repeat(32)
        + "\",\"version\":\"1.0.0\",\"sharing\":\""
        + sharing
        + "\",\"later\":[1]}";
  }

  /** All of a host is under one lease; when that ends it takes another and says it all again. */
  @Test
  void lease_endedByAnOperator_everythingIsPutAgain() throws Exception {
    Registration only = healthy(one, exclusive(A, ECHO));
    Registration among = healthy(one, shared(B, CLOCK));
    soon().until(() -> keys().size() == 5);
    long lease = keys().get(0).getLease();
    assertThat(keys()).allMatch(key -> key.getLease() == lease);

    hand.revoke(lease);

    soon().until(() -> keys().size() == 5);
    assertThat(keys()).noneMatch(key -> key.getLease() == lease);
    soon().until(() -> chosen(one, ECHO).equals(Optional.of(only)));
    assertThat(one.choose(CLOCK)).isEqualTo(among);
  }

  /**
   * A claim that is another's in etcd serves no more, whatever happened; it comes back when the
   * service is free. Row: RG-5.
   */
  @Test
  void claim_replacedByAnothersInEtcd_setAsideUntilThatIsGone() throws Exception {
    Registration claim = healthy(one, exclusive(A, ECHO));

    commit(delete(claimOf("one", A)), put(claimOf("two", B), claim("b", "EXCLUSIVE"), 0));

    soon().until(() -> chosen(one, ECHO).isEmpty());
    assertThat(one.registrations(ECHO)).contains(claim);
    assertThat(one.registration(claim.id())).contains(claim);

    commit(delete(claimOf("two", B)));

    soon().until(() -> chosen(one, ECHO).equals(Optional.of(claim)));
  }

  /** What is set aside can be taken back like any registration. Row: RG-8. */
  @Test
  void unregister_claimThatIsSetAside_doesNotComeBack() throws Exception {
    Registration claim = healthy(one, exclusive(A, ECHO));
    commit(delete(claimOf("one", A)), put(claimOf("two", B), claim("b", "EXCLUSIVE"), 0));
    soon().until(() -> chosen(one, ECHO).isEmpty());

    assertThat(one.unregister(A, claim.id())).isEqualTo(claim);
    commit(delete(claimOf("two", B)));
    healthy(one, shared(B, CLOCK));

    assertThat(one.registrations(ECHO)).isEmpty();
    assertThat(keys())
        .noneMatch(key -> key.getKey().toStringUtf8().contains("/claims/acme.v1.Echo"));
  }

  /** A successor waits until the lease of the former owner has ended. Row: RG-5. */
  @Test
  void register_exclusiveOfAHostThatIsDead_refusedUntilItsLeaseIsOver() throws Exception {
    long lease = hand.grant(Duration.ofMinutes(10)).getID();
    commit(put(claimOf("dead", B), claim("b", "EXCLUSIVE"), lease));

    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> one.register(exclusive(A, ECHO)))
        .satisfies(
            refused ->
                assertThat(refused.auditReason())
                    .isEqualTo("held by a plugin of spiffe://" + domain + "/host/dead"));

    hand.revoke(lease);
    soon().until(() -> isRegistered(exclusive(A, ECHO)));
  }

  private boolean isRegistered(Registration claim) {
    try {
      one.register(claim);
      return true;
    } catch (Exception e) {
      return false;
    }
  }

  /** Whatever is written there by whomever, it is passed over, and what is good is taken. */
  @Test
  void values_malformedOrForeign_passedOver() throws Exception {
    Registration own = healthy(one, shared(A, CLOCK));
    commit(
        put(root + "hosts/two", "{\"data\":\"tcp:127.0.0.1:9\",\"later\":{}}", 0),
        put(root + "hosts/three", "{\"data\":\"http://127.0.0.1:9\"}", 0),
        put(root + "hosts/FOUR", "{}", 0),
        put(root + "hosts/five", "[".repeat(100_000), 0),
        put(root + "what/is/this", "{}", 0),
        put(root + "claims/not a service/two/" + B, claim("1", "SHARED"), 0),
        put(root + "claims/grpc.health.v1.Health/two/" + B, claim("2", "SHARED"), 0),
        put(root + "claims/acme.v1.A/two/" + B, "no JSON", 0),
        put(root + "claims/acme.v1.B/two/" + B, claim("3", "MINE"), 0),
        put(root + "claims/acme.v1.C/two/" + B, claim("g", "SHARED"), 0),
        put(root + "claims/acme.v1.D/two/" + B, "{\"id\":7}", 0),
        put(root + "claims/acme.v1.E/three/" + run("c", 3), claim("4", "SHARED"), 0),
        put(root + "claims/" + CLOCK + "/two/" + A, claim("5", "SHARED"), 0),
        put(root + "health/two/" + B, "{\"health\":\"SUPERB\"}", 0),
        put(claimOf("two", B), claim("6", "SHARED"), 0));
    commit(put(root + "health/two/" + B, "{\"health\":\"DEGRADED\"}", 0));

    soon().until(() -> chosen(one, ECHO).isPresent());
    assertThat(one.choose(ECHO).provider()).isEqualTo(B);
    assertThat(one.behind(A)).isEmpty();
    assertThat(one.choose(CLOCK)).isEqualTo(own);
    assertThat(one.registrations())
        .extracting(Registration::service)
        .containsExactlyInAnyOrder(CLOCK, ECHO);
  }

  /** A claim that cannot be read may be one of a later version, so it keeps others out. */
  @Test
  void register_overAClaimThatCannotBeRead_refused() throws Exception {
    commit(put(claimOf("two", B), "from the future", 0));

    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> one.register(shared(A, ECHO)));
    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> one.register(exclusive(A, ECHO)));
  }

  /** Nor does a host take in all that somebody can write there. */
  @Test
  void list_moreKeysThanExpected_fails() throws Exception {
    commit(put(root + "hosts/two", "{}", 0), put(root + "hosts/three", "{}", 0));

    assertThatExceptionOfType(EtcdFailedException.class)
        .isThrownBy(() -> hand.list(ByteString.copyFromUtf8(root), 2))
        .withMessageContaining("more than 2 keys");
  }

  /** Also not what is long: a value that cannot be ours is dropped, and the rest has a bound. */
  @Test
  void list_longerThanExpected_valuesDroppedOrFails() throws Exception {
    ByteString prefix = ByteString.copyFromUtf8(root + "what/");
    commit(put(root + "what/long", "x".repeat(EtcdValues.MAX_BYTES + 1), 0));
    commit(put(root + "what/short", "x".repeat(1000), 0));

    assertThat(hand.list(prefix, 10).entries())
        .extracting(entry -> entry.getValue().size())
        .containsExactly(0, 1000);
    assertThatExceptionOfType(EtcdFailedException.class)
        .isThrownBy(() -> hand.list(prefix, 10, 1000))
        .withMessageContaining("more than 1000 bytes");
  }

  /** A failure here while news are taken in loses none of them: all is listed again. */
  @Test
  void news_aFailureWhileTheyAreTakenIn_arriveAllTheSame() throws Exception {
    LocalRegistry local = ServiceRegistry.inMemory(RegistryLimits.DEFAULT, Map.of(), new Random(1));
    AtomicBoolean fails = new AtomicBoolean(true);
    local.believe(
        (host, claim) -> {
          if (fails.getAndSet(false)) {
            throw new IllegalStateException("once");
          }
          return true;
        });
    EtcdStore store = EtcdStore.of(EtcdHost.settings(etcd.endpoint()));
    try (SharedRegistry two = store.open(local, new SpiffeId.OfHost(domain, "two"))) {
      Registration claim = healthy(one, shared(A, ECHO));

      soon().until(() -> chosen(two, ECHO).equals(Optional.of(claim)));
      assertThat(fails).isFalse();
      Registration news = healthy(one, shared(A, CLOCK));
      soon().until(() -> chosen(two, CLOCK).equals(Optional.of(news)));
    }
  }
}
