package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.GrantLimits;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.Health;
import dev.tenon.v1.RefreshGrantRequest;
import dev.tenon.v1.ReleaseGrantRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Calls of services that need a grant: what opens them, and what ends them. */
final class GrantedCallTest extends GrantHost {
  /**
   * Without a good grant of this service, the same refusal whatever is wrong, and the service is
   * not touched; who may not call it at all hears of no grant.
   *
   * <p>Row: CG-5, RT-3.
   *
   * <p>Denies: data GRANT_NOT_ACCEPTED, GRANT_MISSING, GRANT_MALFORMED, GRANT_WRONG_TOKEN,
   * GRANT_UNKNOWN, GRANT_OTHER_SERVICE, GRANT_DUPLICATE.
   */
  @Test
  void call_withoutAGoodGrant_refusedBeforeTheService() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse good = words.grant(ECHO);
      GrantResponse other = words.grant(OTHER);
      Refused none = refused(words.dataWith());
      assertThat(none.code()).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(none.is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      for (String[] shown :
          new String[][] {
            {""},
            {good.getGrantToken()},
            {good.getGrantId() + " " + other.getGrantToken()},
            {"0".repeat(32) + " " + good.getGrantToken()},
            {RawPlugin.shown(other)},
            {RawPlugin.shown(good), RawPlugin.shown(good)},
            {good.getGrantId() + "  " + good.getGrantToken()}
          }) {
        assertThat(refused(words.dataWith(shown))).isEqualTo(none);
      }
      Refused noRight = refused(host.plugin("nobody").dataWith(RawPlugin.shown(good)));
      assertThat(noRight.is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(noRight).isEqualTo(refused(host.plugin("nobody").dataWith()));
      assertThat(host.audit.denials("call"))
          .contains(
              "grant missing",
              "grant malformed",
              "grant wrong token",
              "grant unknown",
              "grant other service",
              "grant duplicate",
              "no rule");
      assertThat(host.audit.entries())
          .as("the service was called")
          .noneMatch(entry -> entry.action().equals("relay"));
      var unused = call(words.dataWith(RawPlugin.shown(good)));
    }
  }

  /**
   * A stolen grant opens nothing to another plugin, although that may call the service too.
   *
   * <p>Row: CG-3.
   *
   * <p>Denies: data GRANT_FOREIGN. Denies: Grants/Refresh, Grants/Release NOT_FOUND.
   */
  @Test
  void call_stolenGrant_permissionDenied() throws Exception {
    try (TestHost host = start()) {
      GrantResponse words = host.plugin("words").grant(ECHO);
      RawPlugin thief = host.plugin("thief");
      GrantResponse own = thief.grant(ECHO);
      assertThat(refused(thief.dataWith(RawPlugin.shown(words))).is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(host.audit.denials("call")).containsExactly("grant foreign");
      ReleaseGrantRequest release =
          ReleaseGrantRequest.newBuilder().setGrantId(words.getGrantId()).build();
      RefreshGrantRequest refresh =
          RefreshGrantRequest.newBuilder().setGrantId(words.getGrantId()).build();
      Refused unknown =
          Refused.by(
              () -> thief.grants().release(release.toBuilder().setGrantId("0".repeat(32)).build()));
      assertThat(unknown.is(Refusal.NOT_FOUND)).isTrue();
      assertThat(Refused.by(() -> thief.grants().release(release))).isEqualTo(unknown);
      assertThat(Refused.by(() -> thief.grants().refresh(refresh))).isEqualTo(unknown);
      var unused = call(thief.dataWith(RawPlugin.shown(own)));
    }
  }

  /**
   * The service sees who calls with which grant, and nothing that the caller writes; the token goes
   * no further than the router. Calls of the host need none.
   *
   * <p>Row: RT-7
   */
  @Test
  void call_stampsOfTheCaller_areNotBelieved() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse grant = words.grant(OTHER);
      Metadata forged = new Metadata();
      forged.put(
          Metadata.Key.of("tenon-granted", Metadata.ASCII_STRING_MARSHALLER),
          "forged secrets:read:*");
      EchoResponse answer =
          RawPlugin.deadline(
                  OtherGrpc.newBlockingStub(
                      ClientInterceptors.intercept(
                          words.dataWith(RawPlugin.shown(grant)),
                          MetadataUtils.newAttachHeadersInterceptor(forged))))
              .unary(EchoRequest.getDefaultInstance());
      assertThat(answer.getPayload().toStringUtf8()).isEqualTo("words " + grant.getGrantId());
    }
  }

  /**
   * A grant of a second works until then and not after, and is forgotten without a further use.
   *
   * <p>Row: CG-6, TK-4
   */
  @Test
  void call_afterTheEndOfTheGrant_refusedAndForgotten() throws Exception {
    GrantLimits second = new GrantLimits(Duration.ofSeconds(1), 10, 100);
    try (TestHost host = start(builder -> builder.grantLimits(second))) {
      RawPlugin words = host.plugin("words");
      Channel shown = words.dataWith(RawPlugin.shown(words.grant(ECHO)));
      OpenStream<EchoResponse> stream = new OpenStream<>();
      EchoGrpc.newStub(shown).serverStream(EchoRequest.getDefaultInstance(), stream);
      await().atMost(SOON).until(() -> echo.open.get() == 1);
      host.clock.advance(Duration.ofMillis(1100));

      assertThat(refused(shown).is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      await().atMost(SOON).until(() -> host.host().grants().size() == 0);
      await().atMost(SOON).until(stream::hasEnded);
      assertThat(stream.end().getCode()).isEqualTo(Code.UNAUTHENTICATED);
      await().atMost(SOON).until(() -> echo.open.get() == 0);
    }
  }

  /**
   * From the return on, a revoked grant opens nothing, and its open calls end; others go on.
   *
   * <p>Row: CG-7
   */
  @Test
  void revoke_whileCallsAreOpen_endsThemAndTheGrant() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse one = words.grant(ECHO);
      GrantResponse two = words.grant(ECHO);
      List<OpenStream<?>> under = OpenStream.ofEachKind(words.dataWith(RawPlugin.shown(one)));
      List<OpenStream<?>> beside = OpenStream.ofEachKind(words.dataWith(RawPlugin.shown(two)));
      await().atMost(SOON).until(() -> echo.open.get() == 8);

      host.host().grants().revoke(one.getGrantId());

      assertThat(refused(words.dataWith(RawPlugin.shown(one))).is(Refusal.GRANT_NOT_ACCEPTED))
          .isTrue();
      await().atMost(SOON).until(() -> under.stream().allMatch(OpenStream::hasEnded));
      assertThat(under)
          .allSatisfy(call -> assertThat(call.end().getCode()).isEqualTo(Code.UNAUTHENTICATED));
      await().atMost(SOON).until(() -> echo.open.get() == 4);
      assertThat(beside).noneMatch(OpenStream::hasEnded);

      host.host().grants().revokeAll(new RuntimeId(words.runtimeId()));
      assertThat(refused(words.dataWith(RawPlugin.shown(two))).is(Refusal.GRANT_NOT_ACCEPTED))
          .isTrue();
      await().atMost(SOON).until(() -> beside.stream().allMatch(OpenStream::hasEnded));
      assertThat(
              host.audit.entries().stream()
                  .filter(entry -> entry.action().equals("revoke"))
                  .map(AuditTrail.Entry::actor))
          .containsExactly("host", "host");
      var unused = call(words.dataWith(RawPlugin.shown(words.grant(ECHO))));
    }
  }

  /**
   * Grants end when their run becomes unhealthy, and when it ends.
   *
   * <p>Row: CG-7
   */
  @Test
  void grants_ofAnUnhealthyOrEndedRun_areGone() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      GrantResponse first = words.grant(ECHO);
      words.report(Health.HEALTH_UNHEALTHY);
      assertThat(refused(words.dataWith(RawPlugin.shown(first))).is(Refusal.GRANT_NOT_ACCEPTED))
          .isTrue();
      words.healthy();
      words.grant(ECHO);
      host.plugin("thief").grant(ECHO);
      host.host().revoke(new RuntimeId(words.runtimeId()));
      assertThat(host.host().grants().list())
          .singleElement()
          .satisfies(
              left -> assertThat(left.holder()).hasToString(host.plugin("thief").runtimeId()));
    }
  }

  /**
   * Ten calls that wait for each other are served at one time, and a service that asks for a grant
   * while it serves gets it: nothing is locked while it works.
   *
   * <p>Row: CG-12
   */
  @Test
  void call_tenThatWaitForEachOther_allAreServed() throws Exception {
    CyclicBarrier ten = new CyclicBarrier(10);
    List<Runnable> inside = new ArrayList<>();
    OtherGrpc.OtherImplBase meeting =
        new OtherGrpc.OtherImplBase() {
          @Override
          public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
            try {
              ten.await(60, TimeUnit.SECONDS);
              inside.get(0).run();
            } catch (Exception e) {
              response.onError(e);
              return;
            }
            response.onNext(EchoResponse.getDefaultInstance());
            response.onCompleted();
          }
        };
    try (TestHost host =
        calm()
            .set(builder -> builder.offersByGrant(OTHER, "1.0.0", meeting))
            .set(builder -> builder.offersByGrant(ECHO, "1.0.0", echo))
            .enrolled("words")
            .start()) {
      RawPlugin words = host.plugin("words");
      var grants = words.grants();
      inside.add(() -> grants.request(asking(ECHO).build()));
      OtherGrpc.OtherStub other =
          OtherGrpc.newStub(words.dataWith(RawPlugin.shown(words.grant(OTHER))));
      CountDownLatch answered = new CountDownLatch(10);
      for (int i = 0; i < 10; i++) {
        other.unary(
            EchoRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(EchoResponse response) {
                answered.countDown();
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
      }
      assertThat(answered.await(120, TimeUnit.SECONDS)).isTrue();
      assertThat(host.host().grants().list()).hasSize(11);
    }
  }
}
