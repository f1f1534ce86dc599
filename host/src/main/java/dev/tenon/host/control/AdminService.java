package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Duration;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.policy.Explanation;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.PluginName;
import dev.tenon.core.Reason;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.HostOperations.PluginView;
import dev.tenon.registry.Registration;
import dev.tenon.router.Admission;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.DescribePluginRequest;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.DrainPluginResponse;
import dev.tenon.v1.ExplainRequest;
import dev.tenon.v1.ExplainResponse;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.ListPluginsResponse;
import dev.tenon.v1.ListRegistrationsRequest;
import dev.tenon.v1.ListRegistrationsResponse;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.ReadAuditResponse;
import dev.tenon.v1.RevokePluginRequest;
import dev.tenon.v1.RevokePluginResponse;
import dev.tenon.v1.WithdrawRightRequest;
import dev.tenon.v1.WithdrawRightResponse;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What administrators ask of a host, and do with it; behind {@link AdminGate}. Each call is on
 * record before its effect, and how it ended. Thread-safe.
 */
public final class AdminService extends AdminGrpc.AdminImplBase {
  private static final System.Logger LOG = System.getLogger(AdminService.class.getName());

  /** A page of the audit log. */
  private static final int MOST_RECORDS = 1000;

  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final ControlAudit audit;
  private final Executor executor;
  private volatile Optional<HostOperations> host = Optional.empty();

  /** Makes the service, which answers on {@code executor} what takes its time. */
  public AdminService(
      PluginRuns runs, Supplier<Policy> policy, ControlAudit audit, Executor executor) {
    this.runs = requireNonNull(runs, "runs");
    this.policy = requireNonNull(policy, "policy");
    this.audit = requireNonNull(audit, "audit");
    this.executor = requireNonNull(executor, "executor");
  }

  /** Sets the host that has started; no administrator has a certificate before. */
  public void operate(HostOperations started) {
    host = Optional.of(started);
  }

  private HostOperations host() {
    return host.orElseThrow(() -> new IllegalStateException("host: starting (expected: started)"));
  }

  @Override
  public void listPlugins(
      ListPluginsRequest request, StreamObserver<ListPluginsResponse> observer) {
    AdminCall call = call("ListPlugins");
    Answer.with(
        observer,
        () ->
            call.answer(
                AdminCall.Asked.NOTHING,
                () -> {
                  ListPluginsResponse.Builder all = ListPluginsResponse.newBuilder();
                  host().list().forEach(view -> all.addPlugins(AdminAnswers.plugin(view)));
                  return all.build();
                }));
  }

  @Override
  public void describePlugin(
      DescribePluginRequest request, StreamObserver<DescribePluginResponse> observer) {
    AdminCall call = call("DescribePlugin");
    Answer.with(
        observer,
        () -> {
          PluginView view = call.checked(() -> shown(request.getRuntimeId()));
          return call.answer(
              AdminCall.Asked.about(view.run()),
              () -> AdminAnswers.description(view, known(view.run()), runs.registry()));
        });
  }

  @Override
  public void listRegistrations(
      ListRegistrationsRequest request, StreamObserver<ListRegistrationsResponse> observer) {
    AdminCall call = call("ListRegistrations");
    Answer.with(
        observer,
        () -> {
          Predicate<Registration> asked = call.checked(() -> filter(request));
          return call.answer(
              AdminCall.Asked.NOTHING,
              () -> {
                ListRegistrationsResponse.Builder all = ListRegistrationsResponse.newBuilder();
                runs.registry().registrations().stream()
                    .filter(asked)
                    .map(claim -> AdminAnswers.registration(claim, runs.registry()))
                    .forEach(all::addRegistrations);
                return all.build();
              });
        });
  }

  @Override
  public void revokePlugin(
      RevokePluginRequest request, StreamObserver<RevokePluginResponse> observer) {
    AdminCall call = call("RevokePlugin");
    Answer.with(
        observer,
        () -> {
          PluginRun run = call.checked(() -> known(id(request.getRuntimeId())));
          Order order = call.checked(() -> call.order(reason(request.getReason())));
          RuntimeId runtimeId = run.id().runtimeId();
          runs.revoke(runtimeId, order); // on record with the order, if there is a log
          try {
            call.ended(AdminCall.Asked.about(runtimeId, order), "OK");
          } catch (AuditFailedException e) {
            LOG.log(System.Logger.Level.WARNING, "the end of a revocation is not on record", e);
          }
          return RevokePluginResponse.getDefaultInstance();
        });
  }

  @Override
  public void drainPlugin(
      DrainPluginRequest request, StreamObserver<DrainPluginResponse> observer) {
    AdminCall call = call("DrainPlugin");
    AdminCall.Asked asked;
    PluginRun run;
    java.time.Duration most;
    try {
      run = call.checked(() -> known(id(request.getRuntimeId())));
      Order order = call.checked(() -> call.order(reason(request.getReason())));
      most = call.checked(() -> wait(request.getWait()));
      asked = AdminCall.Asked.about(run.id().runtimeId(), order);
      call.begins(asked);
      runs.recordDrain(run, order);
    } catch (RefusedException e) {
      observer.onError(RefusalStatus.of(e));
      return;
    }
    var unused =
        host()
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

  @Override
  public void explain(ExplainRequest request, StreamObserver<ExplainResponse> observer) {
    AdminCall call = call("Explain");
    Answer.with(
        observer,
        () -> {
          String caller = call.checked(() -> caller(request.getCaller()));
          CallPath path = call.checked(() -> path(request));
          return call.answer(
              AdminCall.Asked.NOTHING,
              () -> {
                Explanation why = policy.get().explain(caller, path);
                return AdminAnswers.explanation(why);
              });
        });
  }

  @Override
  public void withdrawRight(
      WithdrawRightRequest request, StreamObserver<WithdrawRightResponse> observer) {
    AdminCall call = call("WithdrawRight");
    Answer.with(
        observer,
        () -> {
          PluginName plugin =
              call.checked(() -> Field.read("plugin", request.getPlugin(), PluginName::new));
          ServiceName service =
              call.checked(() -> Field.read("service", request.getService(), ServiceName::new));
          Order order = call.checked(() -> call.order(reason(request.getReason())));
          AdminCall.Asked asked = AdminCall.Asked.about(plugin, service, order);
          call.begins(asked);
          boolean had = host().withdraw(plugin, service, order);
          call.ended(asked, had ? "OK" : "NOT_FOUND");
          if (!had) {
            throw new RightNotFoundException(plugin, service);
          }
          return WithdrawRightResponse.getDefaultInstance();
        });
  }

  @Override
  public void readAudit(ReadAuditRequest request, StreamObserver<ReadAuditResponse> observer) {
    AdminCall call = call("ReadAudit");
    Answer.with(
        observer,
        () -> {
          int most = call.checked(() -> Field.read("most", request.getMost(), AdminService::most));
          return call.answer(
              AdminCall.Asked.NOTHING,
              () -> ReadAuditResponse.newBuilder().addAllRecords(host().audit(most)).build());
        });
  }

  private static int most(int asked) {
    if (asked < 1 || asked > MOST_RECORDS) {
      throw new IllegalArgumentException(asked + " (expected: 1 to " + MOST_RECORDS + ")");
    }
    return asked;
  }

  private AdminCall call(String method) {
    return new AdminCall(audit, requireNonNull(Admission.CALLER.get(), "caller").actor(), method);
  }

  private static RuntimeId id(String text) throws InvalidRequestException {
    return Field.read("runtime_id", text, RuntimeId::new);
  }

  private PluginRun known(RuntimeId run) throws RunNotFoundException {
    return runs.find(run).orElseThrow(() -> new RunNotFoundException(run));
  }

  private PluginView shown(String text) throws RefusedException {
    RuntimeId run = id(text);
    return host().list().stream()
        .filter(view -> view.run().equals(run))
        .findFirst()
        .orElseThrow(() -> new RunNotFoundException(run));
  }

  private static Reason reason(String text) throws InvalidRequestException {
    Reason reason = Field.read("reason", text, Reason::new);
    if (reason.text().isBlank()) {
      throw new InvalidRequestException("reason: empty (expected: why, for the audit log)");
    }
    return reason;
  }

  private static java.time.Duration wait(Duration raw) throws InvalidRequestException {
    return Field.read("wait", raw, Discoveries::wait);
  }

  private static String caller(String text) throws InvalidRequestException {
    return text.equals(PluginName.HOST)
        ? text
        : Field.read("caller", text, PluginName::new).value();
  }

  private static CallPath path(ExplainRequest request) throws InvalidRequestException {
    ServiceName service = Field.read("service", request.getService(), ServiceName::new);
    return Field.read("method", request.getMethod(), method -> new CallPath(service, method));
  }

  private static Predicate<Registration> filter(ListRegistrationsRequest asked)
      throws InvalidRequestException {
    Predicate<Registration> all = claim -> true;
    if (!asked.getRegistrationId().isEmpty()) {
      all = all.and(claim -> claim.id().equals(asked.getRegistrationId()));
    }
    if (!asked.getRuntimeId().isEmpty()) {
      RuntimeId run = id(asked.getRuntimeId());
      all = all.and(claim -> claim.provider().equals(run));
    }
    if (!asked.getPlugin().isEmpty()) {
      PluginName plugin = Field.read("plugin", asked.getPlugin(), PluginName::new);
      all = all.and(claim -> claim.provider().plugin().equals(plugin));
    }
    if (!asked.getService().isEmpty()) {
      ServiceName service = Field.read("service", asked.getService(), ServiceName::new);
      all = all.and(claim -> claim.service().equals(service));
    }
    return all;
  }
}
