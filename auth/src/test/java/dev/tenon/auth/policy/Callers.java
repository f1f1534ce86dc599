package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;

/** Identities and paths for the tests of policies. */
final class Callers {
  static final Identity HOST =
      new Identity(
          new SpiffeId.OfHost(new TrustDomain("example.org"), "h1"), Identity.Evidence.IN_PROCESS);

  private Callers() {}

  static Identity plugin(String name) {
    return new Identity(
        new SpiffeId.OfPlugin(
            new SpiffeId.OfHost(new TrustDomain("example.org"), "h1"),
            RuntimeId.of(new PluginName(name), 0xabc)),
        Identity.Evidence.SVID);
  }

  static CallPath path(String path) {
    return CallPath.parse(path);
  }
}
