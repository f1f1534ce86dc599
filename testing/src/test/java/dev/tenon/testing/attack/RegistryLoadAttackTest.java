package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.Refusal;
import dev.tenon.host.PluginStatus;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.Health;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.UnregisterRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Providers that register too much and too often, lie about themselves, or point elsewhere. */
class RegistryLoadAttackTest {
  private static final String REGISTERED =
      "mallory registration register testservice.v1.Other success -";

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(new Plan().enrolled("mallory", Scene.OTHER).enrolled("eve").enrolled("frank"));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  private static OtherGrpc.OtherBlockingStub stub(String caller) {
    RawPlugin plugin = oracles.plugin(caller);
    return OtherGrpc.newBlockingStub(plugin.data(plugin.bearer()));
  }

  /**
   * One plugin registers again and again, with as much metadata as fits, and then with more: of
   * each service it has one registration, the last. Attack: G7.
   */
  @Test
  void register_manyTimesWithMuchMetadata_oneIsKept() {
    RegisterRequest.Builder large = RawPlugin.claim(Scene.OTHER).toBuilder();
    for (int entry = 0; entry < 100; entry++) {
      large.putMetadata("k" + entry, "v".repeat(4096));
    }
    RegistryGrpc.RegistryBlockingStub registry = mallory().registry();
    for (int i = 0; i < 100; i++) {
      assertThat(registry.register(large.build()).getRegistrationId()).hasSize(32);
    }
    Answer more =
        oracles.refused(
            () ->
                mallory()
                    .registry()
                    .register(large.putMetadata("k", "v".repeat(1_000_000)).build()));

    assertThat(more.is(Refusal.INVALID_REQUEST)).isTrue();
    assertThat(oracles.scene().host().plugins())
        .filteredOn(plugin -> plugin.name().value().equals("mallory"))
        .extracting(PluginStatus::services)
        .allSatisfy(services -> assertThat(services).hasSize(1));
    oracles.expect(100, REGISTERED);
  }

  /**
   * Registered and unregistered without end: each change is one record, the last one counts.
   * Attack: G8.
   */
  @Test
  void register_flapping_lastOneCounts() {
    mallory().report(Health.HEALTH_HEALTHY);
    RegistryGrpc.RegistryBlockingStub registry = mallory().registry();
    int flaps = 300;
    for (int i = 0; i < flaps; i++) {
      String id = registry.register(RawPlugin.claim(Scene.OTHER)).getRegistrationId();
      var unused =
          registry.unregister(UnregisterRequest.newBuilder().setRegistrationId(id).build());
    }
    RawPlugin eve = oracles.plugin("eve");

    Answer gone = oracles.refused(() -> eve.registry().discover(RawPlugin.question(Scene.OTHER)));

    assertThat(gone.is(Refusal.NOT_FOUND)).isTrue();
    oracles.expect(flaps, REGISTERED);
    oracles.expect(flaps, "mallory registration unregister testservice.v1.Other success -");
    oracles.expect("eve discovery discover testservice.v1.Other success allowed");
  }

  /**
   * Addresses in everything that a plugin may say: the host calls the one that it gave. Attack:
   * G15.
   */
  @Test
  void register_addressOfAnother_neverCalled() throws Exception {
    ServerSocketChannel other = oracles.closing(ServerSocketChannel.open());
    other.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    other.configureBlocking(false);
    String port = other.getLocalAddress().toString();
    oracles.closing(mallory().serve(new Answering().bindService()));
    var unused =
        mallory()
            .registry()
            .register(
                RawPlugin.claim(Scene.OTHER).toBuilder()
                    .putMetadata("endpoint", "tcp:" + port)
                    .putMetadata("address", "dns:///" + port)
                    .putMetadata("url", "http://169.254.169.254/")
                    .putMetadata("listen", "unix:/run/other.sock")
                    .putMetadata("target", "xds:///other")
                    .build());
    mallory().report(Health.HEALTH_HEALTHY);

    EchoResponse answer = RawPlugin.deadline(stub("eve")).unary(EchoRequest.getDefaultInstance());

    assertThat(answer.getPayload().toStringUtf8()).isEqualTo("mallory");
    assertThat(other.accept()).isNull();
    oracles.expect(REGISTERED, "eve call relay /testservice.v1.Other/Unary success -");
  }

  /**
   * A provider that reports health and never answers: its callers' own deadlines end their calls,
   * and nobody else's. Reports without end bring no log without end. It is the only provider, so it
   * is not passed over. Attack: G16.
   */
  @Test
  void report_lies_onlyItsOwnCallersWait() throws Exception {
    oracles.closing(mallory().serve(new Silent().bindService()));
    var unused = mallory().register(Scene.OTHER);
    for (int report = 0; report < 300; report++) {
      mallory().report(Health.HEALTH_UNHEALTHY);
      mallory().report(Health.HEALTH_HEALTHY);
    }

    for (int call = 0; call < 5; call++) {
      Answer late =
          oracles.refused(
              () ->
                  stub("frank")
                      .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                      .unary(EchoRequest.getDefaultInstance()));
      assertThat(late.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
    oracles.expect(REGISTERED, "frank call relay /testservice.v1.Other/Unary success -");
  }

  /** Answers with its name. */
  private static final class Answering extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      observer.onNext(
          EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8("mallory")).build());
      observer.onCompleted();
    }
  }

  /** Takes calls, and does nothing with them. */
  private static final class Silent extends OtherGrpc.OtherImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {}
  }
}
