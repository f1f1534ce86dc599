package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.v1.AddPluginRequest;
import dev.tenon.v1.AddPluginResponse;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.DrainPluginResponse;
import dev.tenon.v1.RemovePluginRequest;
import dev.tenon.v1.RemovePluginResponse;
import dev.tenon.v1.ReplacePluginRequest;
import dev.tenon.v1.ReplacePluginResponse;
import dev.tenon.v1.RevokePluginRequest;
import dev.tenon.v1.RevokePluginResponse;
import dev.tenon.v1.WithdrawRightRequest;
import dev.tenon.v1.WithdrawRightResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What administrators have a host do: each with a reason, which is on record. Thread-safe. */
final class AdminOrders {
  private static final System.Logger LOG = System.getLogger(AdminService.class.getName());

  private final PluginRuns runs;
  private final Supplier<HostOperations> host;
  private final Executor executor;

  AdminOrders(PluginRuns runs, Supplier<HostOperations> host, Executor executor) {
    this.runs = runs;
    this.host = host;
    this.executor = executor;
  }

  /** Not as the others: containment does not depend on the log. */
  RevokePluginResponse revoke(AdminCall call, RevokePluginRequest request) throws RefusedException {
    PluginRun run = call.checked(() -> known(request.getRuntimeId()));
    Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
    RuntimeId runtimeId = run.id().runtimeId();
    runs.revoke(runtimeId, order); // on record with the order, if there is a log
    try {
      call.ended(AdminCall.Asked.about(runtimeId, order), "OK");
    } catch (AuditFailedException e) {
      LOG.log(System.Logger.Level.WARNING, "the end of a revocation is not on record", e);
    }
    return RevokePluginResponse.getDefaultInstance();
  }

  private PluginRun known(String run) throws RefusedException {
    return AdminFields.known(runs, AdminFields.run(run));
  }

  /** Answers when the calls have ended, on no thread until then. */
  void drain(
      AdminCall call, DrainPluginRequest request, StreamObserver<DrainPluginResponse> observer) {
    AdminCall.Asked asked;
    PluginRun run;
    Duration most;
    try {
      run = call.checked(() -> known(request.getRuntimeId()));
      Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
      most = call.checked(() -> AdminFields.wait(request.getWait()));
      asked = AdminCall.Asked.about(run.id().runtimeId(), order);
      call.begins(asked);
      runs.recordDrain(run, order);
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    }
    var unused =
        host.get()
            .drain(run, most)
            .thenAcceptAsync(
                left ->
                    Answer.with(
                        observer,
                        () -> {
                          call.ended(asked, "OK");
                          return DrainPluginResponse.newBuilder().setInFlight(left).build();
                        }),
                executor);
  }

  WithdrawRightResponse withdraw(AdminCall call, WithdrawRightRequest request)
      throws RefusedException {
    PluginName plugin = call.checked(() -> AdminFields.plugin(request.getPlugin()));
    ServiceName service = call.checked(() -> AdminFields.service(request.getService()));
    Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
    return call.answer(
        AdminCall.Asked.about(plugin, service, order),
        () -> {
          if (!host.get().withdraw(plugin, service, order)) {
            throw new RightNotFoundException(plugin, service);
          }
          return WithdrawRightResponse.getDefaultInstance();
        });
  }

  AddPluginResponse add(AdminCall call, AddPluginRequest request) throws RefusedException {
    HostOperations.Newcomer plugin = call.checked(() -> host.get().newcomer(request.getFolder()));
    Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
    return call.answer(
        AdminCall.Asked.about(plugin.name(), order),
        () -> {
          plugin.add(order);
          return AddPluginResponse.newBuilder().setPlugin(plugin.name().value()).build();
        });
  }

  RemovePluginResponse remove(AdminCall call, RemovePluginRequest request) throws RefusedException {
    PluginName plugin = call.checked(() -> AdminFields.plugin(request.getPlugin()));
    Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
    return call.answer(
        AdminCall.Asked.about(plugin, order),
        () -> {
          RemovePluginResponse.Builder left = RemovePluginResponse.newBuilder();
          host.get().remove(plugin, order).forEach(name -> left.addDependents(name.value()));
          return left.build();
        });
  }

  ReplacePluginResponse replace(AdminCall call, ReplacePluginRequest request)
      throws RefusedException {
    PluginName plugin = call.checked(() -> AdminFields.plugin(request.getPlugin()));
    HostOperations.Newcomer next = call.checked(() -> host.get().newcomer(request.getFolder()));
    Order order = call.checked(() -> call.order(AdminFields.reason(request.getReason())));
    Duration calls = call.checked(() -> AdminFields.wait(request.getWait()));
    return call.answer(
        AdminCall.Asked.about(plugin, order),
        () -> {
          next.replace(plugin, calls, order);
          return ReplacePluginResponse.getDefaultInstance();
        });
  }
}
