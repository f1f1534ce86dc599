package dev.tenon.examples.host;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSession;

/** One attempt to be let in, step by step: socket, TLS, certificate, token. */
final class ProbeAttempt {
  private static final int CONNECT_MILLIS = 5_000;
  private static final int CALL_SECONDS = 20;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Endpoint to;
  private final ClientTls tls;
  private final AtomicReference<SpiffeId> host = new AtomicReference<>();
  private final AtomicReference<SSLSession> session = new AtomicReference<>();
  private final Map<String, String> steps = new LinkedHashMap<>();

  /** What became of it: each step that was taken, in order, with its result. */
  record Outcome(Map<String, String> steps, boolean isLetIn) {}

  /**
   * @param expected the host's id; empty: any host's
   * @throws IllegalArgumentException if the server name is none
   */
  ProbeAttempt(
      Endpoint to, Credentials credentials, String serverName, Optional<SpiffeId> expected) {
    this.to = to;
    this.tls =
        new ClientTls(
            () -> credentials,
            id -> {
              boolean isRight =
                  id instanceof SpiffeId.OfHost && expected.map(id::equals).orElse(true);
              if (isRight) {
                host.set(id);
              }
              return isRight;
            },
            serverName);
  }

  Outcome run(Optional<String> token) {
    steps.put("address", to.toString());
    try {
      connect();
    } catch (IOException | RuntimeException e) {
      steps.put("socket", "not connected: " + e.getMessage());
      return new Outcome(steps, false);
    }
    steps.put("socket", "connected");
    try (Transport transport = Transport.create(TlsProvider.preferred())) {
      ManagedChannel channel = transport.channel(to, tls).build();
      try {
        return told(call(channel, token), token.isPresent());
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private void connect() throws IOException {
    if (to instanceof Endpoint.Unix unix) {
      SocketChannel.open(UnixDomainSocketAddress.of(unix.path())).close();
    } else if (to instanceof Endpoint.Tcp tcp) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(tcp.host(), tcp.port()), CONNECT_MILLIS);
      }
    }
  }

  private Status call(ManagedChannel channel, Optional<String> token) {
    Metadata headers = new Metadata();
    token.ifPresent(text -> headers.put(AUTHORIZATION, "Bearer " + text));
    Channel watched =
        ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(headers), new SessionWatch());
    try {
      var unused =
          RegistryGrpc.newBlockingStub(watched)
              .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
              .list(ListRequest.getDefaultInstance());
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private Outcome told(Status status, boolean showedToken) {
    SpiffeId id = host.get();
    SSLSession made = session.get();
    if (id == null) {
      steps.put("tls", "failed: this is not the host, or it does not speak TLS 1.3");
      return new Outcome(steps, false);
    }
    steps.put("tls", made == null ? "broken off by the host" : version(made));
    steps.put("host", id.toString());
    if (made == null || status.getCode() == Status.Code.UNAVAILABLE) {
      steps.put("certificate", "refused in the handshake");
      return new Outcome(steps, false);
    }
    steps.put("certificate", "taken by the handshake");
    String shown = showedToken ? "token" : "no token";
    return switch (status.getCode()) {
      case OK -> {
        steps.put(shown, "accepted");
        yield new Outcome(steps, true);
      }
      case UNAUTHENTICATED -> {
        steps.put(shown, "refused: " + text(status));
        yield new Outcome(steps, false);
      }
      default -> {
        steps.put(shown, "not told: " + text(status));
        yield new Outcome(steps, false);
      }
    };
  }

  private static String version(SSLSession made) {
    return made.getProtocol() + " " + made.getCipherSuite();
  }

  private static String text(Status status) {
    return status.getCode() + ", " + status.getDescription();
  }

  /** Keeps the TLS session of the connection that a call went over. */
  private final class SessionWatch implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<R>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {
                  note();
                  super.onClose(status, trailers);
                }
              },
              headers);
        }

        private void note() {
          SSLSession used = getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
          if (used != null) {
            session.set(used);
          }
        }
      };
    }
  }
}
