package dev.tenon.host;

import dev.tenon.auth.Issued;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.BackendChannels;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.router.relay.WireBackend;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Makes runs of plugins: an identity, a place, and whatever its kind of plugin begins with. */
final class Launcher {
  private static final String NOT_STARTED = "could not be started";

  private final Planes planes;

  Launcher(Planes planes) {
    this.planes = planes;
  }

  /**
   * Starts one run in {@code slot} and does not wait for it; {@code added} gets it before anything
   * of it runs, so that whoever stops plugins knows it. If this throws, the run has ended, with all
   * that was made for it.
   */
  Plugins.Started launch(Slot slot, Consumer<Plugins.Started> added)
      throws HostStartException, IOException, RefusedException {
    PluginDefinition definition = slot.definition();
    RuntimeId runtimeId =
        planes.trust().mint().runtimeId(definition.name(), planes.runs()::isTaken);
    SpiffeId.OfPlugin id = new SpiffeId.OfPlugin(planes.identity().id(), runtimeId);
    return definition.runtime() instanceof InProcessRuntime inside
        ? runInside(slot, inside, id, added)
        : launchOutside(slot, id, added);
  }

  private Plugins.Started runInside(
      Slot slot, InProcessRuntime inside, SpiffeId.OfPlugin id, Consumer<Plugins.Started> added)
      throws RefusedException {
    PluginDefinition definition = slot.definition();
    InProcessPlugin plugin = new InProcessPlugin(planes.identity().id());
    BackendChannels channels = new BackendChannels(plugin::channel, plugin.direct());
    Plugins.Started started =
        new Plugins.Started(slot, new PluginRun(id, definition.version(), channels));
    try {
      add(started, added);
    } catch (RefusedException | RuntimeException e) {
      planes.runs().giveUp(started.run(), NOT_STARTED);
      throw e;
    }
    launched(started, plugin);
    InProcessStart start = new InProcessStart(planes, inside.plugin(), started.run());
    start.declare();
    plugin.start("tenon-plugin-" + definition.name(), start);
    return started;
  }

  private Plugins.Started launchOutside(
      Slot slot, SpiffeId.OfPlugin id, Consumer<Plugins.Started> added)
      throws HostStartException, IOException, RefusedException {
    PluginDefinition definition = slot.definition();
    HostPlaces.Place place = place(id.runtimeId(), definition);
    ClientTls tls =
        new ClientTls(
            planes.identity(),
            PeerRule.exactly(id),
            planes.servers().of(id.runtimeId()),
            Dns.PLUGIN);
    BackendChannels channels =
        new BackendChannels(
            () ->
                planes
                    .transport()
                    .channel(place.listen(), tls, planes.users().of(id.runtimeId()))
                    .directExecutor()
                    .maxInboundMessageSize(planes.runs().maxMessageBytes())
                    .build(),
            new WireBackend(
                planes.transport(),
                place.listen(),
                tls,
                planes.users().of(id.runtimeId()),
                planes.relayLoops()));
    Plugins.Started started =
        new Plugins.Started(slot, new PluginRun(id, definition.version(), channels));
    started.run().listens(place.listen(), definition.runtime().isolation());
    try {
      add(started, added);
      Launch launch =
          new Launch(
              id.runtimeId(),
              planes.places().stateOf(definition.name(), definition.runtime()),
              place.directory(),
              bootstrap(id.runtimeId(), place).toJsonLine());
      launched(started, planes.threads().launch(() -> definition.runtime().launch(launch)));
      planes
          .reenrolment()
          .watch(started.run(), () -> bootstrap(id.runtimeId(), place).toJsonLine());
      return started;
    } catch (LaunchException e) {
      undo(started);
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION, String.valueOf(e.getMessage()), e);
    } catch (IOException | RefusedException | RuntimeException e) {
      undo(started);
      throw e;
    }
  }

  private void undo(Plugins.Started started) {
    planes.runs().giveUp(started.run(), NOT_STARTED);
    if (started.run().process().isEmpty()) {
      release(started.run().id().runtimeId());
    }
  }

  private HostPlaces.Place place(RuntimeId run, PluginDefinition definition)
      throws HostStartException, IOException {
    OptionalInt uid = definition.runtime().uid();
    try {
      if (uid.isPresent()) {
        planes.users().take(run, uid.getAsInt());
      }
      return planes.places().placeOf(run, definition.runtime(), planes.addresses());
    } catch (IOException e) {
      release(run);
      if (definition.runtime().isolation().hasOwnPlace()) {
        throw notIsolated(definition, e);
      }
      throw e;
    } catch (RuntimeException e) {
      release(run);
      throw e;
    }
  }

  private static HostStartException notIsolated(PluginDefinition definition, IOException e) {
    return new HostStartException(
        HostStartException.Kind.CONFIGURATION,
        "plugin "
            + definition.name()
            + ": isolation "
            + definition.runtime().isolation()
            + ": "
            + e.getMessage()
            + (definition.runtime().uid().isPresent()
                ? " (another user needs a host that is root, or may change owner and user)"
                : ""),
        e);
  }

  private void release(RuntimeId run) {
    planes.users().release(run);
    planes.places().release(run);
  }

  private void add(Plugins.Started started, Consumer<Plugins.Started> added)
      throws RefusedException {
    started.slot().take(started);
    added.accept(started);
    planes.runs().add(started.run());
    planes
        .audit()
        .success(
            "lifecycle",
            PluginName.HOST,
            "start",
            started.run().id().runtimeId().value(),
            Map.of("isolation", started.definition().runtime().isolation().toString()));
  }

  private void launched(Plugins.Started started, LaunchedPlugin plugin) {
    started.run().launched(plugin);
    var unused =
        plugin
            .exit()
            .thenAccept(
                status -> {
                  planes.runs().ended(started.run(), "ended with status " + status);
                  release(started.run().id().runtimeId());
                });
  }

  /** Returns a bootstrap document, with a fresh enrolment token, of a run that comes by itself. */
  Bootstrap bootstrap(RuntimeId runtimeId, Endpoint listen) throws RefusedException {
    return bootstrap(runtimeId, new HostPlaces.Place(listen, planes.addresses(), Optional.empty()));
  }

  /** Returns a bootstrap document with a fresh enrolment token. */
  private Bootstrap bootstrap(RuntimeId runtimeId, HostPlaces.Place place) throws RefusedException {
    OptionalInt own = planes.transport().ownUid();
    Issued token = planes.trust().enrolmentTokens().issue(runtimeId);
    return new Bootstrap(
        runtimeId.plugin(),
        runtimeId,
        place.host().enrol(),
        place.host().control(),
        place.host().data(),
        Dns.HOST,
        planes.identity().id(),
        planes.trust().bundleForPlugins(),
        token.token(),
        token.expires(),
        place.listen(),
        planes.users().of(runtimeId).equals(own) ? OptionalInt.empty() : own);
  }
}
