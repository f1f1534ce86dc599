package dev.tenon.host.life;

import acme.greeter.v1.GreeterGrpc;
import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.BindableService;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** The plugin processes of these tests: one program, several characters. */
final class LifePlugin {
  /** Bytes that a spammer prints on each of its streams. */
  static final int SPAM_BYTES = 50_000_000;

  private LifePlugin() {}

  /** How the program behaves. */
  enum Behaviour {
    /** As a plugin should. */
    ECHO,
    /** Answers Shutdown and goes on; does not end on SIGTERM. */
    STUBBORN,
    /** Enrols, and never gets further. */
    STUCK,
    /** Enrols, and gets further once the file {@code gate} is there. */
    GATED,
    /** Provides {@code Other}, quietly. */
    OTHER,
    /** Provides {@code Other}, whose calls print binary data. */
    SPAM,
    /** Requires {@code Other}. */
    NEEDS_OTHER,
    /** Provides {@code Other} and requires {@code Echo}. */
    OTHER_NEEDS_ECHO,
    /** Provides {@code Other} and requires {@code Greeter}. */
    OTHER_NEEDS_GREETER,
    /** Has a child process that outlives it. */
    PARENT
  }

  /** Serves the plugin {@code args[0]} as {@code args[1]}. */
  public static void main(String[] args) throws Exception {
    Behaviour behaviour = Behaviour.valueOf(args[1]);
    if (behaviour == Behaviour.STUBBORN) {
      Runtime.getRuntime().addShutdownHook(new Thread(LifePlugin::never));
    }
    if (behaviour == Behaviour.PARENT) {
      Process child =
          new ProcessBuilder("/bin/sh", "-c", "sleep 600 # $0", System.getenv("TEST_HOME"))
              .inheritIO()
              .start();
      System.out.println("child " + child.pid());
    }
    plugin(args[0], behaviour).serve();
    System.out.println("serve returned");
    if (behaviour == Behaviour.STUBBORN) {
      never();
    }
  }

  private static Plugin plugin(String name, Behaviour behaviour) {
    Plugin.Builder plugin = Plugin.named(name).version("1.0.0");
    return (switch (behaviour) {
          case ECHO, STUBBORN, PARENT ->
              plugin.provides(EchoGrpc.SERVICE_NAME, context -> new Echo());
          case STUCK ->
              plugin.provides(
                  EchoGrpc.SERVICE_NAME,
                  context -> {
                    System.out.println("stuck here");
                    never();
                    return new Echo();
                  });
          case GATED -> plugin.provides(EchoGrpc.SERVICE_NAME, context -> behindGate());
          case OTHER -> plugin.provides(OtherGrpc.SERVICE_NAME, context -> new Quiet());
          case SPAM -> plugin.provides(OtherGrpc.SERVICE_NAME, context -> new Spam());
          case NEEDS_OTHER ->
              plugin
                  .requires(OtherGrpc.SERVICE_NAME, ">=1.0.0")
                  .provides(EchoGrpc.SERVICE_NAME, context -> new Echo());
          case OTHER_NEEDS_ECHO ->
              plugin
                  .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
                  .provides(OtherGrpc.SERVICE_NAME, context -> new Spam());
          case OTHER_NEEDS_GREETER ->
              plugin
                  .requires(GreeterGrpc.SERVICE_NAME, ">=1.0.0")
                  .provides(OtherGrpc.SERVICE_NAME, context -> new Quiet());
        })
        .build();
  }

  private static BindableService behindGate() {
    Path home = Path.of(System.getenv("TEST_HOME"));
    try {
      Files.createFile(home.resolve("waiting"));
      while (!Files.exists(home.resolve("gate"))) {
        Thread.onSpinWait();
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return new Echo();
  }

  private static void never() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Answers with its process id, or hangs until the call is cancelled. */
  static final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      if (request.getHang()) {
        ((ServerCallStreamObserver<EchoResponse>) response).setOnCancelHandler(() -> {});
        return;
      }
      answer(request.getPayload(), response);
    }
  }

  /** Answers with its process id. */
  static final class Quiet extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      answer(request.getPayload(), response);
    }
  }

  /** Prints what no terminal should see, on both streams, while it is called. */
  private static final class Spam extends OtherGrpc.OtherImplBase {
    private final AtomicLong seeds = new AtomicLong();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      Thread out = new Thread(() -> print(System.out));
      out.start();
      print(System.err);
      try {
        out.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      answer(request.getPayload(), response);
    }

    private void print(PrintStream to) {
      Random random = new Random(seeds.incrementAndGet());
      byte[] block = new byte[100_000];
      for (int printed = 0; printed < SPAM_BYTES; printed += block.length) {
        random.nextBytes(block);
        to.write(block, 0, block.length);
      }
      to.flush();
    }
  }

  private static void answer(ByteString payload, StreamObserver<EchoResponse> response) {
    response.onNext(
        EchoResponse.newBuilder()
            .setPayload(payload)
            .setPid(ProcessHandle.current().pid())
            .build());
    response.onCompleted();
  }
}
