package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;

/**
 * A plugin as a value: its name, version, what it provides and what it calls. It can be served as a
 * process, or tested. Immutable and thread-safe.
 *
 * <pre>{@code
 * Plugin.named("greeter").version("1.2.0")
 *     .requires(LogGrpc.SERVICE_NAME, ">=1.0.0")
 *     .provides(GreeterGrpc.SERVICE_NAME, ctx -> new GreeterService(ctx.client(LogGrpc::newBlockingStub)))
 *     .build();
 * }</pre>
 */
public final class Plugin {
  /** The least that a plugin may set as the longest message. */
  public static final int MIN_MESSAGE_BYTES = 1024;

  private final PluginName name;
  private final Version version;
  private final Map<ServiceName, Requirement> requirements;
  private final Map<ServiceName, Function<PluginContext, BindableService>> services;
  private final Set<ServiceName> nonBlocking;
  private final Annotations annotations;
  private final OptionalInt maxMessageBytes;
  private final ClientSettings clients;

  private Plugin(Builder builder) {
    name = builder.name;
    version = builder.version;
    requirements = Map.copyOf(builder.requirements);
    services = Map.copyOf(builder.services);
    nonBlocking = Set.copyOf(builder.nonBlocking);
    annotations = builder.annotations;
    maxMessageBytes = builder.maxMessageBytes;
    clients = builder.clients;
  }

  /**
   * Starts the description of a plugin.
   *
   * @throws IllegalArgumentException if {@code name} is not a {@link PluginName}
   */
  public static Builder named(String name) {
    return new Builder(new PluginName(name));
  }

  /** Returns the plugin's name. */
  public PluginName name() {
    return name;
  }

  /** Returns the plugin's version; also the version of the services that it provides. */
  public Version version() {
    return version;
  }

  /** Returns the services that the plugin calls. */
  public Map<ServiceName, Requirement> requirements() {
    return requirements;
  }

  /** Returns what makes each service that the plugin provides. */
  public Map<ServiceName, Function<PluginContext, BindableService>> services() {
    return services;
  }

  /** Returns those of {@link #services} whose methods never block, as their author says. */
  public Set<ServiceName> nonBlocking() {
    return nonBlocking;
  }

  /** Returns what the plugin tells about itself. */
  public Annotations annotations() {
    return annotations;
  }

  /** Returns the longest message that the plugin takes and sends; empty: as the host allows. */
  public OptionalInt maxMessageBytes() {
    return maxMessageBytes;
  }

  /** Returns what the clients of the plugin's context have in common. */
  public ClientSettings clients() {
    return clients;
  }

  /**
   * Serves the plugin in this process, which the host started, until the host shuts it down.
   * Returns after a drain; the end of {@code main} then ends the process.
   *
   * <p>Needs {@code tenon-sdk} on the class path. When the process was not started by a host,
   * prints how it is meant to be started and exits with status 2.
   *
   * @throws IllegalStateException if the SDK is missing
   * @throws Exception if the plugin cannot be served; the message says why
   */
  public void serve() throws Exception {
    PluginServer server =
        ServiceLoader.load(PluginServer.class, Plugin.class.getClassLoader())
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "plugin "
                            + name
                            + " cannot be served: no tenon-sdk on the class path (expected: the"
                            + " dependency dev.tenon:tenon-sdk)"));
    server.serve(this);
  }

  @Override
  public String toString() {
    return name + " " + version;
  }

  /** Collects the description of a plugin. Not thread-safe. */
  public static final class Builder {
    private final PluginName name;
    private Version version = new Version("0.0.0");
    private final Map<ServiceName, Requirement> requirements = new LinkedHashMap<>();
    private final Map<ServiceName, Function<PluginContext, BindableService>> services =
        new LinkedHashMap<>();
    private final Set<ServiceName> nonBlocking = new HashSet<>();
    private Annotations annotations = Annotations.NONE;
    private OptionalInt maxMessageBytes = OptionalInt.empty();
    private ClientSettings clients = ClientSettings.DEFAULT;

    private Builder(PluginName name) {
      this.name = name;
    }

    /**
     * Sets the version; 0.0.0 without it.
     *
     * @throws IllegalArgumentException if it is not a {@link Version}
     */
    public Builder version(String version) {
      this.version = new Version(version);
      return this;
    }

    /**
     * Declares that the plugin calls {@code service} and starts after a provider of it.
     *
     * @throws IllegalArgumentException if a part is malformed or the service is declared already
     */
    public Builder requires(String service, String versions) {
      return require(service, versions, Requirement.Need.REQUIRED);
    }

    /**
     * Declares that the plugin may call {@code service}, and can start without it.
     *
     * @throws IllegalArgumentException if a part is malformed or the service is declared already
     */
    public Builder canUse(String service, String versions) {
      return require(service, versions, Requirement.Need.OPTIONAL);
    }

    private Builder require(String service, String versions, Requirement.Need need) {
      Requirement requirement =
          new Requirement(new ServiceName(service), VersionRange.parse(versions), need);
      if (requirements.putIfAbsent(requirement.service(), requirement) != null) {
        throw new IllegalArgumentException("requires: " + service + " (expected: declared once)");
      }
      return this;
    }

    /**
     * Declares that the plugin provides {@code service}, made by {@code factory} after enrolment.
     * The factory may keep the stubs that it takes from its context.
     *
     * @throws IllegalArgumentException if the name is malformed or reserved, or declared already
     */
    public Builder provides(String service, Function<PluginContext, BindableService> factory) {
      requireNonNull(factory, "factory");
      ServiceName serviceName = new ServiceName(service);
      if (serviceName.isReserved()) {
        throw new IllegalArgumentException(
            "provides: " + service + " (expected: not a service of gRPC or Tenon)");
      }
      if (services.putIfAbsent(serviceName, factory) != null) {
        throw new IllegalArgumentException("provides: " + service + " (expected: declared once)");
      }
      return this;
    }

    /**
     * Declares that the plugin provides {@code service}, whose methods never block. In a plugin
     * inside the host its unary methods run on the thread of a caller that is there too, the host
     * itself or another plugin inside it, and get the very request that it made, which costs them
     * next to nothing; a method that waits all the same holds its caller up. Other calls, and all
     * calls of a plugin that is a process, are as with {@link #provides}.
     *
     * @throws IllegalArgumentException as {@link #provides}
     */
    public Builder providesNonBlocking(
        String service, Function<PluginContext, BindableService> factory) {
      provides(service, factory);
      nonBlocking.add(new ServiceName(service));
      return this;
    }

    /**
     * Sets what the plugin tells about itself.
     *
     * @throws IllegalArgumentException if an entry breaks the limits of {@link Annotations}
     */
    public Builder annotations(Map<String, String> annotations) {
      this.annotations = new Annotations(annotations);
      return this;
    }

    /**
     * Sets the longest message that the plugin takes and sends; without it what the host allows,
     * and never more than that. A longer one, of this plugin or to it, does not get there: its call
     * ends with RESOURCE_EXHAUSTED.
     *
     * @throws IllegalArgumentException if it is less than {@value #MIN_MESSAGE_BYTES}
     */
    public Builder maxMessageBytes(int bytes) {
      if (bytes < MIN_MESSAGE_BYTES) {
        throw new IllegalArgumentException(
            "maxMessageBytes: " + bytes + " (expected: at least " + MIN_MESSAGE_BYTES + ")");
      }
      maxMessageBytes = OptionalInt.of(bytes);
      return this;
    }

    /**
     * Sets what all clients that the plugin takes from its context have in common; {@link
     * ClientSettings#DEFAULT} without it.
     */
    public Builder clients(ClientSettings clients) {
      this.clients = requireNonNull(clients, "clients");
      return this;
    }

    /** Returns the plugin. */
    public Plugin build() {
      return new Plugin(this);
    }
  }
}
