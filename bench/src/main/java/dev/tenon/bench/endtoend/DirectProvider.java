package dev.tenon.bench.endtoend;

import dev.tenon.bench.endtoend.BenchPlugin.Role;
import dev.tenon.core.Plugin;

/** The backend as a plugin on the SDK, which verifies the grants of direct callers. */
final class DirectProvider {
  private DirectProvider() {}

  /** Serves until its host is gone. */
  public static void main(String[] args) throws Exception {
    Plugin.named(Role.BACKEND.plugin())
        .version("1.0.0")
        .provides(Backend.SERVICE, context -> new JavaEcho())
        .build()
        .serve();
  }
}
