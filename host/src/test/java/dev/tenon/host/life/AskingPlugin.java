package dev.tenon.host.life;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

/**
 * The process of the plugin {@code caller}. Each call of its {@code Other} asks a provider of
 * {@code Echo}, through the host, and brings what that answered, or the name of the status with
 * which it ended. With {@code repeat} set, it sends a payload of so many MiB of zeros instead,
 * compressed.
 */
final class AskingPlugin {
  static final String NAME = "caller";

  private static final int MEBIBYTE = 1 << 20;

  private AskingPlugin() {}

  /** Serves until the host ends it. */
  public static void main(String[] args) throws Exception {
    Plugin.named(NAME)
        .version("1.0.0")
        .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(OtherGrpc.SERVICE_NAME, Asks::new)
        .build()
        .serve();
  }

  private static final class Asks extends OtherGrpc.OtherImplBase {
    private final EchoGrpc.EchoStub echo;

    Asks(PluginContext context) {
      echo = context.client(EchoGrpc::newStub);
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      EchoGrpc.EchoStub stub = echo.withDeadlineAfter(60, TimeUnit.SECONDS);
      if (request.getRepeat() > 0) {
        CompressorRegistry.getDefaultInstance().register(new Zeros(request.getRepeat()));
        stub = stub.withCompression("gzip");
      }
      stub.unary(request, new Told(response));
    }
  }

  private record Told(StreamObserver<EchoResponse> response)
      implements StreamObserver<EchoResponse> {
    @Override
    public void onNext(EchoResponse answer) {
      response.onNext(answer);
    }

    @Override
    public void onError(Throwable t) {
      String code = Status.fromThrowable(t).getCode().name();
      response.onNext(EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(code)).build());
      response.onCompleted();
    }

    @Override
    public void onCompleted() {
      response.onCompleted();
    }
  }

  /** Stands for gzip, and sends zeros in place of every message. */
  private record Zeros(int mebibytes) implements Compressor {
    @Override
    public String getMessageEncoding() {
      return "gzip";
    }

    @Override
    public OutputStream compress(OutputStream to) {
      return new FilterOutputStream(OutputStream.nullOutputStream()) {
        @Override
        public void close() throws IOException {
          ByteArrayOutputStream head = new ByteArrayOutputStream();
          CodedOutputStream field = CodedOutputStream.newInstance(head);
          field.writeTag(EchoRequest.PAYLOAD_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
          field.writeUInt32NoTag(mebibytes * MEBIBYTE);
          field.flush();
          // Members of one file (RFC 1952, section 2.2).
          to.write(compressed(head.toByteArray()));
          byte[] zeros = compressed(new byte[MEBIBYTE]);
          for (int i = 0; i < mebibytes; i++) {
            to.write(zeros);
          }
          to.close();
        }
      };
    }

    private static byte[] compressed(byte[] bytes) throws IOException {
      ByteArrayOutputStream compressed = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
        gzip.write(bytes);
      }
      return compressed.toByteArray();
    }
  }
}
