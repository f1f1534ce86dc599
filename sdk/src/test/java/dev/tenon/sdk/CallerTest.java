package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.Caller;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who a service is told is calling. Row: HS-14 */
final class CallerTest {
  @TempDir Path folder;
  private final CallingPlugin served = new CallingPlugin();
  private FakeHost host;
  private RunningPlugin plugin;

  @BeforeEach
  void startPlugin() throws Exception {
    host = FakeHost.start(folder);
    plugin = RunningPlugin.start(served.plugin(), host.bootstrap("echo"), TestSettings.PATIENT);
  }

  @AfterEach
  void stop() {
    plugin.close();
    host.close();
  }

  @Test
  void current_noCall_empty() {
    assertThat(Caller.current()).isEmpty();
  }

  @Test
  void current_hostStampsPlugin_isThatPlugin() {
    String caller = host.trust.plugin("words").toString();

    assertThat(callerSeen(caller)).isEqualTo(caller);
    assertThat(new Caller(host.trust.plugin("words")).name()).isEqualTo("words");
  }

  /** A name alone would take another host's plugin for one of this host. */
  @Test
  void current_hostStampsCallerBehindAnotherHost_nameTellsTheHost() {
    String words = "spiffe://example.test/host/h2/plugin/words/words-0000000000000001";

    assertThat(callerSeen(words)).isEqualTo(words);
    assertThat(Caller.seenFrom(host.trust.host(), SpiffeId.parse(words)).name())
        .isEqualTo("words@h2");
    assertThat(
            Caller.seenFrom(host.trust.host(), SpiffeId.parse("spiffe://example.test/host/h2"))
                .name())
        .isEqualTo("host@h2");
  }

  @Test
  void current_hostStampsNothing_isHost() {
    assertThat(callerSeen()).isEqualTo("spiffe://example.test/host/h1");
    assertThat(new Caller(host.trust.host()).name()).isEqualTo("host");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "words",
        "spiffe://other.test/host/h1",
        "spiffe://other.test/host/h2/plugin/words/words-0000000000000001",
        "spiffe://example.test/host/h1/admin/words",
        "spiffe://example.test/host/h1/plugin/words/other-0000000000000001"
      })
  void current_stampThatHostMayNotGive_callRefused(String stamp) {
    assertThatThrownBy(() -> callerSeen(stamp)).satisfies(CallerTest::isNotAllowed);
  }

  @Test
  void current_twoStamps_callRefused() {
    String caller = host.trust.plugin("words").toString();

    assertThatThrownBy(() -> callerSeen(caller, caller)).satisfies(CallerTest::isNotAllowed);
  }

  /**
   * What one handler makes of its context does not reach the next one, not even on the same thread:
   * a caller is a value, and who calls is set anew for each call. Row: HS-22
   */
  @Test
  void current_handlerPutsAnotherCallerInItsContext_nextCallSeesItsOwn() {
    Caller forged = new Caller(host.trust.plugin("evil"));
    served.provided.atTheEnd =
        () -> {
          var unused = forged.in(Context.current()).attach();
        };
    String caller = host.trust.plugin("words").toString();

    for (int call = 0; call < 20; call++) {
      assertThat(callerSeen(caller)).isEqualTo(caller);
      assertThat(callerSeen()).isEqualTo("spiffe://example.test/host/h1");
    }
  }

  /**
   * If TLS let the wrong peer through, the interceptor would not: no peer, a peer without a
   * certificate, a plugin and another host all get PERMISSION_DENIED. Row: HS-14.
   *
   * <p>Denies: PluginControl/Drain, PluginControl/Shutdown, PluginControl/RenewIdentity,
   * PluginControl/UpdateDirect, PluginControl/EndIntroductions NOT_ALLOWED.
   */
  @Test
  void hostOnly_peerIsNotTheHost_permissionDenied() {
    assertThat(passes(Optional.empty())).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(passes(Optional.of(host.trust.plugin("evil"))))
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(passes(Optional.of(new SpiffeId.OfHost(host.trust.host().trustDomain(), "h2"))))
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(passes(Optional.of(host.trust.host()))).isEqualTo(Status.Code.OK);
    assertThat(passes(Attributes.EMPTY)).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  private Status.Code passes(Optional<SpiffeId> peer) {
    return passes(
        Attributes.newBuilder()
            .set(Peer.KEY, new Peer(peer, Optional.empty(), Optional.empty(), 1))
            .build());
  }

  private Status.Code passes(Attributes attributes) {
    AtomicReference<Status> closed = new AtomicReference<>(Status.OK);
    ServerCall<EchoRequest, Object> call = new CallOf<>(attributes, closed);
    var unused =
        new HostOnly(host.trust.host())
            .interceptCall(call, new Metadata(), (next, headers) -> new ServerCall.Listener<>() {});
    Status status = closed.get();
    return status == null ? Status.Code.OK : status.getCode();
  }

  private String callerSeen(String... stamps) {
    Metadata headers = new Metadata();
    for (String stamp : stamps) {
      headers.put(CallerStamp.HEADER, stamp);
    }
    return EchoGrpc.newBlockingStub(host.toPlugin())
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .unary(EchoRequest.getDefaultInstance())
        .getCaller();
  }

  private static void isNotAllowed(Throwable thrown) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
              assertThat(e.getStatus().getDescription()).isEqualTo("not allowed");
            });
  }

  /** A call that only has attributes and remembers how it was closed. */
  private static final class CallOf<Q, R> extends ServerCall<Q, R> {
    private final Attributes attributes;
    private final AtomicReference<Status> closed;

    CallOf(Attributes attributes, AtomicReference<Status> closed) {
      this.attributes = attributes;
      this.closed = closed;
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      closed.set(status);
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(R message) {}

    @Override
    public @Nullable String getAuthority() {
      return null;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      throw new UnsupportedOperationException();
    }
  }
}
