package dev.tenon.sdk;

import dev.tenon.core.Plugin;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;

/** A plugin with two services. */
final class EchoAndOther {
  private EchoAndOther() {}

  static Plugin plugin() {
    return Plugin.named("both")
        .provides(EchoGrpc.SERVICE_NAME, context -> new EchoService())
        .provides(OtherGrpc.SERVICE_NAME, context -> new OtherGrpc.OtherImplBase() {})
        .build();
  }
}
