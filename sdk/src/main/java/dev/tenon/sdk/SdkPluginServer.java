package dev.tenon.sdk;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;
import static java.util.Objects.requireNonNull;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginServer;
import dev.tenon.transport.Bootstrap;
import java.time.Duration;
import java.util.Optional;

/**
 * What {@link Plugin#serve()} runs: one plugin in this process, from its start document to its end.
 * Found with {@link java.util.ServiceLoader}; plugin authors do not name it.
 */
public final class SdkPluginServer implements PluginServer {
  /** Exit status of a plugin that was not started by a host. */
  static final int NOT_LAUNCHED = 2;

  /**
   * Exit status of a plugin whose host is gone: did not come back to one that it had not started,
   * or started one that must be forced.
   */
  static final int HOST_GONE = 3;

  /** How long a plugin may live without its host: with the end itself, less than a second. */
  static final Duration LIFE_WITHOUT_HOST = Duration.ofMillis(700);

  /** How much of that it may serve on. */
  static final Duration DRAIN_WITHOUT_HOST = Duration.ofMillis(250);

  /** How long a plugin drains after SIGTERM. */
  static final Duration DRAIN_ON_TERMINATION = Duration.ofSeconds(2);

  /**
   * How long a plugin whose enrolment was not answered waits for another start document; a host
   * sends one when it sees that what it has issued is not used.
   */
  static final Duration ANSWER_LOST = Duration.ofMinutes(1);

  private static final Duration LOOK = Duration.ofMillis(500);

  private static final System.Logger LOG = System.getLogger(SdkPluginServer.class.getName());

  private final Jvm jvm;

  /*
   * `running` is written under `this`, together with `early`: the latest line that came before the
   * plugin had started.
   */
  private volatile Optional<RunningPlugin> running = Optional.empty();
  private Optional<byte[]> early = Optional.empty();
  private volatile boolean isLeftAlone;

  /** For {@link java.util.ServiceLoader}. */
  public SdkPluginServer() {
    this(Jvm.THIS);
  }

  SdkPluginServer(Jvm jvm) {
    this.jvm = jvm;
  }

  /**
   * Serves {@code plugin} until its host shuts it down or is gone. Without a host, prints how the
   * program is meant to be started and ends it with status 2.
   *
   * @throws PluginStartException if the plugin cannot be started; the message says why
   * @throws InterruptedException if the calling thread is interrupted
   */
  @Override
  public void serve(Plugin plugin) throws PluginStartException, InterruptedException {
    requireNonNull(plugin, "plugin");
    Optional<BootstrapSource> source =
        jvm.environment(BootstrapSource.VARIABLE).flatMap(BootstrapSource::parse);
    if (source.isEmpty()) {
      jvm.stderr().print(BootstrapSource.howToStart(plugin.name().value()));
      jvm.exit(NOT_LAUNCHED);
      return;
    }
    serve(plugin, source.get(), read(source.get()));
  }

  private Bootstrap read(BootstrapSource source) throws PluginStartException {
    if (source instanceof BootstrapSource.PrivateFile file) {
      return file.read();
    }
    BoundedLine stdin = new BoundedLine(jvm.takeStdin(), Bootstrap.MAX_BYTES);
    Bootstrap bootstrap = new BootstrapSource.Stdin().read(stdin);
    new HostPipe(stdin, this::furtherLine, this::hostGone).watch();
    return bootstrap;
  }

  private synchronized void furtherLine(byte[] line) {
    if (running.isPresent()) {
      running.get().enrolAgain(line);
    } else {
      early = Optional.of(line);
      notifyAll();
    }
  }

  /**
   * Starts the plugin: where the answer to its enrolment was lost, as the same run, with the
   * document that the host sends then.
   */
  private RunningPlugin start(Plugin plugin, BootstrapSource source, Bootstrap first)
      throws PluginStartException, InterruptedException {
    Bootstrap document = first;
    while (true) {
      try {
        return RunningPlugin.start(plugin, document);
      } catch (PluginStartException e) {
        if (!e.isAnswerLost()) {
          throw e;
        }
        LOG.log(WARNING, "{0}; waiting for another start document", e.getMessage());
        document = another(source, document).orElseThrow(() -> e);
      }
    }
  }

  /** Returns the next document for the run of {@code used} that brings another token. */
  private synchronized Optional<Bootstrap> another(BootstrapSource source, Bootstrap used)
      throws InterruptedException {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < ANSWER_LOST.toNanos()) {
      Optional<Bootstrap> found =
          latest(source)
              .filter(next -> next.runtimeId().equals(used.runtimeId()))
              .filter(next -> next.hostId().equals(used.hostId()))
              .filter(next -> !Reenrolment.isSame(next, used));
      if (found.isPresent()) {
        return found;
      }
      wait(LOOK.toMillis());
    }
    return Optional.empty();
  }

  private Optional<Bootstrap> latest(BootstrapSource source) {
    try {
      if (source instanceof BootstrapSource.PrivateFile file) {
        return Optional.of(file.read());
      }
      Optional<Bootstrap> line = early.map(Bootstrap::parse);
      early = Optional.empty();
      return line;
    } catch (PluginStartException | IllegalArgumentException e) {
      early = Optional.empty();
      LOG.log(DEBUG, "no document: {0}", e.getMessage());
      return Optional.empty();
    }
  }

  private synchronized void started(RunningPlugin started, BootstrapSource source) {
    running = Optional.of(started);
    early.ifPresent(started::enrolAgain);
    early = Optional.empty();
    if (source instanceof BootstrapSource.PrivateFile file) {
      started.enrolAgainFrom(file, this::hostDidNotReturn);
    }
  }

  private void serve(Plugin plugin, BootstrapSource source, Bootstrap bootstrap)
      throws PluginStartException, InterruptedException {
    Thread termination = new Thread(this::terminated, "tenon-termination");
    try (RunningPlugin started = start(plugin, source, bootstrap)) {
      started(started, source);
      jvm.onTermination(termination);
      started.awaitEnd();
    } finally {
      jvm.forgetTermination(termination);
    }
    if (isLeftAlone) {
      jvm.exit(HOST_GONE);
    }
  }

  private void hostDidNotReturn() {
    isLeftAlone = true;
    running.ifPresent(plugin -> plugin.stop(DRAIN_ON_TERMINATION));
  }

  /*
   * Runs on the thread that read stdin to its end. That thread needs nothing more to keep the promise
   * to end in time: the orderly end is tried beside it, and may fail or hang.
   */
  private void hostGone() {
    try {
      Thread end = new Thread(this::endWithoutHost, "tenon-host-gone");
      end.setDaemon(true);
      end.start();
      Thread.sleep(LIFE_WITHOUT_HOST.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      jvm.halt(HOST_GONE);
    }
  }

  private void endWithoutHost() {
    LOG.log(ERROR, "stdin ended: the host is gone, and this plugin ends with it");
    running.ifPresent(plugin -> plugin.stop(DRAIN_WITHOUT_HOST));
  }

  private void terminated() {
    running.ifPresent(plugin -> plugin.stopAndClose(DRAIN_ON_TERMINATION));
  }
}
