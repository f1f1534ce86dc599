package dev.tenon.host.control;

import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Reason;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.router.Admission;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ReportHealthRequest;
import dev.tenon.v1.ReportHealthResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** Takes plugins' reports of their own health; a report is about its sender, always. */
public final class LifecycleService extends LifecycleGrpc.LifecycleImplBase {
  private final RunHealth healths;
  private final PluginRuns runs;
  private final ReportLog log = new ReportLog(System::nanoTime);

  /** Makes the service. */
  public LifecycleService(RunHealth healths, PluginRuns runs) {
    this.healths = healths;
    this.runs = runs;
  }

  @Override
  public void reportHealth(
      ReportHealthRequest request, StreamObserver<ReportHealthResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> reportHealth(request, caller));
  }

  private ReportHealthResponse reportHealth(ReportHealthRequest request, Identity caller)
      throws RefusedException {
    RuntimeId runtimeId = Callers.runtimeId(caller);
    Health health = health(request);
    Reason reason = Field.read("reason", request.getReason(), Reason::new);
    List<ServiceName> unavailable =
        Field.readAll("unavailable", request.getUnavailableList(), ServiceName::new);
    log.write(runtimeId, health, reason, unavailable);
    PluginRun run = runs.find(runtimeId).orElseThrow(); // it was admitted
    healths.reported(run, health, reason);
    return ReportHealthResponse.getDefaultInstance();
  }

  private static Health health(ReportHealthRequest request) throws InvalidRequestException {
    return switch (request.getHealth()) {
      case HEALTH_HEALTHY -> Health.HEALTHY;
      case HEALTH_DEGRADED -> Health.DEGRADED;
      case HEALTH_UNHEALTHY -> Health.UNHEALTHY;
      case HEALTH_UNSPECIFIED, UNRECOGNIZED ->
          throw new InvalidRequestException(
              "health: "
                  + request.getHealthValue()
                  + " (expected: HEALTHY, DEGRADED or UNHEALTHY)");
    };
  }
}
