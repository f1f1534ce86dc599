package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.host.HostLimits;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
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
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a call of a plugin inside the host costs, with an ordinary blocking stub of the host's, one
 * call after another: of a service that never blocks, and of one that may; beside the same calls
 * over grpc-java's transport inside a process, on the thread of the caller.
 */
public final class InProcessCalls {
  private static final String NAME = "echo";
  private static final String SERVICE = "bench.v1.Inside";
  private static final String BLOCKING = "bench.v1.InsideBlocking";
  private static final int MESSAGE_BYTES = 64;
  private static final int BATCH = 256;

  private static final String POLICY =
      """
      [[provide]]
      plugin = "%s"
      services = ["%s", "%s"]

      [[rule]]
      id = "host-calls"
      effect = "allow"
      caller = "host"
      service = "%s"

      [[rule]]
      id = "host-calls-blocking"
      effect = "allow"
      caller = "host"
      service = "%s"
      """
          .formatted(NAME, SERVICE, BLOCKING, SERVICE, BLOCKING);

  private final int rounds;
  private final Duration warmUp;
  private final Duration window;
  private final Consumer<String> progress;

  /**
   * Prepares the measurement.
   *
   * @param warmUp for each of the three, before the first round
   * @param window for each of the three in each round
   */
  public InProcessCalls(int rounds, Duration warmUp, Duration window, Consumer<String> progress) {
    this.rounds = rounds;
    this.warmUp = requireNonNull(warmUp, "warmUp");
    this.window = requireNonNull(window, "window");
    this.progress = requireNonNull(progress, "progress");
  }

  /**
   * Nanoseconds of a call, by the clock, for each round.
   *
   * @param plugin of one through the host, of a service that never blocks
   * @param blocking of one through the host, of a service that may block
   * @param transport of one over grpc-java's transport
   */
  public record Times(List<Double> plugin, List<Double> blocking, List<Double> transport) {
    /** Copies all. */
    public Times {
      plugin = List.copyOf(plugin);
      blocking = List.copyOf(blocking);
      transport = List.copyOf(transport);
    }

    /** Returns for each round how the first is to the last. */
    List<Double> ratios() {
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < plugin.size(); i++) {
        ratios.add(plugin.get(i) / transport.get(i));
      }
      return ratios;
    }
  }

  /**
   * Measures.
   *
   * @throws IOException if a host or a server does not start
   */
  public Times measure() throws IOException {
    Path folder = Files.createTempDirectory("tenon-bench", Private.FOLDER);
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(service(SERVICE))
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    try (PluginHost host = host(folder)) {
      return measure(
          host.client(through -> new Stub(through, SERVICE)),
          host.client(through -> new Stub(through, BLOCKING)),
          new Stub(channel, SERVICE));
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
      Folders.delete(folder);
    }
  }

  private static PluginHost host(Path folder) throws IOException {
    Plugin plugin =
        Plugin.named(NAME)
            .version("1.0.0")
            .providesNonBlocking(SERVICE, context -> () -> service(SERVICE))
            .provides(BLOCKING, context -> () -> service(BLOCKING))
            .build();
    try {
      return PluginHost.builder()
          .plugin(plugin)
          .required(NAME)
          .policy(Policy.parse(POLICY))
          .state(folder.resolve("state"))
          .run(folder.resolve("run"))
          .limits(HostLimits.DEFAULT.with(Limited.CALL, new Rate(Rates.MOST, Rates.MOST)))
          .start();
    } catch (ConfigException | HostStartException e) {
      throw new IOException(e);
    }
  }

  private static MethodDescriptor<BytesValue, BytesValue> call(String service) {
    return MethodDescriptor.<BytesValue, BytesValue>newBuilder()
        .setType(MethodType.UNARY)
        .setFullMethodName(service + "/Call")
        .setRequestMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
        .setResponseMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
        .build();
  }

  private static ServerServiceDefinition service(String name) {
    return ServerServiceDefinition.builder(name)
        .addMethod(
            call(name),
            ServerCalls.asyncUnaryCall(
                (request, observer) -> {
                  observer.onNext(request);
                  observer.onCompleted();
                }))
        .build();
  }

  private Times measure(Stub plugin, Stub blocking, Stub transport) {
    progress.accept("calls of a plugin inside the host");
    for (Stub stub : List.of(transport, plugin, blocking)) {
      double unused = nanosOfOne(stub, warmUp);
    }
    List<Double> ours = new ArrayList<>();
    List<Double> handedOver = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      ours.add(nanosOfOne(plugin, window));
      handedOver.add(nanosOfOne(blocking, window));
      theirs.add(nanosOfOne(transport, window));
    }
    return new Times(ours, handedOver, theirs);
  }

  private static double nanosOfOne(Stub stub, Duration time) {
    BytesValue message = BytesValue.of(ByteString.copyFrom(new byte[MESSAGE_BYTES]));
    long begun = System.nanoTime();
    long done = 0;
    long now;
    do {
      for (int i = 0; i < BATCH; i++) {
        if (stub.call(message).getValue().size() != MESSAGE_BYTES) {
          throw new IllegalStateException("answer: another (expected: what was sent)");
        }
      }
      done += BATCH;
      now = System.nanoTime();
    } while (now - begun < time.toNanos());
    return (now - begun) / (double) done;
  }

  private static final class Stub extends AbstractBlockingStub<Stub> {
    private final MethodDescriptor<BytesValue, BytesValue> method;

    Stub(Channel channel, String service) {
      this(channel, CallOptions.DEFAULT, InProcessCalls.call(service));
    }

    private Stub(
        Channel channel, CallOptions options, MethodDescriptor<BytesValue, BytesValue> method) {
      super(requireNonNull(channel, "channel"), options);
      this.method = method;
    }

    @Override
    protected Stub build(Channel channel, CallOptions options) {
      return new Stub(channel, options, method);
    }

    BytesValue call(BytesValue message) {
      return ClientCalls.blockingUnaryCall(getChannel(), method, getCallOptions(), message);
    }
  }
}
