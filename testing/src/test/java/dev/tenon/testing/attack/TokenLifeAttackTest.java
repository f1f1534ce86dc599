package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.UnknownFieldSet;
import dev.tenon.core.Refusal;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.RenewRequest;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tokens whose time is over, and lives that a plugin would like its token to have. */
class TokenLifeAttackTest {
  @RegisterExtension
  final Oracles oracles = Oracles.over(new Plan().enrolled("mallory").silent("late"));

  private RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  /**
   * The token before the newest: good in the grace after a renewal, and not after it. Attack: T9.
   */
  @Test
  void call_tokenBeforeTheNewest_goodInGraceOnly() {
    var unused = mallory().renew();
    for (Door door : Door.values()) {
      door.enter(mallory(), mallory().bearer());
    }
    oracles.expect("mallory renewal renew mallory success -");
    oracles.expect("mallory discovery discover testservice.v1.Echo success allowed");
    oracles.expect("mallory call relay /testservice.v1.Echo/Unary success -");

    oracles.scene().clock.advance(Duration.ofMinutes(6));

    for (Door door : Door.values()) { // Over connections that live on, made with the old key.
      Answer late = oracles.refused(() -> door.enter(mallory(), mallory().bearer()));
      assertThat(late.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      oracles.expect("mallory authentication verify - denied expired");
    }
  }

  /**
   * The token of a plugin that has ended, over the connection that it had, which is closed in these
   * moments: it is refused, or there is nobody to ask. Attack: T10.
   */
  @Test
  void call_tokenOfEndedPlugin_refused() {
    for (Door door : Door.values()) {
      door.enter(mallory(), mallory().bearer());
    }
    oracles.expect("mallory discovery discover testservice.v1.Echo success allowed");
    oracles.expect("mallory call relay /testservice.v1.Echo/Unary success -");

    oracles.scene().run("mallory").kill();

    oracles.expect("mallory lifecycle end mallory success ended with status 137");
    oracles.allowConnections("mallory", "-", "revoked");
    oracles.allow("mallory authentication verify - denied revoked");
    for (Door door : Door.values()) {
      Answer dead = oracles.refused(() -> door.enter(mallory(), mallory().bearer()));
      assertThat(dead.is(Refusal.NOT_AUTHENTICATED) || dead.code() == Status.Code.UNAVAILABLE)
          .as(dead.toString())
          .isTrue();
    }
  }

  /**
   * Nobody can ask for a life: no request has a field for one, and what is sent in fields that the
   * contract does not have changes nothing. Attack: T26.
   */
  @Test
  void enrol_lifeAskedFor_lifeOfTheHost() {
    for (Descriptor request : List.of(EnrolRequest.getDescriptor(), RenewRequest.getDescriptor())) {
      assertThat(request.getFields())
          .extracting(FieldDescriptor::getName)
          .noneMatch(name -> name.matches(".*(life|ttl|expir|duration|valid).*"));
    }
    UnknownFieldSet.Builder asked = UnknownFieldSet.newBuilder();
    UnknownFieldSet.Field.Builder lives = UnknownFieldSet.Field.newBuilder();
    for (long life : new long[] {0, -1, Long.MAX_VALUE, Double.doubleToLongBits(Double.NaN)}) {
      lives.addVarint(life).addFixed64(life);
    }
    for (int field = 10; field < 30; field++) {
      asked.addField(field, lives.build());
    }
    RawPlugin late = oracles.plugin("late");

    EnrolResponse enrolled =
        late.enrol(late.enrolRequest().setUnknownFields(asked.build()).build());

    Instant expires = Instant.ofEpochSecond(enrolled.getTokenExpires().getSeconds());
    assertThat(Duration.between(Instant.now(), expires))
        .isBetween(Duration.ofMinutes(58), Duration.ofMinutes(61));
    oracles.expect("late enrolment enrol late success -");
  }
}
