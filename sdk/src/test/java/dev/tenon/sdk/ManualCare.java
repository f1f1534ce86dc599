package dev.tenon.sdk;

import dev.tenon.core.Token;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Dns;
import dev.tenon.transport.TlsProvider;
import dev.tenon.transport.Transport;
import io.grpc.Status;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** A care of an identity whose clock and thread are the test's. Not thread-safe. */
final class ManualCare implements AutoCloseable {
  /** What the care has asked to be run, in order. */
  final List<Task> tasks = new ArrayList<>();

  final FakeHost host;
  final CurrentIdentity identity;
  final Renewer renewer;
  final IdentityCare care;
  Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  int renewals;
  boolean hostAnswers = true;
  private final TestTrust trust = TestTrust.create();
  private final Transport transport;

  /** Something to run later. */
  record Task(Duration pause, Runnable action) {}

  ManualCare(Path folder) {
    InstantSource clock = () -> now;
    host = FakeHost.start(folder);
    Bootstrap first = host.bootstrap("echo");
    identity = new CurrentIdentity(fresh());
    transport = Transport.create(TlsProvider.preferred(), clock);
    renewer = new Renewer(identity, this::renew, this::later, clock, () -> Long.MIN_VALUE);
    HostConnections connections =
        new HostConnections(
            new HostChannels(transport, first, Runnable::run),
            identity,
            new AgreedLimits(AgreedLimits.MIN_BYTES, AgreedLimits.MIN_BYTES),
            this::later);
    Reenrolment reenrolment =
        new Reenrolment(first, this::enrol, identity, renewer, connections, TestSettings.PATIENT);
    care = new IdentityCare(identity, renewer, reenrolment, this::later, clock);
  }

  /** Runs what is to run at once. */
  void runImmediate() {
    List<Task> immediate = tasks.stream().filter(task -> task.pause().isZero()).toList();
    tasks.removeAll(immediate);
    immediate.forEach(task -> task.action().run());
  }

  private Timer.Planned later(Duration pause, Runnable action) {
    Task task = new Task(pause, action);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  private LiveIdentity renew(LiveIdentity current, KeyPair next) {
    renewals++;
    if (!hostAnswers) {
      throw Status.UNAVAILABLE.asRuntimeException();
    }
    return fresh();
  }

  private Enrolled enrol(Bootstrap document) {
    throw new IllegalStateException("enrolment of " + document.runtimeId());
  }

  private LiveIdentity fresh() {
    return new LiveIdentity(
        trust.plugin("echo"),
        new TestAuthority("plugins", Dns.PLUGIN)
            .credentials(
                trust.plugin("echo"), trust.hosts().bundle(), now.plus(Duration.ofHours(4))),
        Token.parse(Token.Kind.RUNTIME, HostAnswers.newToken(Token.Kind.RUNTIME)).orElseThrow(),
        now,
        now.plus(Duration.ofHours(1)));
  }

  @Override
  public void close() {
    care.close();
    transport.close();
    host.close();
  }
}
