package dev.tenon.testing;

import com.google.protobuf.ByteString;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Caller;
import dev.tenon.core.Plugin;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.AuthoritySettings;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostPeer;
import dev.tenon.host.PluginHost;
import dev.tenon.registry.RegistryStore;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Several hosts of one trust domain in this JVM, each with an authority of its own, that share
 * their registrations and listen for one another on loopback TCP.
 */
final class SomeHosts implements AutoCloseable {
  static final TrustDomain DOMAIN = new TrustDomain("tenon.internal");
  static final SpiffeId.OfHost A = new SpiffeId.OfHost(DOMAIN, "h-0000000a");
  static final SpiffeId.OfHost B = new SpiffeId.OfHost(DOMAIN, "h-0000000b");
  static final SpiffeId.OfHost C = new SpiffeId.OfHost(DOMAIN, "h-0000000c");

  /** Lets everybody everywhere call Echo, which {@code echo} may provide on every host. */
  static final String OPEN = open(A, B, C);

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path folder;
  private final RegistryStore store;
  private final Map<SpiffeId.OfHost, EmbeddedAuthority> authorities = new HashMap<>();
  private final List<PluginHost> hosts = new ArrayList<>();

  SomeHosts(RegistryStore store) throws IOException {
    this.store = store;
    folder = Files.createTempDirectory(Path.of("/tmp"), "th");
  }

  private static String open(SpiffeId.OfHost... hosts) {
    return Stream.concat(Stream.of(""), Stream.of(hosts).map(host -> "@" + host.host()))
        .map(
            where ->
                """
                [[provide]]
                plugin = "echo%1$s"
                services = ["testservice.v1.Echo"]
                [[rule]]
                id = "all%2$s"
                effect = "allow"
                caller = "*%1$s"
                service = "testservice.v1.Echo"
                audit = "first"
                """
                    .formatted(where, where.replace('@', '-')))
        .collect(Collectors.joining());
  }

  /** Returns where {@code host} keeps its state. */
  Path folder(SpiffeId.OfHost host) {
    return folder.resolve(host.host());
  }

  EmbeddedAuthority authority(SpiffeId.OfHost host) {
    return authorities.computeIfAbsent(host, any -> newAuthority());
  }

  static EmbeddedAuthority newAuthority() {
    return EmbeddedAuthority.create(DOMAIN, Role.HOST, InstantSource.system(), new SecureRandom());
  }

  HostPeer peer(SpiffeId.OfHost host) {
    return new HostPeer(host, authority(host).trustBundle());
  }

  /** Returns a host that is not started yet and knows {@code peers}. */
  HostBuilder host(SpiffeId.OfHost id, String policy, SpiffeId.OfHost... peers) throws Exception {
    return host(id, folder(id), authority(id), policy)
        .peers(Stream.of(peers).map(this::peer).toArray(HostPeer[]::new));
  }

  HostBuilder host(SpiffeId.OfHost id, Path place, EmbeddedAuthority authority, String policy)
      throws Exception {
    Path state = place.resolve("s");
    Files.createDirectories(place);
    if (!Files.exists(state)) {
      Files.createDirectory(
          state,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Files.writeString(state.resolve("host-id"), id.host() + "\n");
    return PluginHost.builder()
        .required("*")
        .state(state)
        .run(place.resolve("r"))
        .audit(place.resolve("audit.jsonl"))
        .startLimits(PATIENCE, PATIENCE)
        .authorities(AuthoritySettings.DEFAULT.issuer(Role.HOST, authority))
        .hostsListen("tcp:127.0.0.1:0")
        .registry(store)
        .policy(Policy.parse(policy));
  }

  PluginHost start(HostBuilder builder) throws Exception {
    PluginHost host = builder.start();
    hosts.add(host);
    return host;
  }

  /** Returns a plugin that answers with its host and its caller. */
  static Plugin echo(SpiffeId.OfHost at) {
    return Plugin.named("echo")
        .version("1.0.0")
        .provides(EchoGrpc.SERVICE_NAME, context -> new Echo(at.host()))
        .build();
  }

  static String echo(PluginHost host) {
    return host.client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }

  /** Returns what notes that a call was answered, and how it ended. */
  static StreamObserver<EchoResponse> noting(
      CompletableFuture<Void> answered, CompletableFuture<Status> ended) {
    return new StreamObserver<>() {
      @Override
      public void onNext(EchoResponse response) {
        answered.complete(null);
      }

      @Override
      public void onError(Throwable error) {
        ended.complete(Status.fromThrowable(error));
      }

      @Override
      public void onCompleted() {
        ended.complete(Status.OK);
      }
    };
  }

  /** Returns what {@code host} has on record. */
  List<String> audit(SpiffeId.OfHost host) throws IOException {
    return Files.readAllLines(folder(host).resolve("audit.jsonl"));
  }

  @Override
  public void close() throws IOException {
    Collections.reverse(hosts);
    hosts.forEach(PluginHost::close);
    TemporaryFolder.delete(folder);
  }

  /** Answers with the name of its host, and of its caller as it sees it. */
  private static final class Echo extends EchoGrpc.EchoImplBase {
    private final String at;

    Echo(String at) {
      this.at = at;
    }

    private EchoResponse answer() {
      Caller caller = Caller.current().orElseThrow();
      return EchoResponse.newBuilder()
          .setPayload(ByteString.copyFromUtf8(caller.name() + " at " + at))
          .setCaller(caller.id().toString())
          .setPid(ProcessHandle.current().pid())
          .build();
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      observer.onNext(answer());
      observer.onCompleted();
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> observer) {
      for (int i = 0; i < request.getRepeat(); i++) {
        observer.onNext(answer());
      }
      observer.onCompleted();
    }

    @Override
    public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> observer) {
      EchoResponse last = answer();
      return answering(observer, () -> {}, () -> observer.onNext(last));
    }

    @Override
    public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> observer) {
      EchoResponse each = answer();
      return answering(observer, () -> observer.onNext(each), () -> {});
    }

    private static StreamObserver<EchoRequest> answering(
        StreamObserver<EchoResponse> observer, Runnable each, Runnable last) {
      return new StreamObserver<>() {
        @Override
        public void onNext(EchoRequest request) {
          each.run();
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          last.run();
          observer.onCompleted();
        }
      };
    }
  }
}
