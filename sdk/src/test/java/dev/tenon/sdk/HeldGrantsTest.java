package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.tenon.core.Token;
import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.RefreshGrantRequest;
import dev.tenon.v1.RefreshGrantResponse;
import dev.tenon.v1.ReleaseGrantRequest;
import dev.tenon.v1.ReleaseGrantResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Grants that a plugin asks for, refreshes and gives back by itself. */
class HeldGrantsTest {
  private static final String LOG = "acme.Log";
  private static final Duration LIFE = Duration.ofHours(1);

  private final Instant now = Instant.parse("2026-11-23T12:00:00Z");
  private final FakeDesk desk = new FakeDesk();
  private final List<Duration> pauses = new ArrayList<>();
  private final List<Runnable> tasks = new ArrayList<>();
  private Server server;
  private ManagedChannel channel;
  private HeldGrants grants;

  /** Gives what it is asked for, and remembers; everything happens on the thread that asks. */
  private final class FakeDesk extends GrantsGrpc.GrantsImplBase {
    private final List<String> asked = new ArrayList<>();
    private int issued;
    private Status status = Status.OK;
    private String id = "";
    private Duration life = LIFE;

    private Timestamp end() {
      return Timestamp.newBuilder().setSeconds(now.plus(life).getEpochSecond()).build();
    }

    private boolean refuses(StreamObserver<?> response) {
      if (!status.isOk()) {
        response.onError(status.asException());
      }
      return !status.isOk();
    }

    @Override
    public void request(GrantRequest request, StreamObserver<GrantResponse> response) {
      asked.add("request " + request.getService());
      if (!refuses(response)) {
        issued++;
        response.onNext(
            GrantResponse.newBuilder()
                .setGrantId(id.isEmpty() ? "%032x".formatted(issued) : id)
                .setGrantToken(HostAnswers.newToken(Token.Kind.GRANT))
                .setExpires(end())
                .build());
        response.onCompleted();
      }
    }

    @Override
    public void refresh(
        RefreshGrantRequest request, StreamObserver<RefreshGrantResponse> response) {
      asked.add("refresh " + Integer.parseInt(request.getGrantId(), 16));
      if (!refuses(response)) {
        response.onNext(
            RefreshGrantResponse.newBuilder()
                .setGrantToken(HostAnswers.newToken(Token.Kind.GRANT))
                .setExpires(end())
                .build());
        response.onCompleted();
      }
    }

    @Override
    public void release(
        ReleaseGrantRequest request, StreamObserver<ReleaseGrantResponse> response) {
      asked.add("release " + Integer.parseInt(request.getGrantId(), 16));
      response.onNext(ReleaseGrantResponse.getDefaultInstance());
      response.onCompleted();
    }
  }

  @BeforeEach
  void start() throws Exception {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).directExecutor().addService(desk).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    grants =
        new HeldGrants(
            new GrantClient(channel, () -> now),
            (delay, task) -> {
              pauses.add(delay);
              tasks.add(task);
              return () -> {};
            },
            () -> now);
    grants.needed(Set.of(LOG));
  }

  @AfterEach
  void end() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private HeldGrant held() {
    return grants.of(LOG).join();
  }

  private void call() {
    grants.opened(LOG).run();
  }

  private void runLatest() {
    tasks.get(tasks.size() - 1).run();
  }

  @Test
  void of_manyCalls_oneGrant() {
    HeldGrant first = held();
    assertThat(held()).isSameAs(first);
    assertThat(first.toString()).doesNotContain(first.token().exposeForWire());
    assertThat(desk.asked).containsExactly("request " + LOG);
    assertThat(grants.isNeeded(LOG)).isTrue();
    assertThat(grants.isNeeded("acme.Other")).isFalse();
  }

  /**
   * A grant in use is refreshed at half of its life, again and again.
   *
   * <p>Row: CG-8
   */
  @Test
  void refresh_inUse_atHalfLife() {
    HeldGrant first = held();
    assertThat(pauses).containsExactly(LIFE.dividedBy(2));
    runLatest();
    HeldGrant second = held();
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.token().exposeForWire()).isNotEqualTo(first.token().exposeForWire());
    call();
    runLatest();
    assertThat(desk.asked).containsExactly("request " + LOG, "refresh 1", "refresh 1");
    assertThat(pauses).hasSize(3).containsOnly(LIFE.dividedBy(2));
  }

  /**
   * A grant that nothing was called with since the last refresh is given back; the next call asks
   * for another. One with an open call is in use.
   *
   * <p>Row: CG-8
   */
  @Test
  void refresh_notInUse_released() {
    Runnable open = grants.opened(LOG);
    runLatest();
    runLatest();
    open.run();
    runLatest();
    assertThat(desk.asked).containsExactly("request " + LOG, "refresh 1", "refresh 1", "release 1");
    assertThat(held().id()).endsWith("2");
    tasks.get(0).run();
    assertThat(desk.asked).hasSize(5);
  }

  @Test
  void refresh_fails_againAtHalfOfTheRest() {
    held();
    desk.status = Status.UNAVAILABLE;
    runLatest();
    assertThat(pauses).containsExactly(LIFE.dividedBy(2), LIFE.dividedBy(2));
    desk.status = Status.OK;
    runLatest();
    assertThat(desk.asked).containsExactly("request " + LOG, "refresh 1", "refresh 1");
  }

  @Test
  void refresh_failsNearTheEnd_theNextCallAsksAnew() {
    desk.life = Duration.ofSeconds(1);
    held();
    desk.status = Status.NOT_FOUND;
    runLatest();
    desk.status = Status.OK;
    assertThat(held().id()).endsWith("2");
  }

  @Test
  void of_refused_theNextCallAsksAgain() {
    desk.status = Status.NOT_FOUND;
    CompletableFuture<HeldGrant> refused = grants.of(LOG);
    assertThat(refused).isCompletedExceptionally();
    desk.status = Status.OK;
    assertThat(held().id()).endsWith("1");
  }

  @Test
  void of_answerOfAHostileHost_isNotBelieved() {
    desk.id = "not an id";
    assertThat(grants.of(LOG)).isCompletedExceptionally();
    desk.id = "";
    desk.life = Duration.ofDays(2);
    assertThat(grants.of(LOG)).isCompletedExceptionally();
    desk.life = Duration.ofSeconds(-1);
    assertThat(grants.of(LOG)).isCompletedExceptionally();
  }

  /** Of many calls that the host refused at one time, the first asks for another grant. */
  @Test
  void refused_severalCallsOfOneGrant_oneOther() {
    held();
    long began = System.nanoTime();
    assertThat(grants.refused(LOG, began)).isTrue();
    HeldGrant other = held();
    assertThat(grants.refused(LOG, began)).isTrue();
    assertThat(held()).isSameAs(other);
  }

  @Test
  void refused_serviceThatWasNotAnnounced_needsOneFromNowOn() {
    assertThat(grants.refused("acme.New", System.nanoTime())).isTrue();
    assertThat(grants.isNeeded("acme.New")).isTrue();
    assertThat(grants.refused("acme.New", System.nanoTime())).isFalse();
  }

  @Test
  void forget_afterAnEnrolmentAgain_asksAnew() {
    held();
    grants.forget();
    assertThat(held().id()).endsWith("2");
    tasks.get(0).run();
    assertThat(desk.asked).containsExactly("request " + LOG, "request " + LOG);
  }
}
