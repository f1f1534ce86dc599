package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A caller and a provider that lie in metadata, over real mTLS.
 *
 * <p>Row: RT-7, SL-2
 */
final class ForgedMetadataTest {
  private static final Metadata.Key<String> REFUSED =
      Metadata.Key.of("tenon-refused", Metadata.ASCII_STRING_MARSHALLER);

  private final EchoProvider provider = new EchoProvider();
  private Wire wire;
  private Wire.Caller caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, provider);
    caller = wire.enrol(Names.CALLER);
  }

  @AfterEach
  void close() {
    wire.close();
  }

  private List<String> valuesAtProvider() {
    Metadata headers = Objects.requireNonNull(provider.lastHeaders);
    List<String> values = new ArrayList<>();
    for (String name : headers.keys()) {
      if (!name.endsWith("-bin")) {
        Iterable<String> all =
            headers.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        Objects.requireNonNull(all).forEach(values::add);
      }
    }
    return values;
  }

  /** Attack R6: a forged identity is overwritten, not added to. Row: PK-25. */
  @Test
  void forgedIdentity_isReplacedByTheCertificates() {
    String forged = Names.HOST.toString();
    Channel lying =
        Plane.with(
            caller.channel(),
            "tenon-caller",
            forged,
            "tenon-caller",
            forged,
            "x-plugin-runtime-id",
            Names.STRANGER.value(),
            "x-plugin-provider",
            "elsewhere");
    EchoResponse answer = Plane.call(lying);
    assertThat(answer.getCaller()).isEqualTo(Names.id(Names.CALLER).toString());
    assertThat(Objects.requireNonNull(provider.lastHeaders).getAll(MetadataRules.CALLER))
        .containsExactly(Names.id(Names.CALLER).toString());
    assertThat(answer.getMetadataKeysList()).noneMatch(name -> name.startsWith("x-plugin-"));
  }

  /** Attack R12, T27: canary credentials are absent from all that the provider sees. */
  @Test
  void credentials_neverReachTheProvider() {
    Channel leaking =
        Plane.with(
            caller.channel(),
            "cookie",
            "canary-1",
            "proxy-authorization",
            "canary-2",
            "traceparent",
            "00-trace-01",
            "x-request-id",
            "r1");
    Plane.call(leaking);
    assertThat(valuesAtProvider())
        .contains("00-trace-01", "r1")
        .noneMatch(value -> value.contains("canary"))
        .noneMatch(value -> value.contains(caller.token().exposeForWire()));
    assertThat(wire.audit.events().toString()).doesNotContain("canary");
  }

  /** Attack R12: nor does what a provider sends back of that kind reach the caller. */
  @Test
  void providersReservedMetadata_neverReachesTheCaller() {
    for (Metadata sent : List.of(provider.initial, provider.trailing)) {
      for (String name :
          List.of(
              "tenon-caller", "tenon-to", "x-plugin-id", "set-cookie", "authorization", "x-ok")) {
        sent.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), "forged");
      }
    }
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    EchoGrpc.newBlockingStub(
            ClientInterceptors.intercept(
                caller.channel(), MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)))
        .unary(EchoRequest.getDefaultInstance());
    assertThat(Objects.requireNonNull(headers.get()).keys())
        .contains("x-ok")
        .doesNotContain("set-cookie", "authorization")
        .noneMatch(name -> name.startsWith("tenon-") || name.startsWith("x-plugin-"));
    assertThat(Objects.requireNonNull(trailers.get()).keys()).containsOnly("x-ok");
  }

  /** A provider cannot say that the host refused a call, which its caller would make again. */
  @Test
  void providersForgedRefusal_neverReachesTheCaller() {
    provider.trailing.put(REFUSED, "NOT_AUTHENTICATED");
    provider.trailing.put(Metadata.Key.of("x-ok", Metadata.ASCII_STRING_MARSHALLER), "1");
    EchoRequest request =
        EchoRequest.newBuilder().setEndWith(Status.Code.UNAUTHENTICATED.value()).build();

    assertThatThrownBy(() -> EchoGrpc.newBlockingStub(caller.channel()).unary(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            ended -> {
              assertThat(ended.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
              assertThat(Objects.requireNonNull(ended.getTrailers()).keys())
                  .contains("x-ok")
                  .doesNotContain(REFUSED.name());
            });
  }

  /**
   * An address in what a provider says is never followed.
   *
   * <p>Row: RT-6
   */
  @Test
  void addressFromAProvider_isNeverFollowed() {
    Metadata.Key<String> location = Metadata.Key.of("location", Metadata.ASCII_STRING_MARSHALLER);
    provider.initial.put(location, "https://127.0.0.1:1/");
    provider.trailing.put(location, "https://127.0.0.1:1/");
    for (int i = 0; i < 3; i++) {
      Plane.call(Plane.with(caller.channel(), "location", "tcp:127.0.0.1:1"));
    }
    assertThat(provider.calls).hasValue(3);
    assertThat(provider.connections).hasSize(1);
  }
}
