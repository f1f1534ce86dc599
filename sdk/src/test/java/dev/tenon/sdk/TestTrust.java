package dev.tenon.sdk;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;

/** Who issues for whom: hosts and plugins have separate authorities, as in a real host. */
record TestTrust(SpiffeId.OfHost host, TestAuthority hosts, TestAuthority plugins) {
  static TestTrust create() {
    return new TestTrust(
        new SpiffeId.OfHost(new TrustDomain("example.test"), "h1"),
        new TestAuthority("hosts", Dns.HOST),
        new TestAuthority("plugins", Dns.PLUGIN));
  }

  Credentials ofHost() {
    return hosts.credentials(host, plugins.bundle());
  }

  SpiffeId.OfPlugin plugin(String name) {
    return new SpiffeId.OfPlugin(host, RuntimeId.of(new PluginName(name), 0x77));
  }
}
