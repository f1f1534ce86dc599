package dev.tenon.cli;

/** What the exit status of a command says. */
final class Exit {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int CONFIGURATION = 3;
  static final int PLUGIN = 4;

  private Exit() {}
}
