package dev.tenon.registry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map of which a change copies a small part: one of {@value #BUCKETS} buckets for each
 * key, and the list of them once. A look-up allocates nothing.
 */
final class BucketMap<K, V> {
  private static final int BITS = 8;
  private static final int BUCKETS = 1 << BITS;

  /** 2^32 divided by the golden ratio (Knuth, volume 3, 6.4): spreads hashes by its upper bits. */
  private static final int SPREAD = 0x9E3779B9;

  /** None of them is changed once this map is made. */
  private final List<Map<K, V>> buckets;

  private BucketMap(List<Map<K, V>> buckets) {
    this.buckets = buckets;
  }

  static <K, V> BucketMap<K, V> empty() {
    return new BucketMap<>(Collections.nCopies(BUCKETS, Map.of()));
  }

  /* Not the lower bits: the map in the bucket uses those, and would find all its keys in one place. */
  private static int bucket(Object key) {
    return (key.hashCode() * SPREAD) >>> (Integer.SIZE - BITS);
  }

  @Nullable V get(K key) {
    return buckets.get(bucket(key)).get(key);
  }

  V get(K key, V otherwise) {
    V found = get(key);
    return found == null ? otherwise : found;
  }

  /** Returns all keys, in no order. */
  Stream<K> keys() {
    return buckets.stream().flatMap(bucket -> bucket.keySet().stream());
  }

  /** Returns all values, in no order. */
  Stream<V> values() {
    return buckets.stream().flatMap(bucket -> bucket.values().stream());
  }

  /** Returns the map in which each key has the value of {@code changes}, or none. */
  BucketMap<K, V> with(Map<K, Optional<V>> changes) {
    if (changes.isEmpty()) {
      return this;
    }
    List<Map<K, V>> next = new ArrayList<>(buckets);
    Set<Integer> copied = new HashSet<>();
    changes.forEach(
        (key, value) -> {
          int at = bucket(key);
          if (copied.add(at)) {
            next.set(at, new HashMap<>(next.get(at)));
          }
          if (value.isPresent()) {
            next.get(at).put(key, value.get());
          } else {
            next.get(at).remove(key);
          }
        });
    return new BucketMap<>(next);
  }
}
