package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.transport.Peer;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.GrantedService;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.Limits;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegisterResponse;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import dev.tenon.v1.RenewalGrpc;
import dev.tenon.v1.ReportHealthRequest;
import dev.tenon.v1.ReportHealthResponse;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** The control services of a {@link FakeHost}: they remember what they were asked. Thread-safe. */
final class HostAnswers {
  /** No answer at all. */
  static final Status SILENCE = Status.CANCELLED;

  final List<EnrolRequest> enrolments = new CopyOnWriteArrayList<>();
  final List<DiscoverRequest> discoveries = new CopyOnWriteArrayList<>();
  final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();
  final List<ReportHealthRequest> health = new CopyOnWriteArrayList<>();
  final List<PublicKey> renewals = new CopyOnWriteArrayList<>();
  final List<Instant> renewedAt = new CopyOnWriteArrayList<>();

  /** Everything that plugins asked for, in order. */
  final List<String> order = new CopyOnWriteArrayList<>();

  /** Services that nothing provides. */
  final Set<String> absent = ConcurrentHashMap.newKeySet();

  volatile boolean losesEnrolment;
  volatile UnaryOperator<EnrolResponse.Builder> enrolment = UnaryOperator.identity();
  volatile Function<RegisterRequest, Status> registration = request -> Status.OK;
  volatile Function<ReportHealthRequest, Status> report = request -> Status.OK;
  volatile Duration tokenLife = Duration.ofHours(1);
  volatile Duration certificateLife = Duration.ofHours(1);
  volatile Status renewal = Status.OK;

  /** What answers to renewals wait for. */
  volatile CountDownLatch renewalsWait = new CountDownLatch(0);

  /** How far the host's clock is ahead, by which runtime tokens expire. */
  volatile Duration ahead = Duration.ZERO;

  /** Whether the host has forgotten all its tokens, the new ones too. */
  volatile boolean refusesAll;

  /** How many calls were refused because of their token. */
  final AtomicInteger refusals = new AtomicInteger();

  /** The public key of the connection of each registration. */
  final List<PublicKey> registeredOver = new CopyOnWriteArrayList<>();

  private final Map<String, Instant> tokens = new ConcurrentHashMap<>();

  /** The headers of every control call, renewals included. */
  final List<Metadata> headers = new CopyOnWriteArrayList<>();

  /** The public key of the connection of each renewal. */
  final List<PublicKey> renewedOver = new CopyOnWriteArrayList<>();

  private final TestTrust trust;

  HostAnswers(TestTrust trust) {
    this.trust = trust;
  }

  static ByteString der(X509Certificate certificate) {
    try {
      return ByteString.copyFrom(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  static String newToken(Token.Kind kind) {
    byte[] secret = new byte[Token.SIZE_BYTES];
    new SecureRandom().nextBytes(secret);
    return Token.of(kind, secret).exposeForWire();
  }

  static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder().setSeconds(time.getEpochSecond()).build();
  }

  static PublicKey publicKey(ByteString request) {
    try {
      return new JcaPKCS10CertificationRequest(request.toByteArray()).getPublicKey();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private EnrolResponse enrolled(EnrolRequest request) {
    SpiffeId id = new SpiffeId.OfPlugin(trust.host(), new RuntimeId(request.getRuntimeId()));
    EnrolResponse.Builder answer =
        EnrolResponse.newBuilder()
            .addCertificateChain(issue(id, publicKey(request.getCertificateRequest())))
            .addTrustBundle(der(trust.hosts().bundle().get(0)))
            .setRuntimeToken(runtimeToken())
            .setTokenExpires(timestamp(now().plus(tokenLife)))
            .setProtocol(1)
            .setSpiffeId(id.toString())
            .setLimits(Limits.newBuilder().setMaxMessageBytes(4 << 20).setMaxMetadataBytes(8192))
            .setHostVersion("0.1.0");
    request
        .getProvidesList()
        .forEach(name -> answer.addProvides(GrantedService.newBuilder().setService(name)));
    return enrolment.apply(answer).build();
  }

  private ByteString issue(SpiffeId id, PublicKey key) {
    return der(trust.plugins().issue(id, key, Instant.now().plus(certificateLife)));
  }

  private Instant now() {
    return Instant.now().plus(ahead);
  }

  private String runtimeToken() {
    String token = newToken(Token.Kind.RUNTIME);
    tokens.put("Bearer " + token, now().plus(tokenLife));
    return token;
  }

  /** Returns what refuses calls without a live token, as a host does. */
  ServerInterceptor admission() {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
        String token = String.valueOf(metadata.get(BearerToken.AUTHORIZATION));
        if (!refusesAll && now().isBefore(tokens.getOrDefault(token, Instant.MIN))) {
          return next.startCall(call, metadata);
        }
        refusals.incrementAndGet();
        StatusRuntimeException refused = RefusalStatus.of(Refusal.NOT_AUTHENTICATED);
        Metadata trailers = refused.getTrailers();
        call.close(refused.getStatus(), trailers == null ? new Metadata() : trailers);
        return new ServerCall.Listener<>() {};
      }
    };
  }

  BindableService enrolment() {
    return new EnrolmentGrpc.EnrolmentImplBase() {
      @Override
      public void enrol(EnrolRequest request, StreamObserver<EnrolResponse> response) {
        enrolments.add(request);
        order.add("enrol");
        if (losesEnrolment) {
          response.onError(Status.UNAVAILABLE.asRuntimeException());
          return;
        }
        response.onNext(enrolled(request));
        response.onCompleted();
      }
    };
  }

  ServerInterceptor headers() {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
        headers.add(metadata);
        if (RenewalGrpc.SERVICE_NAME.equals(call.getMethodDescriptor().getServiceName())) {
          key(call).ifPresent(renewedOver::add);
        }
        if ("Register".equals(call.getMethodDescriptor().getBareMethodName())) {
          key(call).ifPresent(registeredOver::add);
        }
        return next.startCall(call, metadata);
      }
    };
  }

  private static Optional<PublicKey> key(ServerCall<?, ?> call) {
    return Peer.of(call).flatMap(Peer::certificate).map(X509Certificate::getPublicKey);
  }

  List<ServerServiceDefinition> control() {
    return List.of(
        ServerInterceptors.intercept(registry(), admission()),
        ServerInterceptors.intercept(lifecycle(), admission()),
        renewal().bindService());
  }

  private BindableService registry() {
    return new RegistryGrpc.RegistryImplBase() {
      @Override
      public void register(RegisterRequest request, StreamObserver<RegisterResponse> response) {
        registrations.add(request);
        order.add("register " + request.getService());
        Status status = registration.apply(request);
        if (status.getCode() == SILENCE.getCode()) {
          return;
        }
        if (!status.isOk()) {
          response.onError(status.asRuntimeException());
          return;
        }
        response.onNext(RegisterResponse.newBuilder().setRegistrationId("0".repeat(32)).build());
        response.onCompleted();
      }

      @Override
      public void discover(DiscoverRequest request, StreamObserver<DiscoverResponse> response) {
        discoveries.add(request);
        order.add("discover " + request.getService());
        if (absent.contains(request.getService())) {
          response.onError(Status.NOT_FOUND.asRuntimeException());
          return;
        }
        response.onNext(DiscoverResponse.newBuilder().setProvider("host").build());
        response.onCompleted();
      }
    };
  }

  private BindableService lifecycle() {
    return new LifecycleGrpc.LifecycleImplBase() {
      @Override
      public void reportHealth(
          ReportHealthRequest request, StreamObserver<ReportHealthResponse> response) {
        Status status = report.apply(request);
        if (!status.isOk()) {
          response.onError(status.asRuntimeException());
          return;
        }
        health.add(request);
        order.add("health " + request.getHealth());
        response.onNext(ReportHealthResponse.getDefaultInstance());
        response.onCompleted();
      }
    };
  }

  private BindableService renewal() {
    return new RenewalGrpc.RenewalImplBase() {
      @Override
      public void renew(RenewRequest request, StreamObserver<RenewResponse> response) {
        PublicKey key = publicKey(request.getCertificateRequest());
        renewedAt.add(Instant.now());
        renewals.add(key);
        await(renewalsWait);
        if (renewal.getCode() == SILENCE.getCode()) {
          return;
        }
        if (!renewal.isOk()) {
          response.onError(renewal.asRuntimeException());
          return;
        }
        response.onNext(
            RenewResponse.newBuilder()
                .addCertificateChain(issue(renewing(), key))
                .addTrustBundle(der(trust.hosts().bundle().get(0)))
                .setRuntimeToken(runtimeToken())
                .setTokenExpires(timestamp(now().plus(tokenLife)))
                .build());
        response.onCompleted();
      }
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private SpiffeId renewing() {
    return new SpiffeId.OfPlugin(trust.host(), new RuntimeId(enrolments.get(0).getRuntimeId()));
  }
}
