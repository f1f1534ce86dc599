package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.examples.host.FileArguments.RefusedFilesException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileArgumentsTest {
  @TempDir private Path folder;

  @Test
  void of_twoNamesOfOneFile_keepsBothAndListsOne() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "x");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);

    FileArguments arguments =
        FileArguments.of(List.of(file.toString(), link.toString(), file.toString()));

    assertThat(arguments.files())
        .extracting(FileArguments.Named::name)
        .containsExactly(file.toString(), link.toString(), file.toString());
    assertThat(arguments.listed()).containsExactly(file.toRealPath().toString());
  }

  @Test
  void of_severalBadArguments_namesAllEachOnOneLine() throws IOException {
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("gone"));

    assertThatThrownBy(
            () ->
                FileArguments.of(
                    List.of("", "a\0b", "no\nsuch", dangling.toString(), folder.toString())))
        .isInstanceOf(RefusedFilesException.class)
        .hasMessage(
            ": is a directory (expected: a file)\n"
                + "a\\u0000b: is no path of this system (expected: a file)\n"
                + "no\\u000asuch: no such file\n"
                + dangling
                + ": no such file\n"
                + folder
                + ": is a directory (expected: a file)");
  }

  @Test
  void of_unreadableFile_isRefusedUnlessThisUserMayReadEverything() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    if (Files.isReadable(file)) { // root
      assertThat(FileArguments.of(List.of(file.toString())).files()).hasSize(1);
      return;
    }
    assertThatThrownBy(() -> FileArguments.of(List.of(file.toString())))
        .hasMessage(file + ": cannot be read (expected: a file that you may read)");
  }
}
