package acme.greeter;

import acme.greeter.v1.GreetRequest;
import acme.greeter.v1.GreeterGrpc;
import acme.greeter.v1.GreeterGrpc.GreeterBlockingStub;
import acme.log.v1.LogGrpc;
import dev.tenon.auth.policy.Policy;
import dev.tenon.host.PluginHost;
import java.nio.file.Path;

final class GreeterHost {
  private GreeterHost() {}

  // README: host
  public static void main(String[] args) throws Exception {
    try (PluginHost host =
        PluginHost.builder()
            .plugins(Path.of("plugins")) // one folder a plugin, each with a plugin.toml
            .policy(Policy.load(Path.of("policy.toml")))
            .offers(LogGrpc.SERVICE_NAME, new HostLog()) // a service that plugins may call
            .start()) {
      GreeterBlockingStub greeter = host.client(GreeterGrpc::newBlockingStub);
      GreetRequest request = GreetRequest.newBuilder().setName("Ada").build();
      System.out.println(greeter.greet(request).getText());
    }
  }
  // end
}
