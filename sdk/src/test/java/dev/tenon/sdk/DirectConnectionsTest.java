package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.RefusalStatus;
import dev.tenon.core.SpiffeId;
import dev.tenon.v1.DirectMode;
import dev.tenon.v1.DrainRequest;
import dev.tenon.v1.PluginControlGrpc;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which connections a provider takes from plugins, and what they are good for. Row: RT-24. */
final class DirectConnectionsTest extends DirectProvider {
  /** What the host alone may ask is not for a direct caller, with whatever grant. */
  @Test
  void call_ofWhatIsTheHosts_refused() {
    Channel channel =
        DirectHost.showing(
            host.direct(),
            host.signed(grant -> grant.setService("tenon.v1.PluginControl").addMethods("Drain")));

    assertThat(
            code(
                () ->
                    PluginControlGrpc.newBlockingStub(channel)
                        .drain(DrainRequest.getDefaultInstance())))
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(
            code(
                () ->
                    HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.getDefaultInstance())))
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(call(host.host.toPlugin()).getCaller()).isEqualTo(host.trust().host().toString());
  }

  /**
   * The host switches it off: what is open ends, and nobody shakes hands any more. Denies: direct
   * DIRECT_OFF.
   */
  @Test
  void off_openStreamAndNewConnections_end() {
    Channel channel = host.direct();
    Stream stream = stream(channel, host.signed(grant -> grant));
    host.tell(DirectMode.getDefaultInstance());

    assertThat(stream.end().getCode()).isIn(Status.Code.UNAUTHENTICATED, Status.Code.UNAVAILABLE);
    assertThat(outcome(host.direct(), host.signed(grant -> grant)).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(call(host.host.toPlugin()).getCaller()).isEqualTo(host.trust().host().toString());

    host.tell(host.on());
    assertThat(outcome(host.direct(), host.signed(grant -> grant))).isEqualTo(Status.OK);
  }

  /** What the host says and the plugin does not understand is no reason to let anybody in. */
  @Test
  void tell_whatCannotBeUsed_isOff() {
    assertThat(code(() -> host.tell(host.on().toBuilder().clearGrantKeys().build())))
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(outcome(host.direct(), host.signed(grant -> grant)).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  /** With another authority those that the old one vouched for are gone. Attack: X26. */
  @Test
  void tell_otherAuthority_oldConnectionsEnd() {
    ManagedChannel channel = host.host.toPlugin(host.of(host.caller));
    Stream stream = stream(channel, host.signed(grant -> grant));
    TestAuthority next = new TestAuthority("next", "plugin.tenon.internal");
    host.tell(
        host.on().toBuilder()
            .clearCallerAuthorities()
            .addCallerAuthorities(HostAnswers.der(next.bundle().get(0)))
            .build());

    assertThat(stream.end().isOk()).isFalse();
    assertThat(outcome(host.direct(), host.signed(grant -> grant)).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  /** The authority of plugins is trusted for plugins: not for a host, not for another's plugins. */
  @Test
  void connect_asHostByTheAuthorityOfPlugins_refused() {
    SpiffeId.OfHost self = host.trust().host();
    SpiffeId.OfHost other = new SpiffeId.OfHost(self.trustDomain(), "h2");
    var plugins = host.trust().plugins();

    assertThat(outcome(host.host.toPlugin(plugins.credentials(self, plugins.bundle()))).getCode())
        .isIn(Status.Code.UNAVAILABLE, Status.Code.PERMISSION_DENIED);
    assertThat(
            code(
                () ->
                    PluginControlGrpc.newBlockingStub(
                            host.host.toPlugin(plugins.credentials(self, plugins.bundle())))
                        .drain(DrainRequest.getDefaultInstance())))
        .isIn(Status.Code.UNAVAILABLE, Status.Code.PERMISSION_DENIED);
    SpiffeId.OfPlugin foreign = new SpiffeId.OfPlugin(other, host.caller.runtimeId());
    assertThat(
            outcome(
                    host.host.toPlugin(plugins.credentials(foreign, plugins.bundle())),
                    host.signed(grant -> grant.setCaller(foreign.toString())))
                .getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    var hosts = host.trust().hosts().named("plugin.tenon.internal");
    assertThat(
            outcome(
                    host.host.toPlugin(hosts.credentials(host.caller, plugins.bundle())),
                    host.signed(grant -> grant))
                .getCode())
        .isIn(Status.Code.UNAVAILABLE, Status.Code.PERMISSION_DENIED);
    assertThat(host.provider.provided.deadlines).isEmpty();
  }

  /** A connection that breaks in its handshake is forgotten like all others. */
  @Test
  void connect_brokenInItsHandshake_isNothingAtItsEnd() {
    DirectConnections connections =
        new DirectConnections(
            host.trust().host(), List::of, () -> DirectTold.OFF, InstantSource.system());

    assertThatCode(() -> connections.transportTerminated(null)).doesNotThrowAnyException();
  }

  /** Who opens connections without end gets a few, and the host gets its own. */
  @Test
  void connect_moreOftenThanACallerNeeds_refused() {
    String grant = host.signed(right -> right);
    List<Channel> channels = new ArrayList<>();
    for (int i = 0; i < DirectConnections.MAX_OF_A_CALLER; i++) {
      channels.add(host.direct());
      assertThat(outcome(channels.get(i), grant)).isEqualTo(Status.OK);
    }

    assertThat(outcome(host.direct(), grant).getCode())
        .isIn(Status.Code.UNAVAILABLE, Status.Code.PERMISSION_DENIED);
    assertThat(outcome(channels.get(0), grant)).isEqualTo(Status.OK);
    assertThat(call(host.host.toPlugin()).getCaller()).isEqualTo(host.trust().host().toString());
  }

  /** Bad grants without end cost the connection. */
  @Test
  void call_manyBadGrants_connectionEnds() {
    ManagedChannel channel = host.host.toPlugin(host.of(host.caller));
    List<Status.Code> codes = new ArrayList<>();
    for (int i = 0; i < DirectConnection.MAX_REFUSED; i++) {
      codes.add(outcome(channel, "x").getCode());
    }

    assertThat(codes).contains(Status.Code.UNAUTHENTICATED);
    await()
        .atMost(SOON)
        .until(
            () ->
                channel.getState(/* requestConnection= */ false)
                    != io.grpc.ConnectivityState.READY);
  }

  /** Who is sent away by a plugin that drains is told so that it goes through the host. */
  @Test
  void drain_directCall_isSentToTheHost() {
    var unused = host.control().drain(DrainRequest.getDefaultInstance());
    Metadata trailers = new Metadata();
    Status status;
    try {
      var answer = call(DirectHost.showing(host.direct(), host.signed(grant -> grant)));
      throw new AssertionError(answer);
    } catch (StatusRuntimeException e) {
      status = e.getStatus();
      trailers.merge(e.getTrailers());
    }

    assertThat(RefusalStatus.ofHost(status, trailers).map(Enum::name))
        .contains("GRANT_NOT_ACCEPTED");
  }
}
