package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A plugin that has stolen the runtime token of another. */
class ForeignTokenTest {
  /**
   * A token is worth nothing over the connection of another plugin, and goes on working over its
   * own. Row: TK-10, RG-1.
   *
   * <p>Denies: control, data CREDENTIAL_FOREIGN.
   */
  @Test
  void call_tokenOfAnotherPlugin_refusedLikeNone() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertAdmitted(gate.caller.bearer());

      gate.assertRefused("foreign", gate.other.bearer());

      gate.assertAdmitted(gate.caller.bearer());
      gate.other.healthy();
    }
  }

  /** The name of another plugin beside the own token changes nothing: there is no id header. */
  @Test
  void call_idHeadersOfAnotherPlugin_callerStaysWhoItIs() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      io.grpc.Metadata claimed = new io.grpc.Metadata();
      claimed.put(
          io.grpc.Metadata.Key.of("x-plugin-runtime-id", io.grpc.Metadata.ASCII_STRING_MARSHALLER),
          gate.other.runtimeId());
      io.grpc.Channel channel =
          io.grpc.ClientInterceptors.intercept(
              gate.caller.control(gate.other.bearer()),
              io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(claimed));

      Refused refused =
          Refused.by(
              () ->
                  RawPlugin.deadline(dev.tenon.v1.LifecycleGrpc.newBlockingStub(channel))
                      .reportHealth(dev.tenon.v1.ReportHealthRequest.getDefaultInstance()));

      assertThat(refused.is(dev.tenon.core.Refusal.NOT_AUTHENTICATED)).isTrue();
    }
  }
}
