package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Enrolments that are not what the host offers: versions, ids. */
class HandshakeAttackTest {
  private static final Plan PLAN =
      Stream.of("late", "late1", "late2", "late3", "late4", "late5", "late6")
          .reduce(new Plan().enrolled("mallory"), Plan::silent, (one, other) -> one);

  @RegisterExtension final Oracles oracles = Oracles.over(PLAN);

  private RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  private RawPlugin late() {
    return oracles.plugin("late");
  }

  private static ProtocolRange range(int min, int max) {
    return ProtocolRange.newBuilder().setMin(min).setMax(max).build();
  }

  /** Versions that are none, or that nobody has: the answer names those there are. Attack: H2. */
  @Test
  void enrol_versionThatIsNone_refusedNamingThoseThereAre() {
    assertRefused("late1", range(0, 0), Refusal.INVALID_REQUEST);
    assertRefused("late2", range(0, 1), Refusal.INVALID_REQUEST);
    assertRefused("late3", range(3, 1), Refusal.INVALID_REQUEST);
    assertRefused("late4", range(2, 2), Refusal.PROTOCOL_UNSUPPORTED);
    assertRefused("late5", range(-1, -1), Refusal.PROTOCOL_UNSUPPORTED);
    assertRefused("late6", range(Integer.MIN_VALUE, -1), Refusal.PROTOCOL_UNSUPPORTED);
  }

  private void assertRefused(String name, ProtocolRange versions, Refusal refusal) {
    RawPlugin plugin = oracles.plugin(name);
    EnrolRequest request = plugin.enrolRequest().setProtocol(versions).build();

    Answer answer = oracles.refused(() -> plugin.enrolment().enrol(request));

    assertThat(answer.is(refusal)).isTrue();
    assertThat(answer.text()).contains("supported: 1");
    oracles.expect(name + " enrolment enrol - denied " + answer.text());
  }

  /**
   * Somebody between the two would like an older version: there is nobody between them, since offer
   * and choice are inside TLS to the host's own certificate; what is chosen is never below the
   * lowest that the host speaks. Attack: H3.
   */
  @Test
  void enrol_manyVersions_chosenInsideTls() {
    EnrolResponse enrolled = late().enrol(late().enrolRequest().setProtocol(range(1, 3)).build());

    assertThat(enrolled.getProtocol()).isEqualTo(1);
    oracles.expect("late enrolment enrol late success -");
  }

  /**
   * Ids that are none, and longer ones than any is: refused by name, and the token is not spent on
   * them. Attack: H22. Row: TE-3.
   */
  @Test
  void enrol_idThatIsNone_refused() {
    for (String id :
        List.of(
            "",
            "../..",
            "-rf",
            "%00",
            "late",
            "Late-0123456789abcdef",
            "late-0123456789ABCDEF",
            "l\u0430te-0123456789abcdef",
            "late-0123456789abcdef\u0000",
            "\ud83d\ude00-0123456789abcdef",
            "a".repeat(111) + "-0123456789abcdef",
            "a".repeat(60_000) + "-0123456789abcdef")) {
      assertIdRefused(id);
    }
    var unused = late().enrol();
    oracles.expect("late enrolment enrol late success -");
  }

  private void assertIdRefused(String id) {
    EnrolRequest request = late().enrolRequest().setRuntimeId(id).build();

    Answer answer = oracles.refused(() -> late().enrolment().enrol(request));

    assertThat(answer.is(Refusal.INVALID_REQUEST)).isTrue();
    assertThat(answer.text()).startsWith("runtime_id: ").hasSizeLessThan(300);
    oracles.expect("- enrolment enrol - denied runtime id malformed");
  }

  /** Who has no identity yet is let send little: 64 KiB, where others may send 4 MiB. */
  @Test
  void enrol_requestLongerThanAny_endedUnread() {
    EnrolRequest request = late().enrolRequest().setRuntimeId("a".repeat(64 * 1024)).build();

    Answer answer = oracles.refused(() -> late().enrolment().enrol(request));

    assertThat(answer.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  /** Ids made to be joined with a token in another way than they were. Attack: T25. */
  @Test
  void enrol_idWithSeparator_refused() {
    assertIdRefused("late:0123456789abcdef");
    assertIdRefused("late|-0123456789abcdef");
    assertIdRefused("late\n-0123456789abcdef");
  }

  /**
   * The id of another run, known to the last digit, which a guess may bring: it opens nothing.
   * Attack: H23. Row: TE-1, TE-2.
   */
  @Test
  void enrol_idOfAnother_opensNothing() {
    String innocent = oracles.plugin(Scene.INNOCENT).runtimeId();
    EnrolRequest guess =
        mallory()
            .enrolRequest()
            .setPlugin(Scene.INNOCENT)
            .setRuntimeId(innocent)
            .setEnrolmentToken("tne_" + "B".repeat(42) + "A")
            .build();
    Metadata claim = new Metadata();
    claim.put(Metadata.Key.of("x-plugin-runtime-id", Metadata.ASCII_STRING_MARSHALLER), innocent);

    Answer answer = oracles.refused(() -> mallory().enrolment().enrol(guess));
    var unused =
        RawPlugin.deadline(
                RegistryGrpc.newBlockingStub(
                    RawPlugin.with(claim, mallory().control(mallory().bearer()))))
            .discover(RawPlugin.question(InnocentEcho.SERVICE));

    assertThat(answer.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    oracles.expect(
        "- enrolment enrol innocent denied unknown",
        "mallory discovery discover testservice.v1.Echo success allowed");
  }
}
