package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.core.Identity;
import dev.tenon.core.OnBehalfOf;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that a plugin makes for somebody else, over real mTLS. */
final class OnBehalfOfTest {
  private static final String HEADER = "tenon-on-behalf-of";
  private static final String TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

  private final EchoProvider provider = new EchoProvider();
  private final List<Identity> asked = new CopyOnWriteArrayList<>();
  private Wire wire;
  private Wire.Caller caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, provider);
    caller = wire.enrol(Names.CALLER);
    wire.onBehalfOf =
        (by, path, token) -> {
          asked.add(by);
          return token.equals(TOKEN) ? Optional.of("alice") : Optional.empty();
        };
  }

  @AfterEach
  void close() {
    wire.close();
  }

  private static StatusRuntimeException refusal(Channel channel) {
    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> Plane.call(channel));
    assertThat(refused).isNotNull();
    return refused;
  }

  private void assertRefused(Channel channel, Status.Code code, String auditReason) {
    StatusRuntimeException refused = refusal(channel);

    assertThat(refused.getStatus().getCode()).isEqualTo(code);
    assertThat(refused.toString()).doesNotContain(TOKEN);
    assertThat(provider.calls).hasValue(0);
    assertThat(wire.audit.reasons()).containsExactly(auditReason);
    assertThat(wire.audit.events().toString()).doesNotContain(TOKEN);
  }

  /**
   * The provider has the token, the audit log the subject alone, once for each call.
   *
   * <p>Row: RT-26
   */
  @Test
  void call_verifiedToken_isForwardedAndItsSubjectRecorded() {
    Channel channel = Plane.with(caller.channel(), HEADER, TOKEN);

    Plane.call(channel);
    Plane.call(channel);

    assertThat(Objects.requireNonNull(provider.lastHeaders).getAll(OnBehalfOf.HEADER))
        .containsExactly(TOKEN);
    assertThat(Objects.requireNonNull(provider.lastHeaders).getAll(MetadataRules.CALLER))
        .containsExactly(Names.id(Names.CALLER).toString());
    assertThat(wire.audit.events())
        .extracting(AuditEvent::action, AuditEvent::oboIdentity)
        .containsExactly(tuple("relay", "alice"), tuple("relay", "alice"));
    assertThat(wire.audit.events().toString()).doesNotContain(TOKEN);
    assertThat(asked).extracting(Identity::actor).containsOnly(Names.CALLER.value());
  }

  /** A call for nobody else says nothing about anybody. */
  @Test
  void call_withoutToken_recordsNoSubject() {
    Plane.call(caller.channel());

    assertThat(wire.audit.events()).noneMatch(event -> event.oboIdentity() != null);
    assertThat(asked).isEmpty();
  }

  /**
   * The token is nobody's authentication: without the caller's own it is not even looked at, in its
   * header or in the caller's.
   *
   * <p>Row: RT-26
   */
  @Test
  void call_tokenWithoutTheCallersOwn_unauthenticated() {
    assertThat(refusal(Plane.with(caller.bare(), HEADER, TOKEN)).getStatus().getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    Channel asBearer = Plane.with(caller.withAuthorization("Bearer " + TOKEN), HEADER, TOKEN);
    assertThat(refusal(asBearer).getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);

    assertThat(asked).isEmpty();
    assertThat(provider.calls).hasValue(0);
    assertThat(wire.audit.events().toString()).doesNotContain(TOKEN);
  }

  @Test
  void call_unverifiedToken_refusedAndNotForwarded() {
    assertRefused(
        Plane.with(caller.channel(), HEADER, TOKEN + "x"),
        Status.Code.PERMISSION_DENIED,
        "tenon-on-behalf-of not accepted");
  }

  /** A host without a verifier takes no call that claims to be somebody else's. */
  @Test
  void call_hostWithoutVerifier_refused() {
    wire.onBehalfOf = OnBehalfOf.Verifier.NONE;

    assertRefused(
        Plane.with(caller.channel(), HEADER, TOKEN),
        Status.Code.PERMISSION_DENIED,
        "tenon-on-behalf-of not accepted");
  }

  /** What a verifier throws may hold the token, and is not passed on. */
  @Test
  void call_verifierThrows_refused() {
    wire.onBehalfOf =
        (by, path, token) -> {
          throw new IllegalStateException("bad token " + token);
        };

    assertRefused(
        Plane.with(caller.channel(), HEADER, TOKEN),
        Status.Code.PERMISSION_DENIED,
        "tenon-on-behalf-of verifier failed");
  }

  /** A subject that is the token, or empty, is none. */
  @ParameterizedTest
  @ValueSource(strings = {"", TOKEN, "sub:" + TOKEN})
  void call_subjectThatShowsTheToken_refused(String subject) {
    wire.onBehalfOf = (by, path, token) -> Optional.of(subject);

    assertRefused(
        Plane.with(caller.channel(), HEADER, TOKEN),
        Status.Code.PERMISSION_DENIED,
        "tenon-on-behalf-of not accepted");
  }

  @Test
  void call_repeatedToken_refused() {
    assertRefused(
        Plane.with(caller.channel(), HEADER, TOKEN, HEADER, TOKEN),
        Status.Code.INVALID_ARGUMENT,
        "tenon-on-behalf-of malformed");
    assertThat(asked).isEmpty();
  }

  @Test
  void call_tokenAtTheLimit_forwarded() {
    wire.onBehalfOf = (by, path, token) -> Optional.of("alice");
    String longest = "x".repeat(OnBehalfOf.MAX_TOKEN_BYTES);

    Plane.call(Plane.with(caller.channel(), HEADER, longest));

    assertThat(Objects.requireNonNull(provider.lastHeaders).getAll(OnBehalfOf.HEADER))
        .containsExactly(longest);
  }

  @Test
  void call_tokenOverTheLimit_refused() {
    assertRefused(
        Plane.with(caller.channel(), HEADER, "x".repeat(OnBehalfOf.MAX_TOKEN_BYTES + 1)),
        Status.Code.INVALID_ARGUMENT,
        "tenon-on-behalf-of malformed");
  }

  /** Whoever may not make a call learns nothing from the token that comes with it. */
  @Test
  void call_notAllowed_tokenIsNotLookedAt() throws Exception {
    Wire.Caller stranger = wire.enrol(Names.STRANGER);

    StatusRuntimeException refused = refusal(Plane.with(stranger.channel(), HEADER, TOKEN));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(asked).isEmpty();
  }
}
