package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.v1.Health;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.ListedService;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Three providers under namespaces: the package of a service's full name. One has a package of one
 * letter, one a package within it, and one a package that begins with the same letter.
 */
class ExposedServicesTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "one"
      services = ["a.X"]
      [[provide]]
      plugin = "two"
      services = ["ab.X"]
      [[provide]]
      plugin = "three"
      services = ["a.b.X"]

      [[rule]]
      id = "all"
      effect = "allow"
      caller = "viewer"
      service = "*"
      """;

  private TestHost host;

  @BeforeEach
  void start() throws Exception {
    host =
        TestHost.with(POLICY)
            .enrolled("one", "a.X")
            .enrolled("two", "ab.X")
            .enrolled("three", "a.b.X", "a.b.Y", "a.b.Z")
            .enrolled("viewer")
            .start();
    serve("one", "a.X");
    serve("two", "ab.X");
    serve("three", "a.b.X", "a.b.Y", "a.b.Z");
  }

  @AfterEach
  void close() {
    host.close();
  }

  private void serve(String plugin, String... services) throws IOException {
    BindableService[] all = new BindableService[services.length];
    for (int i = 0; i < services.length; i++) {
      String service = services[i];
      MethodDescriptor<String, String> method = method(service);
      all[i] =
          () ->
              ServerServiceDefinition.builder(service)
                  .addMethod(
                      method,
                      ServerCalls.asyncUnaryCall(
                          (request, response) -> {
                            response.onNext(plugin + " as " + service);
                            response.onCompleted();
                          }))
                  .build();
    }
    host.plugin(plugin).serve(all);
    host.plugin(plugin).register(services[0]);
  }

  private static MethodDescriptor<String, String> method(String service) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(service + "/Get")
        .setRequestMarshaller(new Text())
        .setResponseMarshaller(new Text())
        .build();
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private String call(String service) {
    RawPlugin viewer = host.plugin("viewer");
    return ClientCalls.blockingUnaryCall(
        viewer.data(viewer.bearer()), method(service), CallOptions.DEFAULT, "");
  }

  private List<String> listed() {
    return host
        .plugin("viewer")
        .registry()
        .list(ListRequest.getDefaultInstance())
        .getServicesList()
        .stream()
        .map(ListedService::getService)
        .toList();
  }

  /** All names with their namespaces; one that cannot serve is missing until it can. Row: FD-1. */
  @Test
  void list_threeProviders_showsThoseThatCanServe() {
    assertThat(listed()).containsExactly("a.X", "a.b.X", "ab.X");

    host.plugin("two").report(Health.HEALTH_UNHEALTHY);
    assertThat(listed()).containsExactly("a.X", "a.b.X");
    host.plugin("two").report(Health.HEALTH_HEALTHY);
    assertThat(listed()).containsExactly("a.X", "a.b.X", "ab.X");
  }

  /** A name is compared as a whole: no namespace takes calls of another's. Row: RG-26. */
  @Test
  void call_similarNamespaces_reachesTheFullNameAlone() {
    assertThat(call("a.X")).isEqualTo("one as a.X");
    assertThat(call("a.b.X")).isEqualTo("three as a.b.X");
    assertThat(call("ab.X")).isEqualTo("two as ab.X");
    for (String nothing : List.of("a", "ab", "a.b", "b.X", "X", "a.ab.X", "A.X")) {
      assertThat(Refused.by(() -> call(nothing)).is(Refusal.NOT_PROVIDED)).as(nothing).isTrue();
    }
  }

  /** Of three services that a plugin declares and serves, one is exposed. Row: RG-27. */
  @Test
  void call_declaredAndNotExposed_isNotThere() {
    for (String hidden : List.of("a.b.Y", "a.b.Z")) {
      assertThat(Refused.by(() -> host.plugin("three").register(hidden)).is(Refusal.NOT_ALLOWED))
          .isTrue();
      assertThat(listed()).doesNotContain(hidden).contains("a.b.X");
      assertThat(Refused.by(() -> call(hidden)).is(Refusal.NOT_PROVIDED)).as(hidden).isTrue();
    }
    assertThat(call("a.b.X")).isEqualTo("three as a.b.X");
  }

  /** Who may not call a service cannot, though it is there and the caller is known. Row: RG-7. */
  @Test
  void call_authenticatedWithoutARight_isRefused() {
    RawPlugin one = host.plugin("one");

    assertThat(
            Refused.by(
                    () ->
                        ClientCalls.blockingUnaryCall(
                            one.data(one.bearer()), method("ab.X"), CallOptions.DEFAULT, ""))
                .is(Refusal.NOT_ALLOWED))
        .isTrue();
  }
}
