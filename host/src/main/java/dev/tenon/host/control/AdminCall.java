package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.Reason;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One call of an administrator on its way into the audit log: refused, or its intent before the
 * effect and its outcome after it.
 */
final class AdminCall {
  private static final String EVENT = "admin";

  private final ControlAudit audit;
  private final String actor;
  private final String path;

  /** What a call is about, and why it was made. */
  record Asked(Optional<RuntimeId> run, Optional<String> reason) {
    /** No run, for no reason given: a question. */
    static final Asked NOTHING = new Asked(Optional.empty(), Optional.empty());

    static Asked about(RuntimeId run) {
      return new Asked(Optional.of(run), Optional.empty());
    }

    static Asked about(RuntimeId run, Order order) {
      return new Asked(Optional.of(run), Optional.of(order.reason()));
    }

    private Map<String, String> details() {
      Map<String, String> details = new LinkedHashMap<>();
      run.ifPresent(about -> details.put("run", about.value()));
      reason.ifPresent(why -> details.put("reason", why));
      return details;
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

  /** Records the intent, does {@code work}, records the outcome, and returns the response. */
  <R> R answer(Asked asked, Answer.Work<R> work) throws RefusedException {
    begins(asked);
    R response = work.run();
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
    Map<String, String> details = asked.details();
    details.put("status", status);
    audit.success(EVENT, actor, "outcome", path, details);
  }
}
