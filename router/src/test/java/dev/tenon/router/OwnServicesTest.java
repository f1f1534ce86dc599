package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.relay.ByteMarshaller;
import dev.tenon.router.relay.HandlerThreads;
import io.grpc.Attributes;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnServicesTest {
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final HandlerThreads threads = new HandlerThreads(Runnable::run, timer);
  private final ServerMethodDefinition<byte[], byte[]> get = method("acme.Own/Get");
  private final List<ServerServiceDefinition> services =
      List.of(ServerServiceDefinition.builder("acme.Own").addMethod(get).build());

  @AfterEach
  void endTimer() {
    timer.shutdownNow();
  }

  private static ServerMethodDefinition<byte[], byte[]> method(String name) {
    return ServerMethodDefinition.create(
        MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
            .setType(MethodType.UNARY)
            .setFullMethodName(name)
            .build(),
        (call, headers) -> new ServerCall.Listener<>() {});
  }

  private static FakeWireCall called(OwnServices services, String path) {
    FakeWireCall call = new FakeWireCall(Attributes.EMPTY, path);
    var unused = services.begin(call);
    return call;
  }

  @Test
  void call_ofAMethod_goesThere() {
    assertThat(called(new OwnServices(services, threads), "/acme.Own/Get").handledBy).isSameAs(get);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/acme.Own/Other", "/acme.Own", "acme.Own/Get", "", "*", "//acme.Own/Get"})
  void call_ofNoMethod_isUnimplementedAndGoesNowhere(String path) {
    FakeWireCall call = called(new OwnServices(services, threads), path);

    assertThat(call.handledBy).isNull();
    assertThat(Objects.requireNonNull(call.told).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void call_thatOthersHave_goesThere() {
    ServerMethodDefinition<byte[], byte[]> rest = method("acme.Rest/Any");
    HandlerRegistry others =
        new HandlerRegistry() {
          @Override
          public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
              String name, @Nullable String authority) {
            return name.startsWith("acme.Rest/") ? rest : null;
          }
        };

    assertThat(called(new OwnServices(services, others, threads), "/acme.Rest/X").handledBy)
        .isSameAs(rest);
  }

  /** The marks of header fields are the same on all listeners. */
  @Test
  void metadata_ofACall_passesAsForAProvider() {
    OwnServices own = new OwnServices(services, threads);

    assertThat(own.passes("x-own")).isTrue();
    assertThat(own.passes("cookie")).isFalse();
  }
}
