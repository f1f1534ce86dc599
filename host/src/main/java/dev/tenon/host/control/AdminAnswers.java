package dev.tenon.host.control;

import dev.tenon.auth.policy.CallWay;
import dev.tenon.auth.policy.Decision;
import dev.tenon.auth.policy.Explanation;
import dev.tenon.auth.policy.Rule;
import dev.tenon.core.Health;
import dev.tenon.core.PluginState;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.host.control.HostOperations.PluginView;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.DescribePluginResponse;
import dev.tenon.v1.ExplainResponse;
import dev.tenon.v1.PluginInfo;
import dev.tenon.v1.RegistrationInfo;
import dev.tenon.v1.RuleInfo;
import java.util.Locale;

/** What administrators are told, as messages. */
final class AdminAnswers {
  private AdminAnswers() {}

  static PluginInfo plugin(PluginView view) {
    PluginInfo.Builder info =
        PluginInfo.newBuilder()
            .setPlugin(view.run().plugin().value())
            .setRuntimeId(view.run().value())
            .setState(view.state().label())
            .setDetail(detail(view.state()))
            .setPid(view.pid().orElse(0))
            .setIsolation(view.isolation())
            .setInFlight(view.inFlight())
            .setAvailable(view.state().takesCalls());
    view.services().forEach(service -> info.addServices(service.value()));
    return info.build();
  }

  private static String detail(PluginState state) {
    if (state instanceof PluginState.Degraded degraded) {
      return degraded.reason().text();
    }
    if (state instanceof PluginState.Unhealthy unhealthy) {
      return unhealthy.reason().text();
    }
    if (state instanceof PluginState.Restarting restarting) {
      return "attempt " + restarting.attempt() + ": " + restarting.why();
    }
    return state instanceof PluginState.Failed failed ? failed.why() : "";
  }

  static DescribePluginResponse description(
      PluginView view, PluginRun run, ServiceRegistry registry) {
    DescribePluginResponse.Builder all =
        DescribePluginResponse.newBuilder()
            .setPlugin(plugin(view))
            .setSpiffeId(run.id().toString())
            .setVersion(run.version().toString());
    run.declaration()
        .ifPresent(
            declared -> {
              declared.provides().stream()
                  .map(ServiceName::value)
                  .sorted()
                  .forEach(all::addProvides);
              declared.requires().stream()
                  .map(AdminAnswers::requirement)
                  .sorted()
                  .forEach(all::addRequires);
            });
    registry
        .registrations(view.run())
        .forEach(claim -> all.addRegistrations(registration(claim, registry)));
    run.certifiedUntil()
        .ifPresent(until -> all.setCertifiedUntil(EnrolmentService.timestamp(until)));
    return all.build();
  }

  private static String requirement(Requirement required) {
    String text = required.service() + " " + required.versions();
    return required.need() == Requirement.Need.REQUIRED ? text : text + " optional";
  }

  static RegistrationInfo registration(Registration claim, ServiceRegistry registry) {
    return RegistrationInfo.newBuilder()
        .setRegistrationId(claim.id())
        .setRuntimeId(claim.provider().value())
        .setService(claim.service().value())
        .setVersion(claim.version().toString())
        .setExclusive(claim.sharing() == Sharing.EXCLUSIVE)
        .setHealth(registry.health(claim.provider()).map(AdminAnswers::lower).orElse(""))
        .putAllMetadata(claim.annotations().entries())
        .build();
  }

  private static String lower(Health health) {
    return health.name().toLowerCase(Locale.ROOT);
  }

  static ExplainResponse explanation(Explanation why) {
    ExplainResponse.Builder all = ExplainResponse.newBuilder().setAllowed(why.decision().isAllow());
    if (why.decision() instanceof Decision.Allow allow) {
      all.setRule(allow.rule());
    } else if (why.decision() instanceof Decision.Deny deny) {
      all.setRule(deny.rule()).setReason(deny.auditReason());
    }
    why.matching().forEach(rule -> all.addMatching(rule(rule)));
    return all.build();
  }

  private static RuleInfo rule(Rule rule) {
    RuleInfo.Builder info =
        RuleInfo.newBuilder()
            .setId(rule.id())
            .setEffect(rule.effect().name().toLowerCase(Locale.ROOT))
            .setCaller(rule.caller())
            .setService(rule.service())
            .setMethod(rule.method())
            .setAudit(rule.audit().name().toLowerCase(Locale.ROOT))
            .setDescription(rule.description())
            .setDirect(rule.way() == CallWay.DIRECT);
    rule.maxDeadline()
        .ifPresent(
            most ->
                info.getMaxDeadlineBuilder()
                    .setSeconds(most.getSeconds())
                    .setNanos(most.getNano()));
    return info.build();
  }
}
