package dev.tenon.host.control;

import dev.tenon.auth.Issued;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.issue.CertificateRequests;
import dev.tenon.auth.issue.IssueFailedException;
import dev.tenon.core.Identity;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.router.Admission;
import dev.tenon.transport.Peer;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.stub.StreamObserver;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;

/**
 * Issues the successor of a plugin's key and runtime token; the SVID alone authenticates the call.
 */
public final class RenewalService extends RenewalGrpc.RenewalImplBase {
  private final Trust trust;
  private final PluginRuns runs;
  private final ControlAudit audit;

  /** Makes the service. */
  public RenewalService(Trust trust, PluginRuns runs, ControlAudit audit) {
    this.trust = trust;
    this.runs = runs;
    this.audit = audit;
  }

  @Override
  public void renew(RenewRequest request, StreamObserver<RenewResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Peer peer = Admission.PEER.get();
    Answer.with(observer, () -> renew(request, caller, peer));
  }

  private RenewResponse renew(RenewRequest request, Identity caller, Peer peer)
      throws RefusedException {
    RuntimeId runtimeId = Callers.runtimeId(caller);
    PublicKey connectionKey = peer.certificate().orElseThrow().getPublicKey();
    byte[] asked = request.getCertificateRequest().toByteArray();
    PublicKey newKey = CertificateRequests.verify(asked, runtimeId);
    try {
      // The connection may be older than the end of its key or of its run: nothing is issued to
      // those.
      trust.lineages().verifyKey(runtimeId, connectionKey);
      List<X509Certificate> chain = trust.pluginIssuer().issue(caller.id(), newKey, asked);
      audit.success(
          "renewal",
          runtimeId.value(),
          "renew",
          caller.id().toString(),
          Map.of("serial", chain.get(0).getSerialNumber().toString(16)));
      Issued token = trust.lineages().renew(runtimeId, connectionKey, newKey);
      runs.find(runtimeId).ifPresent(run -> run.certified(chain.get(0)));
      return response(chain, token);
    } catch (NotAuthenticatedException e) {
      refuse(runtimeId, e);
      throw e;
    } catch (IssueFailedException e) {
      audit.denied("renewal", runtimeId.value(), "renew", null, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** Records the refusal; a key with two successors ends its run even when that fails. */
  private void refuse(RuntimeId runtimeId, NotAuthenticatedException refused)
      throws AuditFailedException {
    try {
      audit.denied("renewal", runtimeId.value(), "renew", null, refused.auditReason());
    } finally {
      if (refused.why() == NotAuthenticatedException.Why.REVOKED) {
        runs.kill(runtimeId, "was ended: two successors were asked for one key");
      }
    }
  }

  private RenewResponse response(List<X509Certificate> chain, Issued token) {
    return RenewResponse.newBuilder()
        .addAllCertificateChain(EnrolmentService.encode(chain))
        .addAllTrustBundle(EnrolmentService.encode(trust.bundleForPlugins()))
        .setRuntimeToken(token.token().exposeForWire())
        .setTokenExpires(EnrolmentService.timestamp(token.expires()))
        .build();
  }
}
