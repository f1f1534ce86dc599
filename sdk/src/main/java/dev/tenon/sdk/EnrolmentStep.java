package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.GrantedService;
import dev.tenon.v1.OfferedService;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.Requirement;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The first step of a plugin: turns the enrolment token of one start document into an identity.
 * Happens once for each document.
 */
final class EnrolmentStep {
  /** The one protocol version so far. */
  static final int PROTOCOL = 1;

  /** More services of the host than this are not believed. */
  static final int MAX_HOST_SERVICES = 1000;

  private final Plugin plugin;
  private final Bootstrap bootstrap;
  private final Settings settings;

  EnrolmentStep(Plugin plugin, Bootstrap bootstrap, Settings settings) {
    this.plugin = plugin;
    this.bootstrap = bootstrap;
    this.settings = settings;
  }

  /**
   * Enrols over {@code channel}, with a key pair that never leaves this process.
   *
   * @throws PluginStartException if the host cannot be reached or is not the right one, if it
   *     refuses, or if its answer cannot be believed
   */
  Enrolled enrol(ManagedChannel channel) throws PluginStartException {
    if (!bootstrap.plugin().equals(plugin.name())) {
      throw new PluginStartException(
          "start document: for plugin "
              + bootstrap.plugin()
              + " (expected: "
              + plugin.name()
              + ")");
    }
    KeyPair keys = CertificateRequest.newKeyPair();
    EnrolRequest request = request(keys);
    Sent sent = new Sent();
    try {
      EnrolResponse answer =
          EnrolmentGrpc.newBlockingStub(channel)
              .withInterceptors(sent)
              .withDeadlineAfter(settings.identityDeadline().toMillis(), TimeUnit.MILLISECONDS)
              .enrol(request);
      return accept(answer, keys);
    } catch (StatusRuntimeException e) {
      throw new PluginStartException(
          "plugin "
              + plugin.name()
              + " could not enrol at "
              + bootstrap.enrol()
              + ": "
              + StatusText.of(e)
              + staleness(),
          e,
          sent.isSent && isSilence(e));
    } catch (BadAnswerException e) {
      throw new PluginStartException(
          "plugin " + plugin.name() + " does not trust its enrolment: " + e.getMessage(), e);
    }
  }

  private static boolean isSilence(StatusRuntimeException e) {
    return e.getStatus().getCode() == Status.Code.UNAVAILABLE
        || e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  /** Sees whether a call went to a connection that stood: then the host may have acted. */
  private static final class Sent extends ClientStreamTracer.Factory implements ClientInterceptor {
    private volatile boolean isSent;

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return next.newCall(method, options.withStreamTracerFactory(this));
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void streamCreated(Attributes transport, Metadata headers) {
          isSent = true;
        }
      };
    }
  }

  private EnrolRequest request(KeyPair keys) {
    EnrolRequest.Builder request =
        EnrolRequest.newBuilder()
            .setEnrolmentToken(bootstrap.enrolmentToken().exposeForWire())
            .setPlugin(plugin.name().value())
            .setRuntimeId(bootstrap.runtimeId().value())
            .setVersion(plugin.version().toString())
            .setProtocol(ProtocolRange.newBuilder().setMin(PROTOCOL).setMax(PROTOCOL))
            .setCertificateRequest(ByteString.copyFrom(CertificateRequest.create(keys)))
            .putAllMetadata(plugin.annotations().entries());
    plugin.services().keySet().forEach(service -> request.addProvides(service.value()));
    plugin.requirements().values().forEach(needed -> request.addRequires(message(needed)));
    plugin.maxMessageBytes().ifPresent(request::setMaxMessageBytes);
    return request.build();
  }

  private static Requirement message(dev.tenon.core.Requirement needed) {
    return Requirement.newBuilder()
        .setService(needed.service().value())
        .setVersionRange(needed.versions().toString())
        .setOptional(needed.need() == dev.tenon.core.Requirement.Need.OPTIONAL)
        .build();
  }

  private Enrolled accept(EnrolResponse answer, KeyPair keys)
      throws BadAnswerException, PluginStartException {
    if (answer.getProtocol() != PROTOCOL) {
      throw new BadAnswerException(
          "protocol", Integer.toUnsignedString(answer.getProtocol()), String.valueOf(PROTOCOL));
    }
    SpiffeId.OfPlugin expected = new SpiffeId.OfPlugin(bootstrap.hostId(), bootstrap.runtimeId());
    if (!answer.getSpiffeId().equals(expected.toString())) {
      throw new BadAnswerException("spiffe_id", "another identity", expected.toString());
    }
    if (answer.getHostServicesCount() > MAX_HOST_SERVICES) {
      throw new BadAnswerException(
          "host_services", answer.getHostServicesCount() + "", "at most " + MAX_HOST_SERVICES);
    }
    AgreedLimits limits = AgreedLimits.of(answer.getLimits(), plugin.maxMessageBytes());
    LiveIdentity identity =
        IssuedIdentity.of(answer).accept(expected, keys, settings.clock().instant());
    checkGrants(answer.getProvidesList());
    return new Enrolled(
        expected, identity, limits, byGrant(answer), DirectTold.of(answer.getDirect()));
  }

  private static Set<String> byGrant(EnrolResponse answer) {
    return answer.getHostServicesList().stream()
        .filter(OfferedService::getByGrant)
        .map(OfferedService::getService)
        .collect(Collectors.toUnmodifiableSet());
  }

  private void checkGrants(List<GrantedService> granted)
      throws BadAnswerException, PluginStartException {
    Set<String> names =
        granted.stream().map(GrantedService::getService).collect(Collectors.toUnmodifiableSet());
    Set<String> declared =
        plugin.services().keySet().stream()
            .map(ServiceName::value)
            .collect(Collectors.toUnmodifiableSet());
    if (names.size() != granted.size() || !declared.containsAll(names)) {
      throw new BadAnswerException(
          "provides",
          granted.size() + " services, some twice or never declared",
          "some of " + declared);
    }
    for (String service : declared) {
      if (!names.contains(service)) {
        throw new PluginStartException(
            "plugin %s provides %s, and the host's policy does not allow that (expected: [[provide]] plugin = \"%s\", services = [\"%s\"] in the policy)"
                .formatted(plugin.name(), service, plugin.name(), service));
      }
    }
  }

  private String staleness() {
    Instant now = settings.clock().instant();
    return now.isBefore(bootstrap.expires())
        ? ""
        : " (the start document expired at " + bootstrap.expires() + ", now is " + now + ")";
  }
}
