package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.DirectGrant;
import dev.tenon.v1.DirectMode;
import dev.tenon.v1.EndIntroductionsRequest;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.UpdateDirectRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** A fake host that signs grants, with one provider that it has switched direct calls on for. */
final class DirectHost implements AutoCloseable {
  static final String SERIAL = "0123456789abcdef0123456789abcdef";

  final FakeHost host;
  final KeyPair keys = newKeys();
  final CallingPlugin provider = new CallingPlugin();
  final SpiffeId.OfPlugin caller;
  final SpiffeId.OfPlugin self;
  private final RunningPlugin running;

  /** The time of the provider. */
  volatile Instant now = Instant.now();

  DirectHost(Path folder) throws Exception {
    host = FakeHost.start(folder);
    caller = host.trust.plugin("words");
    host.answers.enrolment = answer -> answer.setDirect(on());
    var bootstrap = host.bootstrap("echo");
    self = new SpiffeId.OfPlugin(host.trust.host(), bootstrap.runtimeId());
    InstantSource clock = () -> now;
    running = RunningPlugin.start(provider.plugin(), bootstrap, TestSettings.PATIENT.with(clock));
  }

  TestTrust trust() {
    return host.trust;
  }

  static KeyPair newKeys() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns what switches direct calls of the plugin on. */
  DirectMode on() {
    return DirectMode.newBuilder()
        .addCallerAuthorities(HostAnswers.der(host.trust.plugins().bundle().get(0)))
        .addGrantKeys(ByteString.copyFrom(keys.getPublic().getEncoded()))
        .build();
  }

  /** Returns a right grant of all that the tests call, for a minute. */
  DirectGrant.Builder grant() {
    return DirectGrant.newBuilder()
        .setCaller(caller.toString())
        .setProvider(self.toString())
        .setService(EchoGrpc.SERVICE_NAME)
        .addAllMethods(List.of("Unary", "ServerStream"))
        .setIssuedAt(now.getEpochSecond())
        .setExpiresAt(now.getEpochSecond() + 60)
        .setSerial(SERIAL);
  }

  String signed(UnaryOperator<DirectGrant.Builder> change) {
    return signed(change.apply(grant()).build(), keys);
  }

  static String signed(DirectGrant grant, KeyPair by) {
    try {
      return SignedGrant.sign(grant.toByteArray(), by.getPrivate()).text();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns what {@code plugin} proves itself with to plugins. */
  Credentials of(SpiffeId.OfPlugin plugin) {
    return host.trust.plugins().credentials(plugin, host.trust.plugins().bundle());
  }

  /** Returns a connection of the caller to the provider. */
  Channel direct() {
    return host.toPlugin(of(caller));
  }

  /** Returns {@code channel} with {@code grants} on each call. */
  static Channel showing(Channel channel, String... grants) {
    Metadata headers = new Metadata();
    for (String grant : grants) {
      headers.put(SignedGrant.HEADER, grant);
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  PluginControlGrpc.PluginControlBlockingStub control() {
    return PluginControlGrpc.newBlockingStub(host.toPlugin())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  void tell(DirectMode mode) {
    var unused = control().updateDirect(UpdateDirectRequest.newBuilder().setDirect(mode).build());
  }

  void end(OpenCalls calls, String... serials) {
    var unused =
        control()
            .endIntroductions(
                EndIntroductionsRequest.newBuilder()
                    .addAllSerials(List.of(serials))
                    .setCut(calls == OpenCalls.CUT)
                    .build());
  }

  @Override
  public void close() {
    running.close();
    host.close();
  }
}
