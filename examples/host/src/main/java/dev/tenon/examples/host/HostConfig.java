package dev.tenon.examples.host;

import dev.tenon.auth.Policy;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.host.PluginHost;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code tenon.toml} says, with paths made absolute. Immutable. */
record HostConfig(
    Optional<String> trustDomain, Folders folders, Listen listen, Optional<String> tlsProvider) {

  /** The folders and files of a host. */
  record Folders(Path plugins, Path policy, Path state, Optional<Path> run, Optional<Path> audit) {}

  /** Where the planes listen. */
  record Listen(Optional<String> control, Optional<String> data) {}

  /**
   * Reads {@code file}.
   *
   * @throws ConfigException with all that is wrong with it
   */
  static HostConfig read(Path file) throws ConfigException {
    Path folder = file.toAbsolutePath().normalize().resolveSibling(".").normalize();
    ConfigTable toml = ConfigTable.read(file);
    Optional<String> trustDomain = toml.string("trust_domain");
    Folders folders =
        new Folders(
            folder.resolve(toml.requiredString("plugins")),
            folder.resolve(toml.requiredString("policy")),
            folder.resolve(toml.string("state").orElse("tenon-state")),
            toml.string("run").map(folder::resolve),
            toml.table("audit").flatMap(audit -> audit.string("path")).map(folder::resolve));
    Listen listen =
        new Listen(
            toml.table("control").flatMap(control -> control.string("listen")),
            toml.table("data").flatMap(data -> data.string("listen")));
    Optional<String> tlsProvider = toml.table("tls").flatMap(tls -> tls.string("provider"));
    toml.finish();
    return new HostConfig(trustDomain, folders, listen, tlsProvider);
  }

  /**
   * Returns the description of a host as configured.
   *
   * @throws ConfigException if the policy, a name or an address is wrong
   */
  PluginHost.Builder host() throws ConfigException {
    PluginHost.Builder host =
        PluginHost.builder()
            .plugins(folders.plugins())
            .policy(Policy.load(folders.policy()))
            .state(folders.state());
    folders.run().ifPresent(host::run);
    folders.audit().ifPresent(host::audit);
    trustDomain.ifPresent(host::trustDomain);
    listen.control().ifPresent(host::controlListen);
    listen.data().ifPresent(host::dataListen);
    tlsProvider.ifPresent(host::tlsProvider);
    return host;
  }

  /** Returns the audit file. */
  Path auditFile() {
    return folders.audit().orElseGet(() -> folders.state().resolve("audit.jsonl"));
  }
}
