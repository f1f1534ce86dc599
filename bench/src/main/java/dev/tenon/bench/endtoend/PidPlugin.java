package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Empty;
import com.google.protobuf.Int64Value;
import dev.tenon.core.Plugin;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;

/** A plugin as an author writes it, on the SDK. It answers with the id of its process. */
final class PidPlugin {
  static final String NAME = "pid";
  static final String SERVICE = "bench.v1.Process";

  private static final MethodDescriptor<Empty, Int64Value> PID =
      MethodDescriptor.<Empty, Int64Value>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName(SERVICE + "/Pid")
          .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(Int64Value.getDefaultInstance()))
          .build();

  private PidPlugin() {}

  /** Serves until the host asks it to end. */
  public static void main(String[] args) throws Exception {
    Plugin.named(NAME)
        .version("1.0.0")
        .provides(SERVICE, context -> PidPlugin::service)
        .build()
        .serve();
  }

  private static ServerServiceDefinition service() {
    Int64Value pid = Int64Value.of(ProcessHandle.current().pid());
    return ServerServiceDefinition.builder(SERVICE)
        .addMethod(
            PID,
            ServerCalls.asyncUnaryCall(
                (request, observer) -> {
                  observer.onNext(pid);
                  observer.onCompleted();
                }))
        .build();
  }

  /** Asks the plugin. */
  static final class Stub extends AbstractBlockingStub<Stub> {
    Stub(Channel channel) {
      this(channel, CallOptions.DEFAULT);
    }

    private Stub(Channel channel, CallOptions options) {
      super(requireNonNull(channel, "channel"), options);
    }

    @Override
    protected Stub build(Channel channel, CallOptions options) {
      return new Stub(channel, options);
    }

    /** Returns the id of the process that answers. */
    long pid() {
      return ClientCalls.blockingUnaryCall(
              getChannel(), PID, getCallOptions(), Empty.getDefaultInstance())
          .getValue();
    }
  }
}
