package dev.tenon.transport;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;

/** The library that does TLS. */
public enum TlsProvider {
  /** BoringSSL through netty-tcnative: fast, with curves up to P-384. */
  BORINGSSL(SslProvider.OPENSSL, "BoringSSL"),
  /** The JDK's own: everywhere, and with P-521. */
  JDK(SslProvider.JDK, "JDK TLS");

  private final SslProvider netty;
  private final String title;

  TlsProvider(SslProvider netty, String title) {
    this.netty = netty;
    this.title = title;
  }

  /** Returns BoringSSL where its native library loads, else the JDK's TLS. */
  public static TlsProvider preferred() {
    return BORINGSSL.isAvailable() ? BORINGSSL : JDK;
  }

  boolean isAvailable() {
    return this == JDK || OpenSsl.isAvailable();
  }

  SslProvider netty() {
    return netty;
  }

  String title() {
    return title;
  }
}
