package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Connections that begin and do not go on: each is ended by the host within seconds. */
class ConnectionAttackTest {
  @RegisterExtension static final Oracles oracles = Oracles.over(new Plan().enrolled("mallory"));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  /** Many connections on which nothing is ever said. Attack: H7. */
  @Test
  void connect_silence_closed() throws IOException {
    List<Socket> silent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      silent.add(oracles.closing(RawHttp2.tcp(mallory().bootstrap.data())));
    }
    for (Socket socket : silent) {
      assertThat(isEnded(socket.getInputStream())).isTrue();
    }
  }

  /**
   * A ClientHello, one byte a while: the limit is on the handshake, not on the pause.
   *
   * <p>Attack: H8.
   *
   * <p>Row: DS-14
   */
  @Test
  void connect_clientHelloByteByByte_closed() throws Exception {
    ScheduledExecutorService dripping = Executors.newSingleThreadScheduledExecutor();
    oracles.closing(dripping::shutdownNow);
    Socket socket = oracles.closing(RawHttp2.tcp(mallory().bootstrap.data()));
    OutputStream out = socket.getOutputStream();
    out.write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3});
    var unused = dripping.scheduleAtFixedRate(() -> drip(out), 100, 100, TimeUnit.MILLISECONDS);

    assertThat(isEnded(socket.getInputStream())).isTrue();
  }

  private static void drip(OutputStream out) {
    try {
      out.write(7);
    } catch (IOException e) {
      // The host has closed the connection; the test reads that.
    }
  }

  /** TLS is done, with a good certificate, and HTTP/2 never begins. Attack: H9. */
  @Test
  void connect_tlsWithoutHttp2_closed() throws IOException {
    try (RawHttp2 connection = RawHttp2.tls(mallory().bootstrap.data(), mallory())) {
      connection.awaitClosed();
    }
  }

  /**
   * A call of enrolment whose message never comes: ended by the host, which sets the deadline.
   * Attack: H10.
   */
  @Test
  void enrol_headersWithoutMessage_deadlineOfTheHost() {
    ClientCall<EnrolRequest, EnrolResponse> call =
        mallory()
            .enrolChannel()
            .newCall(headersAtOnce(EnrolmentGrpc.getEnrolMethod()), CallOptions.DEFAULT);
    CompletableFuture<Status> ended = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(1);

    Status status = ended.orTimeout(60, TimeUnit.SECONDS).join();

    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  /** The headers of a call of one message wait for it in grpc-java; those of a stream do not. */
  private static <Q, R> MethodDescriptor<Q, R> headersAtOnce(MethodDescriptor<Q, R> method) {
    return method.toBuilder().setType(MethodDescriptor.MethodType.BIDI_STREAMING).build();
  }

  private static boolean isEnded(InputStream in) throws IOException {
    try {
      return in.read() != Integer.MAX_VALUE; // An alert or the end; a timeout throws.
    } catch (SocketException e) {
      return true;
    }
  }
}
