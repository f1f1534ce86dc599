package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each caller has a connection of its own to a provider, which ends with it. */
final class BackendChannelsTest {
  /** TCPMUX (RFC 1078), which no system offers any more. */
  private static final int NOBODY = 1;

  private static final ByteString PAYLOAD = ByteString.copyFromUtf8("payload");

  private final List<ManagedChannel> made = new ArrayList<>();
  private Server server;
  private int port;
  private BackendChannels channels;

  /** Answers with what was asked. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
      observer.onCompleted();
    }
  }

  @BeforeEach
  void open() throws Exception {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new Echo())
            .build()
            .start();
    port = server.getPort();
    channels = new BackendChannels(this::connect);
  }

  private ManagedChannel connect() {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    made.add(channel);
    return channel;
  }

  @AfterEach
  void close() throws Exception {
    channels.close();
    channels.awaitClosed(Duration.ofSeconds(20));
    server.shutdownNow().awaitTermination();
  }

  private static void call(EchoGrpc.EchoBlockingStub stub) {
    EchoRequest request = EchoRequest.newBuilder().setPayload(PAYLOAD).build();
    assertThat(stub.withDeadlineAfter(60, TimeUnit.SECONDS).unary(request).getPayload())
        .isEqualTo(PAYLOAD);
  }

  @Test
  void of_sameCaller_isOneConnection() {
    Channel a = channels.of("a").orElseThrow();
    assertThat(channels.of("a").orElseThrow()).isSameAs(a);
    assertThat(channels.of("b").orElseThrow()).isNotSameAs(a);
    assertThat(made).hasSize(3); // with the host's own
  }

  @Test
  void drop_endsTheConnectionOfThatCallerAlone() {
    call(EchoGrpc.newBlockingStub(channels.of("gone").orElseThrow()));
    EchoGrpc.EchoBlockingStub kept = EchoGrpc.newBlockingStub(channels.of("kept").orElseThrow());
    ManagedChannel gone = made.get(1);

    channels.drop("gone");

    assertThat(gone.isShutdown()).isTrue();
    call(kept);
  }

  /** Calls that are under way have their connection until the old ones end. */
  @Test
  void renew_newCallsGetNewConnectionsAndOldOnesEndLater() {
    EchoGrpc.EchoBlockingStub before = EchoGrpc.newBlockingStub(channels.of("a").orElseThrow());
    ManagedChannel old = made.get(1);

    channels.renew();

    assertThat(channels.of("a").orElseThrow()).isNotSameAs(old);
    assertThat(channels.control()).isNotSameAs(made.get(0));
    call(before);
    channels.endOutgoing();
    assertThat(old.isShutdown()).isTrue();
    assertThat(made.get(0).isShutdown()).isTrue();
    call(EchoGrpc.newBlockingStub(channels.of("a").orElseThrow()));
  }

  /** Who has ended loses its old connection as well. */
  @Test
  void drop_afterRenew_endsTheOldConnectionToo() {
    call(EchoGrpc.newBlockingStub(channels.of("gone").orElseThrow()));
    ManagedChannel old = made.get(1);
    channels.renew();

    channels.drop("gone");

    assertThat(old.isShutdown()).isTrue();
  }

  /** The first call needs no handshake, and neither does that of the next caller. */
  @Test
  void warm_theFirstCallerGetsWhatIsConnected_andAnotherConnectionWaits() {
    channels.warm();
    channels.warm();
    assertThat(made).hasSize(2); // with the host's own
    ManagedChannel waiting = made.get(1);
    await().until(() -> waiting.getState(false) == ConnectivityState.READY);

    assertThat(channels.of("a").orElseThrow()).isSameAs(waiting);

    ManagedChannel next = made.get(2);
    await().until(() -> next.getState(false) == ConnectivityState.READY);
    assertThat(channels.of("a").orElseThrow()).isSameAs(waiting);
    assertThat(channels.of("b").orElseThrow()).isSameAs(next);
    call(EchoGrpc.newBlockingStub(waiting));
  }

  /** gRPC would try it again only after a while, and fail calls until then. */
  @Test
  void warm_connectionThatFailed_isNotGivenToACaller() {
    int listening = port;
    port = NOBODY;
    channels.warm();
    ManagedChannel waiting = made.get(1);
    await().until(() -> waiting.getState(false) == ConnectivityState.TRANSIENT_FAILURE);
    port = listening;

    call(EchoGrpc.newBlockingStub(channels.of("a").orElseThrow()));

    assertThat(waiting.isShutdown()).isTrue();
  }

  /** What waits has the credentials of the moment too, and ends with the run. */
  @Test
  void renewAndClose_whatWaits_isRenewedAndEnds() {
    channels.warm();
    ManagedChannel before = made.get(1);

    channels.renew();
    channels.endOutgoing();

    assertThat(before.isShutdown()).isTrue();
    ManagedChannel waiting = made.get(3);
    assertThat(waiting.isShutdown()).isFalse();
    channels.closeToCallers();
    assertThat(waiting.isShutdown()).isTrue();
    channels.warm();
    assertThat(made).hasSize(4);
  }

  @Test
  void of_afterClose_isNone() {
    channels.close();

    assertThat(channels.of("late")).isEmpty();
    assertThat(made).hasSize(1);
  }

  /** A plugin that is stopped loses its callers before it is asked to end. */
  @Test
  void closeToCallers_leavesTheHostsOwn() {
    EchoGrpc.EchoBlockingStub cut = EchoGrpc.newBlockingStub(channels.of("a").orElseThrow());

    channels.closeToCallers();

    assertThatThrownBy(() -> call(cut))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    assertThat(channels.of("b")).isEmpty();
    call(EchoGrpc.newBlockingStub(channels.control()));
  }
}
