package dev.tenon.cli;

import picocli.CommandLine.Option;

/** The option that says why. */
final class ReasonOption {
  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "why, for the audit log")
  private String text;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it calls
  ReasonOption() {}

  String text() {
    return text;
  }
}
