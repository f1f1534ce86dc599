package dev.tenon.auth.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The disk, with faults where a test puts them; it remembers what was asked of it, and which files
 * are open.
 */
final class FaultyFiles implements LogFiles {
  final List<String> asked = new CopyOnWriteArrayList<>();
  final List<Path> open = new CopyOnWriteArrayList<>();
  private volatile Fault fault = (step, name) -> null;

  /** What goes wrong at a step; null if nothing does. */
  @FunctionalInterface
  interface Fault {
    @Nullable Throwable at(String step, String name);
  }

  void fail(Fault next) {
    fault = next;
  }

  /** Makes the next {@code step} of the active segment fail, once. */
  void failOnce(String step, Throwable why) {
    fault =
        (asked, name) -> {
          if (asked.equals(step) && name.equals("audit.jsonl")) {
            fault = (later, other) -> null;
            return why;
          }
          return null;
        };
  }

  private void step(String step, Path path) throws IOException {
    String name = String.valueOf(path.getFileName());
    asked.add(step + " " + name);
    Throwable why = fault.at(step, name);
    if (why instanceof IOException e) {
      throw e;
    }
    if (why instanceof Error e) {
      throw e;
    }
  }

  @Override
  public LogFile create(Path path, Mode mode) throws IOException {
    step("create", path);
    return new Faulty(path, DISK.create(path, mode));
  }

  @Override
  public LogFile open(Path path, Mode mode) throws IOException {
    step("open", path);
    return new Faulty(path, DISK.open(path, mode));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    step("move", from);
    DISK.move(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    step("delete", path);
    DISK.delete(path);
  }

  @Override
  public void syncDirectory(Path folder) throws IOException {
    step("sync", folder);
    DISK.syncDirectory(folder);
  }

  private final class Faulty implements LogFile {
    private final Path path;
    private final LogFile file;

    Faulty(Path path, LogFile file) {
      this.path = path;
      this.file = file;
      open.add(path);
    }

    /** A write that fails has written half of it. */
    @Override
    public void write(byte[] bytes) throws IOException {
      try {
        step("write", path);
      } catch (IOException e) {
        file.write(Arrays.copyOf(bytes, bytes.length / 2));
        throw e;
      }
      file.write(bytes);
    }

    @Override
    public void force() throws IOException {
      step("force", path);
      file.force();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void truncate(long bytes) throws IOException {
      step("truncate", path);
      file.truncate(bytes);
    }

    @Override
    public boolean isAt(Path where) throws IOException {
      return file.isAt(where);
    }

    @Override
    public void close() throws IOException {
      open.remove(path);
      file.close();
    }
  }
}
