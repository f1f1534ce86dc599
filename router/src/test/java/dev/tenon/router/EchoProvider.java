package dev.tenon.router;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.Peer;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The provider that tests call: it answers as asked, and remembers what reached it. */
final class EchoProvider implements BindableService, ServerInterceptor {
  private static final Context.Key<Metadata> HEADERS = Context.key("test.headers");

  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();

  /** Calls whose handler was reached: their cancelling is counted, that of others is not. */
  final AtomicInteger handled = new AtomicInteger();

  final AtomicLong received = new AtomicLong();
  final AtomicLong sent = new AtomicLong();
  final Set<Long> connections = ConcurrentHashMap.newKeySet();
  volatile @Nullable Metadata lastHeaders;
  volatile @Nullable Context lastContext;
  volatile Metadata initial = new Metadata();
  volatile Metadata trailing = new Metadata();
  volatile boolean answersLate;
  volatile Runnable onCall = () -> {};

  /** Forgets what reached it, and adds nothing of its own to the answers. */
  void reset() {
    initial = new Metadata();
    trailing = new Metadata();
    answersLate = false;
    calls.set(0);
    cancelled.set(0);
    handled.set(0);
    received.set(0);
    sent.set(0);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerInterceptors.intercept(new Service(), this);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    calls.incrementAndGet();
    lastHeaders = headers;
    onCall.run();
    Peer.of(call).ifPresent(peer -> connections.add(peer.connection()));
    ServerCall<Q, R> answering =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendHeaders(Metadata own) {
            own.merge(initial);
            super.sendHeaders(own);
          }

          @Override
          public void close(Status status, Metadata own) {
            own.merge(trailing);
            super.close(status, own);
          }
        };
    return Contexts.interceptCall(
        Context.current().withValue(HEADERS, headers), answering, headers, next);
  }

  /** Returns the error that a request with {@code end_with} asks for. */
  static RuntimeException ended(int code) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(code)
            .setMessage("ended with " + code + " \u00e4%0A")
            .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("R" + code).build()))
            .build());
  }

  private static EchoResponse answer(ByteString payload) {
    Metadata headers = HEADERS.get();
    EchoResponse.Builder answer = EchoResponse.newBuilder().setPayload(payload);
    if (headers != null) {
      answer.addAllMetadataKeys(headers.keys());
      String caller = headers.get(MetadataRules.CALLER);
      answer.setCaller(caller == null ? "" : caller);
    }
    return answer.build();
  }

  private void watch(StreamObserver<EchoResponse> out) {
    lastContext = Context.current();
    ((ServerCallStreamObserver<EchoResponse>) out).setOnCancelHandler(cancelled::incrementAndGet);
    handled.incrementAndGet();
  }

  private final class Service extends EchoGrpc.EchoImplBase {
    private final Random random = new Random(22);

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> out) {
      watch(out);
      if (request.getEndWith() != 0) {
        out.onError(ended(request.getEndWith()));
      } else if (answersLate) {
        EchoResponse answer = answer(request.getPayload());
        int delay = random.nextInt(20);
        CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS)
            .execute(() -> end(out, answer));
      } else if (!request.getHang()) {
        end(out, answer(request.getPayload()));
      }
    }

    private void end(StreamObserver<EchoResponse> out, EchoResponse answer) {
      out.onNext(answer);
      out.onCompleted();
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> out) {
      watch(out);
      if (request.getHang()) {
        return;
      }
      EchoResponse answer = answer(request.getPayload());
      ServerCallStreamObserver<EchoResponse> stream = (ServerCallStreamObserver<EchoResponse>) out;
      AtomicInteger left = new AtomicInteger(request.getRepeat());
      stream.setOnReadyHandler(
          () -> {
            while (stream.isReady() && left.get() > 0) {
              stream.onNext(answer);
              sent.incrementAndGet();
              if (left.decrementAndGet() == 0) {
                finish(out, request);
              }
            }
          });
      if (request.getRepeat() == 0) {
        finish(out, request);
      }
    }

    private void finish(StreamObserver<EchoResponse> out, EchoRequest request) {
      if (request.getEndWith() != 0) {
        out.onError(ended(request.getEndWith()));
      } else {
        out.onCompleted();
      }
    }

    @Override
    public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> out) {
      watch(out);
      ServerCallStreamObserver<EchoResponse> stream = (ServerCallStreamObserver<EchoResponse>) out;
      stream.disableAutoRequest();
      stream.request(1);
      return new StreamObserver<>() {
        private ByteString all = ByteString.EMPTY;

        @Override
        public void onNext(EchoRequest request) {
          received.incrementAndGet();
          if (request.getEndWith() != 0) {
            out.onError(ended(request.getEndWith()));
          } else if (!request.getHang()) {
            all = all.concat(request.getPayload());
            stream.request(1);
          }
        }

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {
          end(out, answer(all));
        }
      };
    }

    @Override
    public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> out) {
      watch(out);
      return new StreamObserver<>() {
        private EchoRequest last = EchoRequest.getDefaultInstance();

        @Override
        public void onNext(EchoRequest request) {
          received.incrementAndGet();
          last = request;
          if (request.getEndWith() != 0) {
            out.onError(ended(request.getEndWith()));
          } else if (!request.getHang()) {
            out.onNext(answer(request.getPayload()));
          }
        }

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {
          for (int i = 0; i < last.getRepeat(); i++) {
            out.onNext(answer(last.getPayload()));
          }
          out.onCompleted();
        }
      };
    }
  }

  /** Returns a request with {@code payload}. */
  static EchoRequest request(String payload) {
    return EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(payload)).build();
  }
}
