package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.RequestSigning;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests that a caller signs and a provider verifies, through a host that has no part in it. */
class SignedRequestTest {
  private static final Metadata.Key<String> SIGNATURE =
      Metadata.Key.of("request-signature", Metadata.ASCII_STRING_MARSHALLER);
  private static final String POLICY =
      """
      [[provide]]
      plugin = "peer"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.Echo"
      """;
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("pay 10")).build();
  private static final AtomicInteger REACHED = new AtomicInteger();

  private static TestHost host;
  private static RequestSigning signing;

  @BeforeAll
  static void start() throws Exception {
    host = TestHost.with(POLICY).enrolled("caller").enrolled("peer", EchoGrpc.SERVICE_NAME).start();
    signing = RequestSigning.with(key(1), host.clock);
    host.plugin("peer").serve(() -> signing.verified(new Counting()));
    host.plugin("peer").register(EchoGrpc.SERVICE_NAME);
  }

  @AfterAll
  static void stop() {
    host.close();
  }

  private static byte[] key(int filling) {
    byte[] key = new byte[RequestSigning.MIN_KEY_BYTES];
    Arrays.fill(key, (byte) filling);
    return key;
  }

  /** Says what it was told, and how often it was reached. */
  private static final class Counting extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> answers) {
      serverStream(request, answers);
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> answers) {
      REACHED.incrementAndGet();
      answers.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
      answers.onCompleted();
    }

    @Override
    public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> answers) {
      REACHED.incrementAndGet();
      throw new IllegalStateException("reached");
    }
  }

  /** Whoever is between caller and provider. */
  private record Between(Consumer<Metadata> headers, UnaryOperator<Object> message)
      implements ClientInterceptor {
    static Between changing(Consumer<Metadata> headers) {
      return new Between(headers, message -> message);
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata metadata) {
          headers.accept(metadata);
          super.start(listener, metadata);
        }

        @Override
        @SuppressWarnings("unchecked")
        public void sendMessage(Q sent) {
          super.sendMessage((Q) message.apply(sent));
        }
      };
    }
  }

  private static Channel data() {
    RawPlugin caller = host.plugin("caller");
    return caller.data(caller.bearer());
  }

  private static EchoGrpc.EchoBlockingStub signed(RequestSigning by, Between between) {
    return RawPlugin.deadline(
        EchoGrpc.newBlockingStub(ClientInterceptors.intercept(data(), between, by.signer())));
  }

  private static final Between NOBODY = Between.changing(headers -> {});

  /** What is signed is served, once for each time that it is signed. Row: CI-12. */
  @Test
  void call_signed_isServed() {
    int before = REACHED.get();

    assertThat(signed(signing, NOBODY).unary(REQUEST).getPayload()).isEqualTo(REQUEST.getPayload());
    assertThat(signed(signing, NOBODY).unary(REQUEST).getPayload()).isEqualTo(REQUEST.getPayload());
    assertThat(signed(signing, NOBODY).serverStream(REQUEST).next().getPayload())
        .isEqualTo(REQUEST.getPayload());
    assertThat(REACHED.get()).isEqualTo(before + 3);
  }

  /** What goes wrong with a request. */
  enum Wrong {
    UNSIGNED {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return RawPlugin.deadline(EchoGrpc.newBlockingStub(data()));
      }
    },
    OTHER_KEY {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return signed(RequestSigning.with(key(2), host.clock), NOBODY);
      }
    },
    BODY_ALTERED {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        EchoRequest altered =
            REQUEST.toBuilder().setPayload(ByteString.copyFromUtf8("pay 99")).build();
        return signed(signing, new Between(headers -> {}, message -> altered));
      }
    },
    TIME_ALTERED {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return edited(text -> part(text, 1, time -> String.valueOf(Long.parseLong(time) + 1)));
      }
    },
    NONCE_ALTERED {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return edited(
            text ->
                part(text, 2, nonce -> (nonce.startsWith("A") ? "B" : "A") + nonce.substring(1)));
      }
    },
    MALFORMED {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return edited(text -> text + "=");
      }
    },
    SIGNED_TWICE {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return signed(
            signing,
            Between.changing(
                headers -> headers.put(SIGNATURE, String.valueOf(headers.get(SIGNATURE)))));
      }
    },
    OLD {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return signed(at(RequestSigning.WINDOW.plusMillis(1).negated()), NOBODY);
      }
    },
    OF_THE_FUTURE {
      @Override
      EchoGrpc.EchoBlockingStub stub() {
        return signed(at(RequestSigning.WINDOW.plusMillis(1)), NOBODY);
      }
    };

    abstract EchoGrpc.EchoBlockingStub stub();

    private static RequestSigning at(Duration from) {
      InstantSource other = () -> host.clock.instant().plus(from);
      return RequestSigning.with(key(1), other);
    }

    /** Returns {@code text} with one of its parts, which spaces divide, changed. */
    private static String part(String text, int index, UnaryOperator<String> change) {
      String[] parts = text.split(" ");
      parts[index] = change.apply(parts[index]);
      return String.join(" ", parts);
    }

    private static EchoGrpc.EchoBlockingStub edited(UnaryOperator<String> edit) {
      return signed(
          signing,
          Between.changing(
              headers -> {
                String signature = String.valueOf(headers.get(SIGNATURE));
                headers.removeAll(SIGNATURE);
                headers.put(SIGNATURE, edit.apply(signature));
              }));
    }
  }

  /** The method is not reached, and all are told the same. Row: CI-12. */
  @ParameterizedTest
  @EnumSource
  void call_notAsSigned_isRefused(Wrong wrong) {
    int before = REACHED.get();

    Refused refused = Refused.by(() -> wrong.stub().unary(REQUEST));

    assertThat(refused.code()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(refused.text()).isEqualTo("signature not accepted");
    assertThat(REACHED.get()).isEqualTo(before);
  }

  /** What was served is not served again, nor by another method. Row: CI-12. */
  @Test
  void call_replayed_isRefused() throws Exception {
    CompletableFuture<String> recorded = new CompletableFuture<>();
    var unused =
        signed(
                signing,
                Between.changing(
                    headers -> recorded.complete(String.valueOf(headers.get(SIGNATURE)))))
            .unary(REQUEST);
    int before = REACHED.get();
    String signature = recorded.get(60, TimeUnit.SECONDS);
    Between replaying = Between.changing(headers -> headers.put(SIGNATURE, signature));
    EchoGrpc.EchoBlockingStub again =
        RawPlugin.deadline(
            EchoGrpc.newBlockingStub(ClientInterceptors.intercept(data(), replaying)));

    assertThat(Refused.by(() -> again.unary(REQUEST)).code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(Refused.by(() -> again.serverStream(REQUEST).next()).code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(REACHED.get()).isEqualTo(before);
  }

  /** A signature is for one method. Row: CI-12. */
  @Test
  void call_signatureOfAnotherMethod_isRefused() throws Exception {
    CompletableFuture<String> recorded = new CompletableFuture<>();
    EchoRequest altered = REQUEST.toBuilder().setPayload(ByteString.EMPTY).build();
    Between thief =
        new Between(
            headers -> recorded.complete(String.valueOf(headers.get(SIGNATURE))),
            message -> altered);
    assertThat(Refused.by(() -> signed(signing, thief).unary(REQUEST)).code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    String signature = recorded.get(60, TimeUnit.SECONDS);
    Between replaying = Between.changing(headers -> headers.put(SIGNATURE, signature));
    EchoGrpc.EchoBlockingStub other =
        RawPlugin.deadline(
            EchoGrpc.newBlockingStub(ClientInterceptors.intercept(data(), replaying)));

    assertThat(Refused.by(() -> other.serverStream(REQUEST).next()).code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(other.unary(REQUEST).getPayload()).isEqualTo(REQUEST.getPayload());
  }

  /** A stream of requests is neither signed nor, unsigned, let in. Row: CI-12. */
  @Test
  void call_streamOfRequests_isRefused() throws Exception {
    int before = REACHED.get();
    Channel signed = ClientInterceptors.intercept(data(), signing.signer());

    assertThat(endOfStream(signed)).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(endOfStream(data())).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(REACHED.get()).isEqualTo(before);
  }

  private static Status.Code endOfStream(Channel channel) throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    StreamObserver<EchoRequest> requests =
        RawPlugin.deadline(EchoGrpc.newStub(channel))
            .clientStream(
                new StreamObserver<>() {
                  @Override
                  public void onNext(EchoResponse answer) {}

                  @Override
                  public void onError(Throwable failure) {
                    end.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(null);
                  }
                });
    assertThat(requests).isNotNull();
    try {
      end.get(60, TimeUnit.SECONDS);
      return Status.Code.OK;
    } catch (ExecutionException e) {
      return Status.fromThrowable(e).getCode();
    }
  }
}
