package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.HostServices;
import dev.tenon.router.Router;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A unary call, of 64 bytes each way, of a service in the same process that never blocks: by the
 * router, with everything that it does for a call, and beside it by gRPC's transport for that,
 * which decides and records nothing. What calls is what a generated blocking stub does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class InsideCalls {
  private static final MethodDescriptor<BytesValue, BytesValue> GET =
      MethodDescriptor.<BytesValue, BytesValue>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName("acme.kv.v1.KeyValue/Get")
          .setRequestMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
          .build();
  private static final BytesValue REQUEST = BytesValue.of(ByteString.copyFrom(new byte[64]));
  private static final Identity CALLER =
      new Identity(
          new SpiffeId.OfPlugin(
              new SpiffeId.OfHost(new TrustDomain("bench.example"), "h1"),
              new RuntimeId("caller-0000000000000001")),
          Identity.Evidence.IN_PROCESS);
  private static final String POLICY =
      """
      [[rule]]
      id = "r"
      effect = "allow"
      caller = "caller"
      service = "acme.kv.v1.KeyValue"
      """;

  private @Nullable HostServices hostServices;
  private @Nullable Router router;
  private @Nullable Server server;
  private @Nullable ManagedChannel transport;
  private @Nullable Channel routed;

  /** Makes calls of nothing yet; {@link #open} brings the service. */
  public InsideCalls() {}

  /** Offers the service in both ways. */
  @Setup(Level.Trial)
  public void open() throws Exception {
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("acme.kv.v1.KeyValue")
            .addMethod(
                GET,
                ServerCalls.asyncUnaryCall(
                    (request, answer) -> {
                      answer.onNext(request);
                      answer.onCompleted();
                    }))
            .build();
    HostServices services =
        HostServices.builder().offerNonBlocking(() -> service, new Version("1.0.0")).start();
    hostServices = services;
    Policy policy = Policy.parse(POLICY);
    Router routing =
        Router.builder()
            .policy(() -> policy)
            .registry(ServiceRegistry.inMemory())
            .hostServices(services)
            .backends((provider, caller) -> Optional.empty())
            .maxMessageBytes(actor -> 4 << 20)
            .audit(new NoLog())
            .build();
    router = routing;
    routed = routing.channel(CALLER);
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).directExecutor().addService(service).build().start();
    transport = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  /** Closes everything. */
  @TearDown(Level.Trial)
  public void close() {
    requireNonNull(transport, "transport").shutdownNow();
    requireNonNull(server, "server").shutdownNow();
    requireNonNull(router, "router").close();
    requireNonNull(hostServices, "hostServices").close();
  }

  /** By the router. */
  @Benchmark
  public BytesValue routed(Turn turn) {
    return call(turn, requireNonNull(routed, "routed"));
  }

  /** By gRPC's in-process transport, also on the thread of the caller. */
  @Benchmark
  public BytesValue transport(Turn turn) {
    return call(turn, requireNonNull(transport, "transport"));
  }

  private static BytesValue call(Turn turn, Channel channel) {
    int unused = turn.next(1);
    return ClientCalls.blockingUnaryCall(channel, GET, CallOptions.DEFAULT, REQUEST);
  }

  /** What is written is written nowhere. */
  private static final class NoLog implements AuditLog {
    @Override
    public void record(AuditEvent event) {}

    @Override
    public void close() {}
  }
}
