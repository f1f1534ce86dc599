package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.ManagedChannel;
import java.security.KeyPair;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Renews over a connection of its own, made with the key that is to be succeeded.
 *
 * <p>The long-lived control connection will not do: it keeps the key that it was made with, and the
 * host takes a second successor of one key for a theft and revokes the plugin.
 */
final class RenewalOverControl implements RenewalCall {
  private final HostChannels host;
  private final SpiffeId.OfPlugin id;
  private final InstantSource clock;

  RenewalOverControl(HostChannels host, SpiffeId.OfPlugin id, InstantSource clock) {
    this.host = host;
    this.id = id;
    this.clock = clock;
  }

  @Override
  public LiveIdentity renew(LiveIdentity current, KeyPair next) throws BadAnswerException {
    ManagedChannel channel = host.control(current::credentials);
    try {
      RenewResponse answer =
          RenewalGrpc.newBlockingStub(channel)
              .withInterceptors(new BearerToken(current::token))
              .withDeadlineAfter(Settings.IDENTITY_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
              .renew(
                  RenewRequest.newBuilder()
                      .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(next)))
                      .build());
      return IssuedIdentity.of(answer).accept(id, next, clock.instant());
    } finally {
      channel.shutdownNow();
    }
  }
}
