package dev.tenon.host.control;

import com.google.protobuf.ByteString;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Identity;
import dev.tenon.v1.DirectMode;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.UpdateDirectRequest;
import dev.tenon.v1.UpdateDirectResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.lang.System.Logger.Level;
import java.security.PublicKey;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What each run is told about direct calls: with the answer to its enrolment, and again when that
 * has changed, because the policy or the plugins' authority has. Thread-safe.
 */
public final class DirectModes {
  private static final int TELL_SECONDS = 5;

  private static final System.Logger LOG = System.getLogger(DirectModes.class.getName());

  private final PluginRuns runs;
  private final Supplier<Policy> policy;
  private final ByteString key;

  /* Who is in `asked` is being told; nobody is told twice at a time. */
  private final Map<PluginRun, DirectMode> told = new ConcurrentHashMap<>();
  private final Set<PluginRun> asked = ConcurrentHashMap.newKeySet();

  /** Makes what tells {@code runs}; grants are signed so that {@code key} verifies them. */
  public DirectModes(PluginRuns runs, Supplier<Policy> policy, PublicKey key) {
    this.runs = runs;
    this.policy = policy;
    this.key = ByteString.copyFrom(key.getEncoded());
  }

  /** Returns what {@code run}, which enrols, is told now. */
  DirectMode enrolling(PluginRun run) {
    DirectMode now = of(run);
    told.put(run, now);
    return now;
  }

  /** Returns what there is to know for {@code run}, which has declared itself. */
  private DirectMode of(PluginRun run) {
    Policy now = policy.get();
    DirectMode.Builder mode =
        DirectMode.newBuilder()
            .setCalls(now.callsDirectly(new Identity(run.id(), Identity.Evidence.SVID)));
    if (isCalled(run, now)) {
      mode.addAllCallerAuthorities(
              EnrolmentService.encode(runs.trust().pluginIssuer().trustBundle()))
          .addGrantKeys(key);
    }
    return mode.build();
  }

  private static boolean isCalled(PluginRun run, Policy policy) {
    return run.declaration().stream()
        .flatMap(declared -> declared.provides().stream())
        .anyMatch(
            service ->
                policy.isCalledDirectly(service)
                    && policy.mayProvide(run.id().runtimeId().plugin(), service).isPresent());
  }

  /** Tells each run for which something has changed. To be done then, and about once a second. */
  public void check() {
    told.keySet().removeIf(run -> run.state().isEnd());
    told.forEach(
        (run, known) -> {
          DirectMode now = of(run);
          if (!now.equals(known) && asked.add(run)) {
            tell(run, now);
          }
        });
  }

  private void tell(PluginRun run, DirectMode now) {
    PluginControlGrpc.newStub(run.channels().control())
        .withWaitForReady()
        .withDeadlineAfter(TELL_SECONDS, TimeUnit.SECONDS)
        .updateDirect(
            UpdateDirectRequest.newBuilder().setDirect(now).build(),
            new StreamObserver<UpdateDirectResponse>() {
              @Override
              public void onNext(UpdateDirectResponse response) {
                told.replace(run, now);
              }

              @Override
              public void onError(Throwable error) {
                LOG.log(Level.DEBUG, "{0} not told yet: {1}", run.id(), error.getMessage());
                if (Status.fromThrowable(error).getCode() == Status.Code.UNIMPLEMENTED) {
                  told.replace(run, now); // It has no direct mode, and needs none.
                }
                asked.remove(run);
              }

              @Override
              public void onCompleted() {
                asked.remove(run);
              }
            });
  }
}
