package dev.tenon.testing.attack;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Channel;

/** The two listeners that ask for a runtime token, each with a call that a good one lets in. */
enum Door {
  CONTROL {
    @Override
    Channel of(RawPlugin plugin, String... authorization) {
      return plugin.control(authorization);
    }

    @Override
    void call(Channel channel) {
      var unused =
          RawPlugin.deadline(RegistryGrpc.newBlockingStub(channel))
              .discover(RawPlugin.question(InnocentEcho.SERVICE));
    }
  },
  DATA {
    @Override
    Channel of(RawPlugin plugin, String... authorization) {
      return plugin.data(authorization);
    }

    @Override
    void call(Channel channel) {
      var unused =
          RawPlugin.deadline(EchoGrpc.newBlockingStub(channel))
              .unary(EchoRequest.getDefaultInstance());
    }
  };

  /** Returns the connection of {@code plugin}, on which calls carry these values. */
  abstract Channel of(RawPlugin plugin, String... authorization);

  /** Makes the call over {@code channel}. */
  abstract void call(Channel channel);

  /** Makes the call as {@code plugin}, with these values and no others. */
  void enter(RawPlugin plugin, String... authorization) {
    call(of(plugin, authorization));
  }
}
