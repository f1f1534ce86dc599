package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.AbstractStub;
import org.junit.jupiter.api.Test;

class DeclaredServicesTest {
  private static final Channel NOWHERE =
      new Channel() {
        @Override
        public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
          throw new UnsupportedOperationException("no call is made");
        }

        @Override
        public String authority() {
          return "nowhere";
        }
      };

  /** Shaped like a class of protoc-gen-grpc-java. */
  public static final class EchoGrpc {
    public static final String SERVICE_NAME = "acme.v1.Echo";

    private EchoGrpc() {}

    static final class EchoStub extends AbstractStub<EchoStub> {
      EchoStub(Channel channel, CallOptions options) {
        super(channel, options);
      }

      @Override
      protected EchoStub build(Channel channel, CallOptions options) {
        return new EchoStub(channel, options);
      }
    }
  }

  /** Has a field of the name that is not the constant. */
  public static final class OddGrpc {
    public final String SERVICE_NAME = "acme.v1.Odd";

    static final class OddStub extends AbstractStub<OddStub> {
      OddStub(Channel channel, CallOptions options) {
        super(channel, options);
      }

      @Override
      protected OddStub build(Channel channel, CallOptions options) {
        return new OddStub(channel, options);
      }
    }
  }

  @Test
  void of_generatedStub_itsService() {
    assertThat(DeclaredServices.of(new EchoGrpc.EchoStub(NOWHERE, CallOptions.DEFAULT)))
        .contains(new ServiceName("acme.v1.Echo"));
  }

  @Test
  void of_stubInOtherClass_empty() {
    assertThat(DeclaredServices.of(new LonelyStub(NOWHERE, CallOptions.DEFAULT))).isEmpty();
    assertThat(DeclaredServices.of(new NestedStub(NOWHERE, CallOptions.DEFAULT))).isEmpty();
    assertThat(DeclaredServices.of(new OddGrpc.OddStub(NOWHERE, CallOptions.DEFAULT))).isEmpty();
  }

  static final class NestedStub extends AbstractStub<NestedStub> {
    NestedStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected NestedStub build(Channel channel, CallOptions options) {
      return new NestedStub(channel, options);
    }
  }
}

/** A stub in no other class. */
final class LonelyStub extends AbstractStub<LonelyStub> {
  LonelyStub(Channel channel, CallOptions options) {
    super(channel, options);
  }

  @Override
  protected LonelyStub build(Channel channel, CallOptions options) {
    return new LonelyStub(channel, options);
  }
}
