package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.v1.DirectGrant;
import dev.tenon.v1.DirectGrpc;
import dev.tenon.v1.PresentRequest;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a provider asks of the calls of a plugin that comes without the host. Row: RT-24, PK-25. */
final class DirectGateTest extends DirectProvider {
  /** The caller is who its certificate says, whatever it says of itself. */
  @Test
  void call_withGrant_servedForWhomTheCertificateNames() {
    Metadata forged = new Metadata();
    forged.put(CallerStamp.HEADER, host.trust().plugin("evil").toString());
    forged.put(
        Metadata.Key.of("tenon-callback", Metadata.ASCII_STRING_MARSHALLER), "a.B 0 tng_forged");
    Channel channel =
        io.grpc.ClientInterceptors.intercept(
            DirectHost.showing(host.direct(), host.signed(grant -> grant)),
            MetadataUtils.newAttachHeadersInterceptor(forged));

    assertThat(call(channel).getCaller()).isEqualTo(host.caller.toString());
    assertThat(call(channel).getCaller()).isEqualTo(host.caller.toString());
  }

  /** Denies: direct DIRECT_MISSING. */
  @Test
  void call_withoutGrant_refused() {
    assertRefused();
  }

  /** Denies: direct DIRECT_OTHER_CALLER. */
  @Test
  void call_withGrantOfAnother_refused() {
    SpiffeId.OfPlugin thief = host.trust().plugin("thief");
    String stolen = host.signed(grant -> grant);

    assertThat(outcome(host.host.toPlugin(host.of(thief)), stolen).getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(outcome(channel(), stolen)).isEqualTo(Status.OK);
  }

  /** A grant for another run, even one of the same plugin. Denies: direct DIRECT_OTHER_PROVIDER. */
  @Test
  void call_withGrantForAnotherProvider_refused() {
    SpiffeId other =
        new SpiffeId.OfPlugin(
            host.trust().host(), RuntimeId.of(host.self.runtimeId().plugin(), 0xabd));

    assertRefused(host.signed(grant -> grant.setProvider(other.toString())));
  }

  /** Denies: direct DIRECT_OTHER_SERVICE, DIRECT_OTHER_METHOD. */
  @Test
  void call_withGrantForAnotherServiceOrMethod_refused() {
    assertRefused(host.signed(grant -> grant.setService("testservice.v1.Other")));
    assertRefused(host.signed(grant -> grant.clearMethods().addMethods("ServerStream")));
    assertRefused(host.signed(DirectGrant.Builder::clearMethods));
    assertRefused(host.signed(grant -> grant.clearMethods().addMethods("*")));
  }

  /** At its end, and one that would live too long. Denies: direct DIRECT_EXPIRED. */
  @Test
  void call_withExpiredGrant_refused() {
    String grant = host.signed(right -> right);
    long issued = host.grant().getIssuedAt();
    host.now = host.now.plusSeconds(58);
    assertThat(outcome(channel(), grant)).isEqualTo(Status.OK);

    host.now = host.now.plusSeconds(2);
    assertRefused(grant);
    assertRefused(host.signed(right -> right.setIssuedAt(issued).setExpiresAt(issued + 601)));
    assertRefused(host.signed(right -> right.setExpiresAt(Long.MAX_VALUE)));
    assertRefused(host.signed(right -> right.setExpiresAt(right.getIssuedAt() - 1)));
  }

  /** Over a connection that has shown it before, too. */
  @Test
  void call_withGrantThatExpiresMeanwhile_refusedOnTheSameConnection() {
    Channel channel = channel();
    String grant = host.signed(right -> right);
    assertThat(outcome(channel, grant)).isEqualTo(Status.OK);

    host.now = host.now.plusSeconds(61);
    assertThat(outcome(channel, grant).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /** Clocks may be apart by a minute. Denies: direct DIRECT_NOT_YET. */
  @Test
  void call_withGrantOfLater_refused() {
    long now = host.now.getEpochSecond();
    assertThat(
            outcome(
                channel(),
                host.signed(grant -> grant.setIssuedAt(now + 55).setExpiresAt(now + 115))))
        .isEqualTo(Status.OK);

    assertRefused(host.signed(grant -> grant.setIssuedAt(now + 65).setExpiresAt(now + 125)));
  }

  /** Denies: direct DIRECT_SIGNATURE. */
  @Test
  void call_withGrantThatTheHostDidNotSign_refused() {
    assertRefused(DirectHost.signed(host.grant().build(), DirectHost.newKeys()));
    String right = host.signed(grant -> grant);
    String wider = host.signed(grant -> grant.addMethods("Bidi"));
    assertRefused(wider.substring(0, wider.indexOf('.')) + right.substring(right.indexOf('.')));
  }

  /** Two, one after the other or in one; of another form. Denies: direct DIRECT_MALFORMED. */
  @Test
  void call_withMalformedGrant_refused() {
    String right = host.signed(grant -> grant);

    assertRefused(right, right);
    assertRefused(right, "x");
    assertRefused(right + "," + right);
    assertRefused("Bearer " + right);
    assertRefused("");
    assertRefused(host.signed(grant -> grant.setSerial("none")));
    assertRefused(host.signed(grant -> grant.addAllMethods(manyMethods())));
  }

  private static List<String> manyMethods() {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      many.add("Method" + i);
    }
    return many;
  }

  /** The host ends an introduction: at once, on connections that are open. */
  @Test
  void end_openStream_isCutAndTheGrantIsWorthNothing() {
    Channel channel = channel();
    Stream stream = stream(channel, host.signed(grant -> grant));
    host.end(OpenCalls.CUT, "f".repeat(32), DirectHost.SERIAL);

    assertThat(stream.end().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(outcome(channel, host.signed(grant -> grant)).getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /** Denies: direct DIRECT_ENDED. */
  @Test
  void end_withOpenCallsKept_newCallsAreRefusedAndOpenOnesLiveOn() {
    Channel channel = channel();
    Stream stream = stream(channel, host.signed(grant -> grant));
    host.end(OpenCalls.KEPT, DirectHost.SERIAL);

    assertRefused(host.signed(grant -> grant));
    assertThat(stream.isOpen()).isTrue();
    assertThat(outcome(channel, host.signed(grant -> grant.setSerial("e".repeat(32)))))
        .isEqualTo(Status.OK);
    host.provider.provided.release();
    assertThat(stream.end()).isEqualTo(Status.OK);
  }

  /** A stream lives as long as its grant, or the one that was shown after it. */
  @Test
  void stream_grantExpires_isCutUnlessARenewedOneWasShown() {
    Channel channel = channel();
    String first = host.signed(grant -> grant);
    Stream renewed = stream(channel, first);
    host.now = host.now.plusSeconds(30);
    String second = host.signed(grant -> grant.setSerial("2".repeat(32)));
    var unused =
        DirectGrpc.newBlockingStub(channel)
            .present(PresentRequest.newBuilder().setGrant(second).build());
    host.now = host.now.plusSeconds(31);
    await().pollDelay(OpenDirectCalls.LOOK.multipliedBy(3)).atMost(SOON).until(renewed::isOpen);

    host.now = host.now.plusSeconds(31);
    assertThat(renewed.end().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /** A renewed grant that has lost the method keeps no stream of it open. */
  @Test
  void stream_renewedGrantIsForOtherMethods_isCut() {
    Channel channel = channel();
    Stream stream = stream(channel, host.signed(grant -> grant));
    host.now = host.now.plusSeconds(30);
    String narrower =
        host.signed(
            grant -> grant.setSerial("2".repeat(32)).clearMethods().addMethods("ServerStream"));
    var unused =
        DirectGrpc.newBlockingStub(channel)
            .present(PresentRequest.newBuilder().setGrant(narrower).build());

    host.now = host.now.plusSeconds(31);
    assertThat(stream.end().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /**
   * Nobody shows a bad grant, and nobody but a direct caller shows any. Denies: Direct/Present
   * GRANT_NOT_ACCEPTED, NOT_ALLOWED.
   */
  @Test
  void present_badGrantOrByTheHost_refused() {
    PresentRequest bad =
        PresentRequest.newBuilder().setGrant(host.signed(grant -> grant.setExpiresAt(1))).build();

    assertThat(code(() -> DirectGrpc.newBlockingStub(host.direct()).present(bad)))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(code(() -> DirectGrpc.newBlockingStub(host.host.toPlugin()).present(bad)))
        .isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  /** The header is the one of the contract. */
  @Test
  void header_ofTheContract_isTenonDirect() {
    assertThat(SignedGrant.HEADER.name()).isEqualTo("tenon-direct");
  }
}
