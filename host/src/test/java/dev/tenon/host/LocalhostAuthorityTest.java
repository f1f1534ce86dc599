package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.MethodDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A caller that says it is local. */
class LocalhostAuthorityTest {
  /** The authority of a call gives no right that its token does not. Row: CI-14. */
  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]", "host.tenon.internal"})
  void call_localAuthority_noPrivilege(String authority) throws Exception {
    try (TokenGate gate = new TokenGate()) {
      Channel control = naming(authority, gate.caller.control());
      Channel data = naming(authority, gate.caller.data());
      Channel allowed = naming(authority, gate.caller.control(gate.caller.bearer()));

      Refused onControl =
          Refused.by(
              () ->
                  RawPlugin.deadline(RegistryGrpc.newBlockingStub(control))
                      .discover(
                          DiscoverRequest.newBuilder().setService(NamedEcho.SERVICE).build()));
      Refused onData =
          Refused.by(
              () ->
                  RawPlugin.deadline(EchoGrpc.newBlockingStub(data))
                      .unary(EchoRequest.getDefaultInstance()));

      assertThat(onControl.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(onData).isEqualTo(onControl);
      assertThat(
              Refused.by(
                      () ->
                          RawPlugin.deadline(RegistryGrpc.newBlockingStub(allowed))
                              .register(RawPlugin.claim("acme.secrets.v1.Secrets")))
                  .is(Refusal.NOT_ALLOWED))
          .isTrue();
    }
  }

  private static Channel naming(String authority, Channel channel) {
    return ClientInterceptors.intercept(
        channel,
        new ClientInterceptor() {
          @Override
          public <Q, R> ClientCall<Q, R> interceptCall(
              MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return next.newCall(method, options.withAuthority(authority));
          }
        });
  }
}
