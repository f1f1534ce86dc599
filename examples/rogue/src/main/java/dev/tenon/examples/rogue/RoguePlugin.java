package dev.tenon.examples.rogue;

import dev.tenon.examples.rogue.v1.ReportGrpc;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The plugin {@code rogue}: hostile, and enrolled as any other. The host starts two runs of it, and
 * nothing anywhere is weakened to let them.
 */
public final class RoguePlugin {
  static final String VERSION = "1.0.0";

  private RoguePlugin() {}

  /**
   * Enrols, offers the report, and waits for the end.
   *
   * @throws Exception if the host lets it in no further than it should; the message says why
   */
  public static void main(String[] args) throws Exception {
    BufferedReader stdin =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = Objects.requireNonNull(stdin.readLine(), "bootstrap line");
    Bootstrap bootstrap = Bootstrap.parse((line + "\n").getBytes(StandardCharsets.UTF_8));
    List<String> declared = new ArrayList<>(Attempts.COVETED);
    declared.add(ReportGrpc.SERVICE_NAME);
    CountDownLatch end = new CountDownLatch(1);
    try (Transport transport = Transport.create(TlsProvider.preferred())) {
      Foothold foothold = Foothold.gain(transport, bootstrap, declared);
      Path shared = Path.of(Objects.requireNonNull(System.getenv("TENON_STATE"), "TENON_STATE"));
      Server server =
          foothold.serve(
              List.of(new ReportService(foothold, shared), new EndService(end::countDown)));
      offer(foothold);
      awaitEndOf(stdin, end);
      end.await();
      server.shutdown().awaitTermination(1, TimeUnit.SECONDS);
      foothold.control.shutdownNow();
      foothold.data.shutdownNow();
    }
  }

  private static void offer(Foothold foothold) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + foothold.token);
    Channel control =
        ClientInterceptors.intercept(
            foothold.control, MetadataUtils.newAttachHeadersInterceptor(headers));
    var unusedClaim =
        RegistryGrpc.newBlockingStub(control)
            .register(
                RegisterRequest.newBuilder()
                    .setService(ReportGrpc.SERVICE_NAME)
                    .setVersion(VERSION)
                    .build());
    var unusedReport =
        LifecycleGrpc.newBlockingStub(control)
            .reportHealth(
                ReportHealthRequest.newBuilder().setHealth(Health.HEALTH_HEALTHY).build());
  }

  /** The end of stdin is the end of the host. */
  private static void awaitEndOf(BufferedReader stdin, CountDownLatch end) {
    Thread thread =
        new Thread(
            () -> {
              try {
                stdin.lines().forEach(line -> {});
              } catch (UncheckedIOException e) {
                // As good as its end.
              } finally {
                end.countDown();
              }
            },
            "tenon-stdin");
    thread.setDaemon(true);
    thread.start();
  }
}
