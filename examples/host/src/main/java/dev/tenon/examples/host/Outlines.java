package dev.tenon.examples.host;

import dev.tenon.cli.Table;
import dev.tenon.examples.markdown.v1.MarkdownGrpc;
import dev.tenon.examples.markdown.v1.OutlineRequest;
import dev.tenon.examples.markdown.v1.OutlineResponse;
import dev.tenon.host.PluginHost;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

/** What the plugin in Python, {@code markdown}, says of the files that are Markdown. */
final class Outlines {
  static final String PLUGIN = "markdown";

  private static final long MAX_BYTES = 1 << 20;

  private Outlines() {}

  /** Returns whether the host has the plugin. */
  static boolean isOfferedBy(PluginHost host) {
    return host.plugins().stream().anyMatch(plugin -> plugin.name().value().equals(PLUGIN));
  }

  /** Asks for each file of at most 1 MiB whose name ends with {@code .md}, and prints a table. */
  static void print(PluginHost host, FileArguments arguments, PrintWriter out) {
    Table table = new Table("MARKDOWN", "HEADINGS", "LINKS", "CODE BLOCKS");
    try {
      for (FileArguments.Named file : arguments.files()) {
        if (file.name().endsWith(".md") && Files.size(file.realPath()) <= MAX_BYTES) {
          OutlineResponse answer = outline(host, file);
          table.row(file.name(), answer.getHeadings(), answer.getLinks(), answer.getCodeBlocks());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    table.print(out);
  }

  private static OutlineResponse outline(PluginHost host, FileArguments.Named file)
      throws IOException {
    String text = new String(Files.readAllBytes(file.realPath()), StandardCharsets.UTF_8);
    return host.client(MarkdownGrpc::newBlockingStub)
        .outline(OutlineRequest.newBuilder().setText(text).build());
  }
}
