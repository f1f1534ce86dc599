package dev.tenon.host.control;

import dev.tenon.auth.Issued;
import dev.tenon.core.Identity;
import dev.tenon.core.Permission;
import dev.tenon.core.Reason;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.router.Admission;
import dev.tenon.v1.GrantRequest;
import dev.tenon.v1.GrantResponse;
import dev.tenon.v1.GrantsGrpc;
import dev.tenon.v1.RefreshGrantRequest;
import dev.tenon.v1.RefreshGrantResponse;
import dev.tenon.v1.ReleaseGrantRequest;
import dev.tenon.v1.ReleaseGrantResponse;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** Gives plugins the grants that they ask for on the control listener. */
public final class GrantService extends GrantsGrpc.GrantsImplBase {
  private final GrantDesk desk;

  /** Makes the service. */
  public GrantService(GrantDesk desk) {
    this.desk = desk;
  }

  @Override
  public void request(GrantRequest request, StreamObserver<GrantResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> request(request, caller));
  }

  private GrantResponse request(GrantRequest request, Identity caller) throws RefusedException {
    GrantDesk.Asked asked =
        new GrantDesk.Asked(
            Field.read("service", request.getService(), ServiceName::new),
            request.getMinVersion().isEmpty()
                ? Optional.empty()
                : Optional.of(Field.read("min_version", request.getMinVersion(), Version::new)),
            Field.read("reason", request.getReason(), Reason::new),
            Field.distinct(
                "permissions",
                Field.readAll("permissions", request.getPermissionsList(), Permission::new)));
    GrantDesk.Given given = desk.give(caller, asked);
    GrantResponse.Builder response =
        GrantResponse.newBuilder()
            .setGrantId(given.grant().id())
            .setGrantToken(given.token().token().exposeForWire())
            .setVersion(given.version().toString())
            .setExpires(EnrolmentService.timestamp(given.token().expires()));
    given.grant().permissions().forEach(each -> response.addPermissions(each.text()));
    return response.build();
  }

  @Override
  public void refresh(RefreshGrantRequest request, StreamObserver<RefreshGrantResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> refresh(request, caller));
  }

  private RefreshGrantResponse refresh(RefreshGrantRequest request, Identity caller)
      throws RefusedException {
    Issued token = desk.refresh(caller, id(request.getGrantId()));
    return RefreshGrantResponse.newBuilder()
        .setGrantToken(token.token().exposeForWire())
        .setExpires(EnrolmentService.timestamp(token.expires()))
        .build();
  }

  @Override
  public void release(ReleaseGrantRequest request, StreamObserver<ReleaseGrantResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(
        observer,
        () -> {
          desk.release(caller, id(request.getGrantId()));
          return ReleaseGrantResponse.getDefaultInstance();
        });
  }

  private static String id(String text) throws RefusedException {
    return Field.read("grant_id", text, GrantService::checkId);
  }

  private static String checkId(String id) {
    if (!id.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException("(expected: 32 lower-case hex digits)");
    }
    return id;
  }
}
