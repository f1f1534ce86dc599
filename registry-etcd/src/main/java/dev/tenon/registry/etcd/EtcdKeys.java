package dev.tenon.registry.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.util.Optional;

/**
 * The keys of one trust domain in etcd. No part of a key can hold the slash that ends it.
 *
 * <pre>
 * /tenon/[trust domain]/1/hosts/[host]                       where its data plane listens
 * /tenon/[trust domain]/1/claims/[service]/[host]/[run]      what a plugin provides
 * /tenon/[trust domain]/1/health/[host]/[run]                whether it can take calls
 * </pre>
 */
final class EtcdKeys {
  private final TrustDomain trustDomain;
  private final String root;
  private final String self;

  EtcdKeys(SpiffeId.OfHost self) {
    trustDomain = self.trustDomain();
    root = "/tenon/" + trustDomain + "/1/";
    this.self = self.host();
  }

  /** What a key is about. */
  sealed interface Key {
    /** Returns who wrote it, if etcd gives keys to those alone whose they are. */
    SpiffeId.OfHost host();

    record Host(SpiffeId.OfHost host) implements Key {}

    record Claim(ServiceName service, SpiffeId.OfHost host, RuntimeId run) implements Key {}

    record Run(SpiffeId.OfHost host, RuntimeId run) implements Key {}
  }

  /** Returns the end of the range of all keys that begin with {@code prefix}, which ends with /. */
  static ByteString endOf(ByteString prefix) {
    return prefix.substring(0, prefix.size() - 1).concat(ByteString.copyFromUtf8("0"));
  }

  /** Returns what all keys of the trust domain begin with. */
  ByteString all() {
    return ByteString.copyFromUtf8(root);
  }

  /** Returns what the keys of all claims to {@code service} begin with. */
  ByteString claims(ServiceName service) {
    return ByteString.copyFromUtf8(root + "claims/" + service + "/");
  }

  ByteString ownHost() {
    return ByteString.copyFromUtf8(root + "hosts/" + self);
  }

  ByteString ownClaim(ServiceName service, RuntimeId run) {
    return ByteString.copyFromUtf8(root + "claims/" + service + "/" + self + "/" + run);
  }

  ByteString ownHealth(RuntimeId run) {
    return ByteString.copyFromUtf8(root + "health/" + self + "/" + run);
  }

  /** Returns what {@code key} is about, or empty if it is none of these. */
  Optional<Key> parse(ByteString key) {
    if (key.size() > 600 || !key.isValidUtf8()) {
      return Optional.empty();
    }
    String text = key.toString(UTF_8);
    if (!text.startsWith(root)) {
      return Optional.empty();
    }
    String[] parts = text.substring(root.length()).split("/", -1);
    try {
      if (parts[0].equals("hosts") && parts.length == 2) {
        return Optional.of(new Key.Host(host(parts[1])));
      }
      if (parts[0].equals("claims") && parts.length == 4) {
        return Optional.of(
            new Key.Claim(new ServiceName(parts[1]), host(parts[2]), new RuntimeId(parts[3])));
      }
      if (parts[0].equals("health") && parts.length == 3) {
        return Optional.of(new Key.Run(host(parts[1]), new RuntimeId(parts[2])));
      }
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private SpiffeId.OfHost host(String name) {
    return new SpiffeId.OfHost(trustDomain, name);
  }
}
