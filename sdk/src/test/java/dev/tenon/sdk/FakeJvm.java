package dev.tenon.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** A process that does not end, and says how it would have. */
final class FakeJvm implements Jvm {
  final List<Integer> exits = new CopyOnWriteArrayList<>();
  final List<Integer> halts = new CopyOnWriteArrayList<>();
  final List<Thread> termination = new CopyOnWriteArrayList<>();

  private final Optional<String> bootstrap;
  private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
  private final BlockingQueue<InputStream> written = new LinkedBlockingQueue<>();

  FakeJvm(Optional<String> bootstrap) {
    this.bootstrap = bootstrap;
  }

  /** Writes to stdin; an empty text ends it. */
  void write(String text) {
    written.add(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  String printed() {
    return stderr.toString(UTF_8);
  }

  @Override
  public Optional<String> environment(String name) {
    return name.equals("TENON_BOOTSTRAP") ? bootstrap : Optional.empty();
  }

  @Override
  @SuppressWarnings("InputStreamSlowMultibyteRead") // read byte by byte, like the real one
  public InputStream takeStdin() {
    return new InputStream() {
      private InputStream current = InputStream.nullInputStream();

      @Override
      public int read() throws IOException {
        int read = current.read();
        if (read >= 0) {
          return read;
        }
        try {
          current = written.take();
        } catch (InterruptedException e) {
          throw new UncheckedIOException(new IOException(e));
        }
        return current.read();
      }
    };
  }

  @Override
  public PrintStream stderr() {
    return new PrintStream(stderr, true, UTF_8);
  }

  @Override
  public void exit(int status) {
    exits.add(status);
  }

  @Override
  public void halt(int status) {
    halts.add(status);
  }

  @Override
  public void onTermination(Thread task) {
    termination.add(task);
  }

  @Override
  public void forgetTermination(Thread task) {
    termination.remove(task);
  }
}
