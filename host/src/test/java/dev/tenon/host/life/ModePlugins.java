package dev.tenon.host.life;

import com.google.protobuf.ByteString;
import dev.tenon.core.Caller;
import dev.tenon.core.Health;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/** The plugins that run as processes and inside the host, with the same code. */
final class ModePlugins {
  private static final Context.Key<TreeSet<String>> KEYS = Context.key("keys");

  private ModePlugins() {}

  /** Serves the plugin {@code args[0]}. */
  public static void main(String[] args) throws Exception {
    plugin(args[0]).serve();
  }

  static Plugin plugin(String name) {
    Plugin.Builder plugin = Plugin.named(name).version("1.0.0");
    return (switch (name) {
          case "echo", "rival" ->
              plugin
                  .provides(EchoGrpc.SERVICE_NAME, context -> echo())
                  .annotations(java.util.Map.of("kind", "test"));
          case "asker" ->
              plugin
                  .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
                  .provides(
                      OtherGrpc.SERVICE_NAME,
                      context -> new Asker(context.client(EchoGrpc::newBlockingStub)));
          case "caller" ->
              plugin
                  .canUse(EchoGrpc.SERVICE_NAME, ">=1.0.0")
                  .provides(
                      OtherGrpc.SERVICE_NAME,
                      context -> new Asker(context.client(EchoGrpc::newBlockingStub)));
          case "moody" -> plugin.provides(OtherGrpc.SERVICE_NAME, Moody::new);
          case "wrong" -> plugin.provides(OtherGrpc.SERVICE_NAME, context -> new Echo());
          case "broken" ->
              plugin.provides(
                  EchoGrpc.SERVICE_NAME,
                  context -> {
                    throw new IllegalStateException("no disk");
                  });
          case "sneaky" ->
              plugin.provides(
                  OtherGrpc.SERVICE_NAME,
                  context -> new Asker(context.client(EchoGrpc::newBlockingStub)));
          default -> throw new IllegalArgumentException(name);
        })
        .build();
  }

  private static io.grpc.BindableService echo() {
    Echo echo = new Echo();
    return () -> ServerInterceptors.intercept(echo, new SeenKeys());
  }

  /** Keeps which metadata came with a call. */
  private static final class SeenKeys implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Context context = Context.current().withValue(KEYS, new TreeSet<>(headers.keys()));
      return Contexts.interceptCall(context, call, headers, next);
    }
  }

  /** Answers with who called, and ends calls in every way. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    private final AtomicInteger hanging = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      if (request.getHang()) {
        ((ServerCallStreamObserver<EchoResponse>) response)
            .setOnCancelHandler(cancelled::incrementAndGet);
        hanging.incrementAndGet();
        return;
      }
      if (request.getEndWith() != 0) {
        response.onError(
            Status.fromCodeValue(request.getEndWith())
                .withDescription("as asked")
                .asRuntimeException());
        return;
      }
      response.onNext(answer(request.getPayload()));
      response.onCompleted();
    }

    private EchoResponse answer(ByteString payload) {
      return EchoResponse.newBuilder()
          .setPayload(payload)
          .setCaller(Caller.current().map(Caller::name).orElse("nobody"))
          .addAllMetadataKeys(KEYS.get())
          .setHanging(hanging.get())
          .setCancelled(cancelled.get())
          .build();
    }

    @Override
    public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> response) {
      return new StreamObserver<>() {
        @Override
        public void onNext(EchoRequest request) {
          response.onNext(answer(request.getPayload()));
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          response.onCompleted();
        }
      };
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
      for (int i = 0; i < request.getRepeat(); i++) {
        response.onNext(answer(request.getPayload()));
      }
      response.onCompleted();
    }
  }

  /** Reports itself as it is told to. */
  private static final class Moody extends OtherGrpc.OtherImplBase {
    private final PluginContext context;

    Moody(PluginContext context) {
      this.context = context;
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      context.reportHealth(Health.valueOf(request.getPayload().toStringUtf8()), "as told");
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }
  }

  /** Asks {@code Echo} what it is asked, with metadata that must not get there. */
  private static final class Asker extends OtherGrpc.OtherImplBase {
    private final EchoGrpc.EchoBlockingStub echo;

    Asker(EchoGrpc.EchoBlockingStub echo) {
      this.echo = echo;
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      Metadata forged = new Metadata();
      for (String key : new String[] {"tenon-caller", "x-plugin-id", "authorization", "app"}) {
        forged.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), "forged");
      }
      try {
        response.onNext(
            echo.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(forged))
                .unary(request));
        response.onCompleted();
      } catch (io.grpc.StatusRuntimeException e) {
        response.onError(e.getStatus().asRuntimeException());
      }
    }
  }
}
