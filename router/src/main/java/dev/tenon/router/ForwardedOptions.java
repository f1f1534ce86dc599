package dev.tenon.router;

import io.grpc.CallOptions;

/**
 * Which of a caller's options a provider's call gets: how long, how large, on which thread. Nothing
 * else passes: call credentials would be added behind the metadata rules and reach the provider,
 * and an authority would change whose certificate is asked for.
 */
final class ForwardedOptions {
  private ForwardedOptions() {}

  /** Returns what passes of the options of {@code caller}. */
  static CallOptions of(ChannelCaller caller) {
    CallOptions options = caller.options();
    CallOptions forwarded =
        CallOptions.DEFAULT
            .withDeadline(caller.ofCall())
            .withExecutor(ChannelCaller.executor(options));
    if (options.isWaitForReady()) {
      forwarded = forwarded.withWaitForReady();
    }
    if (options.getMaxInboundMessageSize() != null) {
      forwarded = forwarded.withMaxInboundMessageSize(options.getMaxInboundMessageSize());
    }
    if (options.getMaxOutboundMessageSize() != null) {
      forwarded = forwarded.withMaxOutboundMessageSize(options.getMaxOutboundMessageSize());
    }
    return forwarded;
  }
}
