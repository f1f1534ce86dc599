package dev.tenon.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Dns;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Someone else listens where the host should: the plugin ends the handshake, and not one byte of
 * its token leaves the process. Row: X19
 */
final class WrongHostTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{0}")
  @MethodSource("impostors")
  void start_hostIsAnImpostor_noTokenIsSent(
      String name, Function<TestTrust, Credentials> impostor) {
    TestTrust trust = TestTrust.create();
    try (FakeHost host = FakeHost.impostor(folder, trust, impostor.apply(trust))) {
      assertThatThrownBy(
              () ->
                  RunningPlugin.start(
                      EchoPlugin.plugin(), host.bootstrap("echo"), TestSettings.PATIENT))
          .as(name)
          .isInstanceOf(PluginStartException.class)
          .hasMessageContaining("could not enrol at unix:")
          .hasMessageContaining("UNAVAILABLE")
          .hasMessageNotContaining("tne_");
      assertThat(host.answers.enrolments).isEmpty();
    }
  }

  static Stream<Arguments> impostors() {
    return Stream.of(
        impostor("another host of the same authority", WrongHostTest::otherHost),
        impostor("another authority", WrongHostTest::otherAuthority),
        impostor("an expired certificate", WrongHostTest::expired),
        impostor("a plugin's certificate", WrongHostTest::plugin),
        impostor("a plugin's identity by the hosts' authority", WrongHostTest::pluginId),
        impostor("a certificate without the server name", WrongHostTest::otherName));
  }

  private static Arguments impostor(String name, Function<TestTrust, Credentials> credentials) {
    return Arguments.of(name, credentials);
  }

  private static Credentials otherHost(TestTrust trust) {
    SpiffeId other = new SpiffeId.OfHost(trust.host().trustDomain(), "h2");
    return trust.hosts().credentials(other, trust.plugins().bundle());
  }

  private static Credentials otherAuthority(TestTrust trust) {
    return new TestAuthority("hosts", Dns.HOST).credentials(trust.host(), trust.plugins().bundle());
  }

  private static Credentials expired(TestTrust trust) {
    return trust
        .hosts()
        .credentials(trust.host(), trust.plugins().bundle(), Instant.now().minusSeconds(5));
  }

  private static Credentials plugin(TestTrust trust) {
    return trust.plugins().credentials(trust.plugin("evil"), trust.plugins().bundle());
  }

  private static Credentials pluginId(TestTrust trust) {
    return trust.hosts().credentials(trust.plugin("evil"), trust.plugins().bundle());
  }

  private static Credentials otherName(TestTrust trust) {
    return trust
        .hosts()
        .named("elsewhere.tenon.internal")
        .credentials(trust.host(), trust.plugins().bundle());
  }
}
