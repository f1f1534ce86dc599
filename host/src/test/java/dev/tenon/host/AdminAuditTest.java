package dev.tenon.host;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.core.Refusal;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.AddPluginRequest;
import dev.tenon.v1.AdminGrpc;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.DescribePluginRequest;
import dev.tenon.v1.DrainPluginRequest;
import dev.tenon.v1.ExplainRequest;
import dev.tenon.v1.FollowAuditRequest;
import dev.tenon.v1.ListPluginsRequest;
import dev.tenon.v1.ListRegistrationsRequest;
import dev.tenon.v1.ReadAuditRequest;
import dev.tenon.v1.RemovePluginRequest;
import dev.tenon.v1.RemovePluginResponse;
import dev.tenon.v1.ReplacePluginRequest;
import dev.tenon.v1.RevokePluginRequest;
import dev.tenon.v1.WithdrawRightRequest;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An administrator beside an audit log that cannot be written. */
class AdminAuditTest {
  private final ServiceRegistry registry = ServiceRegistry.inMemory();

  private static Map<String, Refused> questionsAndDrain(Channel channel, String run) {
    AdminGrpc.AdminBlockingStub stub = RawPlugin.deadline(AdminGrpc.newBlockingStub(channel));
    Map<String, Refused> refusals = new LinkedHashMap<>();
    refusals.put(
        "list", Refused.by(() -> stub.listPlugins(ListPluginsRequest.getDefaultInstance())));
    refusals.put(
        "describe",
        Refused.by(
            () ->
                stub.describePlugin(DescribePluginRequest.newBuilder().setRuntimeId(run).build())));
    refusals.put(
        "registrations",
        Refused.by(() -> stub.listRegistrations(ListRegistrationsRequest.getDefaultInstance())));
    refusals.put(
        "drain",
        Refused.by(
            () ->
                stub.drainPlugin(
                    DrainPluginRequest.newBuilder().setRuntimeId(run).setReason("x").build())));
    refusals.put(
        "explain",
        Refused.by(
            () ->
                stub.explain(
                    ExplainRequest.newBuilder()
                        .setCaller("host")
                        .setService("a.B")
                        .setMethod("C")
                        .build())));
    refusals.put(
        "withdraw",
        Refused.by(
            () ->
                stub.withdrawRight(
                    WithdrawRightRequest.newBuilder()
                        .setPlugin("alpha")
                        .setService(NamedEcho.SERVICE)
                        .setReason("x")
                        .build())));
    refusals.put(
        "follow",
        Refused.by(
            () ->
                stub.followAudit(FollowAuditRequest.getDefaultInstance())
                    .forEachRemaining(page -> {})));
    refusals.put(
        "add",
        Refused.by(
            () ->
                stub.addPlugin(
                        AddPluginRequest.newBuilder().setFolder("alpha").setReason("x").build())
                    .forEachRemaining(done -> {})));
    refusals.put(
        "remove",
        Refused.by(
            () ->
                stub.removePlugin(
                        RemovePluginRequest.newBuilder().setPlugin("alpha").setReason("x").build())
                    .forEachRemaining(done -> {})));
    refusals.put(
        "replace",
        Refused.by(
            () ->
                stub.replacePlugin(
                        ReplacePluginRequest.newBuilder()
                            .setPlugin("alpha")
                            .setFolder("alpha")
                            .setReason("x")
                            .build())
                    .forEachRemaining(done -> {})));
    refusals.put(
        "call",
        Refused.by(
            () ->
                stub.call(
                        CallRequest.newBuilder()
                            .setService(NamedEcho.SERVICE)
                            .setMethod("Unary")
                            .setReason("x")
                            .build())
                    .forEachRemaining(answer -> {})));
    refusals.put(
        "audit",
        Refused.by(() -> stub.readAudit(ReadAuditRequest.newBuilder().setMost(1).build())));
    return refusals;
  }

  /**
   * Nothing is told and nothing changes that is not on record.
   *
   * <p>Denies: Admin/ListPlugins, Admin/DescribePlugin, Admin/ListRegistrations, Admin/DrainPlugin,
   * Admin/Explain, Admin/WithdrawRight, Admin/ReadAudit, Admin/FollowAudit, Admin/AddPlugin,
   * Admin/RemovePlugin, Admin/ReplacePlugin, Admin/Call INTERNAL.
   */
  @Test
  void call_auditFails_internalAndNothingChanges() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol(NamedEcho.SERVICE);
      alpha.healthy();
      alpha.register(NamedEcho.SERVICE);
      Channel admin = plane.admin();
      plane.audit.failOn(Outcome.SUCCESS);

      RawCalls.assertAll(questionsAndDrain(admin, alpha.runtimeId()), Refusal.INTERNAL);

      assertThat(registry.registrations()).hasSize(1);
    }
  }

  /**
   * Containment does not depend on the log; a refusal that cannot be recorded is one all the same.
   *
   * <p>Denies: Admin/RevokePlugin INTERNAL.
   */
  @Test
  void revoke_auditFails_doneAndRefusalsInternal() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawRuntime.Run alpha = plane.launch("alpha");
      alpha.plugin.enrol();
      AdminGrpc.AdminBlockingStub stub =
          RawPlugin.deadline(AdminGrpc.newBlockingStub(plane.admin()));
      plane.audit.failOn(Outcome.SUCCESS);
      RevokePluginRequest asked =
          RevokePluginRequest.newBuilder()
              .setRuntimeId(alpha.plugin.runtimeId())
              .setReason("it misbehaves")
              .build();

      var unused = stub.revokePlugin(asked);

      assertThat(alpha.wasKilled()).isTrue();
      plane.audit.failOn(Outcome.DENIED);
      assertThat(
              Refused.by(
                      () ->
                          stub.revokePlugin(
                              asked.toBuilder().setRuntimeId("a-0000000000000000").build()))
                  .is(Refusal.INTERNAL))
          .isTrue();
    }
  }

  /** An order that waits for its turn when who gave it is revoked is refused, and on record. */
  @Test
  void change_adminRevokedBeforeItsTurn_refusedAndNothingHappens() throws Exception {
    try (ControlPlane plane = new ControlPlane(registry)) {
      BlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>();
      plane.changeOn(waiting::add);
      AdminGrpc.AdminBlockingStub stub =
          RawPlugin.deadline(AdminGrpc.newBlockingStub(plane.admin()));
      RemovePluginRequest asked =
          RemovePluginRequest.newBuilder().setPlugin("alpha").setReason("x").build();
      CompletableFuture<RemovePluginResponse> answer =
          CompletableFuture.supplyAsync(() -> stub.removePlugin(asked).next());
      Runnable order = waiting.poll(60, TimeUnit.SECONDS);

      assertThat(plane.admins.remove(ControlPlane.ADMIN)).isTrue();
      requireNonNull(order).run();

      assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(StatusRuntimeException.class)
          .satisfies(
              failure ->
                  assertThat(
                          Refused.of((StatusRuntimeException) requireNonNull(failure.getCause()))
                              .is(Refusal.NOT_AUTHENTICATED))
                      .isTrue());
      assertThat(plane.audit.events)
          .filteredOn(event -> event.event().equals("admin"))
          .extracting(event -> event.action())
          .containsExactly("issue", "refuse");
    }
  }
}
