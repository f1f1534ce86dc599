package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Calls under a rule with {@code max_deadline}, whose callers would wait longer; by real mTLS.
 *
 * <p>Row: RT-10
 */
@Timeout(60) // without the rule a call would hang
class MaxDeadlineTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final long MOST_MILLIS = 700;

  private final EchoProvider provider = new EchoProvider();
  private Wire wire;

  /** Where the call comes from. */
  enum From {
    PLUGIN,
    PLUGIN_AT_THE_REFERENCE,
    WITHIN_THE_HOST
  }

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, provider);
    wire.policy = limited("PT0.7S");
  }

  @AfterEach
  void close() {
    wire.close();
  }

  private static Policy limited(String most) throws ConfigException {
    return Policy.parse(
        Names.POLICY
            + """
            [[rule]]
            id = "in-time"
            effect = "allow"
            caller = "*"
            service = "testservice.v1.Echo"
            method = "U*"
            max_deadline = "%s"
            """
                .formatted(most));
  }

  private Channel channel(From from) throws Exception {
    return switch (from) {
      case PLUGIN -> wire.enrol(Names.CALLER).channel();
      case PLUGIN_AT_THE_REFERENCE -> wire.enrol(Names.CALLER).atReference(wire).channel();
      case WITHIN_THE_HOST -> wire.router.channel(Names.identity(Names.CALLER));
    };
  }

  private static EchoRequest hanging() {
    return EchoProvider.request("x").toBuilder().setHang(true).build();
  }

  private static Status.Code code(EchoGrpc.EchoBlockingStub stub) {
    return Objects.requireNonNull(
            Assertions.catchThrowableOfType(
                StatusRuntimeException.class, () -> stub.unary(hanging())))
        .getStatus()
        .getCode();
  }

  @ParameterizedTest
  @EnumSource
  void call_withoutADeadline_endsAndItsProviderKnew(From from) throws Exception {
    assertThat(code(EchoGrpc.newBlockingStub(channel(from))))
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);

    assertThat(remainingAtProvider()).isLessThanOrEqualTo(MOST_MILLIS);
    await().atMost(SOON).until(() -> provider.cancelled.get() == 1);
  }

  @ParameterizedTest
  @EnumSource
  void call_withALongerDeadline_endsSooner(From from) throws Exception {
    EchoGrpc.EchoBlockingStub patient =
        EchoGrpc.newBlockingStub(channel(from)).withDeadlineAfter(1, TimeUnit.HOURS);

    assertThat(code(patient)).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(remainingAtProvider()).isLessThanOrEqualTo(MOST_MILLIS);
  }

  /** The router only shortens. */
  @ParameterizedTest
  @EnumSource
  void call_withAShorterDeadline_keepsIt(From from) throws Exception {
    wire.policy = limited("PT1H");
    EchoGrpc.EchoBlockingStub hasty =
        EchoGrpc.newBlockingStub(channel(from)).withDeadlineAfter(5, TimeUnit.SECONDS);

    var unused = hasty.unary(EchoProvider.request("x"));

    assertThat(remainingAtProvider()).isLessThanOrEqualTo(5_000);
  }

  /** What the rule is not about takes as long as its caller likes. */
  @Test
  void call_ofAnotherMethod_hasNoDeadline() throws Exception {
    EchoGrpc.newBlockingStub(channel(From.PLUGIN))
        .serverStream(EchoProvider.request("s").toBuilder().setRepeat(1).build())
        .forEachRemaining(answer -> {});

    assertThat(Objects.requireNonNull(provider.lastContext).getDeadline()).isNull();
  }

  private long remainingAtProvider() {
    Context atProvider = Objects.requireNonNull(provider.lastContext);
    Deadline deadline = Objects.requireNonNull(atProvider.getDeadline(), "a deadline");
    return deadline.timeRemaining(TimeUnit.MILLISECONDS);
  }
}
