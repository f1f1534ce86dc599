package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.limit.LimitKey;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.RateLimits;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.limit.Verdict;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.transport.Peer;
import dev.tenon.transport.Source;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who counts as who, and what happens to a call over the rate. */
final class CallRateTest {
  private static final Source SOURCE = new Source("ip:192.0.2.1");

  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final List<String> handled = new ArrayList<>();

  private CallRate over(RateLimiter limiter) {
    Rates once = Rates.DEFAULT.with(Limited.WATCH, new Rate(0.001, 1));
    return new CallRate(
        new RateLimits(() -> once, limiter, audit, InstantSource.fixed(Plane.NOW)),
        method -> method.equals("testservice.v1.Echo/Unary") ? Limited.WATCH : Limited.CALL);
  }

  private void intercept(CallRate rate, Call call) {
    ServerCall.Listener<EchoRequest> listener =
        rate.interceptCall(
            call,
            new Metadata(),
            (admitted, headers) -> {
              handled.add(call.who);
              return new ServerCall.Listener<>() {};
            });
    assertThat(listener).isNotNull();
  }

  /** A call of a peer with this identity, from {@link #SOURCE}. */
  private static final class Call extends ServerCall<EchoRequest, EchoResponse> {
    private final String who;
    private final Attributes attributes;
    private @Nullable Status closed;

    Call(String who, Optional<SpiffeId> id) {
      this.who = who;
      attributes =
          Attributes.newBuilder()
              .set(Peer.KEY, new Peer(id, Optional.empty(), Optional.empty(), 1))
              .set(Source.KEY, SOURCE)
              .build();
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(EchoResponse message) {}

    @Override
    public void close(Status status, Metadata trailers) {
      closed = status;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<EchoRequest, EchoResponse> getMethodDescriptor() {
      return EchoGrpc.getUnaryMethod();
    }
  }

  /** Row: DS-5 */
  @Test
  void interceptCall_overTheRate_endsBeforeItsHandler() {
    CallRate rate = over(RateLimiter.inMemory());
    Call first = new Call("first", Optional.of(Names.id(Names.CALLER)));
    Call second = new Call("second", Optional.of(Names.id(Names.CALLER)));
    Call another = new Call("another run", Optional.of(Names.id(Names.STRANGER)));

    intercept(rate, first);
    intercept(rate, second);
    intercept(rate, another);

    assertThat(handled).containsExactly("first", "another run");
    assertThat(first.closed).isNull();
    assertThat(second.closed)
        .isNotNull()
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(audit.reasons()).containsExactly("watch: over 0.001/s, burst 1");
  }

  /** Who has a certificate counts as itself, wherever it comes from; who has none, by that. */
  @Test
  void interceptCall_ofEachKindOfPeer_countsWhatItCannotChoose() {
    List<LimitKey> asked = new ArrayList<>();
    CallRate rate =
        over(
            new RateLimiter() {
              @Override
              public Verdict allow(LimitKey key, Rate unused) {
                asked.add(key);
                return Verdict.ALLOWED;
              }

              @Override
              public void close() {}
            });

    intercept(rate, new Call("plugin", Optional.of(Names.id(Names.CALLER))));
    intercept(rate, new Call("host", Optional.of(Names.HOST)));
    intercept(rate, new Call("nobody", Optional.empty()));

    assertThat(asked)
        .containsExactly(
            new LimitKey(Limited.WATCH, Names.CALLER.value()),
            new LimitKey(Limited.WATCH, "host@h1"),
            new LimitKey(Limited.WATCH, SOURCE.name()));
    assertThat(handled).containsExactly("plugin", "host", "nobody");
  }

  /** What was found out for one path is not taken for another's. */
  @Test
  void require_ofPathsInTurn_countsEachAsWhatItIs() throws Exception {
    List<Limited> asked = new ArrayList<>();
    CallRate rate =
        over(
            new RateLimiter() {
              @Override
              public Verdict allow(LimitKey key, Rate unused) {
                asked.add(key.what());
                return Verdict.ALLOWED;
              }

              @Override
              public void close() {}
            });
    KnownConnection from = KnownConnection.of(Attributes.EMPTY);
    String unary = "/testservice.v1.Echo/Unary";
    String other = "/testservice.v1.Echo/Other";

    for (String path : List.of(unary, unary, other, unary, "none")) {
      rate.require(path, from);
    }

    assertThat(asked)
        .containsExactly(Limited.WATCH, Limited.WATCH, Limited.CALL, Limited.WATCH, Limited.CALL);
  }
}
