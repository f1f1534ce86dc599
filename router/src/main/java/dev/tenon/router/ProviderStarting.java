package dev.tenon.router;

import java.util.concurrent.CompletableFuture;

/** A call's provider is only just being started. Not a refusal: the call is to look again. */
final class ProviderStarting extends Exception {
  private static final long serialVersionUID = 1;

  private final transient CompletableFuture<?> wait;

  ProviderStarting(CompletableFuture<?> wait) {
    super("provider is starting", /* cause= */ null, false, false);
    this.wait = wait;
  }

  CompletableFuture<?> await() {
    return wait;
  }
}
