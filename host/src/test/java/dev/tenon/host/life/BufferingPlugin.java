package dev.tenon.host.life;

import com.google.protobuf.ByteString;
import dev.tenon.core.Health;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.ServiceState;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A plugin that takes notes and passes them on to {@code Other}. While that is away it goes on,
 * says that it is degraded, and keeps the notes; when it is back it passes them on in their order.
 * At the third note that it has to keep it has enough, and says that it cannot serve.
 */
final class BufferingPlugin {
  static final String NAME = "notes";
  static final String KEEPS = "keeps notes until they can be passed on";
  static final String FULL = "has no room for another note";
  static final int ROOM = 3;

  private BufferingPlugin() {}

  public static void main(String[] args) throws Exception {
    plugin().serve();
  }

  static Plugin plugin() {
    return Plugin.named(NAME)
        .version("1.0.0")
        .requires(OtherGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(EchoGrpc.SERVICE_NAME, Notes::new)
        .build();
  }

  private static final class Notes extends EchoGrpc.EchoImplBase {
    private final PluginContext context;
    private final OtherGrpc.OtherBlockingStub other;

    /* Guarded by `this`. */
    private final Deque<EchoRequest> kept = new ArrayDeque<>();
    private boolean isThere;

    Notes(PluginContext context) {
      this.context = context;
      other = context.client(OtherGrpc::newBlockingStub);
      context.watch(OtherGrpc.SERVICE_NAME, this::changed);
    }

    private synchronized void changed(ServiceState now) {
      isThere = now != ServiceState.UNAVAILABLE;
      passOn();
      report();
    }

    private void passOn() {
      try {
        while (isThere && !kept.isEmpty()) {
          var unused = other.unary(kept.getFirst());
          kept.removeFirst();
        }
      } catch (StatusRuntimeException e) {
        isThere = false; // until the host says that it is there again
      }
    }

    private void report() {
      if (isThere) {
        context.reportHealth(Health.HEALTHY, "");
      } else if (kept.size() < ROOM) {
        context.reportHealth(Health.DEGRADED, KEEPS);
      } else {
        context.reportHealth(Health.UNHEALTHY, FULL);
      }
    }

    @Override
    public synchronized void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      kept.add(request);
      passOn();
      report();
      response.onNext(
          EchoResponse.newBuilder()
              .setPayload(ByteString.copyFromUtf8("kept " + kept.size()))
              .build());
      response.onCompleted();
    }
  }
}
