package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.ManagedChannel;
import java.security.KeyPair;
import java.util.concurrent.TimeUnit;

/**
 * Renews over a connection of its own, made with the key that is to be succeeded.
 *
 * <p>The long-lived control connection will not do: it keeps the key that it was made with, and the
 * host takes a second successor of one key for a theft and revokes the plugin.
 */
final class RenewalOverControl implements RenewalCall {
  private final HostChannels host;
  private final Settings settings;

  RenewalOverControl(HostChannels host, Settings settings) {
    this.host = host;
    this.settings = settings;
  }

  @Override
  public LiveIdentity renew(LiveIdentity current, KeyPair next) throws BadAnswerException {
    ManagedChannel channel = host.control(current::credentials);
    try {
      RenewResponse answer =
          RenewalGrpc.newBlockingStub(channel)
              .withInterceptors(new BearerToken(current::token))
              .withDeadlineAfter(settings.identityDeadline().toMillis(), TimeUnit.MILLISECONDS)
              .renew(
                  RenewRequest.newBuilder()
                      .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(next)))
                      .build());
      return IssuedIdentity.of(answer).accept(current.id(), next, settings.clock().instant());
    } finally {
      channel.shutdownNow();
    }
  }
}
