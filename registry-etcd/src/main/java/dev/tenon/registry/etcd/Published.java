package dev.tenon.registry.etcd;

import com.google.protobuf.ByteString;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.registry.Registration;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of this host is in etcd under its lease, as far as etcd has confirmed it, and the
 * transactions that change it. For one thread.
 */
final class Published {
  /** etcd takes 128 operations in a transaction. */
  private static final int MAX_OPERATIONS = 100;

  /** etcd takes 1.5 MiB in a request. */
  private static final int MAX_BYTES = 1024 * 1024;

  private static final int ATTEMPTS = 10;

  private final EtcdKeys keys;
  private final Map<ByteString, Entry> entries = new HashMap<>();

  Published(EtcdKeys keys) {
    this.keys = keys;
  }

  private record Entry(ByteString value, long revision) {}

  void clear() {
    entries.clear();
  }

  /** Takes those of {@code listed} that are under {@code lease} for all that there is. */
  void replace(List<KeyValue> listed, long lease) {
    entries.clear();
    for (KeyValue one : listed) {
      if (one.getLease() == lease) {
        entries.put(one.getKey(), new Entry(one.getValue(), one.getModRevision()));
      }
    }
  }

  boolean has(Registration claim) {
    return has(keys.ownClaim(claim.service(), claim.provider()), EtcdValues.claim(claim));
  }

  private boolean has(ByteString key, ByteString value) {
    Entry entry = entries.get(key);
    return entry != null && entry.value().equals(value);
  }

  /** Notes that somebody deleted {@code key} at {@code revision}; returns whether that is news. */
  boolean deleted(ByteString key, long revision) {
    Entry entry = entries.get(key);
    return entry != null && entry.revision() < revision && entries.remove(key, entry);
  }

  /**
   * Puts {@code claims}, but for those that what other hosts claim excludes: what they claim is
   * looked at first, and the transaction is of no effect if any of that has changed since.
   *
   * @return who holds what could not be put
   */
  Map<Registration, String> claim(EtcdConnection etcd, long lease, List<Registration> claims)
      throws EtcdFailedException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Set<ServiceName> services = new LinkedHashSet<>();
      claims.forEach(claim -> services.add(claim.service()));
      TxnRequest.Builder look = TxnRequest.newBuilder();
      services.forEach(service -> look.addSuccess(range(service)));
      TxnResponse seen = etcd.commit(look.build());
      long revision = seen.getHeader().getRevision();
      List<KeyValue> present = new ArrayList<>();
      seen.getResponsesList().forEach(one -> present.addAll(one.getResponseRange().getKvsList()));
      Map<Registration, String> taken = new HashMap<>();
      TxnRequest.Builder put = TxnRequest.newBuilder();
      Set<ServiceName> wanted = new LinkedHashSet<>();
      Map<ByteString, ByteString> values = new HashMap<>();
      for (Registration claim : claims) {
        String holder = holder(claim, present, lease);
        if (holder != null) {
          taken.put(claim, holder);
          continue;
        }
        wanted.add(claim.service());
        values.put(keys.ownClaim(claim.service(), claim.provider()), EtcdValues.claim(claim));
      }
      wanted.forEach(service -> put.addCompare(unchanged(service, revision)));
      values.forEach((key, value) -> put.addSuccess(put(key, value, lease)));
      if (values.isEmpty()) {
        return taken;
      }
      TxnResponse done = etcd.commit(put.build());
      if (done.getSucceeded()) {
        long at = done.getHeader().getRevision();
        values.forEach((key, value) -> entries.put(key, new Entry(value, at)));
        return taken;
      }
    }
    throw new EtcdFailedException("etcd: others claim the same services all the time");
  }

  private RequestOp range(ServiceName service) {
    ByteString prefix = keys.claims(service);
    return RequestOp.newBuilder()
        .setRequestRange(
            RangeRequest.newBuilder().setKey(prefix).setRangeEnd(EtcdKeys.endOf(prefix)))
        .build();
  }

  /** No claim to {@code service} was made or changed since {@code revision}. */
  private Compare unchanged(ServiceName service, long revision) {
    ByteString prefix = keys.claims(service);
    return Compare.newBuilder()
        .setKey(prefix)
        .setRangeEnd(EtcdKeys.endOf(prefix))
        .setTarget(Compare.CompareTarget.MOD)
        .setResult(Compare.CompareResult.LESS)
        .setModRevision(revision + 1)
        .build();
  }

  /** Returns who excludes {@code claim}, if anybody; claims of one host are for it to weigh. */
  private @Nullable String holder(Registration claim, List<KeyValue> present, long lease) {
    String prefix = keys.claims(claim.service()).toStringUtf8();
    for (KeyValue other : present) {
      String key = other.getKey().toStringUtf8();
      if (key.startsWith(prefix) && other.getLease() != lease && excludes(claim, other)) {
        return keys.parse(other.getKey())
            .map(parsed -> "a plugin of " + parsed.host())
            .orElse("an entry in etcd that cannot be read");
      }
    }
    return null;
  }

  /** What cannot be read could be a claim of a later version: it counts as an exclusive one. */
  private boolean excludes(Registration claim, KeyValue other) {
    if (claim.sharing() == Sharing.EXCLUSIVE) {
      return true;
    }
    try {
      return !(keys.parse(other.getKey()).orElse(null) instanceof EtcdKeys.Key.Claim key)
          || EtcdValues.readClaim(key, other.getValue()).sharing() == Sharing.EXCLUSIVE;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private static RequestOp put(ByteString key, ByteString value, long lease) {
    return RequestOp.newBuilder()
        .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(value).setLease(lease))
        .build();
  }

  /**
   * Puts {@code key} if nobody has.
   *
   * @return whether it was put
   */
  boolean create(EtcdConnection etcd, long lease, ByteString key, ByteString value)
      throws EtcdFailedException {
    TxnResponse done =
        etcd.commit(
            TxnRequest.newBuilder()
                .addCompare(
                    Compare.newBuilder()
                        .setKey(key)
                        .setTarget(Compare.CompareTarget.VERSION)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setVersion(0))
                .addSuccess(put(key, value, lease))
                .build());
    if (done.getSucceeded()) {
      entries.put(key, new Entry(value, done.getHeader().getRevision()));
    }
    return done.getSucceeded();
  }

  /** Puts what of {@code values} is missing, then deletes what is in neither of the two. */
  void settle(
      EtcdConnection etcd, long lease, Map<ByteString, ByteString> values, Set<ByteString> keep)
      throws EtcdFailedException {
    List<RequestOp> changes = new ArrayList<>();
    values.forEach(
        (key, value) -> {
          if (!has(key, value)) {
            changes.add(put(key, value, lease));
          }
        });
    for (ByteString key : entries.keySet()) {
      if (!values.containsKey(key) && !keep.contains(key)) {
        changes.add(
            RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                .build());
      }
    }
    for (int from = 0; from < changes.size(); from += MAX_OPERATIONS) {
      List<RequestOp> some = changes.subList(from, Math.min(changes.size(), from + MAX_OPERATIONS));
      TxnResponse done = etcd.commit(TxnRequest.newBuilder().addAllSuccess(some).build());
      for (RequestOp one : some) {
        if (one.hasRequestPut()) {
          PutRequest put = one.getRequestPut();
          entries.put(put.getKey(), new Entry(put.getValue(), done.getHeader().getRevision()));
        } else {
          entries.remove(one.getRequestDeleteRange().getKey());
        }
      }
    }
  }

  /** Returns {@code claims} in parts, each of which etcd takes in one transaction. */
  static List<List<Registration>> parts(List<Registration> claims) {
    List<List<Registration>> parts = new ArrayList<>();
    List<Registration> part = new ArrayList<>();
    int bytes = 0;
    for (Registration claim : claims) {
      int size = EtcdValues.claim(claim).size();
      if (!part.isEmpty() && (part.size() == MAX_OPERATIONS || bytes + size > MAX_BYTES)) {
        parts.add(part);
        part = new ArrayList<>();
        bytes = 0;
      }
      part.add(claim);
      bytes += size;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }
}
