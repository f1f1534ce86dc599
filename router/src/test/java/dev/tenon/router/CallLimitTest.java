package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.core.CallLimits;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How many calls may be open at once, and that every end of a call gives its place back. */
final class CallLimitTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final EchoRequest HANGING = EchoRequest.newBuilder().setHang(true).build();
  private static final int MOST = 3;

  private static final String AUDITED =
      Names.POLICY.replace("effect = \"allow\"", "effect = \"allow\"\naudit = \"call\"");

  /** The rights of two callers. */
  private static final String BOTH =
      Names.POLICY.replace("caller = \"caller\"", "caller = \"[cs]*\"");

  private static List<ListenableFuture<EchoResponse>> hanging(Channel channel, int calls) {
    List<ListenableFuture<EchoResponse>> open = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      open.add(EchoGrpc.newFutureStub(channel).unary(HANGING));
    }
    return open;
  }

  private static void assertFull(Channel channel, String whose) {
    StatusRuntimeException full = Plane.refusal(channel, UNARY);
    assertThat(full.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(full.getStatus().getDescription())
        .isEqualTo("limit reached: open calls of this " + whose);
    assertThat(RefusalStatus.ofHost(full.getStatus(), requireNonNull(full.getTrailers())))
        .contains(Refusal.LIMIT_REACHED);
  }

  private static void awaitNone(Plane plane) {
    await().atMost(SOON).until(() -> plane.router.open().caps().isEmpty());
  }

  /**
   * A caller with as many open calls as it may have gets no more; others do, and it does when one
   * ends.
   *
   * <p>Row: DS-11
   *
   * <p>Denies: data LIMIT_REACHED.
   */
  @Test
  void call_callerAtItsCap_refusedUntilOneEnds() {
    try (Plane plane = new Plane(new CallLimits(MOST, 10, 10))) {
      plane.policy(BOTH);
      Channel channel = plane.channel(Names.CALLER);
      List<ListenableFuture<EchoResponse>> open = hanging(channel, MOST);

      assertFull(channel, "caller");
      assertFull(plane.channel(Names.CALLER), "caller"); // over all of its connections
      assertThat(plane.audit.reasons()).contains("open calls of this caller: 3 at most");
      Plane.call(plane.channel(Names.STRANGER));

      open.get(0).cancel(true);
      await().atMost(SOON).until(() -> plane.router.open().caps().total() == MOST - 1);
      Plane.call(channel);
      open.forEach(call -> call.cancel(true));
      awaitNone(plane);
    }
  }

  /** Row: DS-11 */
  @Test
  void call_providerAtItsCap_refusedAndOtherProvidersServe() {
    try (Plane plane = new Plane(new CallLimits(10, MOST, 10))) {
      plane.policy(BOTH);
      plane.provide(Names.TARPIT, Names.OTHER, new EchoProvider());
      List<ListenableFuture<EchoResponse>> open = hanging(plane.channel(Names.CALLER), MOST);

      assertFull(plane.channel(Names.STRANGER), "provider");
      await().atMost(SOON).until(() -> plane.words.calls.get() == MOST);
      assertThat(plane.audit.actions()).as("no record of a call that did not go").hasSize(2);
      // It has no such method, and says so itself.
      assertThat(Plane.refusal(plane.channel(Names.STRANGER), "testservice.v1.Other/Unary"))
          .hasMessageContaining("Method not found");

      open.forEach(call -> call.cancel(true));
      awaitNone(plane);
      Plane.call(plane.channel(Names.STRANGER));
    }
  }

  /** Row: DS-11 */
  @Test
  void call_hostAtItsCap_refusedToEverybody() {
    try (Plane plane = new Plane(new CallLimits(10, 10, MOST))) {
      plane.policy(BOTH);
      List<ListenableFuture<EchoResponse>> open = hanging(plane.channel(Names.CALLER), MOST);

      assertFull(plane.channel(Names.STRANGER), "host");

      open.forEach(call -> call.cancel(true));
      awaitNone(plane);
      Plane.call(plane.channel(Names.STRANGER));
    }
  }

  /** A caller that waits for one answer before it calls again is never in its own way. */
  @Test
  void call_oneAfterAnother_passesAtACapOfOne() {
    try (Plane plane = new Plane(new CallLimits(1, 1, 1))) {
      Channel channel = plane.channel(Names.CALLER);
      for (int i = 0; i < 200; i++) {
        Plane.call(channel);
      }
    }
  }

  /** The ways in which a call may end. */
  enum End {
    ANSWERED,
    FAILED_BY_PROVIDER,
    CANCELLED,
    DEADLINE_OVER,
    CALLER_REVOKED,
    PROVIDER_CRASHED,
    DENIED,
    POLICY_CHANGED,
    RECORD_FAILED,
    CANCELLED_BEFORE_ITS_RECORD,
    REVOKED_BEFORE_ITS_RECORD,
    OUTCOME_NOT_RECORDED,
    CANCELLED_WHILE_PROVIDER_STARTS,
    REVOKED_WHILE_PROVIDER_STARTS,
    PROVIDER_DOES_NOT_START,
    CHANNEL_BROKEN,
    LISTENER_FAILS,
    EXECUTOR_FULL,
    EXECUTOR_FULL_LATER,
    EVENTS_NEVER_TAKEN,
    EVENTS_NEVER_TAKEN_WHILE_WAITING
  }

  /**
   * However calls end, their places are free again: up to the cap, the next ones pass.
   *
   * <p>Row: DS-11
   */
  @ParameterizedTest
  @EnumSource(End.class)
  void end_ofAnyKind_givesThePlacesBack(End end) {
    try (Plane plane = new Plane(new CallLimits(MOST, MOST, MOST))) {
      for (int i = 0; i < MOST; i++) {
        // Another run each time: what ends one may be for good.
        makeAndEnd(plane, end, new RuntimeId("caller-00000000000000f" + i));
      }
      awaitNone(plane);

      plane.policy(BOTH);
      plane.starting = null;
      plane.audit.mend();
      Channel channel = plane.channel(Names.CALLER);
      EchoProvider fresh = new EchoProvider();
      var unused = plane.registry.remove(Names.WORDS);
      plane.provide(Names.WORDS_2, Names.ECHO, fresh);
      List<ListenableFuture<EchoResponse>> open = hanging(channel, MOST);
      await().atMost(SOON).until(() -> fresh.calls.get() == MOST);
      assertFull(channel, "caller");
      open.forEach(call -> call.cancel(true));
      awaitNone(plane);
    }
  }

  private static void makeAndEnd(Plane plane, End end, RuntimeId run) {
    Channel channel = plane.channel(run);
    switch (end) {
      case ANSWERED -> Plane.call(channel);
      case FAILED_BY_PROVIDER -> {
        var unused =
            EchoGrpc.newFutureStub(channel).unary(EchoRequest.newBuilder().setEndWith(13).build());
      }
      case CANCELLED -> hanging(channel, 1).get(0).cancel(true);
      case DEADLINE_OVER -> {
        var unused =
            EchoGrpc.newFutureStub(channel)
                .withDeadlineAfter(20, TimeUnit.MILLISECONDS)
                .unary(HANGING);
      }
      case CALLER_REVOKED -> {
        var open = hanging(channel, 1);
        assertThat(open).hasSize(1);
        plane.router.end(run).join();
      }
      case PROVIDER_CRASHED -> {
        var open = hanging(channel, 1);
        assertThat(open).hasSize(1);
        plane.crash();
      }
      case DENIED -> Plane.refusal(plane.channel(Names.STRANGER), UNARY);
      case POLICY_CHANGED -> {
        plane.policy(Names.POLICY);
        var open = hanging(channel, 1);
        assertThat(open).hasSize(1);
        plane.policy("");
        plane.router.policyChanged();
      }
      case RECORD_FAILED -> {
        plane.audit.fail();
        Plane.refusal(channel, UNARY);
      }
      case CANCELLED_BEFORE_ITS_RECORD -> {
        plane.policy(AUDITED);
        plane.audit.hold();
        hanging(channel, 1).get(0).cancel(true);
        plane.audit.release(null);
      }
      case REVOKED_BEFORE_ITS_RECORD -> {
        plane.audit.hold();
        var open = hanging(channel, 1);
        assertThat(open).hasSize(1);
        var unused = plane.router.end(run);
        plane.audit.release(null);
      }
      case OUTCOME_NOT_RECORDED -> {
        plane.policy(AUDITED);
        ListenableFuture<EchoResponse> call = hanging(channel, 1).get(0);
        plane.audit.fail();
        call.cancel(true);
        await().atMost(SOON).until(() -> plane.router.open().caps().isEmpty());
        plane.audit.mend();
      }
      case CANCELLED_WHILE_PROVIDER_STARTS -> waiting(plane, channel).cancel(true);
      case REVOKED_WHILE_PROVIDER_STARTS -> {
        var unused = waiting(plane, channel);
        plane.router.end(run).join();
      }
      case PROVIDER_DOES_NOT_START -> {
        var unused = waiting(plane, channel);
        requireNonNull(plane.starting).complete(null);
      }
      case CHANNEL_BROKEN -> {
        plane.backends.put(Names.WORDS, new BrokenChannel());
        assertThat(thrownBy(() -> EchoGrpc.newStub(channel).unary(HANGING, new Ignored())))
            .hasMessage("broken");
      }
      case LISTENER_FAILS -> {
        ClientCall<EchoRequest, EchoResponse> call =
            plane
                .router
                .channel(Names.identity(run))
                .newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
        call.start(new FailingListener(), new Metadata());
        call.cancel("enough", null);
      }
      case EXECUTOR_FULL -> {
        plane.audit.hold();
        EchoGrpc.newStub(channel)
            .withExecutor(
                task -> {
                  throw new RejectedExecutionException("full");
                })
            .unary(HANGING, new Ignored());
        var unused = plane.router.end(run);
        plane.audit.release(null);
      }
      case EXECUTOR_FULL_LATER -> {
        AtomicBoolean full = new AtomicBoolean();
        int before = plane.words.calls.get();
        EchoGrpc.newStub(channel)
            .withExecutor(
                task -> {
                  if (full.get()) {
                    throw new RejectedExecutionException("full");
                  }
                  task.run();
                })
            .unary(HANGING, new Ignored());
        await().atMost(SOON).until(() -> plane.words.calls.get() > before);
        full.set(true);
        var unused = plane.router.end(run);
      }
      case EVENTS_NEVER_TAKEN ->
          neverTaken(channel, EchoGrpc.getUnaryMethod()).cancel("enough", null);
      case EVENTS_NEVER_TAKEN_WHILE_WAITING -> {
        plane.starting = new CompletableFuture<>();
        neverTaken(channel, OtherGrpc.getUnaryMethod()).cancel("enough", null);
      }
    }
  }

  /** Makes a call of somebody who does not look at what comes back, not even at its end. */
  private static ClientCall<EchoRequest, EchoResponse> neverTaken(
      Channel channel, MethodDescriptor<EchoRequest, EchoResponse> method) {
    ClientCall<EchoRequest, EchoResponse> call =
        channel.newCall(method, CallOptions.DEFAULT.withExecutor(ignored -> {}));
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(1);
    call.sendMessage(HANGING);
    call.halfClose();
    return call;
  }

  /** Makes a call whose provider is not there yet. */
  private static ListenableFuture<EchoResponse> waiting(Plane plane, Channel channel) {
    plane.starting = new CompletableFuture<>();
    ListenableFuture<EchoResponse> call = OtherGrpc.newFutureStub(channel).unary(HANGING);
    assertThat(plane.router.open().caps().total()).isEqualTo(1);
    return call;
  }

  private static Throwable thrownBy(Runnable action) {
    try {
      action.run();
      throw new AssertionError("nothing (expected: an exception)");
    } catch (RuntimeException e) {
      return e;
    }
  }

  private static final class BrokenChannel extends Channel {
    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      throw new IllegalStateException("broken");
    }

    @Override
    public String authority() {
      return "broken";
    }
  }

  private static final class FailingListener extends ClientCall.Listener<EchoResponse> {
    @Override
    public void onClose(Status status, Metadata trailers) {
      throw new IllegalStateException("listener");
    }
  }

  private static final class Ignored implements StreamObserver<EchoResponse> {
    @Override
    public void onNext(EchoResponse value) {}

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {}
  }
}
