package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Identity;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.router.Admission;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegisterResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Registering may wait for a store that hosts share; the thread of the call does not. */
class RegisteringTest {
  private static final Identity CALLER =
      new Identity(
          SpiffeId.parse("spiffe://tenon.test/host/h/plugin/alpha/alpha-0123456789abcdef"),
          Identity.Evidence.SVID);

  private final List<Status.Code> answers = new ArrayList<>();

  @SuppressWarnings("NullAway") // what a malformed request does not reach
  private void register(Executor registering) {
    RegistryService service =
        new RegistryService(
            null,
            new ControlConnections(ServiceRegistry.inMemory()),
            null,
            null,
            null,
            registering);
    Context.current()
        .withValue(Admission.CALLER, CALLER)
        .run(
            () ->
                service.register(
                    RegisterRequest.newBuilder().setService("not a service").build(),
                    new Answers()));
  }

  private final class Answers implements StreamObserver<RegisterResponse> {
    @Override
    public void onNext(RegisterResponse response) {
      answers.add(Status.Code.OK);
    }

    @Override
    public void onError(@Nullable Throwable thrown) {
      assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
      answers.add(Status.fromThrowable(thrown).getCode());
    }

    @Override
    public void onCompleted() {}
  }

  @Test
  void register_byAnExecutor_answeredThere() {
    List<Runnable> tasks = new ArrayList<>();

    register(tasks::add);

    assertThat(answers).isEmpty();
    assertThat(tasks).hasSize(1);
    tasks.get(0).run();
    assertThat(answers).containsExactly(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void register_whileTheHostCloses_unavailable() {
    register(
        task -> {
          throw new RejectedExecutionException();
        });

    assertThat(answers).containsExactly(Status.Code.UNAVAILABLE);
  }
}
