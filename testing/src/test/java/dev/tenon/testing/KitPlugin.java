package dev.tenon.testing;

import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Locale;

/** A plugin that echoes what {@code Other} makes of it, and tells its process. */
final class KitPlugin {
  private KitPlugin() {}

  static Plugin plugin() {
    return Plugin.named("kit")
        .version("1.0.0")
        .requires(OtherGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            EchoGrpc.SERVICE_NAME, context -> new Echo(context.client(OtherGrpc::newBlockingStub)))
        .build();
  }

  /** What a call of {@code Other} brought: its answer, or the code of its failure. */
  static EchoResponse echo(EchoGrpc.EchoBlockingStub echo, String payload) {
    return echo.unary(
        EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(payload)).build());
  }

  /** Answers with what {@code Other} answers, or hangs. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    private final OtherGrpc.OtherBlockingStub other;

    Echo(OtherGrpc.OtherBlockingStub other) {
      this.other = other;
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      if (request.getHang()) {
        ((ServerCallStreamObserver<EchoResponse>) response).setOnCancelHandler(() -> {});
        return;
      }
      response.onNext(
          EchoResponse.newBuilder()
              .setPayload(asked(request))
              .setPid(ProcessHandle.current().pid())
              .build());
      response.onCompleted();
    }

    private ByteString asked(EchoRequest request) {
      try {
        return other.unary(request).getPayload();
      } catch (StatusRuntimeException e) {
        return ByteString.copyFromUtf8(e.getStatus().getCode().name());
      }
    }
  }

  /** Another plugin's service, as a fake: answers in capitals. */
  static final class Capitals extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      String text = request.getPayload().toStringUtf8().toUpperCase(Locale.ROOT);
      response.onNext(EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build());
      response.onCompleted();
    }
  }
}
