package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.tenon.auth.Issued;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.TokenSpentException;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.issue.CertificateRequests;
import dev.tenon.auth.limit.RateLimitedException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Annotations;
import dev.tenon.core.Identity;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Plugin;
import dev.tenon.core.RefusedException;
import dev.tenon.core.Requirement;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.router.Admission;
import dev.tenon.transport.Peer;
import dev.tenon.transport.Transport;
import dev.tenon.v1.DescribeRequest;
import dev.tenon.v1.DescribeResponse;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.GrantedService;
import dev.tenon.v1.Limits;
import dev.tenon.v1.OfferedService;
import dev.tenon.v1.ProtocolRange;
import io.grpc.stub.StreamObserver;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns an enrolment token into an SVID and a runtime token, once. A run that has lost them and
 * shows another fresh token enrols again: it keeps its id, its state and what it registered, and
 * all that it held before is useless at once.
 */
public final class EnrolmentService extends EnrolmentGrpc.EnrolmentImplBase {
  private final Trust trust;
  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final Offer offer;
  private final DirectModes direct;
  private final ControlAudit audit;

  /**
   * What the host itself offers: services with their versions, those of them that need a grant,
   * those that it brings along with calls, and the contract's versions.
   */
  public record Offer(
      Map<ServiceName, Version> services,
      Set<ServiceName> byGrant,
      Set<ServiceName> duringCalls,
      ProtocolVersions protocol) {
    /** Copies map and sets. */
    public Offer {
      services = Map.copyOf(services);
      byGrant = Set.copyOf(byGrant);
      duringCalls = Set.copyOf(duringCalls);
      requireNonNull(protocol, "protocol");
    }
  }

  /** Makes the service. */
  public EnrolmentService(
      Trust trust,
      PluginRuns runs,
      Supplier<Policy> policy,
      Offer offer,
      DirectModes direct,
      ControlAudit audit) {
    this.trust = trust;
    this.runs = runs;
    this.policy = policy;
    this.offer = offer;
    this.direct = direct;
    this.audit = audit;
  }

  /** Tells a stranger what it needs to know to be no stranger: nothing of plugins or services. */
  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> observer) {
    RateLimitedException over = EnrolmentRate.over();
    Answer.with(
        observer,
        () -> {
          if (over != null) {
            throw over;
          }
          return DescribeResponse.newBuilder()
              .setProtocol(
                  ProtocolRange.newBuilder()
                      .setMin(offer.protocol().min())
                      .setMax(offer.protocol().max()))
              .build();
        });
  }

  @Override
  public void enrol(EnrolRequest request, StreamObserver<EnrolResponse> observer) {
    Peer peer = Admission.PEER.get();
    RateLimitedException over = EnrolmentRate.over();
    Answer.with(observer, () -> enrol(request, peer, over));
  }

  private EnrolResponse enrol(EnrolRequest request, Peer peer, @Nullable RateLimitedException over)
      throws RefusedException {
    if (over != null && !trust.enrolmentTokens().isIssued(request.getEnrolmentToken())) {
      throw over;
    }
    RuntimeId runtimeId;
    try {
      runtimeId = Field.read("runtime_id", request.getRuntimeId(), RuntimeId::new);
    } catch (RefusedException e) {
      audit.denied("enrolment", null, "enrol", null, "runtime id malformed");
      throw e;
    }
    PluginRun run = redeem(request, runtimeId, peer);
    try {
      return answer(request, run);
    } catch (RefusedException e) {
      audit.denied("enrolment", runtimeId.value(), "enrol", null, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /**
   * Spends the token. Whoever shows a token that is not theirs, or a spent one, costs its owner its
   * life.
   */
  private PluginRun redeem(EnrolRequest request, RuntimeId runtimeId, Peer peer)
      throws RefusedException {
    try {
      trust.enrolmentTokens().redeem(runtimeId, request.getEnrolmentToken());
    } catch (NotAuthenticatedException e) {
      refuse(
          runtimeId,
          e.auditReason(),
          e.rightful(),
          "was ended: another plugin showed its enrolment token");
      throw e;
    } catch (TokenSpentException e) {
      refuse(
          runtimeId,
          "token already redeemed",
          e.rightful(),
          "was ended: its enrolment token was redeemed twice");
      throw e;
    }
    Optional<PluginRun> run = runs.find(runtimeId);
    if (run.isEmpty()
        || !request.getPlugin().equals(run.get().id().name())
        || !isOfLaunchedProcess(peer, run.get())) {
      NotAuthenticatedException foreign =
          new NotAuthenticatedException(NotAuthenticatedException.Why.FOREIGN);
      refuse(
          runtimeId,
          foreign.auditReason(),
          Optional.of(runtimeId),
          "was ended: its enrolment token was presented by another process");
      throw foreign;
    }
    return run.get();
  }

  /**
   * Records a refusal, and then ends the owner of the token, whether or not it was recorded. Nobody
   * has proved to be anyone: the record has no actor, and names the run that was meant.
   */
  private void refuse(RuntimeId claimed, String reason, Optional<RuntimeId> owner, String why)
      throws AuditFailedException {
    try {
      audit.denied("enrolment", /* actor= */ null, "enrol", owner.orElse(claimed).value(), reason);
    } finally {
      owner.ifPresent(run -> runs.kill(run, why));
    }
  }

  /** Where the system does not tell the peer's process, there is nothing to compare. */
  private static boolean isOfLaunchedProcess(Peer peer, PluginRun run) {
    return peer.process().map(process -> run.owns(process.pid())).orElse(true);
  }

  private EnrolResponse answer(EnrolRequest request, PluginRun run) throws RefusedException {
    int protocol = offer.protocol().negotiate(request.getProtocol());
    Enrolled declaration = declaration(request, run);
    requireOffered(run, declaration);
    byte[] asked = request.getCertificateRequest().toByteArray();
    PublicKey key = CertificateRequests.verify(asked, run.id().runtimeId());
    List<X509Certificate> chain = trust.pluginIssuer().issue(run.id(), key, asked);
    Issued token = opened(run, key, declaration, chain.get(0));
    return EnrolResponse.newBuilder()
        .addAllCertificateChain(encode(chain))
        .addAllTrustBundle(encode(trust.bundleForPlugins()))
        .setRuntimeToken(token.token().exposeForWire())
        .setTokenExpires(timestamp(token.expires()))
        .setProtocol(protocol)
        .setSpiffeId(run.id().toString())
        .setLimits(limits(declaration))
        .addAllProvides(granted(run, declaration))
        .addAllHostServices(offered(run))
        .setHostVersion(HostVersion.TEXT)
        .setDirect(direct.enrolling(run))
        .build();
  }

  /**
   * Reads what the plugin declares. Who enrols again declares what it did the first time: rights
   * were weighed then, and its place in the order of start.
   */
  private Enrolled declaration(EnrolRequest request, PluginRun run) throws InvalidRequestException {
    Version version = Field.read("version", request.getVersion(), Version::new);
    if (!version.equals(run.version())) {
      throw new InvalidRequestException(
          "version: "
              + version
              + " (expected: "
              + run.version()
              + ", as the host has it configured)");
    }
    Field.read("metadata", request.getMetadataMap(), Annotations::new);
    Enrolled declaration =
        new Enrolled(
            version,
            Field.distinct(
                "provides", Field.readAll("provides", request.getProvidesList(), ServiceName::new)),
            Field.distinct(
                "requires",
                Field.readAll(
                    "requires", request.getRequiresList(), EnrolmentService::requirement)),
            agreed(request.getMaxMessageBytes()));
    Optional<Enrolled> earlier = run.declaration();
    if (earlier.isPresent() && !earlier.get().equals(declaration)) {
      throw new InvalidRequestException(
          "provides, requires, max_message_bytes: changed (expected: what this run declared when it"
              + " enrolled first)");
    }
    return declaration;
  }

  /**
   * Returns the longest message for a plugin that asks for {@code asked}, unsigned; 0: the host's.
   */
  private int agreed(int asked) throws InvalidRequestException {
    int own = runs.maxMessageBytes();
    if (asked == 0 || Integer.compareUnsigned(asked, own) > 0) {
      return own;
    }
    if (asked < Plugin.MIN_MESSAGE_BYTES) {
      throw new InvalidRequestException(
          "max_message_bytes: " + asked + " (expected: at least " + Plugin.MIN_MESSAGE_BYTES + ")");
    }
    return asked;
  }

  /**
   * Checks that what the plugin cannot do without, and the host alone provides, is there. Whoever
   * may not call it is told nothing here; its wait will be in vain.
   */
  private void requireOffered(PluginRun run, Enrolled declaration)
      throws RequirementMissingException {
    Identity caller = new Identity(run.id(), Identity.Evidence.SVID);
    for (Requirement requirement : declaration.requires()) {
      Version offered = offer.services().get(requirement.service());
      if (offered != null
          && requirement.need() == Requirement.Need.REQUIRED
          && !requirement.versions().contains(offered)
          && policy.get().mayCallAny(caller, requirement.service())) {
        throw new RequirementMissingException(run.id().runtimeId().plugin(), requirement, offered);
      }
    }
  }

  /** Opens the lineage of the run, or opens it anew, once that is recorded. */
  private Issued opened(
      PluginRun run, PublicKey key, Enrolled declaration, X509Certificate certificate)
      throws RefusedException {
    RuntimeId runtimeId = run.id().runtimeId();
    boolean again = run.declaration().isPresent();
    Map<String, String> details = new LinkedHashMap<>();
    if (again) {
      boolean isLost = trust.lineages().isUnshown(runtimeId);
      details.put("reason", isLost ? "it did not use what it got" : "it missed its renewal");
    }
    details.put("version", declaration.version().toString());
    details.put("serial", certificate.getSerialNumber().toString(16));
    audit.success(
        "enrolment", runtimeId.value(), again ? "re-enrol" : "enrol", run.id().toString(), details);
    Issued token =
        again ? trust.lineages().reopen(runtimeId, key) : trust.lineages().open(runtimeId, key);
    runs.enrolled(run, declaration);
    run.certified(certificate);
    runs.requireLiving(run);
    if (again) {
      trust.grants().endAll(runtimeId);
      runs.reenrolled(runtimeId);
    }
    return token;
  }

  private static Requirement requirement(dev.tenon.v1.Requirement raw) {
    return new Requirement(
        new ServiceName(raw.getService()),
        VersionRange.parse(raw.getVersionRange()),
        raw.getOptional() ? Requirement.Need.OPTIONAL : Requirement.Need.REQUIRED);
  }

  private static Limits limits(Enrolled declaration) {
    return Limits.newBuilder()
        .setMaxMessageBytes(declaration.maxMessageBytes())
        .setMaxMetadataBytes(Transport.MAX_METADATA_BYTES)
        .build();
  }

  private List<GrantedService> granted(PluginRun run, Enrolled declaration) {
    List<GrantedService> granted = new ArrayList<>();
    for (ServiceName service : declaration.provides()) {
      policy
          .get()
          .mayProvide(run.id().runtimeId().plugin(), service)
          .ifPresent(
              right ->
                  granted.add(
                      GrantedService.newBuilder()
                          .setService(service.value())
                          .setExclusive(right.sharing() == Sharing.EXCLUSIVE)
                          .build()));
    }
    return granted;
  }

  private List<OfferedService> offered(PluginRun run) {
    Identity caller = new Identity(run.id(), Identity.Evidence.SVID);
    return offer.services().entrySet().stream()
        .filter(service -> !offer.duringCalls().contains(service.getKey()))
        .filter(service -> policy.get().mayCallAny(caller, service.getKey()))
        .map(
            service ->
                OfferedService.newBuilder()
                    .setService(service.getKey().value())
                    .setVersion(service.getValue().toString())
                    .setByGrant(offer.byGrant().contains(service.getKey()))
                    .build())
        .toList();
  }

  static List<ByteString> encode(List<X509Certificate> certificates) {
    List<ByteString> encoded = new ArrayList<>(certificates.size());
    for (X509Certificate certificate : certificates) {
      try {
        encoded.add(ByteString.copyFrom(certificate.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IllegalStateException("a certificate that we issued cannot be encoded", e);
      }
    }
    return encoded;
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
