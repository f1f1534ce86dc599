package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.limit.Limited;
import dev.tenon.core.CallLimits;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.http2.HeaderField.Indexing;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.transport.CertificateRequest;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which calls that come as frames go on, in which order they are looked at, and with what. */
final class WireCallsTest {
  private final WirePlane plane = new WirePlane();

  @AfterEach
  void close() {
    plane.close();
  }

  private static List<String> texts(List<HeaderField> stamps) {
    return stamps.stream().map(stamp -> stamp.name() + "=" + stamp.value()).toList();
  }

  /** Row: RT-3, RT-7. */
  @Test
  void begin_allowed_goesToTheProviderWithWhoCalls() {
    FakeWireCall call = plane.enrol(Names.CALLER).begin(WirePlane.UNARY);

    assertThat(call.told).isNull();
    assertThat(call.forwardedTo).isSameAs(plane.wires.get(Names.WORDS));
    assertThat(texts(call.stamps)).containsExactly("tenon-caller=" + Names.id(Names.CALLER));
    assertThat(call.maxMessageBytes).isEqualTo(4096);
    assertThat(plane.router.inFlight(Names.WORDS)).isEqualTo(1);

    call.ends(Status.OK);

    assertThat(call.isOver()).isTrue();
    assertThat(plane.router.inFlight(Names.WORDS)).isZero();
    assertThat(plane.audit.actions()).containsExactly("relay");
    CallCount count = plane.router.calls().get(0);
    assertThat(count).isEqualTo(new CallCount("caller", "words", Names.ECHO, 1, 0));
  }

  /** Before anything else, so that it costs next to nothing. Row: DS-5. */
  @Test
  void begin_overTheRate_refusedBeforeItsTokenIsLookedAt() {
    plane.limit();
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    assertThat(caller.begin(WirePlane.UNARY).isForwarded()).isTrue();

    FakeWireCall refused = new FakeWireCall(caller.attributes, WirePlane.UNARY).begin(plane.front);

    assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(RefusalStatus.ofHost(requireNonNull(refused.told), refused.trailers))
        .contains(Refusal.RATE_LIMITED);
    assertThat(plane.audit.actions()).containsExactly("relay", Limited.CALL.label());
  }

  /** What counts as what is by the method, of which the slash is no part. */
  @Test
  void begin_countedByTheNameOfItsMethod() {
    plane.limit();
    List<String> asked = new ArrayList<>();
    CallRate rate =
        plane.rate(
            method -> {
              asked.add(method);
              return Limited.WATCH;
            });
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    var front =
        plane.router.wireFront(
            new Admission(plane.lineages, plane.audit, plane.clock, TokenRule.REQUIRED), rate);

    caller.call(WirePlane.UNARY).begin(front);
    caller.call("").begin(front);

    assertThat(asked).containsExactly("testservice.v1.Echo/Unary", "");
  }

  /** Row: RT-2. One text for all of them, whatever the provider. */
  @Test
  void begin_noOrWrongToken_unauthenticatedBeforeThePathIsLookedAt() {
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    WirePlane.Connected other = plane.enrol(Names.STRANGER);
    String own = "Bearer " + caller.token.exposeForWire();
    List<FakeWireCall> calls =
        List.of(
            new FakeWireCall(caller.attributes, "/nowhere/"),
            new FakeWireCall(caller.attributes, WirePlane.UNARY).with("Bearer x"),
            new FakeWireCall(caller.attributes, WirePlane.UNARY)
                .with("Bearer " + other.token.exposeForWire()),
            new FakeWireCall(caller.attributes, WirePlane.UNARY)
                .asking("authorization", own)
                .asking("authorization", own),
            new FakeWireCall(Attributes.EMPTY, WirePlane.UNARY).with(own));

    calls.forEach(call -> call.begin(plane.front));

    assertThat(calls)
        .allSatisfy(
            call -> {
              assertThat(call.isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
              assertThat(call.isForwarded()).isFalse();
            });
    assertThat(plane.audit.reasons())
        .containsExactly("missing", "malformed", "foreign", "duplicate", "missing");
    assertThat(plane.audit.events()).allSatisfy(event -> assertThat(event.resource()).isNull());
  }

  @Test
  void begin_connectionOfAKeyThatIsNotLive_unauthenticated() throws Exception {
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    Attributes foreign = plane.connect(Names.CALLER, CertificateRequest.newKeyPair());

    FakeWireCall call =
        new FakeWireCall(foreign, WirePlane.UNARY)
            .with("Bearer " + caller.token.exposeForWire())
            .begin(plane.front);

    assertThat(call.isTold(Refusal.NOT_AUTHENTICATED)).isTrue();
  }

  /** If the refusal cannot be recorded, the caller is told no more than that something failed. */
  @Test
  void begin_refusalCannotBeRecorded_internal() {
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    plane.audit.fail();

    FakeWireCall call = new FakeWireCall(caller.attributes, WirePlane.UNARY).begin(plane.front);

    assertThat(call.code()).isEqualTo(Code.INTERNAL);
  }

  /** Row: RT-1, RT-16. */
  @Test
  void begin_pathThatIsNone_asServiceThatIsNone() {
    WirePlane.Connected caller = plane.enrol(Names.CALLER);

    for (String path :
        List.of("", "/", "//", "testservice.v1.Echo/Unary", "/testservice.v1.Echo", "/a/b/c")) {
      FakeWireCall call = caller.begin(path);
      assertThat(call.isTold(Refusal.NOT_PROVIDED)).as(path).isTrue();
    }
    assertThat(plane.audit.reasons()).containsOnly("malformed path");
    FakeWireCall reserved = caller.begin("/grpc.health.v1.Health/Check");
    assertThat(reserved.isTold(Refusal.NOT_PROVIDED)).isTrue();
    assertThat(plane.audit.reasons()).contains("reserved service");
  }

  /** A path known in one form opens nothing in another. */
  @Test
  void begin_pathWithoutItsSlash_refusedThoughTheOtherIsKnown() {
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    assertThat(caller.begin(WirePlane.UNARY).isForwarded()).isTrue();

    assertThat(caller.begin("testservice.v1.Echo/Unary").isForwarded()).isFalse();
  }

  /** Row: RT-3 */
  @Test
  void begin_policyDenies_permissionDenied() {
    FakeWireCall call = plane.enrol(Names.STRANGER).begin(WirePlane.UNARY);

    assertThat(call.isTold(Refusal.NOT_ALLOWED)).isTrue();
    assertThat(call.isForwarded()).isFalse();
    assertThat(plane.audit.actions()).containsExactly("refuse");
  }

  /** Row: DS-11. And what a call took is back when it is over. */
  @Test
  void begin_tooManyOpen_refusedUntilOneIsOver() {
    try (WirePlane narrow =
        new WirePlane(HostServices.builder().start(), new CallLimits(1, 5, 5))) {
      WirePlane.Connected caller = narrow.enrol(Names.CALLER);
      FakeWireCall first = caller.begin(WirePlane.UNARY);

      assertThat(caller.begin(WirePlane.UNARY).code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
      first.cancel();
      FakeWireCall third = caller.begin(WirePlane.UNARY);
      assertThat(third.isForwarded()).isTrue();
      third.ends(Status.OK);

      assertThat(narrow.router.open().caps().isEmpty()).isTrue();
    }
  }

  /** Row: RT-26 */
  @Test
  void begin_onBehalfOfAnother_tokenPassesNeverIndexed() {
    plane.onBehalfOf = (caller, path, token) -> Optional.of("alice");
    WirePlane.Connected caller = plane.enrol(Names.CALLER);

    FakeWireCall call =
        caller.call(WirePlane.UNARY).asking(OnBehalfOf.HEADER.name(), "jwt").begin(plane.front);
    FakeWireCall without = caller.begin(WirePlane.UNARY);

    assertThat(texts(call.stamps))
        .containsExactly(
            "tenon-caller=" + Names.id(Names.CALLER), OnBehalfOf.HEADER.name() + "=jwt");
    assertThat(call.stamps.get(1).indexing()).isEqualTo(Indexing.NEVER);
    assertThat(without.stamps).hasSize(1);
    assertThat(plane.audit.events().get(0).toString()).contains("alice");
  }

  /** Row: RT-4. The one provider that is asked for, whichever went before. */
  @Test
  void begin_providerAskedFor_thatOneOrNone() {
    plane.provide(Names.WORDS_2, Names.ECHO);
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    assertThat(caller.begin(WirePlane.UNARY).forwardedTo).isSameAs(plane.wires.get(Names.WORDS));

    FakeWireCall named =
        caller.call(WirePlane.UNARY).asking("tenon-to", Names.WORDS_2.value()).begin(plane.front);
    FakeWireCall unknown =
        caller
            .call(WirePlane.UNARY)
            .asking("tenon-to", new RuntimeId("words-00000000000000ff").value())
            .begin(plane.front);

    assertThat(named.forwardedTo).isSameAs(plane.wires.get(Names.WORDS_2));
    assertThat(unknown.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(caller.begin(WirePlane.UNARY).forwardedTo).isSameAs(plane.wires.get(Names.WORDS));
  }

  /** A service of the host takes calls by its channel, with what it is to know. */
  @Test
  void begin_serviceOfTheHost_servedByItsChannel() {
    HostServices services =
        HostServices.builder().offer(new OtherGrpc.OtherImplBase() {}, Names.VERSION).start();
    try (WirePlane with = new WirePlane(services, CallLimits.DEFAULT)) {
      FakeWireCall call = with.enrol(Names.CALLER).begin("/testservice.v1.Other/Unary");

      assertThat(call.servedBy).isNotNull();
      assertThat(call.servedStamps.get(MetadataRules.CALLER))
          .isEqualTo(Names.id(Names.CALLER).toString());
      assertThat(call.maxMessageBytes).isEqualTo(4096);
    }
  }

  @Test
  void begin_noWayToTheProvider_unavailable() {
    plane.wires.clear();

    assertThat(plane.enrol(Names.CALLER).begin(WirePlane.UNARY).isTold(Refusal.UNAVAILABLE))
        .isTrue();
  }

  @Test
  void begin_routerClosed_unavailable() {
    WirePlane.Connected caller = plane.enrol(Names.CALLER);
    assertThat(caller.begin(WirePlane.UNARY).isForwarded()).isTrue();
    plane.router.close();

    assertThat(caller.begin(WirePlane.UNARY).code()).isEqualTo(Code.UNAVAILABLE);
  }

  /** Row: RT-7. As of what passes of messages' metadata; a name that gRPC does not have, too. */
  @Test
  void passes_whatIsTheApplications() {
    assertThat(List.of("x-request-id", "grpc-trace-bin", "a_b.c-d", "traceparent"))
        .allMatch(plane.front::passes);
    assertThat(
            List.of(
                "authorization",
                "cookie",
                "tenon-caller",
                "x-plugin-id",
                "te",
                "content-type",
                "grpc-timeout",
                "grpc-status",
                "X-Upper",
                "sp ace",
                "",
                ":path",
                "ü"))
        .noneMatch(plane.front::passes);
    Metadata sent = new Metadata();
    sent.put(Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER), "1");
    assertThat(MetadataRules.response(sent).keys()).allMatch(plane.front::passes);
  }
}
