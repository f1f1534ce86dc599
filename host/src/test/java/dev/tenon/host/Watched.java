package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchRequest;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a watch brings to a plugin that the test plays. */
final class Watched implements ClientResponseObserver<WatchRequest, WatchEvent> {
  private final BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
  private final AtomicInteger received = new AtomicInteger();
  private final CompletableFuture<Refused> end = new CompletableFuture<>();
  private final Reading reading;
  private @Nullable ClientCallStreamObserver<WatchRequest> call;

  /** Who decides when events are read. */
  enum Reading {
    /** They are read as they come. */
    ALWAYS,
    /** The test reads them. */
    WHEN_ASKED
  }

  private Watched(Reading reading) {
    this.reading = reading;
  }

  static Watched by(RawPlugin plugin, String service) {
    return on(plugin.control(plugin.bearer()), request(service, ""), Reading.ALWAYS);
  }

  static Watched on(Channel channel, WatchRequest request, Reading reading) {
    Watched watched = new Watched(reading);
    RegistryGrpc.newStub(channel).watch(request, watched);
    return watched;
  }

  static WatchRequest request(String service, String range) {
    return WatchRequest.newBuilder().setService(service).setVersionRange(range).build();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
    call = stream;
    if (reading == Reading.WHEN_ASKED) {
      stream.disableAutoRequestWithInitial(1);
    }
  }

  @Override
  public void onNext(WatchEvent event) {
    received.incrementAndGet();
    events.add(event);
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(Refused.of((StatusRuntimeException) failure));
  }

  @Override
  public void onCompleted() {
    end.completeExceptionally(new AssertionError("a watch never ends in good order"));
  }

  /** Returns the next event, once it is there. */
  WatchEvent next() throws InterruptedException {
    return requireNonNull(events.poll(60, TimeUnit.SECONDS), "no event within 60 s");
  }

  /** Returns how many events came, taken or not. */
  int received() {
    return received.get();
  }

  /** Asks for {@code count} events more. */
  void read(int count) {
    requireNonNull(call, "call").request(count);
  }

  /** Returns whether no event is there that was not taken. */
  boolean isQuiet() {
    return events.isEmpty() && !end.isDone();
  }

  /** Waits for the end, and returns why. */
  Refused end() {
    return end.orTimeout(60, TimeUnit.SECONDS).join();
  }

  void cancel() {
    requireNonNull(call, "call").cancel("the test ends it", /* cause= */ null);
  }
}
