package dev.tenon.testing.attack;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.WatchRequest;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/** One way for a plugin to be at its host's cost, done once; each says how it was stopped. */
enum Harm {
  RAPID_RESETS {
    @Override
    String once(Attacker mallory) throws IOException {
      try (RawHttp2 connection = mallory.connect()) {
        connection.hold();
        for (int i = 0; i < RESETS; i++) {
          connection.headers(2 * i + 1, /* last= */ true, mallory.request("Unary"));
          connection.frame(RawHttp2.RST_STREAM, 0, 2 * i + 1, RawHttp2.integer(8));
        }
        connection.sendHeld();
        return cutOff(connection);
      }
    }
  },
  RESETS_BY_THE_HOST {
    @Override
    String once(Attacker mallory) throws IOException {
      try (RawHttp2 connection = mallory.connect()) {
        connection.hold();
        for (int i = 0; i < RESETS; i++) {
          connection.headers(2 * i + 1, /* last= */ false, mallory.request("Unary"));
          connection.window(2 * i + 1, 0);
        }
        connection.sendHeld();
        return cutOff(connection);
      }
    }
  },
  PINGS {
    @Override
    String once(Attacker mallory) throws IOException {
      return frames(mallory, RawHttp2.PING, new byte[8]);
    }
  },
  SETTINGS {
    @Override
    String once(Attacker mallory) throws IOException {
      return frames(mallory, RawHttp2.SETTINGS, new byte[] {0, 4, 0, 0, 0, 9});
    }
  },
  UNKNOWN_FRAMES {
    @Override
    String once(Attacker mallory) throws IOException {
      return frames(mallory, 0xB, new byte[8]);
    }
  },
  HEADERS_WITHOUT_END {
    @Override
    String once(Attacker mallory) throws IOException {
      try (RawHttp2 connection = mallory.connect()) {
        connection.hold();
        connection.frame(RawHttp2.HEADERS, 0, 1, new byte[0]);
        for (int i = 0; i < 200; i++) {
          connection.frame(RawHttp2.CONTINUATION, 0, 1, new byte[16_384]);
        }
        connection.sendHeld();
        return cutOff(connection);
      }
    }
  },
  LARGE_MESSAGES {
    @Override
    String once(Attacker mallory) throws IOException {
      try (RawHttp2 connection = mallory.connect()) {
        for (int i = 0; i < 50; i++) {
          connection.headers(2 * i + 1, /* last= */ false, mallory.request("Unary"));
          connection.frame(RawHttp2.DATA, 0, 2 * i + 1, new byte[] {0, -1, -1, -1, -1});
        }
        String end = connection.end(99);
        return end.startsWith("grpc 8: ") ? "refused" : end;
      }
    }
  },
  READS_NOTHING {
    @Override
    String once(Attacker mallory) throws IOException {
      byte[] request =
          EchoRequest.newBuilder()
              .setPayload(ByteString.copyFrom(new byte[1_000]))
              .setRepeat(10_000_000)
              .build()
              .toByteArray();
      byte[] framed = new byte[5 + request.length];
      System.arraycopy(RawHttp2.integer(request.length), 0, framed, 1, 4);
      System.arraycopy(request, 0, framed, 5, request.length);
      try (RawHttp2 connection = mallory.connect()) {
        for (int i = 0; i < 20; i++) {
          connection.headers(2 * i + 1, /* last= */ false, mallory.request("ServerStream"));
          connection.frame(RawHttp2.DATA, 1, 2 * i + 1, framed);
        }
        connection.window(0, 1_000_000_000); // The streams' own windows close, one by one.
        connection.awaitData(39);
      }
      return "left";
    }
  },
  SAYS_NOTHING {
    @Override
    String once(Attacker mallory) throws IOException {
      List<Socket> silent = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        silent.add(RawHttp2.tcp(mallory.data()));
      }
      for (Socket socket : silent) {
        socket.close();
      }
      return "left";
    }
  },
  REGISTERS {
    @Override
    String once(Attacker mallory) {
      try {
        for (int i = 0; i < 100; i++) {
          String unused = mallory.plugin().register(Scene.OTHER);
        }
        return "one is kept";
      } catch (StatusRuntimeException e) {
        return ended(e);
      }
    }
  },
  WATCHES {
    @Override
    String once(Attacker mallory) {
      Context.CancellableContext all = Context.current().withCancellation();
      Context before = all.attach();
      try {
        for (int i = 0; i < 50; i++) {
          var watch =
              mallory
                  .plugin()
                  .registry()
                  .watch(WatchRequest.newBuilder().setService(mallory.service()).build());
          var unused = watch.next();
        }
        return "never (expected: refused)";
      } catch (StatusRuntimeException e) {
        return ended(e);
      } finally {
        all.detach(before);
        all.cancel(null);
      }
    }
  };

  /** As many as end a connection, and some. */
  static final int RESETS = 1_100;

  /** Does it once, and returns how it ended. */
  abstract String once(Attacker mallory) throws IOException;

  private static String frames(Attacker mallory, int type, byte[] payload) throws IOException {
    try (RawHttp2 connection = mallory.connect()) {
      connection.hold();
      for (int i = 0; i < 5_000; i++) {
        connection.frame(type, 0, 0, payload);
      }
      connection.sendHeld();
      return cutOff(connection);
    }
  }

  /** By a limit of calls, or with its connection: grpc-java has one status for both. */
  private static String ended(StatusRuntimeException e) {
    Status status = e.getStatus();
    if (status.getCode() != Status.Code.RESOURCE_EXHAUSTED) {
      return status.toString();
    }
    return String.valueOf(status.getDescription()).contains("ENHANCE_YOUR_CALM")
        ? "cut off"
        : "refused";
  }

  /** RFC 9113, section 7: ENHANCE_YOUR_CALM; or closed, with a GOAWAY that was lost on its way. */
  private static String cutOff(RawHttp2 connection) throws IOException {
    int code = connection.goAway();
    return code == 11 || code == 1 || code == -1 ? "cut off" : "GOAWAY " + code;
  }

  /** Who does it, with what, and which echo it calls. */
  record Attacker(RawPlugin plugin, SSLContext context, String service) {
    RawHttp2 connect() throws IOException {
      RawHttp2 connection = RawHttp2.connect(data(), context);
      connection.agree();
      return connection;
    }

    Endpoint data() {
      return plugin.bootstrap.data();
    }

    List<String> request(String method) {
      List<String> fields = new ArrayList<>(RawHttp2.request("/" + service + "/" + method));
      fields.addAll(List.of("authorization", plugin.bearer()));
      return fields;
    }
  }
}
