package dev.tenon.examples.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.examples.store.v1.Entry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a crash leaves behind does no harm, and what was answered is there. */
final class EntryFilesTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final int ENOUGH = 50;

  @TempDir private Path directory;

  @Test
  void open_unfinishedFile_isNoEntryAndIsRemovedWhenOld() throws IOException {
    Path old = left("put-1.tmp", NOW.minus(EntryFiles.ABANDONED).minusMillis(1));
    Path fresh = left("put-2.tmp", NOW.minus(EntryFiles.ABANDONED).plusMillis(1));

    EntryFiles entries = EntryFiles.open(directory, InstantSource.fixed(NOW));

    assertThat(old).doesNotExist();
    assertThat(fresh).exists(); // another run may be writing it
    assertThat(listed(entries)).isEmpty();
  }

  @Test
  void put_finished_leavesNoTemporaryFile() throws IOException {
    EntryFiles entries = EntryFiles.open(directory, InstantSource.system());

    entries.put(KilledWriter.entry(0));

    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).singleElement().asString().endsWith(".entry");
    }
  }

  @Test
  void put_processKilled_keepsAllThatWasAnsweredAndNothingHalf() throws Exception {
    Process writer =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<Integer> answered = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(writer.getInputStream(), UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        answered.add(Integer.valueOf(line));
        if (answered.size() == ENOUGH) {
          writer.toHandle().destroyForcibly(); // SIGKILL; what it printed can still be read
        }
        line = lines.readLine();
      }
    }
    assertThat(writer.waitFor()).isNotZero();

    EntryFiles entries = EntryFiles.open(directory, InstantSource.system());

    assertThat(answered).hasSizeGreaterThanOrEqualTo(ENOUGH);
    for (int i : answered) {
      assertThat(entries.value(KilledWriter.entry(i).getKey()))
          .isEqualTo(KilledWriter.entry(i).getValue());
    }
    assertThat(listed(entries)).allSatisfy(entry -> assertThat(entry.getValue()).hasSize(60_000));
    entries.put(KilledWriter.entry(0));
  }

  private Path left(String name, Instant modified) throws IOException {
    Path file = Files.write(directory.resolve(name), new byte[] {10, 1});
    return Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  private static List<Entry> listed(EntryFiles entries) throws IOException {
    try (Stream<Entry> all = entries.startingWith("")) {
      return all.toList();
    }
  }

  /** A process that puts entries until it is killed, and prints which were answered. */
  static final class KilledWriter {
    private KilledWriter() {}

    public static void main(String[] args) throws IOException {
      EntryFiles entries = EntryFiles.open(Path.of(args[0]), InstantSource.system());
      for (int i = 0; ; i++) {
        entries.put(entry(i));
        System.out.println(i);
      }
    }

    static Entry entry(int number) {
      byte[] value = new byte[60_000];
      value[0] = (byte) number;
      return Entry.newBuilder().setKey("key" + number).setValue(ByteString.copyFrom(value)).build();
    }
  }
}
