package dev.tenon.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.core.RegistryLimits;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.ServiceRegistry;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseRevokeResponse;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** An etcd that does what it is asked for, and whose answer is lost on the way. */
class UnansweredLeaseTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Object lock = new Object();
  private long leases;
  private long holder = HeldLease.NONE;
  private boolean answers;

  private final class Leases extends LeaseGrpc.LeaseImplBase {
    @Override
    public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> to) {
      synchronized (lock) {
        leases++;
        to.onNext(LeaseGrantResponse.newBuilder().setID(leases).setTTL(request.getTTL()).build());
      }
      to.onCompleted();
    }

    @Override
    public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> to) {
      synchronized (lock) {
        if (request.getID() == holder) {
          holder = HeldLease.NONE;
        }
      }
      to.onError(Status.NOT_FOUND.asRuntimeException()); // as to whoever asks a second time
    }
  }

  private final class Keys extends KVGrpc.KVImplBase {
    @Override
    public void txn(TxnRequest request, StreamObserver<TxnResponse> to) {
      synchronized (lock) {
        boolean isFree = holder == HeldLease.NONE;
        if (isFree) {
          holder = request.getSuccess(0).getRequestPut().getLease();
        }
        if (answers) {
          to.onNext(TxnResponse.newBuilder().setSucceeded(isFree).build());
          to.onCompleted();
        } else {
          answers = true;
          to.onError(Status.UNAVAILABLE.asRuntimeException());
        }
      }
    }
  }

  /** The host's own name does not keep it out until the lease has run out. */
  @Test
  void renew_afterAnAnswerThatWasLost_takesTheNameFromItsOwnLease() throws Exception {
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new Leases())
            .addService(new Keys())
            .build()
            .start();
    String endpoint = "http://127.0.0.1:" + server.getPort();
    HeldLease lease = new HeldLease(System::nanoTime);
    SpiffeId.OfHost self = new SpiffeId.OfHost(EtcdHost.freshDomain(), "one");
    OwnClaims own =
        new OwnClaims(ServiceRegistry.inMemory(RegistryLimits.DEFAULT, Map.of(), new Random(1)));
    HostEntry entry = new HostEntry(self, LONG, new EtcdKeys(self), own, lease);
    try (EtcdConnection etcd =
        EtcdConnection.open(URI.create(endpoint), EtcdHost.settings(endpoint), LONG)) {
      assertThatExceptionOfType(EtcdFailedException.class).isThrownBy(() -> entry.renew(etcd));
      assertThat(lease.id()).isEqualTo(HeldLease.NONE);

      assertThat(entry.renew(etcd)).isTrue();

      assertThat(entry.isNameTaken()).isFalse();
      assertThat(lease.id()).isEqualTo(2);
    } finally {
      server.shutdownNow();
    }
  }
}
