package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.core.CallLimits;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How calls that come as frames wait, are ended and end. */
final class WiredCallTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String AUDITED =
      Names.POLICY.replace(
          "service = \"testservice.v1.*\"", "service = \"testservice.v1.*\"\naudit = \"call\"");
  private static final String OTHER = "/testservice.v1.Other/Unary";

  private final WirePlane plane = new WirePlane();
  private final WirePlane.Connected caller = plane.enrol(Names.CALLER);

  @AfterEach
  void close() {
    assertThat(plane.router.open().caps().isEmpty()).as("what calls took is given back").isTrue();
    plane.close();
  }

  private FakeWireCall begin() {
    return caller.begin(WirePlane.UNARY);
  }

  /** Row: TK-7. From whatever thread; on both sides, and without a mark of a refusal. */
  @Test
  void end_callerRevoked_unauthenticatedOnBothSides() throws Exception {
    FakeWireCall call = begin();
    AtomicReference<CompletableFuture<Void>> ending = new AtomicReference<>();
    Thread another = new Thread(() -> ending.set(plane.router.end(Names.CALLER)));
    another.start();
    another.join();
    CompletableFuture<Void> ended = ending.get();
    assertThat(ended).as("until the loop has come to it").isNotDone();

    call.run();

    assertThat(ended).isCompleted();
    assertThat(call.isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
    assertThat(call.isProviderCancelled).isTrue();
    assertThat(RefusalStatus.ofHost(requireNonNull(call.told), call.trailers)).isEmpty();
    assertThat(plane.router.calls().get(0).failed()).isEqualTo(1);
  }

  @Test
  void end_afterTheCallEnded_changesNothing() {
    FakeWireCall call = begin().ends(Status.NOT_FOUND);

    assertThat(plane.router.end(Names.CALLER)).isCompleted();
    call.run();

    assertThat(call.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(plane.router.calls().get(0).failed()).isEqualTo(1);
  }

  @Test
  void policyChanged_deniesNow_permissionDenied() {
    FakeWireCall call = begin();
    plane.policy = WirePlane.parsed("");
    plane.router.policyChanged();

    call.run();

    assertThat(call.isTold(Refusal.NOT_ALLOWED)).isTrue();
    assertThat(call.isProviderCancelled).isTrue();
    assertThat(plane.audit.actions()).containsExactly("relay", "end");
  }

  @Test
  void policyChanged_allowsStill_goesOn() {
    FakeWireCall call = begin();
    plane.policy = WirePlane.parsed(Names.POLICY);
    plane.router.policyChanged();

    assertThat(call.run().told).isNull();
    call.cancel();
  }

  @Test
  void endUnder_grantEnded_permissionDenied() throws Exception {
    HostServices services =
        HostServices.builder()
            .offerByGrant(new OtherGrpc.OtherImplBase() {}, Names.VERSION)
            .start();
    try (WirePlane with = new WirePlane(services, CallLimits.DEFAULT)) {
      WirePlane.Connected holder = with.enrol(Names.CALLER);
      assertThat(holder.begin(OTHER).isTold(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      GrantStore.Draft draft = with.grants.draft(Names.CALLER, Names.OTHER, Set.of());
      with.grants.activate(draft);
      String shown = draft.grant().id() + " " + draft.token().token().exposeForWire();

      FakeWireCall call = holder.call(OTHER).asking("tenon-grant", shown).begin(with.front);
      assertThat(call.servedStamps.get(MetadataRules.GRANTED)).isEqualTo(draft.grant().id());
      with.grants.end(draft.grant());
      call.run();

      assertThat(call.isTold(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      assertThat(holder.call(OTHER).asking("tenon-grant", shown).begin(with.front).isForwarded())
          .isFalse();
    }
  }

  /** Audit before effect: it reaches nobody until its record is there. Row: AU-2. */
  @Test
  void begin_recordUnderWay_waitsForItOnNoThread() {
    plane.audit.hold();
    FakeWireCall call = begin();
    FakeWireCall another = begin();
    assertThat(call.isForwarded()).isFalse();
    assertThat(call.told).isNull();

    plane.audit.release(null);

    assertThat(call.run().isForwarded()).isTrue();
    assertThat(another.run().isForwarded()).isTrue();
    assertThat(plane.audit.actions()).containsExactly("relay");
    call.cancel();
    another.cancel();
  }

  @Test
  void begin_recordFails_internalAndNowhere() {
    plane.audit.hold();
    FakeWireCall call = begin();

    plane.audit.release(new AuditFailedException("disk full"));

    assertThat(call.run().isTold(Refusal.INTERNAL)).isTrue();
    assertThat(call.isForwarded()).isFalse();
    assertThat(begin().cancel().isForwarded()).as("the next one tries again").isTrue();
  }

  @Test
  void cancelled_whileTheRecordIsUnderWay_goesNowhere() {
    plane.audit.hold();
    FakeWireCall call = begin().cancel();

    plane.audit.release(null);

    assertThat(call.run().isForwarded()).isFalse();
    assertThat(call.isOver()).isTrue();
  }

  @Test
  void end_whileTheRecordIsUnderWay_goesNowhere() {
    plane.audit.hold();
    FakeWireCall call = begin();
    var ended = plane.router.end(Names.CALLER);
    plane.audit.release(null);

    assertThat(call.run().isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
    assertThat(call.isForwarded()).isFalse();
    assertThat(ended).isCompleted();
  }

  @Test
  void begin_providerIsStarted_goesThereOnceItIs() {
    CompletableFuture<Void> starting = new CompletableFuture<>();
    plane.starting = starting;
    FakeWireCall call = caller.begin(OTHER);
    assertThat(call.told).isNull();

    plane.provide(Names.TARPIT, Names.OTHER);
    starting.complete(null);

    assertThat(call.run().forwardedTo).isSameAs(plane.wires.get(Names.TARPIT));
    call.ends(Status.OK);
  }

  /** Whether the front sees it or nobody does before the router. */
  @Test
  void begin_deadlineBeforeTheProvider_deadlineExceeded() {
    plane.starting = new CompletableFuture<>();
    FakeWireCall seen =
        caller.call(OTHER).until(System.nanoTime() + Duration.ofSeconds(1).toNanos());
    seen.begin(plane.front);
    await().atMost(SOON).until(() -> seen.run().told != null);
    assertThat(seen.code()).isEqualTo(Code.DEADLINE_EXCEEDED);

    plane.starting = new CompletableFuture<>();
    FakeWireCall told = caller.begin(OTHER);
    told.ends(Status.DEADLINE_EXCEEDED);

    assertThat(told.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
    assertThat(told.isOver()).isTrue();
    assertThat(told.isForwarded()).isFalse();
  }

  /** The outcome is on record before the caller is told. Row: AU-4. */
  @Test
  void ending_everyCallIsAudited_toldWhenItsOutcomeIsOnRecord() {
    plane.policy = WirePlane.parsed(AUDITED);
    FakeWireCall call = begin();
    assertThat(plane.audit.actions()).containsExactly("intent");
    plane.audit.hold();

    call.ends(Status.NOT_FOUND);
    assertThat(call.told).isNull();
    assertThat(plane.audit.actions()).containsExactly("intent", "outcome");
    plane.audit.release(null);

    assertThat(call.run().code()).isEqualTo(Code.NOT_FOUND);
    AuditEvent outcome = plane.audit.events().get(1);
    assertThat(outcome.details()).containsEntry("status", "NOT_FOUND");
    assertThat(begin().cancel().isForwarded()).isTrue();
    assertThat(plane.audit.actions()).containsExactly("intent", "outcome", "intent", "outcome");
    assertThat(plane.audit.events().get(3).details()).containsEntry("status", "CANCELLED");
  }

  @Test
  void ending_outcomeCannotBeRecorded_internal() {
    plane.policy = WirePlane.parsed(AUDITED);
    FakeWireCall call = begin();
    plane.audit.fail();

    assertThat(call.ends(Status.OK).code()).isEqualTo(Code.INTERNAL);
  }

  /** Row: AU-4. The provider is cancelled at once; the caller told after the record. */
  @Test
  void end_everyCallIsAudited_outcomeBeforeTheCallerIsTold() {
    plane.policy = WirePlane.parsed(AUDITED);
    FakeWireCall call = begin();
    plane.audit.hold();
    var ended = plane.router.end(Names.CALLER);

    call.run();
    assertThat(call.isProviderCancelled).isTrue();
    assertThat(call.told).isNull();
    plane.audit.release(null);

    assertThat(call.run().isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
    assertThat(ended).isCompleted();
    assertThat(plane.audit.actions()).containsExactly("intent", "outcome");
  }

  /** Row: RT-18 */
  @Test
  void drained_whenTheLastCallIsOver() {
    FakeWireCall call = begin();
    var drained = plane.router.drained(Names.WORDS);
    assertThat(drained).isNotDone();

    call.ends(Status.OK);

    assertThat(drained).isCompleted();
  }

  /** A front that cannot reach the provider at once: the caller was told, and it is on record. */
  @Test
  void over_frontCouldNotRelay_countedAndRecordedAsFailed() {
    plane.policy = WirePlane.parsed(AUDITED);
    FakeWireCall call = begin();

    call.fails();

    assertThat(plane.audit.actions()).containsExactly("intent", "outcome");
    assertThat(plane.router.calls().get(0).failed()).isEqualTo(1);
    assertThat(plane.router.inFlight(Names.WORDS)).isZero();
  }
}
