package dev.tenon.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.AuthoritySettings;
import dev.tenon.host.PluginHost;
import dev.tenon.host.Succession;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Endpoint;
import io.grpc.stub.StreamObserver;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Certificates and authorities are replaced while calls of every kind go from the host to a plugin
 * and from one plugin to another. A few times in every build, and with {@code -Psoak} as often as
 * {@code docs/evidence/rotation.md} says.
 *
 * <p>Row: PK-11. Row: TE-14.
 */
final class RotationTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration OVERLAP = Duration.ofMinutes(20);
  private static final TrustDomain DOMAIN = new TrustDomain("tenon.internal");

  private static final String POLICY =
      """
      [[provide]]
      plugin = "echo"
      services = ["testservice.v1.Echo"]
      [[provide]]
      plugin = "caller"
      services = ["testservice.v1.Other"]
      [[rule]]
      id = "host"
      effect = "allow"
      caller = "host"
      service = "testservice.v1.Echo"
      [[rule]]
      id = "caller"
      effect = "allow"
      caller = "caller"
      service = "testservice.v1.Echo"
      """;

  private final FakeClock clock = new FakeClock();
  private final CompletableFuture<PluginContext> context = new CompletableFuture<>();
  private final Seen runtime = new Seen(echo(), clock);
  private Path folder;
  private PluginHost host;

  /** Serves a plugin in this JVM, and keeps what it was told at its start. */
  private static final class Seen implements PluginRuntime {
    private final InJvmRuntime inJvm;
    private final CompletableFuture<Bootstrap> bootstrap = new CompletableFuture<>();

    Seen(Plugin plugin, FakeClock clock) {
      inJvm = new InJvmRuntime(plugin, clock);
    }

    @Override
    public LaunchedPlugin launch(Launch launch) {
      bootstrap.complete(Bootstrap.parse(launch.exposeBootstrapLine().getBytes(UTF_8)));
      return inJvm.launch(launch);
    }

    @Override
    public Isolation isolation() {
      return Isolation.NONE;
    }
  }

  /** Answers everything with one word. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    private static final EchoResponse ANSWER = EchoResponse.getDefaultInstance();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      response.onNext(ANSWER);
      response.onCompleted();
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
      for (int i = 0; i < request.getRepeat(); i++) {
        response.onNext(ANSWER);
      }
      response.onCompleted();
    }

    @Override
    public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> response) {
      return answering(response, /* each= */ 0, /* last= */ 1);
    }

    @Override
    public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> response) {
      return answering(response, /* each= */ 1, /* last= */ 0);
    }

    private static StreamObserver<EchoRequest> answering(
        StreamObserver<EchoResponse> response, int each, int last) {
      return new StreamObserver<>() {
        @Override
        public void onNext(EchoRequest request) {
          answer(each);
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          answer(last);
          response.onCompleted();
        }

        private void answer(int times) {
          for (int i = 0; i < times; i++) {
            response.onNext(ANSWER);
          }
        }
      };
    }
  }

  private static Plugin echo() {
    return Plugin.named("echo")
        .version("1.0.0")
        .provides(EchoGrpc.SERVICE_NAME, context -> new Echo())
        .build();
  }

  private Plugin caller() {
    return Plugin.named("caller")
        .version("1.0.0")
        .requires(EchoGrpc.SERVICE_NAME, ">=1.0.0")
        .provides(
            OtherGrpc.SERVICE_NAME,
            made -> {
              context.complete(made);
              return new KitPlugin.Capitals();
            })
        .build();
  }

  @BeforeEach
  void start() throws Exception {
    folder = Files.createTempDirectory(Path.of("/tmp"), "tnr");
    Plugin caller = caller();
    host =
        PluginHost.builder()
            .required("*")
            .state(folder.resolve("state"))
            .run(folder.resolve("run"))
            .controlListen("tcp:127.0.0.1:0")
            .clock(clock)
            .startLimits(PATIENCE, PATIENCE)
            .authorities(AuthoritySettings.DEFAULT.overlap(OVERLAP))
            .policy(Policy.parse(POLICY))
            .plugin(new PluginDefinition(echo().name(), echo().version(), runtime))
            .plugin(
                new PluginDefinition(
                    caller.name(), caller.version(), new InJvmRuntime(caller, clock)))
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    if (host != null) {
      host.close();
    }
    TemporaryFolder.delete(folder);
  }

  /** Returns how often to do what a build does {@code few} times. */
  private static int times(String property, int few) {
    return Integer.getInteger("tenon.rotation." + property, few);
  }

  private List<EveryCall> load(Duration open) throws Exception {
    Duration pause = Duration.ofMillis(100); // 10 calls a second of each kind, less what they take
    return List.of(
        new EveryCall("host", host.client(EchoGrpc::newStub), pause, open),
        new EveryCall(
            "plugin",
            context.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).client(EchoGrpc::newStub),
            pause,
            open));
  }

  private static void assertNoneFailed(List<EveryCall> load) {
    long done = 0;
    for (EveryCall each : load) {
      each.close();
      assertThat(each.failures()).isEmpty();
      assertThat(each.done()).isPositive();
      done += each.done();
    }
    System.Logger log = System.getLogger(RotationTest.class.getName());
    log.log(System.Logger.Level.INFO, "calls under rotation: {0}, none failed", done);
  }

  /** Returns the certificate that the host shows a connection that is made now. */
  private X509Certificate shown() throws Exception {
    Endpoint.Tcp control = (Endpoint.Tcp) runtime.bootstrap.join().control();
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, new TrustManager[] {new Anyone()}, null);
    try (SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(control.host(), control.port())) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  /** Looks and trusts: nothing is sent. */
  private static final class Anyone implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** Streams are open over many rotations: a connection does not end with its certificate. */
  @Test
  void renewAll_underLoad_noCallFailsAndHandshakesShowTheNewSerial() throws Exception {
    int rotations = times("leaves", 5);
    Set<BigInteger> serials = new HashSet<>(Set.of(shown().getSerialNumber()));
    List<EveryCall> load = load(Duration.ofSeconds(30));
    for (int i = 0; i < rotations; i++) {
      host.authorities().renewAll().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(serials.add(shown().getSerialNumber())).isTrue();
    }
    assertNoneFailed(load);
    assertThat(Files.readString(folder.resolve("state").resolve("audit.jsonl")).lines())
        .filteredOn(line -> line.contains("\"renewal\"") && line.contains("\"success\""))
        .hasSizeGreaterThanOrEqualTo(2 * rotations);
  }

  /** Streams are shorter than the overlap: what is open longer ends with the old authority. */
  @Test
  void rollOver_underLoad_noCallFailsAndTheOldAuthorityIsGone() throws Exception {
    int rollovers = times("authorities", 2);
    List<EveryCall> load = load(Duration.ofSeconds(1));
    for (int i = 0; i < rollovers; i++) {
      Role role = i % 2 == 0 ? Role.HOST : Role.PLUGIN;
      EmbeddedAuthority next = EmbeddedAuthority.create(DOMAIN, role, clock, new SecureRandom());
      Succession succession = host.authorities().rollOver(role, next);
      succession.settled().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      load.forEach(EveryCall::awaitNext); // what was open on old connections has ended
      clock.advance(OVERLAP);
      succession.over().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (role == Role.HOST) {
        shown().verify(next.trustBundle().get(0).getPublicKey());
      }
    }
    assertNoneFailed(load);
  }
}
