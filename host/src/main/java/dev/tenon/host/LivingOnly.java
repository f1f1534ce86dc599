package dev.tenon.host;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.host.control.PluginRun;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;

/**
 * Refuses the calls of a run inside the host once it has ended: its code may go on, its identity
 * does not. What admission is for plugins with a token. Thread-safe.
 */
final class LivingOnly implements ClientInterceptor {
  private final PluginRun run;

  LivingOnly(PluginRun run) {
    this.run = run;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new CheckedForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      protected void checkedStart(Listener<R> listener, Metadata headers) {
        if (run.state().isEnd()) {
          throw RefusalStatus.of(Refusal.NOT_AUTHENTICATED);
        }
        delegate().start(listener, headers);
      }
    };
  }
}
