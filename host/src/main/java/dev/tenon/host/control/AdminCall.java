package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.CallPath;
import dev.tenon.core.PluginName;
import dev.tenon.core.Reason;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One call of an administrator on its way into the audit log: refused, or its intent before the
 * effect and its outcome after it.
 */
final class AdminCall {
  private static final String EVENT = "admin";

  private final ControlAudit audit;
  private final String actor;
  private final String path;

  /** What a call is about, and why it was made, as details of its records. */
  record Asked(Map<String, String> details) {
    /** A question about nothing in particular. */
    static final Asked NOTHING = new Asked(Map.of());

    Asked {
      details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    static Asked about(RuntimeId run) {
      return new Asked(Map.of("run", run.value()));
    }

    static Asked about(RuntimeId run, Order order) {
      return about(run).with("reason", order.reason());
    }

    static Asked about(PluginName plugin, ServiceName service, Order order) {
      return new Asked(Map.of("plugin", plugin.value()))
          .with("service", service.value())
          .with("reason", order.reason());
    }

    static Asked about(PluginName plugin, Order order) {
      return new Asked(Map.of("plugin", plugin.value())).with("reason", order.reason());
    }

    static Asked about(CallPath path, Order order) {
      return new Asked(Map.of("service", path.service().value()))
          .with("method", path.method())
          .with("reason", order.reason());
    }

    private Asked with(String key, String value) {
      Map<String, String> more = new LinkedHashMap<>(details);
      more.put(key, value);
      return new Asked(more);
    }
  }

  AdminCall(ControlAudit audit, String actor, String method) {
    this.audit = audit;
    this.actor = actor;
    this.path = "/tenon.v1.Admin/" + method;
  }

  /** Returns the order that this call is, for {@code reason}. */
  Order order(Reason reason) {
    return new Order(actor, reason.text());
  }

  /**
   * Returns what {@code check} returns.
   *
   * @throws RefusedException as {@code check} does, on record
   */
  <T> T checked(Answer.Work<T> check) throws RefusedException {
    try {
      return check.run();
    } catch (RefusedException e) {
      audit.denied(EVENT, actor, "refuse", path, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /**
   * Records the intent, does {@code work}, records the outcome, and returns the response.
   *
   * @throws RefusedException as {@code work} does, with that as its outcome
   */
  <R> R answer(Asked asked, Answer.Work<R> work) throws RefusedException {
    begins(asked);
    R response;
    try {
      response = work.run();
    } catch (RefusedException e) {
      ended(asked, e.refusal().name());
      throw e;
    } catch (RuntimeException e) {
      ended(asked, Refusal.INTERNAL.name());
      throw e;
    }
    ended(asked, "OK");
    return response;
  }

  /**
   * Records the intent.
   *
   * @throws AuditFailedException if that fails: nothing is to happen then
   */
  void begins(Asked asked) throws AuditFailedException {
    audit.success(EVENT, actor, "intent", path, asked.details());
  }

  /**
   * Records how the call ended.
   *
   * @throws AuditFailedException if that fails; what was done is done
   */
  void ended(Asked asked, String status) throws AuditFailedException {
    audit.success(EVENT, actor, "outcome", path, asked.with("status", status).details());
  }
}
