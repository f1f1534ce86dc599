package dev.tenon.registry.etcd;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import io.etcd.jetcd.api.KeyValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much of what other hosts say is kept. */
class RoomForOtherHostsTest {
  private static final TrustDomain DOMAIN = new TrustDomain("acme.example");
  private static final RuntimeId B = run("b", 2);
  private static final RuntimeId C = run("c", 3);

  private final LocalRegistry local =
      ServiceRegistry.inMemory(new RegistryLimits(1, 1, 1, 1, 1), Map.of(), new Random(1));

  @BeforeEach
  void believeAll() {
    local.believe((host, claim) -> true);
  }

  private static SpiffeId.OfHost host(String name) {
    return new SpiffeId.OfHost(DOMAIN, name);
  }

  private OtherHosts others(int most) {
    return new OtherHosts(new EtcdKeys(host("one")), host("one"), local, () -> 0, most);
  }

  private static KeyValue hostEntry(String name) {
    return KeyValue.newBuilder()
        .setKey(new EtcdKeys(host(name)).ownHost())
        .setValue(EtcdValues.host(Optional.of("tcp:127.0.0.1:9")))
        .build();
  }

  private static ByteString key(String host, RuntimeId run, ServiceName service) {
    return new EtcdKeys(host(host)).ownClaim(service, run);
  }

  private static KeyValue claimEntry(String host, Registration claim) {
    return KeyValue.newBuilder()
        .setKey(key(host, claim.provider(), claim.service()))
        .setValue(EtcdValues.claim(claim))
        .build();
  }

  /** What a host said before does not stand when there is no room for what it says now. */
  @Test
  void publish_noRoomForAHost_noneOfItsStandsUntilThereIs() {
    OtherHosts others = others(100);
    Registration first = shared(B, ECHO);
    others.replace(List.of(hostEntry("two"), claimEntry("two", first)));
    others.publish();
    assertThat(local.registrations()).containsExactly(first);

    others.put(claimEntry("two", shared(B, CLOCK)));
    others.publish();
    assertThat(local.registrations()).isEmpty();
    others.put(hostEntry("three"));
    Registration other = shared(C, ECHO);
    others.put(claimEntry("three", other));
    others.delete(key("two", B, CLOCK));
    others.publish();
    assertThat(local.registrations()).hasSize(1);
    others.delete(key("two", B, ECHO));
    others.publish();
    others.publish(); // The order of hosts is left open: who waited has had its turn by now.

    assertThat(local.registrations()).containsExactly(other);
  }

  /** More keys than the most are not looked at; what is known may change, and make room. */
  @Test
  void put_moreKeysThanTheMost_passedOverUntilThereIsRoom() {
    OtherHosts others = others(3);
    others.put(hostEntry("two"));
    others.put(claimEntry("two", shared(B, CLOCK))); // a host takes one, and each of its claims

    others.put(hostEntry("three"));
    others.put(claimEntry("three", shared(C, CLOCK)));
    Registration renewed = shared(B, CLOCK);
    others.put(claimEntry("two", renewed));
    others.publish();
    assertThat(local.registrations()).containsExactly(renewed);

    others.delete(key("two", B, CLOCK));
    Registration next = shared(C, ECHO);
    others.put(claimEntry("three", next));
    others.publish();
    others.publish(); // as above
    assertThat(local.registrations()).containsExactly(next);
  }
}
