package dev.tenon.host;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.SignedGrant;
import dev.tenon.host.control.DirectModes;
import dev.tenon.host.control.IntroductionDesk;
import dev.tenon.host.control.IntroductionService;
import dev.tenon.host.control.Introductions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.NamedParameterSpec;
import java.time.Duration;

/**
 * What a host does for calls that do not go through it: it introduces plugins where the policy says
 * so, and sees to it that introductions end when they should. Its key signs grants and nothing
 * else, and lives as long as the host. Thread-safe.
 */
final class DirectPlane {
  private static final Duration CHECK = Duration.ofSeconds(1);

  private final Introductions introductions;
  private final DirectModes modes;
  private final IntroductionService service;

  DirectPlane(Planes planes, SecureRandom random) {
    KeyPair key = newKey(random);
    introductions =
        new Introductions(planes.runs(), planes.policyInForce(), planes.audit(), planes.clock());
    modes = new DirectModes(planes.runs(), planes.policyInForce(), key.getPublic());
    service =
        new IntroductionService(
            new IntroductionDesk(
                planes.runs(),
                planes.policyInForce(),
                planes.offered().all().keySet(),
                introductions,
                new IntroductionDesk.Signing(key.getPrivate(), planes.clock()),
                planes.audit()));
    planes.runs().alsoWhenEnded(introductions::runEnded);
    planes.policyInForce().whenChanged(introductions::policyChanged);
    planes.policyInForce().whenChanged(modes::check);
    planes.threads().every(CHECK, introductions::check);
    planes.threads().every(CHECK, modes::check);
  }

  private static KeyPair newKey(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(SignedGrant.ALGORITHM);
      generator.initialize(NamedParameterSpec.ED25519, random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has Ed25519", e);
    }
  }

  DirectModes modes() {
    return modes;
  }

  IntroductionService service() {
    return service;
  }

  /** Ends what {@code run} was granted, which has enrolled again. */
  void reenrolled(RuntimeId run) {
    introductions.runEnded(run);
  }
}
