package dev.tenon.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names a file of descriptors. */
final class ProtoSetOption {
  @Option(
      names = "--proto-set",
      paramLabel = "FILE",
      defaultValue = "${env:TENON_PROTO_SET}",
      description = {
        "the descriptors of the service, as protoc --include_imports --descriptor_set_out=FILE"
            + " writes them; without it the file that TENON_PROTO_SET names"
      })
  private @Nullable Path file;

  /**
   * Reads the file.
   *
   * @throws ProtoSetException if it is missing, or no such file
   */
  ProtoSet read() throws ProtoSetException {
    if (file == null) {
      throw new ProtoSetException(
          "no descriptors (expected: --proto-set FILE, or TENON_PROTO_SET in the environment)");
    }
    return ProtoSet.read(file);
  }
}
