package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.BreakerState;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.transport.Endpoint;
import io.grpc.Channel;
import io.grpc.Status.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls that never left the host go to another provider, once each, whatever they are. */
final class NeverSentTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";

  private final Flaky other = new Flaky();
  private Wire wire;
  private Wire.Caller caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, new EchoProvider());
    wire.backends.put(Names.WORDS, wire.asHost(Endpoint.parse("tcp:127.0.0.1:1"), Names.WORDS));
    caller = wire.enrol(Names.CALLER);
  }

  @AfterEach
  void close() {
    assertThat(wire.router.open().caps().isEmpty()).isTrue();
    wire.close();
  }

  /** Nobody has seen it, so it is not made again: it is made. Row: CI-1. */
  @Test
  void call_firstCannotBeReached_goesToTheOther() throws Exception {
    wire.provide(Names.WORDS_2, Names.ECHO, other);

    for (int call = 1; call <= 10; call++) {
      var answer =
          EchoGrpc.newBlockingStub(caller.channel()).unary(EchoProvider.request("call " + call));
      assertThat(answer.getPayload().toStringUtf8()).isEqualTo("call " + call);
    }

    assertThat(other.calls).hasSize(10);
    assertThat(wire.router.breaker(Names.WORDS)).isEqualTo(BreakerState.OPEN);
    assertThat(wire.router.breaker(Names.WORDS_2)).isEqualTo(BreakerState.CLOSED);
  }

  /** Nor does a stream, of which the other provider gets every message. Row: CI-1. */
  @Test
  void call_streamToWhoCannotBeReached_goesToTheOther() throws Exception {
    wire.provide(Names.WORDS_2, Names.ECHO, other);
    Answers answers = new Answers(Integer.MAX_VALUE);

    var requests = EchoGrpc.newStub(caller.channel()).clientStream(answers);
    for (int message = 0; message < 5; message++) {
      requests.onNext(EchoProvider.request("message " + message));
    }
    requests.onCompleted();

    assertThat(answers.end().isOk()).isTrue();
    assertThat(other.requests).hasSize(5);
  }

  /** Who names a provider gets no other. Row: CI-1. */
  @Test
  void call_namesWhoCannotBeReached_unavailable() throws Exception {
    wire.provide(Names.WORDS_2, Names.ECHO, other);
    Channel named = Plane.with(caller.channel(), "tenon-to", Names.WORDS.value());

    assertThat(Plane.refusal(named, UNARY).getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);

    assertThat(other.calls).isEmpty();
  }

  /** Where there is no other, it ends; and does not try for long. Row: CI-1. */
  @Test
  void call_nobodyCanBeReached_unavailable() throws Exception {
    wire.provide(Names.WORDS_2, Names.ECHO, other);
    wire.backends.put(Names.WORDS_2, wire.asHost(Endpoint.parse("tcp:127.0.0.1:1"), Names.WORDS_2));

    assertThat(Plane.refusal(caller.channel(), UNARY).getStatus().getCode())
        .isEqualTo(Code.UNAVAILABLE);
  }
}
