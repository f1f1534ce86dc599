package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import acme.greeter.v1.GreeterGrpc;
import acme.log.v1.LogGrpc;
import acme.log.v1.WriteRequest;
import acme.log.v1.WriteResponse;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.PluginName;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginHost;
import dev.tenon.registry.Impact;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.BindableService;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Four plugins: {@code top} requires {@code left} and {@code right}, and both require {@code base}.
 */
class DiamondTest {
  private final List<String> made = new CopyOnWriteArrayList<>();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("base", LogGrpc.SERVICE_NAME);
    home.provides("left", EchoGrpc.SERVICE_NAME).calls("left", LogGrpc.SERVICE_NAME);
    home.provides("right", OtherGrpc.SERVICE_NAME).calls("right", LogGrpc.SERVICE_NAME);
    home.provides("top", GreeterGrpc.SERVICE_NAME);
    home.calls("top", EchoGrpc.SERVICE_NAME).calls("top", OtherGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /**
   * A plugin makes its services when it can call all that it requires, and not before; plugins are
   * stopped before what they require. The order in which they are configured does not matter.
   *
   * <p>Row: DG-1, DG-7
   */
  @Test
  void diamond_startsInOrderAndStopsInReverse() throws Exception {
    HostBuilder builder = home.bareHost();
    for (Plugin plugin : List.of(top(), right(), base(), left())) {
      builder.plugin(InJvm.of(plugin));
    }
    builder.start().close();

    assertThat(made).containsExactlyInAnyOrder("base", "left", "right", "top");
    assertThat(made).startsWith("base").endsWith("top");
    List<String> stopped = audited("stop");
    assertThat(stopped).hasSize(4).startsWith("top").endsWith("base");
    assertThat(audited("start")).as("launched together, in no order").hasSize(5);
  }

  /**
   * What the end of a plugin would mean is asked before it is ended: those that require it, one
   * after another, and what they provide.
   *
   * <p>Row: DG-4
   */
  @Test
  void impact_ofEach_namesWhoRequiresIt() throws Exception {
    HostBuilder builder = home.bareHost();
    for (Plugin plugin : List.of(top(), right(), base(), left())) {
      builder.plugin(plugin);
    }
    try (PluginHost host = builder.start()) {
      Impact ofBase = host.impact(new PluginName("base"));
      assertThat(ofBase.plugins()).hasToString("[left, right, top]");
      assertThat(ofBase.services()).hasSize(4);
      assertThat(ofBase.optional()).isEmpty();
      assertThat(host.impact(new PluginName("left")).plugins()).hasToString("[top]");
      assertThat(host.impact(new PluginName("top")).plugins()).isEmpty();
      assertThat(host.impact(new PluginName("nobody"))).isEqualTo(Impact.NONE);
    }
  }

  private Plugin base() {
    return Plugin.named("base")
        .version("1.0.0")
        .provides(LogGrpc.SERVICE_NAME, making("base", context -> new Log()))
        .build();
  }

  private Plugin left() {
    return Plugin.named("left")
        .version("1.0.0")
        .requires(LogGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            EchoGrpc.SERVICE_NAME,
            making(
                "left",
                context -> {
                  log(context);
                  return new LifePlugin.Echo();
                }))
        .build();
  }

  private Plugin right() {
    return Plugin.named("right")
        .version("1.0.0")
        .requires(LogGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            OtherGrpc.SERVICE_NAME,
            making(
                "right",
                context -> {
                  log(context);
                  return new OtherGrpc.OtherImplBase() {};
                }))
        .build();
  }

  private Plugin top() {
    return Plugin.named("top")
        .version("1.0.0")
        .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
        .requires(OtherGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            GreeterGrpc.SERVICE_NAME,
            making(
                "top",
                context -> {
                  var unused =
                      context
                          .client(EchoGrpc::newBlockingStub)
                          .unary(EchoRequest.getDefaultInstance());
                  return new GreeterGrpc.GreeterImplBase() {};
                }))
        .build();
  }

  private static void log(PluginContext context) {
    var unused = context.client(LogGrpc::newBlockingStub).write(WriteRequest.getDefaultInstance());
  }

  private Function<PluginContext, BindableService> making(
      String plugin, Function<PluginContext, BindableService> factory) {
    return context -> {
      BindableService service = factory.apply(context);
      made.add(plugin);
      return service;
    };
  }

  /** Returns the plugins that the audit log names for {@code action}, in its order. */
  private List<String> audited(String action) throws IOException {
    return Files.readAllLines(home.root().resolve("state/audit.jsonl")).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .filter(event -> event.get("action").getAsString().equals(action))
        .map(DiamondTest::plugin)
        .toList();
  }

  private static String plugin(JsonObject event) {
    if (!event.has("resource") || event.get("resource").isJsonNull()) {
      return "host";
    }
    String runtimeId = event.get("resource").getAsString();
    return runtimeId.substring(0, runtimeId.lastIndexOf('-'));
  }

  private static final class Log extends LogGrpc.LogImplBase {
    @Override
    public void write(WriteRequest request, StreamObserver<WriteResponse> response) {
      response.onNext(WriteResponse.getDefaultInstance());
      response.onCompleted();
    }
  }
}
