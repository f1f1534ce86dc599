package dev.tenon.registry;

import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** One pending question for a provider. Compared by identity: two equal questions are two waits. */
final class Waiter {
  private final ServiceName service;
  private final VersionRange versions;
  private final CompletableFuture<Optional<Discovery>> answer = new CompletableFuture<>();

  Waiter(ServiceName service, VersionRange versions) {
    this.service = service;
    this.versions = versions;
  }

  Optional<Discovery> lookUp(Snapshot snapshot) {
    return snapshot.discover(service, versions);
  }

  CompletableFuture<Optional<Discovery>> answer() {
    return answer;
  }
}
