package dev.tenon.registry.etcd;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.protobuf.ByteString;
import dev.tenon.registry.etcd.EtcdSettings.Login;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseRevokeResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one member of etcd: what is asked on it is answered within its patience, or
 * fails. Nothing is tried twice, so that what failed cannot happen later by itself; whoever sees a
 * failure closes the connection and makes another. Blocks; for one thread.
 */
final class EtcdConnection implements AutoCloseable {
  /** The header in which etcd wants the token of a user. */
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

  /** A page of the longest values that etcd takes, 1.5 MiB each, fits into a message. */
  private static final int PAGE = 50;

  private static final int MAX_MESSAGE_BYTES = 96 * 1024 * 1024;

  /** More than hosts of a sound size ever say; who lists keeps no more than this. */
  private static final long MAX_LISTED_BYTES = 64L * 1024 * 1024;

  /** No cause of a failure lies deeper. */
  private static final int MAX_CAUSES = 10;

  private final URI endpoint;
  private final Duration patience;
  private final ManagedChannel transport;
  private Channel channel;

  private EtcdConnection(URI endpoint, Duration patience, ManagedChannel transport) {
    this.endpoint = endpoint;
    this.patience = patience;
    this.transport = transport;
    channel = transport;
  }

  /**
   * Connects and shows who asks.
   *
   * @throws EtcdFailedException if there is no answer, or it is no
   */
  static EtcdConnection open(URI endpoint, EtcdSettings settings, Duration patience)
      throws EtcdFailedException {
    ManagedChannel transport =
        Grpc.newChannelBuilderForAddress(
                endpoint.getHost(), endpoint.getPort(), EtcdFiles.credentials(endpoint, settings))
            .directExecutor() // Callbacks hand over and return; what blocks waits on its own
            // thread.
            .disableRetry()
            .proxyDetector(address -> null)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
    EtcdConnection connection = new EtcdConnection(endpoint, patience, transport);
    try {
      if (settings.login().isPresent()) {
        connection.logIn(settings.login().get());
      }
      return connection;
    } catch (EtcdFailedException e) {
      connection.close();
      throw e;
    }
  }

  private void logIn(Login login) throws EtcdFailedException {
    AuthenticateRequest request =
        AuthenticateRequest.newBuilder()
            .setName(login.user())
            .setPassword(EtcdFiles.password(login.password()))
            .build();
    Metadata headers = new Metadata();
    String token =
        ask(
                "authenticate",
                () ->
                    AuthGrpc.newBlockingStub(transport)
                        .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
                        .authenticate(request))
            .getToken();
    headers.put(TOKEN, token);
    channel =
        ClientInterceptors.intercept(transport, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** One question. */
  private interface Question<R> {
    R answer();
  }

  private <R> R ask(String what, Question<R> question) throws EtcdFailedException {
    try {
      return question.answer();
    } catch (StatusRuntimeException e) {
      throw new EtcdFailedException(
          "etcd at " + endpoint + ": " + what + ": " + reason(e.getStatus()), e);
    }
  }

  /** A code says enough, but for TLS, where it is the operator who has to know what is wrong. */
  private static String reason(Status status) {
    String code = status.getCode().toString();
    boolean isTls = false;
    @Nullable String last = null;
    @Nullable Throwable cause = status.getCause();
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
      isTls |= cause instanceof SSLException || cause instanceof GeneralSecurityException;
      last = cause.getMessage();
      cause = cause.getCause();
    }
    return isTls ? code + ": TLS: " + last : code;
  }

  /** Everything below a prefix at one revision. */
  record Listing(long revision, List<KeyValue> entries) {}

  /**
   * Lists all keys that begin with {@code prefix}, as of one revision, page by page. A value that
   * is too long to be one of ours comes as an empty one.
   *
   * @throws EtcdFailedException if there are more than {@code most}, or more than 64 MiB of them,
   *     too
   */
  Listing list(ByteString prefix, int most) throws EtcdFailedException {
    return list(prefix, most, MAX_LISTED_BYTES);
  }

  Listing list(ByteString prefix, int most, long mostBytes) throws EtcdFailedException {
    List<KeyValue> all = new ArrayList<>();
    long bytes = 0;
    ByteString end = EtcdKeys.endOf(prefix);
    ByteString from = prefix;
    long revision = 0;
    while (true) {
      RangeRequest request =
          RangeRequest.newBuilder()
              .setKey(from)
              .setRangeEnd(end)
              .setLimit(PAGE)
              .setRevision(revision)
              .build();
      RangeResponse page =
          ask(
              "list",
              () ->
                  KVGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
                      .range(request));
      if (revision == 0) {
        revision = page.getHeader().getRevision();
      }
      for (KeyValue read : page.getKvsList()) {
        KeyValue kept =
            read.getValue().size() > EtcdValues.MAX_BYTES
                ? read.toBuilder().clearValue().build()
                : read;
        all.add(kept);
        bytes += kept.getSerializedSize();
      }
      if (bytes > mostBytes) {
        throw new EtcdFailedException(
            "etcd at "
                + endpoint
                + ": more than "
                + mostBytes
                + " bytes of ours (expected: fewer)");
      }
      if (all.size() > most) {
        throw new EtcdFailedException(
            "etcd at " + endpoint + ": more than " + most + " keys of ours (expected: fewer)");
      }
      if (!page.getMore() || page.getKvsCount() == 0) {
        return new Listing(revision, all);
      }
      from = page.getKvs(page.getKvsCount() - 1).getKey().concat(ByteString.copyFrom(new byte[1]));
    }
  }

  /** Does all of {@code transaction} in one step. */
  TxnResponse commit(TxnRequest transaction) throws EtcdFailedException {
    return ask(
        "transaction",
        () ->
            KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
                .txn(transaction));
  }

  /** Returns a new lease. */
  LeaseGrantResponse grant(Duration life) throws EtcdFailedException {
    LeaseGrantRequest request = LeaseGrantRequest.newBuilder().setTTL(life.toSeconds()).build();
    return ask(
        "lease",
        () ->
            LeaseGrpc.newBlockingStub(channel)
                .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
                .leaseGrant(request));
  }

  /** Renews {@code lease} once; returns how long it lives from then on, zero if it has ended. */
  Duration keepAlive(long lease) throws EtcdFailedException {
    LeaseKeepAliveRequest request = LeaseKeepAliveRequest.newBuilder().setID(lease).build();
    return Duration.ofSeconds(
        Math.max(
            0,
            ask(
                    "renewal",
                    () ->
                        ClientCalls.blockingUnaryCall(
                            channel,
                            LeaseGrpc.getLeaseKeepAliveMethod(),
                            CallOptions.DEFAULT.withDeadlineAfter(patience.toNanos(), NANOSECONDS),
                            request))
                .getTTL()));
  }

  /** Ends {@code lease} and deletes what was put under it. Of no effect if it has ended. */
  void revoke(long lease) throws EtcdFailedException {
    var unused = ask("end of the lease", () -> revoked(lease));
  }

  private LeaseRevokeResponse revoked(long lease) {
    try {
      return LeaseGrpc.newBlockingStub(channel)
          .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
          .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return LeaseRevokeResponse.getDefaultInstance();
      }
      throw e;
    }
  }

  /** Follows what happens below {@code prefix} from revision {@code from} on. */
  EtcdWatch watch(ByteString prefix, long from, EtcdWatch.Listener listener) {
    return EtcdWatch.open(channel, prefix, from, listener);
  }

  @Override
  public void close() {
    transport.shutdownNow();
  }

  @Override
  public String toString() {
    return "etcd at " + endpoint;
  }
}
