package dev.tenon.router;

import dev.tenon.core.Annotations;
import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import java.util.Locale;

/** Who is who in the tests. */
final class Names {
  static final TrustDomain TRUST_DOMAIN = new TrustDomain("test.example");
  static final SpiffeId.OfHost HOST = new SpiffeId.OfHost(TRUST_DOMAIN, "h1");
  static final RuntimeId CALLER = new RuntimeId("caller-000000000000000a");
  static final RuntimeId STRANGER = new RuntimeId("stranger-000000000000000b");
  static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  static final RuntimeId WORDS_2 = new RuntimeId("words-0000000000000002");
  static final RuntimeId TARPIT = new RuntimeId("tarpit-0000000000000003");
  static final ServiceName ECHO = new ServiceName("testservice.v1.Echo");
  static final ServiceName OTHER = new ServiceName("testservice.v1.Other");
  static final ServiceName NOWHERE = new ServiceName("testservice.v1.Nowhere");
  static final Version VERSION = new Version("1.0.0");

  /** Rights of {@code caller} to the test services; {@code Nowhere} has no provider by policy. */
  static final String POLICY =
      """
      [[provide]]
      plugin = "words"
      services = ["testservice.v1.Echo"]

      [[provide]]
      plugin = "tarpit"
      services = ["testservice.v1.Other"]

      [[rule]]
      id = "echo"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.*"
      """;

  /** What {@code caller} of another host, {@code host-a}, may call. */
  static final String POLICY_FOR_A =
      """
      [[rule]]
      id = "echo-from-a"
      effect = "allow"
      caller = "caller@host-a"
      service = "testservice.v1.*"
      audit = "first"
      """;

  private Names() {}

  static SpiffeId.OfPlugin id(RuntimeId run) {
    return new SpiffeId.OfPlugin(HOST, run);
  }

  static Identity identity(RuntimeId run) {
    return new Identity(id(run), Identity.Evidence.SVID);
  }

  static Registration claim(RuntimeId provider, ServiceName service) {
    String id =
        String.format(
            Locale.ROOT, "%032x", Integer.toUnsignedLong((provider + "/" + service).hashCode()));
    return new Registration(id, provider, service, VERSION, Annotations.NONE, Sharing.SHARED);
  }
}
