package dev.tenon.registry.etcd;

import com.google.protobuf.ByteString;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.Registration;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantResponse;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * This host as etcd has it: its lease, and what is under it. Everything but {@link #announce} and
 * {@link #isNameTaken} is for the session's thread.
 */
final class HostEntry {
  private static final System.Logger LOG = System.getLogger(EtcdStore.class.getName());

  private final SpiffeId.OfHost self;
  private final Duration life;
  private final EtcdKeys keys;
  private final OwnClaims own;
  private final HeldLease lease;
  private final Published published;
  private volatile Optional<String> endpoint = Optional.empty();
  private volatile boolean nameTaken;

  /** A lease that was taken and may hold the name, though nobody said so. */
  private long begun = HeldLease.NONE;

  HostEntry(SpiffeId.OfHost self, Duration life, EtcdKeys keys, OwnClaims own, HeldLease lease) {
    this.self = self;
    this.life = life;
    this.keys = keys;
    this.own = own;
    this.lease = lease;
    published = new Published(keys);
  }

  void announce(String data) {
    endpoint = Optional.of(data);
  }

  /** Returns whether etcd knows a host of this name, and it is not this one. */
  boolean isNameTaken() {
    return nameTaken;
  }

  /**
   * Renews the lease, or takes another one if it has ended.
   *
   * @return whether it is another one: nothing is under it but the host's name
   */
  boolean renew(EtcdConnection etcd) throws EtcdFailedException {
    long asked = lease.now();
    long id = lease.id();
    if (id != HeldLease.NONE) {
      Duration left = etcd.keepAlive(id);
      if (!left.isZero()) {
        lease.renewed(id, asked, left);
        return false;
      }
      LOG.log(Level.WARNING, "etcd: the lease of {0} has ended; it takes another one", self);
      own.setExclusiveAside(); // first: what is looked up with the next lease is not there
      lease.lost();
      published.clear();
    }
    grant(etcd);
    return true;
  }

  private void grant(EtcdConnection etcd) throws EtcdFailedException {
    if (begun != HeldLease.NONE) {
      etcd.revoke(begun); // or it would keep this host out until it has run out
      begun = HeldLease.NONE;
    }
    long asked = lease.now();
    LeaseGrantResponse granted = etcd.grant(life);
    begun = granted.getID();
    nameTaken = !published.create(etcd, granted.getID(), keys.ownHost(), EtcdValues.host(endpoint));
    if (nameTaken) {
      etcd.revoke(granted.getID());
      begun = HeldLease.NONE;
      throw new EtcdFailedException(
          "etcd: "
              + self
              + " is there already (expected: not before the lease of its former run has ended,"
              + " and no second host with a copy of its state)");
    }
    begun = HeldLease.NONE;
    lease.renewed(granted.getID(), asked, Duration.ofSeconds(granted.getTTL()));
  }

  /** Takes {@code listed} for all that there is; what is not confirmed by it does not serve. */
  void replace(List<KeyValue> listed) {
    published.replace(listed, lease.id());
    setUnconfirmedAside();
  }

  /** Notes that somebody deleted {@code key} at {@code revision}; returns whether it was ours. */
  boolean deleted(ByteString key, long revision) {
    boolean isOurs = published.deleted(key, revision);
    if (isOurs) {
      setUnconfirmedAside();
    }
    return isOurs;
  }

  /** What may be another's by now does not serve. */
  private void setUnconfirmedAside() {
    for (Registration claim : own.all()) {
      if (claim.sharing() == Sharing.EXCLUSIVE && !published.has(claim)) {
        own.setAside(claim);
      }
    }
  }

  /** Claims for {@code claim}; returns who holds the service, if it is another host's. */
  Optional<String> claim(EtcdConnection etcd, Registration claim) throws EtcdFailedException {
    return Optional.ofNullable(published.claim(etcd, lease.id(), List.of(claim)).get(claim));
  }

  /** Puts what is missing in etcd, deletes what is too much, and brings back what is ours again. */
  void settle(EtcdConnection etcd) throws EtcdFailedException {
    List<Registration> missing = own.all().stream().filter(claim -> !published.has(claim)).toList();
    for (List<Registration> part : Published.parts(missing)) {
      published.claim(etcd, lease.id(), part).keySet().forEach(own::setAside);
    }
    for (Registration claim : own.aside()) {
      if (lease.isHeld() && published.has(claim)) {
        own.bringBack(claim);
      }
    }
    Map<ByteString, ByteString> values = new HashMap<>();
    values.put(keys.ownHost(), EtcdValues.host(endpoint));
    own.health()
        .forEach((run, health) -> values.put(keys.ownHealth(run), EtcdValues.health(health)));
    Set<ByteString> claims = new HashSet<>();
    own.all().forEach(claim -> claims.add(keys.ownClaim(claim.service(), claim.provider())));
    published.settle(etcd, lease.id(), values, claims);
  }
}
