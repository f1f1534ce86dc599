package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The host's own services, behind the same steps as any provider. */
final class HostServicesTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger entered = new AtomicInteger();

  /** Answers with who called, on which thread; waits for {@code release} when asked to hang. */
  private final class Whoami extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> out) {
      entered.incrementAndGet();
      if (request.getEndWith() != 0) {
        out.onError(RefusalStatus.of(Refusal.NOT_AUTHENTICATED));
        return;
      }
      if (request.getHang()) {
        try {
          release.await();
        } catch (InterruptedException e) {
          out.onError(Status.ABORTED.asException());
          return;
        }
      }
      out.onNext(
          EchoResponse.newBuilder()
              .setCaller(Caller.current().map(caller -> caller.id().toString()).orElse("nobody"))
              .setPayload(ByteString.copyFromUtf8(Thread.currentThread().getName()))
              .build());
      out.onCompleted();
    }
  }

  private Plane plane() {
    return new Plane(
        HostServices.builder().offer(new Whoami(), Names.VERSION).threads(2).maxWaiting(3).start());
  }

  @Test
  void hostService_winsOverAPlugin_andKnowsItsCaller() {
    try (Plane plane = plane()) {
      EchoResponse answer =
          Plane.call(plane.channel(Names.CALLER, "tenon-caller", "spiffe://forged/host/x"));
      assertThat(answer.getCaller()).isEqualTo(Names.id(Names.CALLER).toString());
      assertThat(answer.getPayload().toStringUtf8()).startsWith("tenon-host-service-");
      assertThat(plane.words.calls).hasValue(0);
      assertThat(plane.router.calls())
          .containsExactly(new CallCount("caller", "host", Names.ECHO, 1, 0));
      assertThat(Caller.current()).isEmpty();
    }
  }

  @Test
  void hostService_isDeniedLikeAnyOther() {
    try (Plane plane = plane()) {
      assertThat(Plane.refusal(plane.channel(Names.STRANGER), UNARY).getStatus().getCode())
          .isEqualTo(Code.PERMISSION_DENIED);
      assertThat(entered).hasValue(0);
    }
  }

  /**
   * A service of the host is a provider: it was called, so its answer is no refusal of a call. And
   * it was called once, though it failed.
   *
   * <p>Row: HS-24
   */
  @Test
  void hostService_answersAsTheHostRefuses_isNotTakenForIt() {
    EchoRequest request = EchoRequest.newBuilder().setEndWith(1).build();
    try (Plane plane = plane()) {
      assertThatThrownBy(() -> EchoGrpc.newBlockingStub(plane.channel(Names.CALLER)).unary(request))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              ended -> {
                Metadata trailers = requireNonNull(ended.getTrailers());
                assertThat(ended.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED);
                assertThat(trailers.keys()).contains("grpc-status-details-bin");
                assertThat(RefusalStatus.ofHost(ended.getStatus(), trailers)).isEmpty();
              });
      assertThat(entered).hasValue(1);
    }
  }

  /** A message that is none: refused before the service hears of it, and not logged. */
  @Test
  void message_thatIsNotProtobuf_invalidArgument() {
    MethodDescriptor<EchoRequest, EchoResponse> broken =
        EchoGrpc.getUnaryMethod().toBuilder().setRequestMarshaller(new Broken()).build();
    try (Plane plane = plane()) {
      assertThatThrownBy(
              () ->
                  ClientCalls.blockingUnaryCall(
                      plane.channel(Names.CALLER),
                      broken,
                      CallOptions.DEFAULT,
                      EchoRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              ended -> {
                assertThat(ended.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
                assertThat(ended.getStatus().getDescription())
                    .isEqualTo("message: not valid (expected: that of the method)");
              });
      assertThat(entered).hasValue(0);
      assertThat(Plane.call(plane.channel(Names.CALLER))).isNotNull();
    }
  }

  /** Writes a tag whose type protobuf does not have. */
  private static final class Broken implements MethodDescriptor.Marshaller<EchoRequest> {
    @Override
    public InputStream stream(EchoRequest value) {
      return new ByteArrayInputStream(new byte[] {0x1f, (byte) 0x8b});
    }

    @Override
    public EchoRequest parse(InputStream stream) {
      throw new AssertionError("a caller reads no request");
    }
  }

  @Test
  void tenonTo_beforeAHostService_isNotFound() {
    try (Plane plane = plane()) {
      Channel named = plane.channel(Names.CALLER, "tenon-to", Names.WORDS.value());
      assertThat(Plane.refusal(named, UNARY).getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
      assertThat(plane.words.calls).hasValue(0);
    }
  }

  @Test
  void tooManyWaiting_areRefused_andLaterOnesServedAgain() throws Exception {
    try (Plane plane = plane()) {
      EchoGrpc.EchoFutureStub stub = EchoGrpc.newFutureStub(plane.channel(Names.CALLER));
      EchoRequest hanging = EchoRequest.newBuilder().setHang(true).build();
      List<ListenableFuture<EchoResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int busy = i + 1;
        calls.add(stub.unary(hanging));
        await().atMost(Duration.ofSeconds(60)).until(() -> entered.get() == busy);
      }
      for (int i = 0; i < 20; i++) {
        calls.add(stub.unary(hanging));
      }
      assertThatThrownBy(() -> calls.get(21).get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("RESOURCE_EXHAUSTED");
      release.countDown();
      assertThat(calls.get(0).get(60, TimeUnit.SECONDS)).isNotNull();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> calls.stream().allMatch(ListenableFuture::isDone));
      assertThat(Plane.call(plane.channel(Names.CALLER)).getCaller()).isNotEmpty();
      assertThat(entered.get()).isLessThan(10);
    }
  }

  @Test
  void close_endsOpenCalls_andThreads() throws Exception {
    ListenableFuture<EchoResponse> call;
    try (Plane plane = plane()) {
      EchoRequest hanging = EchoRequest.newBuilder().setHang(true).build();
      call = EchoGrpc.newFutureStub(plane.channel(Names.CALLER)).unary(hanging);
      await().atMost(Duration.ofSeconds(60)).until(() -> entered.get() == 1);
    }
    assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("UNAVAILABLE: service unavailable");
  }

  @Test
  void offer_namesAndVersions() {
    try (HostServices services =
        HostServices.builder().offer(new Whoami(), Names.VERSION).start()) {
      assertThat(services.versions()).containsOnlyKeys(Names.ECHO);
      assertThat(services.versions().get(Names.ECHO)).isEqualTo(Names.VERSION);
      assertThat(services.names()).containsExactly(Names.ECHO);
      assertThat(Optional.ofNullable(services.versions().get(Names.OTHER))).isEmpty();
    }
  }

  @Test
  void offer_twiceOrReserved_isRefused() {
    HostServices.Builder builder = HostServices.builder().offer(new Whoami(), Names.VERSION);
    assertThatThrownBy(() -> builder.offer(new Whoami(), Names.VERSION))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("service: testservice.v1.Echo twice (expected: once)");
    BindableService reserved =
        () -> ServerServiceDefinition.builder("grpc.health.v1.Health").build();
    assertThatThrownBy(() -> builder.offer(reserved, Names.VERSION))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("grpc.health.v1.Health (expected: not a service of gRPC or Tenon)");
    assertThatThrownBy(() -> builder.threads(0)).hasMessage("threads: 0 (expected: > 0)");
    assertThatThrownBy(() -> builder.maxWaiting(0)).hasMessage("maxWaiting: 0 (expected: > 0)");
  }

  /**
   * A service that asks for a permission ends a call without it as not allowed.
   *
   * <p>Row: CG-9
   */
  @Test
  void call_permissionNotGranted_permissionDenied() {
    OtherGrpc.OtherImplBase demanding =
        new OtherGrpc.OtherImplBase() {
          @Override
          public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
            Grant.require("secrets:read:db/x");
            response.onCompleted();
          }
        };
    try (Plane plane = new Plane(HostServices.builder().offer(demanding, Names.VERSION).start())) {
      StatusRuntimeException refused =
          Plane.refusal(plane.channel(Names.CALLER), "testservice.v1.Other/Unary");
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    }
  }
}
