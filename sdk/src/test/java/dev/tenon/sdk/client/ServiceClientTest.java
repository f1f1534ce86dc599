package dev.tenon.sdk.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.ClientSettings;
import dev.tenon.core.HeaderAuth;
import dev.tenon.core.Secret;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.InsecureChannelCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client of one server outside, over TLS. */
final class ServiceClientTest {
  private final OutsideServer server = OutsideServer.start("one");

  @AfterEach
  void stop() {
    server.close();
  }

  private static ServiceClient.Builder to(OutsideServer server) {
    return ServiceClient.discovered(
            "payments", Discovery.fixed(Map.of("payments", List.of(server.endpoint()))))
        .serverName(OutsideServer.NAME)
        .tls(OutsideServer.trust().build());
  }

  private static String headers(ServiceClient client) {
    return client
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  private static String headers(OutsideServer server, ClientInterceptor... auth) {
    try (ServiceClient client = to(server).settings(ClientSettings.DEFAULT.with(auth)).open()) {
      return headers(client);
    }
  }

  private static Status failure(ServiceClient client, EchoRequest request) {
    try {
      return Status.OK.withDescription(
          client.client(EchoGrpc::newBlockingStub).unary(request).getCaller());
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  /** Row: CI-4 */
  @Test
  void call_headerAuth_serverEchoesIt() {
    HeaderAuth bearer = HeaderAuth.bearer(() -> Secret.of("t-1"));
    HeaderAuth apiKey = HeaderAuth.apiKey(() -> Secret.of("k-1"));
    HeaderAuth own = HeaderAuth.in("X-Own", "Key ", () -> Secret.of("o-1"));

    assertThat(headers(server, bearer)).contains("authorization=Bearer t-1");
    assertThat(headers(server, apiKey)).contains("x-api-key=k-1").doesNotContain("authorization");
    assertThat(headers(server, own)).contains("x-own=Key o-1");
    assertThat(headers(server, bearer, apiKey))
        .contains("authorization=Bearer t-1")
        .contains("x-api-key=k-1");
  }

  /** The third provider is the client's certificate. Row: CI-4 */
  @Test
  void call_clientCertificate_serverSeesIt() throws Exception {
    try (ServiceClient client = to(server).tls(OutsideServer.mutual("caller")).open()) {
      assertThat(headers(client)).doesNotContain("authorization");
    }

    assertThat(server.seen.get(0).client().getSubjectAlternativeNames().toString())
        .contains("spiffe://outside.test/host/caller");
  }

  /** A secret that changes is the one of the moment. Row: CI-4 */
  @Test
  void call_secretChanges_nextCallHasTheNewOne() {
    AtomicInteger number = new AtomicInteger();
    HeaderAuth counted = HeaderAuth.apiKey(() -> Secret.of("k-" + number.incrementAndGet()));
    try (ServiceClient client = to(server).settings(ClientSettings.DEFAULT.with(counted)).open()) {
      assertThat(headers(client)).contains("x-api-key=k-1");
      assertThat(headers(client)).contains("x-api-key=k-2");
    }
  }

  /** An interceptor, a TLS configuration and a deadline of the user's own. Row: CI-5 */
  @Test
  void call_ownSettings_interceptedOverTlsInTime() {
    AtomicInteger intercepted = new AtomicInteger();
    ClientInterceptor counting =
        new ClientInterceptor() {
          @Override
          public <Q, R> ClientCall<Q, R> interceptCall(
              MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            intercepted.incrementAndGet();
            assertThat(options.getDeadline()).as("the deadline is around it").isNotNull();
            return next.newCall(method, options);
          }
        };
    ClientSettings settings =
        ClientSettings.DEFAULT.withDeadline(Duration.ofMillis(500)).with(counting);
    try (ServiceClient client = to(server).settings(settings).open()) {
      Status hanging = failure(client, EchoRequest.newBuilder().setHang(true).build());

      assertThat(hanging.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(intercepted).hasValue(1);
    }
    try (ServiceClient client = to(server).settings(ClientSettings.DEFAULT.with(counting)).open()) {
      var unused = headers(client);

      assertThat(intercepted).hasValue(2);
      OutsideServer.Seen last = server.seen.get(server.seen.size() - 1);
      assertThat(Objects.requireNonNull(last.session()).getProtocol()).startsWith("TLSv1.");
    }
  }

  /** A discovery says where, the client whom. */
  @Test
  void call_certificateOfAnother_fails() {
    try (OutsideServer mallory =
            OutsideServer.start("mallory", OutsideServer.AUTHORITY.named("mallory.example"));
        ServiceClient client = to(mallory).open()) {
      assertThat(failure(client, EchoRequest.getDefaultInstance()).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(mallory.seen).isEmpty();
    }
  }

  @Test
  void call_authorityNotTrusted_fails() {
    try (ServiceClient client =
        ServiceClient.discovered(
                OutsideServer.NAME,
                Discovery.fixed(Map.of(OutsideServer.NAME, List.of(server.endpoint()))))
            .open()) {
      assertThat(failure(client, EchoRequest.getDefaultInstance()).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(server.seen).isEmpty();
    }
  }

  @Test
  void tls_plaintext_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> to(server).tls(InsecureChannelCredentials.create()))
        .withMessageContaining("expected: TlsChannelCredentials");
  }

  @Test
  void open_serverNameIsNone_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> to(server).serverName("Not A Name").open())
        .withMessageContaining("expected: a lower-case DNS name");
  }

  @Test
  void open_dnsByWeight_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ServiceClient.dns("payments.example", 443)
                    .selection(EndpointSelection.WEIGHTED)
                    .open())
        .withMessageContaining("DNS knows no weights");
  }

  @Test
  void dns_noPort_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceClient.dns("payments.example", 0))
        .withMessageContaining("with a port");
  }

  @Test
  void open_noCallYet_doesNotConnect() {
    try (ServiceClient client = to(server).open()) {
      assertThat(client).hasToString("ServiceClient[payments]");
    }
    assertThat(server.connections).hasValue(0);
  }

  @Test
  void close_twice_callsEndAndNoneIsMade() {
    ServiceClient client = to(server).open();
    EchoGrpc.EchoBlockingStub stub = client.client(EchoGrpc::newBlockingStub);

    client.close();
    client.close();

    assertThatThrownBy(() -> stub.unary(EchoRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    assertThatIllegalStateException()
        .isThrownBy(() -> client.client(EchoGrpc::newBlockingStub))
        .withMessageContaining("closed (expected: open)");
  }
}
