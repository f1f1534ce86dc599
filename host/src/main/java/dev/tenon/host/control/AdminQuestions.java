package dev.tenon.host.control;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.CallPath;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.HostOperations.PluginView;
import dev.tenon.registry.Registration;
import dev.tenon.v1.DescribePluginRequest;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.ExplainRequest;
import dev.tenon.v1.ExplainResponse;
import dev.tenon.v1.ListPluginsResponse;
import dev.tenon.v1.ListRegistrationsRequest;
import dev.tenon.v1.ListRegistrationsResponse;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.ReadAuditResponse;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What administrators ask of a host: nothing changes by it. Thread-safe. */
final class AdminQuestions {
  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final Supplier<HostOperations> host;

  AdminQuestions(PluginRuns runs, Supplier<Policy> policy, Supplier<HostOperations> host) {
    this.runs = runs;
    this.policy = policy;
    this.host = host;
  }

  ListPluginsResponse plugins(AdminCall call) throws RefusedException {
    return call.answer(
        AdminCall.Asked.NOTHING,
        () -> {
          ListPluginsResponse.Builder all = ListPluginsResponse.newBuilder();
          host.get().list().forEach(view -> all.addPlugins(AdminAnswers.plugin(view)));
          return all.build();
        });
  }

  DescribePluginResponse plugin(AdminCall call, DescribePluginRequest asked)
      throws RefusedException {
    PluginView view = call.checked(() -> shown(AdminFields.run(asked.getRuntimeId())));
    return call.answer(
        AdminCall.Asked.about(view.run()),
        () -> AdminAnswers.description(view, AdminFields.known(runs, view.run()), runs.registry()));
  }

  private PluginView shown(RuntimeId run) throws RefusedException {
    return host.get().list().stream()
        .filter(view -> view.run().equals(run))
        .findFirst()
        .orElseThrow(() -> new RunNotFoundException(run));
  }

  ListRegistrationsResponse registrations(AdminCall call, ListRegistrationsRequest request)
      throws RefusedException {
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
  }

  private static Predicate<Registration> filter(ListRegistrationsRequest asked)
      throws InvalidRequestException {
    Predicate<Registration> all = claim -> true;
    if (!asked.getRegistrationId().isEmpty()) {
      all = all.and(claim -> claim.id().equals(asked.getRegistrationId()));
    }
    if (!asked.getRuntimeId().isEmpty()) {
      RuntimeId run = AdminFields.run(asked.getRuntimeId());
      all = all.and(claim -> claim.provider().equals(run));
    }
    if (!asked.getPlugin().isEmpty()) {
      PluginName plugin = AdminFields.plugin(asked.getPlugin());
      all = all.and(claim -> claim.provider().plugin().equals(plugin));
    }
    if (!asked.getService().isEmpty()) {
      ServiceName service = AdminFields.service(asked.getService());
      all = all.and(claim -> claim.service().equals(service));
    }
    return all;
  }

  ExplainResponse explanation(AdminCall call, ExplainRequest asked) throws RefusedException {
    String caller = call.checked(() -> caller(asked.getCaller()));
    CallPath path = call.checked(() -> AdminFields.path(asked.getService(), asked.getMethod()));
    return call.answer(
        AdminCall.Asked.NOTHING,
        () -> AdminAnswers.explanation(policy.get().explain(caller, path)));
  }

  private static String caller(String text) throws InvalidRequestException {
    return text.equals(PluginName.HOST)
        ? text
        : Field.read("caller", text, PluginName::new).value();
  }

  ReadAuditResponse audit(AdminCall call, ReadAuditRequest asked) throws RefusedException {
    int most = call.checked(() -> Field.read("most", asked.getMost(), AdminQuestions::most));
    return call.answer(
        AdminCall.Asked.NOTHING,
        () -> {
          ReadAuditResponse.Builder page = ReadAuditResponse.newBuilder();
          host.get().audit(most).forEach(line -> page.addRecords(line.text()));
          return page.build();
        });
  }

  private static int most(int asked) {
    if (asked < 1) {
      throw new IllegalArgumentException(asked + " (expected: 1 to 1000)");
    }
    return AdminFields.records(asked);
  }
}
