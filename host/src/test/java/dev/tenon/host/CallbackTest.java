package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Callback;
import dev.tenon.core.GrantLimits;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.EnrolResponse;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What calls of the host bring along for their providers to call back, over real connections. The
 * host calls {@code Echo} of {@code words}, which may call {@code Other} back, as may {@code
 * thief}.
 */
class CallbackTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ECHO = EchoGrpc.SERVICE_NAME;
  private static final String OTHER = OtherGrpc.SERVICE_NAME;
  private static final String POLICY =
      """
      [[provide]]
      plugin = "words"
      services = ["testservice.v1.Echo"]
      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.*"
      """;
  private static final String MAY_CALL_BACK =
      """
      [[rule]]
      id = "back"
      effect = "allow"
      caller = "*"
      service = "testservice.v1.Other"
      """;

  private final OpenEcho echo = new OpenEcho();
  private final Told told = new Told();
  private final List<EnrolResponse> enrolments = new ArrayList<>();

  /** Keeps what the host hands to a provider with each call. */
  private static final class Told implements ServerInterceptor {
    final BlockingQueue<Optional<String>> callbacks = new LinkedBlockingQueue<>();

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      callbacks.add(Optional.ofNullable(headers.get(Callback.HEADER)));
      return next.startCall(call, headers);
    }

    /** Returns what to show for a call back: the grant's id and its token. */
    String shown() throws InterruptedException {
      Optional<String> header = callbacks.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(header).as("call").isNotNull();
      assertThat(header.orElse("")).startsWith(OTHER + " ");
      return header.orElseThrow().substring(OTHER.length() + 1);
    }
  }

  private TestHost start(String policy, Consumer<HostBuilder> settings) throws Exception {
    return TestHost.with(policy)
        .set(host -> host.healthPolling(Duration.ofHours(1), Duration.ofSeconds(5)))
        .set(host -> host.offersDuringCalls(OTHER, "1.2.0"))
        .set(settings)
        .scripted(
            "words",
            RawRuntime.Tree.NONE,
            plugin -> {
              enrolments.add(plugin.enrol(ECHO));
              plugin.serve(() -> ServerInterceptors.intercept(echo, told));
              plugin.register(ECHO);
              plugin.healthy();
            })
        .enrolled("thief")
        .start();
  }

  private TestHost start() throws Exception {
    return start(POLICY + MAY_CALL_BACK, settings -> {});
  }

  /** Returns where the host calls words, bringing {@code back} along. */
  private static Channel bringing(TestHost host, OtherGrpc.OtherImplBase back) {
    return host.host()
        .client(EchoGrpc::newBlockingStub)
        .withInterceptors(host.host().callback(back))
        .getChannel();
  }

  private static OpenStream<EchoResponse> hanging(Channel channel) {
    OpenStream<EchoResponse> call = new OpenStream<>();
    EchoGrpc.newStub(channel).withDeadlineAfter(10, TimeUnit.MINUTES).unary(OpenEcho.HANGING, call);
    return call;
  }

  private static String back(RawPlugin plugin, String shown) {
    return RawPlugin.deadline(OtherGrpc.newBlockingStub(plugin.dataWith(shown)))
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  private static Refused refused(RawPlugin plugin, String... shown) {
    return Refused.by(
        () -> {
          var unused =
              RawPlugin.deadline(OtherGrpc.newBlockingStub(plugin.dataWith(shown)))
                  .unary(EchoRequest.getDefaultInstance());
        });
  }

  /**
   * Calls of every kind bring along what their provider can call back, each its own; the right is
   * on record and its token nowhere. A call that brings nothing hands out nothing.
   *
   * <p>Row: CG-11
   */
  @Test
  void callback_whileTheCallIsServed_reachesWhatThisCallBrought() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      hanging(bringing(host, new NamedOther("one")));
      String one = told.shown();
      hanging(bringing(host, new NamedOther("two")));
      String two = told.shown();

      assertThat(back(words, one)).isEqualTo("one");
      assertThat(back(words, two)).isEqualTo("two");
      assertThat(back(words, one)).isEqualTo("one");
      assertThat(host.host().grants().list())
          .hasSize(2)
          .allSatisfy(
              grant -> {
                assertThat(grant.holder()).hasToString(words.runtimeId());
                assertThat(grant.service()).hasToString(OTHER);
                assertThat(grant.permissions()).isEmpty();
              });
      assertThat(host.audit.entries())
          .filteredOn(entry -> entry.event().equals("grant"))
          .hasSize(2)
          .containsOnly(
              new AuditTrail.Entry(
                  "grant", "host", "issue", OTHER, "success", "callback of /" + ECHO + "/Unary"));
      assertThat(host.audit.text())
          .contains(one.substring(0, 32))
          .doesNotContain(one.substring(37, 46));

      OpenStream.ofEachKind(bringing(host, new NamedOther("each")));
      for (int kind = 0; kind < 4; kind++) {
        assertThat(back(words, told.shown())).isEqualTo("each");
      }
      hanging(host.host().client(EchoGrpc::newBlockingStub).getChannel());
      assertThat(told.callbacks.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEmpty();
    }
  }

  /** How a call ends. */
  private enum End {
    ANSWER,
    ERROR,
    CANCEL,
    LOST
  }

  /**
   * However the call ends: once its caller knows, what came with it opens nothing any more, like
   * nothing at all; calls back that are open have ended, and nothing is kept.
   *
   * <p>Row: CG-11.
   *
   * <p>Denies: data GRANT_NOT_ACCEPTED, GRANT_UNKNOWN.
   */
  @ParameterizedTest
  @EnumSource(End.class)
  void callback_afterTheCall_refused(End how) throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      HangingOther back = new HangingOther();
      Context.CancellableContext caller = Context.current().withCancellation();
      OpenStream<EchoResponse> call = caller.call(() -> hanging(bringing(host, back)));
      String shown = told.shown();
      OpenStream<EchoResponse> open = new OpenStream<>();
      RawPlugin.deadline(OtherGrpc.newStub(words.dataWith(shown)))
          .unary(EchoRequest.getDefaultInstance(), open);
      await().atMost(SOON).until(() -> back.open.get() == 1);

      switch (how) {
        case ANSWER -> echo.answerHanging();
        case ERROR -> echo.failHanging();
        case CANCEL -> caller.cancel(null);
        case LOST -> words.stopServing();
      }
      await().atMost(SOON).until(call::hasEnded);
      caller.close();

      assertThat(call.end().getCode())
          .isEqualTo(
              switch (how) {
                case ANSWER -> Code.OK;
                case ERROR -> Code.ABORTED;
                case CANCEL -> Code.CANCELLED;
                case LOST -> Code.UNAVAILABLE;
              });
      assertThat(host.host().grants().size()).isZero();
      Refused after = refused(words, shown);
      assertThat(after.is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      assertThat(refused(words)).isEqualTo(after);
      assertThat(host.audit.denials("call")).contains("grant unknown", "grant missing");
      await().atMost(SOON).until(open::hasEnded);
      assertThat(open.end().getCode()).isEqualTo(Code.UNAUTHENTICATED);
      await().atMost(SOON).until(() -> back.open.get() == 0);
    }
  }

  /**
   * A call that runs out of time takes what it brought with it.
   *
   * <p>Row: CG-11
   */
  @Test
  void callback_afterTheDeadlineOfTheCall_refused() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      Channel bringing = bringing(host, new NamedOther("back"));
      String shown = "";
      while (shown.isEmpty()) { // On a busy machine the time may be over before the call is there.
        Refused late =
            Refused.by(
                () -> {
                  var unused =
                      EchoGrpc.newBlockingStub(bringing)
                          .withDeadlineAfter(1, TimeUnit.SECONDS)
                          .unary(OpenEcho.HANGING);
                });
        assertThat(late.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
        shown = told.callbacks.isEmpty() ? "" : told.shown();
      }
      assertThat(host.host().grants().size()).isZero();
      assertThat(refused(words, shown).is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
    }
  }

  /**
   * The right is one run's, for one service: with another run or for another service it opens
   * nothing, nobody can ask for it, and the host itself is in nobody's call.
   *
   * <p>Row: CG-11, CG-3.
   *
   * <p>Denies: data GRANT_FOREIGN, NOT_ALLOWED, NOT_PROVIDED. Denies: Grants/Request NOT_FOUND.
   */
  @Test
  void callback_byOthersOrWithoutACall_refused() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      RawPlugin thief = host.plugin("thief");
      hanging(bringing(host, new NamedOther("back")));
      String shown = told.shown();

      assertThat(refused(thief, shown).is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(host.audit.denials("call")).containsExactly("grant foreign");
      assertThat(Refused.by(() -> words.grant(OTHER)).is(Refusal.NOT_FOUND)).isTrue();
      assertThat(
              Refused.by(
                      () -> {
                        var unused =
                            host.host()
                                .client(OtherGrpc::newBlockingStub)
                                .unary(EchoRequest.getDefaultInstance());
                      })
                  .is(Refusal.NOT_PROVIDED))
          .isTrue();
      assertThat(back(words, shown)).isEqualTo("back");
      assertThat(enrolments)
          .allSatisfy(answer -> assertThat(answer.getHostServicesList()).isEmpty());
    }
  }

  /**
   * What the host brings along does not stand in for the policy, which is asked for every call
   * back.
   *
   * <p>Row: CG-11.
   *
   * <p>Denies: data NOT_ALLOWED, POLICY_NO_RULE.
   */
  @Test
  void callback_policyDoesNotAllow_refused() throws Exception {
    try (TestHost host = start(POLICY, settings -> {})) {
      hanging(bringing(host, new NamedOther("back")));
      assertThat(refused(host.plugin("words"), told.shown()).is(Refusal.NOT_ALLOWED)).isTrue();
      assertThat(host.audit.denials("call")).containsExactly("no rule");
    }
  }

  /**
   * The operator takes the right back while the call goes on, alone or with the health of its run.
   *
   * <p>Row: CG-11, CG-7
   */
  @Test
  void callback_takenBackDuringTheCall_refused() throws Exception {
    try (TestHost host = start()) {
      RawPlugin words = host.plugin("words");
      OpenStream<EchoResponse> call = hanging(bringing(host, new NamedOther("back")));
      String shown = told.shown();
      assertThat(back(words, shown)).isEqualTo("back");

      host.host().grants().revokeAll(new RuntimeId(words.runtimeId()));

      assertThat(refused(words, shown).is(Refusal.GRANT_NOT_ACCEPTED)).isTrue();
      assertThat(call.hasEnded()).isFalse();
      echo.answerHanging();
      await().atMost(SOON).until(call::hasEnded);
      assertThat(call.end()).isEqualTo(Status.OK);
    }
  }

  /**
   * What calls bring along counts against the grants of their provider: one too many refuses the
   * call, and its end makes room.
   *
   * <p>Row: CG-11, CG-14.
   *
   * <p>Denies: data LIMIT_REACHED.
   */
  @Test
  void callback_beyondTheLimitOfGrants_refusesTheCall() throws Exception {
    GrantLimits one = new GrantLimits(Duration.ofHours(1), 1, 10);
    try (TestHost host = start(POLICY + MAY_CALL_BACK, settings -> settings.grantLimits(one))) {
      RawPlugin words = host.plugin("words");
      Channel bringing = bringing(host, new NamedOther("back"));
      OpenStream<EchoResponse> first = hanging(bringing);
      String shown = told.shown();

      Refused second =
          Refused.by(
              () -> {
                var unused = EchoGrpc.newBlockingStub(bringing).unary(OpenEcho.HANGING);
              });
      assertThat(second.is(Refusal.LIMIT_REACHED)).isTrue();
      assertThat(told.callbacks).isEmpty();
      assertThat(back(words, shown)).isEqualTo("back");
      echo.answerHanging();
      await().atMost(SOON).until(first::hasEnded);
      assertThat(host.host().grants().size()).isZero();
      hanging(bringing);
      assertThat(back(words, told.shown())).isEqualTo("back");
    }
  }

  @Test
  void callback_undeclaredOrTwice_isMisuse() throws Exception {
    try (TestHost host = start()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> host.host().callback(new OpenEcho()))
          .withMessageContaining("offersDuringCalls");
      Channel bringing = bringing(host, new NamedOther("one"));
      EchoGrpc.EchoBlockingStub twice =
          EchoGrpc.newBlockingStub(bringing)
              .withInterceptors(host.host().callback(new NamedOther("two")));
      assertThatIllegalStateException()
          .isThrownBy(() -> twice.unary(EchoRequest.getDefaultInstance()))
          .withMessageContaining("one a call");
    }
  }
}
