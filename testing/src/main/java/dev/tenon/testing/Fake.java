package dev.tenon.testing;

import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import io.grpc.BindableService;

/** A stand-in for a service that the plugin under test calls. */
record Fake(BindableService implementation, Version version) {
  ServiceName service() {
    return new ServiceName(implementation.bindService().getServiceDescriptor().getName());
  }
}
