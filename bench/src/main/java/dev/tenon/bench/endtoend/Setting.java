package dev.tenon.bench.endtoend;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What carries calls, and what is compared there. The caller's leg is TCP, always. */
enum Setting {
  TCP("mTLS on TCP"),
  /** As a host has it by default. */
  UNIX("mTLS, a Unix socket to the backend"),
  /** Without TLS on either leg. A host has no option for it: its relay is measured alone. */
  PLAIN("plain text on TCP"),
  /** No proxy: the server is what is measured. */
  PLUGINS("mTLS on TCP, from plugin to plugin");

  private final String title;

  Setting(String title) {
    this.title = title;
  }

  /** Returns those with a proxy and TLS, for which there are goals beside each other. */
  static List<Setting> proxied() {
    return List.of(TCP, UNIX);
  }

  String title() {
    return title;
  }

  /** Returns what the C program is told, at either end. */
  List<String> options() {
    return this == PLAIN ? List.of("--plain") : List.of();
  }

  /** Returns the ways that are compared. */
  Set<Way> ways() {
    return switch (this) {
      case TCP, UNIX -> EnumSet.range(Way.DIRECT, Way.SPLICE);
      case PLAIN ->
          EnumSet.of(Way.DIRECT, Way.DIRECT_AGAIN, Way.PLAIN_RELAY, Way.NGINX, Way.HAPROXY);
      case PLUGINS -> EnumSet.of(Way.PLUGIN_SERVER, Way.PLUGIN_SERVER_AGAIN, Way.DIRECT_MODE);
    };
  }

  /** Returns the loads under which they are. */
  Set<Load> loads() {
    return switch (this) {
      case TCP, UNIX -> EnumSet.allOf(Load.class);
      case PLAIN -> EnumSet.of(Load.ONE_CONNECTION, Load.SERVER_STREAM);
      case PLUGINS -> EnumSet.of(Load.ONE_CONNECTION, Load.FIXED_RATE, Load.PING_PONG);
    };
  }

  /** Returns the ways by whose CPU time that of the others is told. */
  List<Way> references() {
    return switch (this) {
      case TCP, UNIX -> List.of(Way.HAPROXY, Way.SPLICE);
      case PLAIN -> List.of(Way.HAPROXY, Way.NGINX);
      case PLUGINS -> List.of(Way.PLUGIN_SERVER);
    };
  }
}
