package dev.tenon.bench.endtoend;

import java.util.ArrayList;
import java.util.List;

/** Which core runs what: the proxies one, caller and backend the other. */
enum Cores {
  CALLER_AND_BACKEND("0"),
  PROXY("1");

  private final String number;

  Cores(String number) {
    this.number = number;
  }

  /** Returns the command that runs {@code command} on this core alone, as the same process. */
  List<String> pinned(List<String> command) {
    List<String> pinned = new ArrayList<>(List.of(Tools.program("taskset"), "-c", number));
    pinned.addAll(command);
    return List.copyOf(pinned);
  }
}
