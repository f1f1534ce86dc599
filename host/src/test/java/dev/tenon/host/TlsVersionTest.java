package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.transport.Endpoint;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

/** Which versions of TLS a host speaks. */
class TlsVersionTest {
  private static TestHost start(String least) throws Exception {
    return TestHost.with("")
        .set(builder -> builder.tlsMinVersion(least).enrolListen("tcp:127.0.0.1:0"))
        .enrolled("alpha")
        .start();
  }

  /** Makes a connection for enrolment, and returns the version that came of it. */
  private static String connect(TestHost host, String version) throws Exception {
    RawPlugin alpha = host.plugin("alpha");
    int port = ((Endpoint.Tcp) alpha.bootstrap.enrol()).port();
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusting(alpha.bootstrap.trustBundle().get(0)).getTrustManagers(), null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(60_000);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {version});
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket.getSession().getProtocol();
    }
  }

  private static TrustManagerFactory trusting(X509Certificate root) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("root", root);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory;
  }

  /** TLS 1.2 by option alone; the line of the start says which. Row: PK-3. */
  @Test
  void connect_withTls12_refusedUnlessTheHostIsToldTo() throws Exception {
    try (TestHost host = start("1.3")) {
      assertThat(connect(host, "TLSv1.3")).isEqualTo("TLSv1.3");
      assertThatThrownBy(() -> connect(host, "TLSv1.2")).isInstanceOf(SSLException.class);
      assertThat(host.host().describe()).contains(", TLS 1.3 by ");
    }
    try (TestHost host = start("1.2")) {
      assertThat(connect(host, "TLSv1.3")).isEqualTo("TLSv1.3");
      assertThat(connect(host, "TLSv1.2")).isEqualTo("TLSv1.2");
      assertThat(host.host().describe()).contains(", TLS 1.3 and 1.2 by ");
    }
  }

  @Test
  void tlsMinVersion_thatThereIsNot_isRefused() {
    for (String version : new String[] {"1.1", "1.0", "1.4", "TLSv1.2", ""}) {
      assertThatThrownBy(() -> PluginHost.builder().tlsMinVersion(version))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(expected: 1.3 or 1.2)");
    }
  }
}
