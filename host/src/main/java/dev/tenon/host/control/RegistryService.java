package dev.tenon.host.control;

import dev.tenon.auth.Policy;
import dev.tenon.auth.ProvideRight;
import dev.tenon.core.Annotations;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistrationNotFoundException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.ServiceTakenException;
import dev.tenon.router.Admission;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegisterResponse;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.UnregisterRequest;
import dev.tenon.v1.UnregisterResponse;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Registers and unregisters what plugins provide, by right: what the policy allows, narrowed by
 * what the plugin declared when it enrolled.
 */
public final class RegistryService extends RegistryGrpc.RegistryImplBase {
  private static final String EVENT = "registration";

  private final Trust trust;
  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final ServiceRegistry registry;
  private final ControlConnections leases;
  private final Set<ServiceName> hostServices;
  private final ControlAudit audit;
  private final Discoveries discoveries;

  /** Makes the service over what {@code discoveries} also answers from. */
  public RegistryService(
      Trust trust,
      PluginRuns runs,
      Supplier<Policy> policy,
      ControlConnections leases,
      ControlAudit audit,
      Discoveries discoveries) {
    this.trust = trust;
    this.runs = runs;
    this.policy = policy;
    this.registry = leases.registry();
    this.leases = leases;
    this.hostServices = discoveries.hostServices();
    this.audit = audit;
    this.discoveries = discoveries;
  }

  @Override
  public void register(RegisterRequest request, StreamObserver<RegisterResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> register(request, caller));
  }

  private RegisterResponse register(RegisterRequest request, Identity caller)
      throws RefusedException {
    RuntimeId provider = Callers.runtimeId(caller);
    ServiceName service = Field.read("service", request.getService(), ServiceName::new);
    Version version = Field.read("version", request.getVersion(), Version::new);
    Annotations annotations = Field.read("metadata", request.getMetadataMap(), Annotations::new);
    try {
      Sharing sharing = right(provider, service);
      Registration claim =
          new Registration(
              trust.mint().registrationId(), provider, service, version, annotations, sharing);
      registry.check(claim);
      audit.success(
          EVENT,
          provider.value(),
          "register",
          service.value(),
          Map.of("registration", claim.id(), "version", version.toString()));
      registry.register(claim);
      requireLeased(claim);
      return RegisterResponse.newBuilder()
          .setRegistrationId(claim.id())
          .setExclusive(sharing == Sharing.EXCLUSIVE)
          .build();
    } catch (RegistrationDeniedException e) {
      audit.denied(EVENT, provider.value(), "register", service.value(), e.auditReason());
      throw e;
    } catch (ServiceTakenException e) {
      audit.denied(EVENT, provider.value(), "register", service.value(), e.auditReason());
      throw e;
    }
  }

  /**
   * Takes {@code claim} back if the run or its last connection ended while it was made: whoever
   * removed the run's registrations could not see it.
   */
  private void requireLeased(Registration claim) throws RegistrationDeniedException {
    RuntimeId provider = claim.provider();
    boolean lives = runs.find(provider).filter(PluginRun::isInService).isPresent();
    if (lives && leases.isOpen(provider)) {
      return;
    }
    try {
      registry.unregister(provider, claim.id());
    } catch (RegistrationNotFoundException e) {
      // It was seen after all.
    }
    throw new RegistrationDeniedException(
        provider.plugin(), claim.service(), "the run or its connection has ended");
  }

  private Sharing right(RuntimeId provider, ServiceName service)
      throws RegistrationDeniedException {
    PluginName plugin = provider.plugin();
    if (service.isReserved() || hostServices.contains(service)) {
      throw new RegistrationDeniedException(plugin, service, "a service of the host");
    }
    boolean declared =
        runs.find(provider)
            .flatMap(PluginRun::declaration)
            .map(declaration -> declaration.provides().contains(service))
            .orElse(false);
    if (!declared) {
      throw new RegistrationDeniedException(plugin, service, "not declared when it enrolled");
    }
    return policy
        .get()
        .mayProvide(plugin, service)
        .map(ProvideRight::sharing)
        .orElseThrow(
            () -> new RegistrationDeniedException(plugin, service, "no [[provide]] entry"));
  }

  @Override
  public void unregister(UnregisterRequest request, StreamObserver<UnregisterResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> unregister(request, caller));
  }

  private UnregisterResponse unregister(UnregisterRequest request, Identity caller)
      throws RefusedException {
    RuntimeId owner = Callers.runtimeId(caller);
    String id =
        Field.read("registration_id", request.getRegistrationId(), RegistryService::checkId);
    try {
      Optional<Registration> own =
          registry.registration(id).filter(claim -> claim.provider().equals(owner));
      if (own.isPresent()) {
        String service = own.get().service().value();
        audit.success(EVENT, owner.value(), "unregister", service, Map.of("registration", id));
      }
      registry.unregister(owner, id);
    } catch (RegistrationNotFoundException e) {
      audit.denied(EVENT, owner.value(), "unregister", id, e.auditReason());
      throw e;
    }
    return UnregisterResponse.getDefaultInstance();
  }

  private static String checkId(String id) {
    if (!id.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException("(expected: 32 lower-case hex digits)");
    }
    return id;
  }

  @Override
  public void discover(DiscoverRequest request, StreamObserver<DiscoverResponse> observer) {
    discoveries.answer(request, Admission.CALLER.get(), observer);
  }
}
