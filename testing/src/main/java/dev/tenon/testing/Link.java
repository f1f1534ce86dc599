package dev.tenon.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One connection through a {@link FaultProxy}. Thread-safe. */
final class Link {
  /** Chunks on their way, each direction: with {@link #CHUNK}, the bound of what is held. */
  private static final int MAX_CHUNKS = 16;

  private static final int CHUNK = 16 * 1024;
  private static final int CONNECT_MILLIS = 10_000;

  private final Socket client;
  private final Socket server = new Socket();
  private final InetSocketAddress target;
  private final Weather weather;
  private final Direction up;
  private final Direction down;
  private final Thread opener;
  private final AtomicInteger open = new AtomicInteger(2);

  // Guarded by this: a thread that was ended before it started would not see its interrupt.
  private boolean ended;

  Link(Socket client, InetSocketAddress target, Weather weather) {
    this.client = client;
    this.target = target;
    this.weather = weather;
    up = new Direction("up", client, server);
    down = new Direction("down", server, client);
    opener = daemon("tenon-proxy-open", this::open);
  }

  static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  synchronized void start() {
    if (!ended) {
      opener.start();
    }
  }

  private void open() {
    try {
      weather.awaitSound();
      server.connect(target, CONNECT_MILLIS);
      startReaders();
    } catch (IOException e) {
      reset();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void startReaders() {
    if (!ended) {
      up.reader.start();
      down.reader.start();
    }
  }

  boolean isStarted() {
    return opener.getState() != Thread.State.NEW;
  }

  boolean isOver() {
    return client.isClosed();
  }

  /** Ends both sides with RST. */
  void reset() {
    abort(client);
    abort(server);
    end();
  }

  private static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is closed already.
      return;
    }
  }

  private synchronized void end() {
    ended = true;
    opener.interrupt();
    up.end();
    down.end();
  }

  /** One way: reads, and writes what is due. */
  private final class Direction {
    private final Socket from;
    private final Socket to;
    private final Thread reader;
    private final ScheduledThreadPoolExecutor writer;
    private final Semaphore room = new Semaphore(MAX_CHUNKS);

    // Touched by the reader alone: when the last chunk is due.
    private long due = System.nanoTime();

    Direction(String name, Socket from, Socket to) {
      this.from = from;
      this.to = to;
      reader = daemon("tenon-proxy-" + name, this::readAll);
      writer =
          new ScheduledThreadPoolExecutor(
              1, task -> daemon("tenon-proxy-" + name + "-writer", task));
    }

    private void readAll() {
      byte[] buffer = new byte[CHUNK];
      try {
        while (true) {
          weather.awaitSound();
          room.acquire();
          int read = from.getInputStream().read(buffer, 0, weather.chunk(CHUNK));
          if (read < 0) {
            later(0, this::finish);
            return;
          }
          byte[] chunk = Arrays.copyOf(buffer, read);
          later(read, () -> to.getOutputStream().write(chunk));
        }
      } catch (IOException e) {
        reset();
      } catch (InterruptedException | RejectedExecutionException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** What is done with what has arrived. */
    private interface Delivery {
      void run() throws IOException;
    }

    private void later(int bytes, Delivery delivery) {
      long now = System.nanoTime();
      due = Math.max(due, now + weather.delayNanos()) + weather.durationNanos(bytes);
      var unused = writer.schedule(() -> deliver(delivery), due - now, TimeUnit.NANOSECONDS);
    }

    private void deliver(Delivery delivery) {
      try {
        weather.awaitSound();
        delivery.run();
        room.release();
      } catch (IOException e) {
        reset();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Passes the end of the stream on; the second end is that of the connection. */
    private void finish() throws IOException {
      to.shutdownOutput();
      if (open.decrementAndGet() == 0) {
        client.close();
        server.close();
        Link.this.end();
      }
    }

    void end() {
      reader.interrupt();
      writer.shutdownNow();
    }
  }
}
