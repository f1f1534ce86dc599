package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Who introduces this plugin to others, and what connects it to them. Thread-safe. */
interface Introducer {
  /** Asks for {@code methods} of {@code service}, at {@code provider} if that can be. */
  CompletableFuture<Introduced> ask(
      String service, Set<String> methods, Optional<SpiffeId.OfPlugin> provider);

  /** Returns a channel to whom {@code introduced} names, about to connect. */
  ManagedChannel connect(Introduced introduced);

  /** Shows {@code grant} at the other end of {@code channel}, for what is open there. */
  void present(Channel channel, String grant);
}
