package dev.tenon.host;

import com.google.protobuf.ByteString;
import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.GrantRequest;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A host whose two services are offered by grant, with raw plugins. {@code words} may call both,
 * {@code thief} the first, {@code nobody} none.
 */
abstract class GrantHost {
  static final Duration SOON = Duration.ofSeconds(60);
  static final String ECHO = EchoGrpc.SERVICE_NAME;
  static final String OTHER = OtherGrpc.SERVICE_NAME;
  private static final String POLICY =
      """
      [[rule]]
      id = "words"
      effect = "allow"
      caller = "words"
      service = "testservice.v1.*"
      [[rule]]
      id = "thief"
      effect = "allow"
      caller = "thief"
      service = "testservice.v1.*"
      [[grant]]
      caller = "words"
      service = "testservice.v1.Echo"
      permissions = ["secrets:read:db/*", "secrets:list:app/*"]
      """;

  final OpenEcho echo = new OpenEcho();
  final Vault vault = new Vault();

  /** Answers with what the grant allows it to read, by the payload; says who called. */
  private static final class Vault extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      String caller = Caller.current().map(Caller::name).orElse("nobody");
      String grant = Grant.current().map(Grant::id).orElse("none");
      response.onNext(
          EchoResponse.newBuilder()
              .setPayload(ByteString.copyFromUtf8(caller + " " + grant))
              .build());
      response.onCompleted();
    }
  }

  /**
   * Returns a host that asks nobody for health: these plugins do not serve, and would lose grants.
   */
  static TestHost calm() throws Exception {
    return TestHost.with(POLICY)
        .set(host -> host.healthPolling(Duration.ofHours(1), Duration.ofSeconds(5)));
  }

  TestHost start(Consumer<HostBuilder> settings) throws Exception {
    return calm()
        .set(host -> host.offersByGrant(ECHO, "1.2.0", echo))
        .set(host -> host.offersByGrant(OTHER, "1.0.0", vault))
        .set(settings)
        .enrolled("words")
        .enrolled("thief")
        .enrolled("nobody")
        .start();
  }

  TestHost start() throws Exception {
    return start(host -> {});
  }

  static EchoResponse call(Channel channel) {
    return RawPlugin.deadline(EchoGrpc.newBlockingStub(channel))
        .unary(EchoRequest.getDefaultInstance());
  }

  static Refused refused(Channel channel) {
    return Refused.by(() -> call(channel));
  }

  static GrantRequest.Builder asking(String service) {
    return GrantRequest.newBuilder().setService(service);
  }
}
