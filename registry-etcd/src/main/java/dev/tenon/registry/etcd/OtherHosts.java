package dev.tenon.registry.etcd;

import com.google.protobuf.ByteString;
import dev.tenon.core.Health;
import dev.tenon.core.Printable;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.HostClaims;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import io.etcd.jetcd.api.KeyValue;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What etcd holds of other hosts, and its way into the local registry. What cannot be read is said
 * once and passed over. For one thread.
 *
 * <p>A host that is gone as a whole right after etcd came back keeps its claims for a moment: its
 * lease ran out because etcd was away, and it is about to say again what it has.
 */
final class OtherHosts {
  private static final System.Logger LOG = System.getLogger(EtcdStore.class.getName());

  /** How long after etcd's return hosts may take to say again what they have. */
  static final Duration SETTLING = Duration.ofSeconds(3);

  /** How many keys there are at most, of all hosts together; more are not looked at. */
  static final int MAX_KEYS = 100_000;

  /** How many complaints there are at most: who writes garbage does not fill the log. */
  private static final int MAX_COMPLAINTS = 100;

  private final EtcdKeys keys;
  private final SpiffeId.OfHost self;
  private final LocalRegistry local;
  private final LongSupplier nanoTime;
  private final Map<SpiffeId.OfHost, Said> hosts = new HashMap<>();
  private final Set<SpiffeId.OfHost> touched = new HashSet<>();
  private final Map<SpiffeId.OfHost, Long> awaited = new HashMap<>();
  private final Set<ByteString> complaints = new HashSet<>();
  private final int most;
  private int count;
  private long settledAt;

  /** Looks at no more than {@code most} keys. */
  OtherHosts(
      EtcdKeys keys, SpiffeId.OfHost self, LocalRegistry local, LongSupplier nanoTime, int most) {
    this.most = most;
    this.keys = keys;
    this.self = self;
    this.local = local;
    this.nanoTime = nanoTime;
    settledAt = nanoTime.getAsLong();
  }

  /** What one host said. */
  private static final class Said {
    private Optional<OtherHost> host = Optional.empty();
    private final Map<ByteString, Claim> claims = new HashMap<>();
    private final Map<RuntimeId, Health> health = new HashMap<>();

    private boolean has(EtcdKeys.Key key, ByteString text) {
      return key instanceof EtcdKeys.Key.Host
          || claims.containsKey(text)
          || (key instanceof EtcdKeys.Key.Run run && health.containsKey(run.run()));
    }

    private int size() {
      return isNothing() ? 0 : 1 + claims.size() + health.size();
    }

    private boolean isNothing() {
      return host.isEmpty() && claims.isEmpty() && health.isEmpty();
    }
  }

  private record Claim(long created, Registration registration) {}

  /** Notes that etcd is back: whoever is gone now may be about to return. */
  void returned() {
    settledAt = nanoTime.getAsLong() + SETTLING.toNanos();
  }

  /** Returns whether there are such hosts. */
  boolean areAwaited() {
    return !awaited.isEmpty();
  }

  /** Takes {@code entries} for all that there is. */
  void replace(List<KeyValue> entries) {
    Map<SpiffeId.OfHost, Said> before = Map.copyOf(hosts);
    hosts.clear();
    count = 0;
    touched.addAll(before.keySet());
    entries.forEach(this::put);
    for (Map.Entry<SpiffeId.OfHost, Said> known : before.entrySet()) {
      Said now = hosts.get(known.getKey());
      if (known.getValue().host.isPresent() && (now == null || now.host.isEmpty())) {
        gone(known.getKey());
      }
    }
  }

  /** Takes in one key with its value; nothing of the host itself. */
  void put(KeyValue entry) {
    EtcdKeys.@Nullable Key key = keys.parse(entry.getKey()).orElse(null);
    if (key == null) {
      complain(entry.getKey(), "no key of ours");
      return;
    }
    if (key.host().equals(self)) {
      return;
    }
    Said known = hosts.get(key.host());
    if (count >= most && (known == null || !known.has(key, entry.getKey()))) {
      complain(entry.getKey(), "one key more than " + most);
      return;
    }
    touched.add(key.host());
    Said said = known == null ? new Said() : known;
    int before = said.size();
    try {
      if (key instanceof EtcdKeys.Key.Host host) {
        said.host = Optional.empty();
        said.host = EtcdValues.readHost(host, entry.getValue());
      } else if (key instanceof EtcdKeys.Key.Claim claim) {
        said.claims.remove(entry.getKey());
        said.claims.put(
            entry.getKey(),
            new Claim(entry.getCreateRevision(), EtcdValues.readClaim(claim, entry.getValue())));
      } else if (key instanceof EtcdKeys.Key.Run run) {
        said.health.remove(run.run());
        said.health.put(run.run(), EtcdValues.readHealth(entry.getValue()));
      }
    } catch (IllegalArgumentException e) {
      complain(entry.getKey(), String.valueOf(e.getMessage()));
    }
    keep(key.host(), said, before);
  }

  private void keep(SpiffeId.OfHost host, Said said, int sizeBefore) {
    count += said.size() - sizeBefore;
    if (said.isNothing()) {
      hosts.remove(host);
    } else {
      hosts.put(host, said);
    }
  }

  /** Takes note that {@code deleted} is gone. */
  void delete(ByteString deleted) {
    EtcdKeys.@Nullable Key key = keys.parse(deleted).orElse(null);
    if (key == null) {
      return;
    }
    Said said = hosts.get(key.host());
    if (said == null) {
      return;
    }
    touched.add(key.host());
    int before = said.size();
    if (key instanceof EtcdKeys.Key.Host) {
      said.host = Optional.empty();
      gone(key.host());
    } else if (key instanceof EtcdKeys.Key.Claim) {
      said.claims.remove(deleted);
    } else if (key instanceof EtcdKeys.Key.Run run) {
      said.health.remove(run.run());
    }
    keep(key.host(), said, before);
  }

  private void gone(SpiffeId.OfHost host) {
    if (nanoTime.getAsLong() - settledAt < 0) {
      awaited.put(host, settledAt);
    }
  }

  /** Lets the local registry know of all that has changed, and of what it had no room for. */
  void publish() {
    awaited.values().removeIf(until -> nanoTime.getAsLong() - until >= 0);
    for (SpiffeId.OfHost host : Set.copyOf(touched)) {
      if (!awaited.containsKey(host) && isPublished(host)) {
        touched.remove(host);
      }
    }
  }

  /** Publishes what {@code host} said; returns false if that is to be tried again. */
  private boolean isPublished(SpiffeId.OfHost host) {
    Said said = hosts.get(host);
    if (said == null || said.host.isEmpty()) {
      local.remove(host);
      return true;
    }
    List<Registration> claims = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    said.claims.values().stream()
        .sorted(Comparator.comparingLong(Claim::created))
        .map(Claim::registration)
        .filter(claim -> ids.add(claim.id()))
        .forEach(claims::add);
    try {
      local.put(new HostClaims(said.host.get(), claims, said.health));
      return true;
    } catch (LimitReachedException | IllegalArgumentException e) {
      local.remove(host); // What it said before is true no more.
      complain(ByteString.copyFromUtf8(host.toString()), String.valueOf(e.getMessage()));
      return e instanceof IllegalArgumentException; // There may be room later.
    }
  }

  private void complain(ByteString about, String why) {
    if (complaints.size() < MAX_COMPLAINTS && complaints.add(about)) {
      LOG.log(
          Level.WARNING,
          "etcd: {0} is passed over: {1}",
          Printable.escaped(about.substring(0, Math.min(200, about.size())).toStringUtf8()),
          Printable.escaped(why));
    }
  }
}
