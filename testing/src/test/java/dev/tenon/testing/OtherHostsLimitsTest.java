package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.CallLimits;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.HostLimits;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much another host may call: it counts as one caller, whoever of its plugins calls. */
final class OtherHostsLimitsTest {
  private static final SpiffeId.OfHost A = SomeHosts.A;
  private static final SpiffeId.OfHost B = SomeHosts.B;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int MOST = 5;

  private SomeHosts hosts;

  @BeforeEach
  void make() throws IOException {
    hosts = new SomeHosts(new SharedMemory());
  }

  @AfterEach
  void end() throws IOException {
    hosts.close();
  }

  /** Returns a host that calls, and may so far as {@code limits} of the host that serves let it. */
  private PluginHost callerOfOneWith(HostLimits limits) throws Exception {
    var unused =
        hosts.start(hosts.host(B, SomeHosts.OPEN, A).plugin(SomeHosts.echo(B)).limits(limits));
    return hosts.start(hosts.host(A, SomeHosts.OPEN, B));
  }

  private static Status.Code outcome(PluginHost host) {
    try {
      assertThat(SomeHosts.echo(host)).isNotEmpty();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  /**
   * Calls above the rate are refused before anything is decided about them.
   *
   * <p>Denies: hosts RATE_LIMITED.
   */
  @Test
  void call_aboveTheRateOfTheOtherHost_isRefused() throws Exception {
    PluginHost a = callerOfOneWith(HostLimits.DEFAULT.with(Limited.CALL, new Rate(0.001, MOST)));

    for (int i = 0; i < MOST; i++) {
      assertThat(outcome(a)).as("call %d", i).isEqualTo(Status.Code.OK);
    }
    assertThat(outcome(a)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  /**
   * So are calls beside as many open ones as a caller may have, until one ends.
   *
   * <p>Denies: hosts LIMIT_REACHED.
   */
  @Test
  void call_besideAsManyAsACallerMayHave_isRefusedUntilOneEnds() throws Exception {
    PluginHost a = callerOfOneWith(HostLimits.DEFAULT.with(new CallLimits(MOST, 100, 100)));
    List<StreamObserver<EchoRequest>> open = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      open.add(openCall(a));
    }

    assertThat(outcome(a)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

    open.get(0).onCompleted();
    await().atMost(SOON).until(() -> outcome(a) == Status.Code.OK);
  }

  /** Begins a call of {@code host} that is answered and stays open. */
  private static StreamObserver<EchoRequest> openCall(PluginHost host) throws Exception {
    CompletableFuture<Void> answered = new CompletableFuture<>();
    StreamObserver<EchoRequest> requests =
        host.client(EchoGrpc::newStub)
            .bidi(
                new StreamObserver<EchoResponse>() {
                  @Override
                  public void onNext(EchoResponse response) {
                    answered.complete(null);
                  }

                  @Override
                  public void onError(Throwable error) {
                    answered.completeExceptionally(error);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(EchoRequest.getDefaultInstance());
    answered.get(SOON.toSeconds(), TimeUnit.SECONDS);
    return requests;
  }
}
