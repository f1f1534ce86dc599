package dev.tenon.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  @TempDir private Path folder;

  @Test
  void processor_ofSeveralCores_isTheFirstName() throws Exception {
    Path file = folder.resolve("cpuinfo");
    Files.writeString(
        file, "processor\t: 0\nmodel name\t: A 9000\n\nprocessor\t: 1\nmodel name\t: A 9000\n");

    assertThat(Machine.processor(file)).isEqualTo("A 9000");
  }

  @Test
  void processor_whereTheKernelDoesNotSay_isUnknown() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty"));

    assertThat(Machine.processor(empty)).isEqualTo("unknown");
    assertThat(Machine.processor(folder.resolve("none"))).isEqualTo("unknown");
  }
}
