package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A root that somebody has put into the store which Java trusts by default. */
@ParameterizedClass
@EnumSource(Speaker.class)
class RogueRootTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final String STORE = "javax.net.ssl.trustStore";
  private static final String TYPE = "javax.net.ssl.trustStoreType";
  private static final String PASSWORD = "javax.net.ssl.trustStorePassword";

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final TestAuthority rogue = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  @TempDir Path folder;

  private void trustByDefault(X509Certificate root) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("rogue", root);
    Path file = folder.resolve("store");
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, "changeit".toCharArray());
    }
    System.setProperty(STORE, file.toString());
    System.setProperty(TYPE, "PKCS12");
    System.setProperty(PASSWORD, "changeit");
  }

  private static X509TrustManager ofTheJvm() throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init((KeyStore) null);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }

  /**
   * Java itself takes what the root issued; neither a host nor a plugin of ours does.
   *
   * <p>Row: PK-5
   */
  @Test
  void connect_rootInTheDefaultStore_isRefusedAtBothEnds() throws Exception {
    Credentials falseHost = rogue.leaf(HOST, Dns.HOST).credentials(plugins);
    Credentials falsePlugin = rogue.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
    try {
      trustByDefault(rogue.certificate());
      X509Certificate[] chain = {falseHost.chain().get(0)};
      ofTheJvm().checkServerTrusted(chain, "ECDHE_ECDSA");
      for (TlsProvider provider : TlsProvider.values()) {
        try (Connections connections = new Connections(provider, provider).over(speaker)) {
          connections.serve(LOOPBACK, () -> falseHost);
          assertThatThrownBy(() -> connections.call(() -> plugin, "to a false host"))
              .isInstanceOf(StatusRuntimeException.class)
              .hasMessageContaining("UNAVAILABLE");
          assertThat(connections.echoes.arrived()).isZero();
        }
        try (Connections connections = new Connections(provider, provider).over(speaker)) {
          connections.serve(LOOPBACK, () -> host);
          assertThatThrownBy(() -> connections.call(() -> falsePlugin, "from a false plugin"))
              .isInstanceOf(StatusRuntimeException.class)
              .hasMessageContaining("UNAVAILABLE");
          assertThat(connections.call(() -> plugin, "from ours")).isEqualTo("from ours");
        }
      }
    } finally {
      System.clearProperty(STORE);
      System.clearProperty(TYPE);
      System.clearProperty(PASSWORD);
    }
  }
}
