package dev.tenon.host.control;

import dev.tenon.core.Annotations;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistrationNotFoundException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Admission;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.ListResponse;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegisterResponse;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.UnregisterRequest;
import dev.tenon.v1.UnregisterResponse;
import dev.tenon.v1.WatchEvent;
import dev.tenon.v1.WatchRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Registers and unregisters what plugins provide, by right: what the policy allows, narrowed by
 * what the plugin declared when it enrolled.
 */
public final class RegistryService extends RegistryGrpc.RegistryImplBase {
  private static final String EVENT = ProviderClaims.EVENT;

  private final ProviderClaims claims;
  private final ServiceRegistry registry;
  private final ControlConnections leases;
  private final ControlAudit audit;
  private final Discoveries discoveries;
  private final Watches watches;
  private final Executor registering;

  /**
   * Makes the service; what {@code claims} let in lives by {@code leases}. Registering, which may
   * wait for a store that hosts share, is done by {@code registering}, and nothing else is.
   */
  public RegistryService(
      ProviderClaims claims,
      ControlConnections leases,
      ControlAudit audit,
      Discoveries discoveries,
      Watches watches,
      Executor registering) {
    this.claims = claims;
    this.registry = leases.registry();
    this.leases = leases;
    this.audit = audit;
    this.discoveries = discoveries;
    this.watches = watches;
    this.registering = registering;
  }

  @Override
  public void register(RegisterRequest request, StreamObserver<RegisterResponse> observer) {
    Identity caller = Admission.CALLER.get();
    try {
      registering.execute(() -> Answer.with(observer, () -> register(request, caller)));
    } catch (RejectedExecutionException e) {
      observer.onError(RefusalStatus.of(Refusal.UNAVAILABLE)); // The host is closing.
    }
  }

  private RegisterResponse register(RegisterRequest request, Identity caller)
      throws RefusedException {
    RuntimeId provider = Callers.runtimeId(caller);
    ServiceName service = Field.read("service", request.getService(), ServiceName::new);
    Version version = Field.read("version", request.getVersion(), Version::new);
    Annotations annotations = Field.read("metadata", request.getMetadataMap(), Annotations::new);
    Registration claim = claims.register(provider, service, version, annotations, leases::isOpen);
    claims.warm(provider);
    return RegisterResponse.newBuilder()
        .setRegistrationId(claim.id())
        .setExclusive(claim.sharing() == Sharing.EXCLUSIVE)
        .build();
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

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> discoveries.list(caller));
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
    watches.answer(
        request, Admission.CALLER.get(), (ServerCallStreamObserver<WatchEvent>) observer);
  }
}
