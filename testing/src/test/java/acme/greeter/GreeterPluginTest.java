package acme.greeter;

import static org.assertj.core.api.Assertions.assertThat;

import acme.greeter.v1.GreetRequest;
import acme.greeter.v1.GreeterGrpc;
import dev.tenon.testing.TenonTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

// README: test
class GreeterPluginTest {
  private static final HostLog log = new HostLog();

  @RegisterExtension static TenonTest tenon = TenonTest.with(GreeterPlugin.plugin()).fake(log);

  @Test
  void greet_aName_isGreetedAndLogged() {
    GreetRequest request = GreetRequest.newBuilder().setName("Ada").build();

    assertThat(tenon.client(GreeterGrpc::newBlockingStub).greet(request).getText())
        .isEqualTo("Hello, Ada");
    assertThat(log.lines()).containsExactly("host greets Ada");
  }
}
// end
