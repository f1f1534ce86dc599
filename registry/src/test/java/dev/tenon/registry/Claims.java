package dev.tenon.registry;

import dev.tenon.core.Annotations;
import dev.tenon.core.PluginName;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** Makes claims, each with an id of its own, for tests that care about a part of them. */
public final class Claims {
  public static final ServiceName ECHO = new ServiceName("acme.v1.Echo");
  public static final ServiceName CLOCK = new ServiceName("acme.v1.Clock");

  private static final AtomicLong NEXT_ID = new AtomicLong();

  private Claims() {}

  /** Returns an empty registry with the usual limits. */
  static InMemoryRegistry registry() {
    return new InMemoryRegistry(RegistryLimits.DEFAULT, Map.of(), new Random(1));
  }

  public static RuntimeId run(String plugin, long number) {
    return RuntimeId.of(new PluginName(plugin), number);
  }

  public static Registration exclusive(RuntimeId provider, ServiceName service) {
    return claim(provider, service, "1.0.0", Sharing.EXCLUSIVE);
  }

  public static Registration shared(RuntimeId provider, ServiceName service) {
    return shared(provider, service, "1.0.0");
  }

  public static Registration shared(RuntimeId provider, ServiceName service, String version) {
    return claim(provider, service, version, Sharing.SHARED);
  }

  public static Registration with(Registration claim, Annotations annotations) {
    return new Registration(
        id(), claim.provider(), claim.service(), claim.version(), annotations, claim.sharing());
  }

  private static Registration claim(
      RuntimeId provider, ServiceName service, String version, Sharing sharing) {
    return new Registration(
        id(), provider, service, new Version(version), Annotations.NONE, sharing);
  }

  private static String id() {
    return String.format("%032x", NEXT_ID.incrementAndGet());
  }
}
