package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.Requirement;
import dev.tenon.core.RouterClients;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.ServiceState;
import dev.tenon.core.ServiceWatch;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.VersionRange;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchRequest;
import dev.tenon.v1.WatchState;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a plugin's author is told of a service that the plugin uses. Row: DG-8. */
class ServiceWatchesTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofHours(1);
  private static final Requirement ECHO =
      new Requirement(
          new ServiceName(EchoGrpc.SERVICE_NAME),
          VersionRange.parse(">=1.2.0"),
          Requirement.Need.OPTIONAL);

  private final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
  private final List<Task> tasks = new CopyOnWriteArrayList<>();
  private final List<ServiceState> told = new CopyOnWriteArrayList<>();
  private Server server;
  private ManagedChannel channel;
  private ServiceWatches watches;

  /** Something to run later. */
  private record Task(Duration pause, Runnable action) {}

  /** One stream, at the host. */
  private record Stream(WatchRequest request, ServerCallStreamObserver<WatchEvent> events) {
    void say(WatchState state) {
      events.onNext(WatchEvent.newBuilder().setState(state).build());
    }
  }

  @BeforeEach
  void start() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(new Host()).build().start();
    channel = InProcessChannelBuilder.forName(name).build();
    watches =
        new ServiceWatches(
            channel,
            (delay, task) -> {
              Task planned = new Task(delay, task);
              tasks.add(planned);
              return () -> tasks.remove(planned);
            },
            PAUSE);
  }

  @AfterEach
  void stop() {
    watches.close();
    channel.shutdownNow();
    server.shutdownNow();
  }

  private final class Host extends RegistryGrpc.RegistryImplBase {
    @Override
    public void watch(WatchRequest request, StreamObserver<WatchEvent> events) {
      streams.add(new Stream(request, (ServerCallStreamObserver<WatchEvent>) events));
    }
  }

  private Stream next() throws InterruptedException {
    Stream stream = streams.poll(60, TimeUnit.SECONDS);
    assertThat(stream).as("a stream").isNotNull();
    return stream;
  }

  private void awaitTold(ServiceState... states) {
    await().atMost(LONG).untilAsserted(() -> assertThat(told).containsExactly(states));
  }

  private void runLater(Duration pause) {
    await().atMost(LONG).until(() -> tasks.size() == 1);
    Task task = tasks.remove(0);
    assertThat(task.pause()).isEqualTo(pause);
    task.action().run();
  }

  @Test
  void watch_changes_areToldOnceEach() throws Exception {
    watches.open(ECHO, told::add);
    Stream stream = next();

    assertThat(stream.request().getService()).isEqualTo(EchoGrpc.SERVICE_NAME);
    assertThat(stream.request().getVersionRange()).isEqualTo(">=1.2.0");
    stream.say(WatchState.WATCH_STATE_AVAILABLE);
    stream.say(WatchState.WATCH_STATE_AVAILABLE);
    stream.say(WatchState.WATCH_STATE_DEGRADED);
    stream.say(WatchState.WATCH_STATE_UNAVAILABLE);

    awaitTold(ServiceState.AVAILABLE, ServiceState.DEGRADED, ServiceState.UNAVAILABLE);
  }

  /** A connection that aged, say: the service is no worse for it. */
  @Test
  void watch_streamEnds_isOpenedAgainAndTellsOnlyWhatIsNew() throws Exception {
    watches.open(ECHO, told::add);
    Stream first = next();
    first.say(WatchState.WATCH_STATE_AVAILABLE);
    first.events().onError(Status.UNAVAILABLE.asRuntimeException());
    runLater(Duration.ofMillis(100));
    Stream second = next();
    second.say(WatchState.WATCH_STATE_AVAILABLE);
    second.say(WatchState.WATCH_STATE_DEGRADED);

    awaitTold(ServiceState.AVAILABLE, ServiceState.DEGRADED);
  }

  @Test
  void watch_hostDoesNotTell_isUnavailableUntilItDoes() throws Exception {
    watches.open(ECHO, told::add);
    Stream first = next();
    first.say(WatchState.WATCH_STATE_AVAILABLE);
    first.events().onCompleted();
    runLater(Duration.ofMillis(100));
    next().events().onError(Status.RESOURCE_EXHAUSTED.asRuntimeException());
    awaitTold(ServiceState.AVAILABLE, ServiceState.UNAVAILABLE);

    runLater(PAUSE);
    next().say(WatchState.WATCH_STATE_AVAILABLE);

    awaitTold(ServiceState.AVAILABLE, ServiceState.UNAVAILABLE, ServiceState.AVAILABLE);
  }

  @Test
  void watch_authorsCodeThrows_goesOn() throws Exception {
    watches.open(
        ECHO,
        now -> {
          told.add(now);
          throw new IllegalStateException("as some do");
        });
    Stream stream = next();
    stream.say(WatchState.WATCH_STATE_AVAILABLE);
    stream.say(WatchState.WATCH_STATE_UNAVAILABLE);

    awaitTold(ServiceState.AVAILABLE, ServiceState.UNAVAILABLE);
  }

  @Test
  void close_endsTheStreamAndTellsNoMore() throws Exception {
    ServiceWatch watch = watches.open(ECHO, told::add);
    Stream stream = next();

    watch.close();

    await().atMost(LONG).until(() -> stream.events().isCancelled());
    assertThat(told).isEmpty();
    assertThat(tasks).isEmpty();
    watch.close();
  }

  @Test
  void close_betweenStreams_opensNoOther() throws Exception {
    ServiceWatch watch = watches.open(ECHO, told::add);
    Stream stream = next();
    stream.say(WatchState.WATCH_STATE_AVAILABLE);
    stream.events().onCompleted();
    await().atMost(LONG).until(() -> tasks.size() == 1);

    watch.close();
    tasks.remove(0).action().run();
    watches.open(ECHO, now -> {});

    next();
    assertThat(streams).isEmpty();
  }

  @Test
  void watch_undeclaredService_isRefused() {
    Plugin plugin = Plugin.named("alpha").canUse(EchoGrpc.SERVICE_NAME, ">=1.2.0").build();
    RouterClients context =
        new RouterClients(
            () ->
                new SpiffeId.OfPlugin(
                    new SpiffeId.OfHost(new TrustDomain("example.org"), "one"),
                    new RuntimeId("alpha-0123456789abcdef")),
            plugin,
            channel,
            new AskedHost(new OwnHealth(), channel, watches));

    assertThatThrownBy(() -> context.watch(OtherGrpc.SERVICE_NAME, told::add))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(".canUse(...)");
    assertThatThrownBy(() -> context.watch("no name", told::add))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
