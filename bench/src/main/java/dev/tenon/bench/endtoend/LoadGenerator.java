package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Calls through one way and measures it. One thread uses it. */
final class LoadGenerator {
  /** How long its connections may take, and its last answers. */
  static final Duration MARGIN = Duration.ofSeconds(60);

  private final Path program;
  private final Path folder;

  /**
   * @param program the C program
   * @param folder where its errors are written
   */
  LoadGenerator(Path program, Path folder) {
    this.program = requireNonNull(program, "program");
    this.folder = requireNonNull(folder, "folder");
  }

  /**
   * Measures: first {@code warmUp} that does not count, then {@code window} that does. The CPU time
   * is that of the second alone, so making connections is not in it.
   *
   * @throws IOException if the load generator fails, for instance since its connection was lost
   */
  Sample measure(Contender contender, Load load, int round, Duration warmUp, Duration window)
      throws IOException, InterruptedException {
    List<String> command = command(contender, load, warmUp);
    command.addAll(List.of("--seconds", Load.seconds(window)));
    return measure(contender, load, round, command, warmUp, window);
  }

  /**
   * Measures the first {@code calls} calls under {@code load}, which nothing warms: connections are
   * made before.
   *
   * @throws IOException if the load generator fails
   */
  Sample measureFirst(int calls, Contender contender, Load load, int round)
      throws IOException, InterruptedException {
    List<String> command = command(contender, load, Duration.ZERO);
    command.addAll(List.of("--seconds", Load.seconds(MARGIN), "--calls", Integer.toString(calls)));
    return measure(contender, load, round, command, Duration.ZERO, MARGIN);
  }

  private Sample measure(
      Contender contender,
      Load load,
      int round,
      List<String> command,
      Duration warmUp,
      Duration window)
      throws IOException, InterruptedException {
    contender.preparation().run();
    List<String> pinned = Cores.CALLER_AND_BACKEND.pinned(command);
    try (Program caller = Program.start("load", folder, pinned)) {
      caller.await("ready", warmUp.plus(MARGIN));
      ThreadTimes before = ThreadTimes.of(contender.pid());
      caller.tell("go");
      String outcome = caller.line(window.plus(MARGIN));
      ThreadTimes after = ThreadTimes.of(contender.pid());
      return new Sample(
          contender.setting(),
          contender.way(),
          load,
          round,
          Outcome.parse(outcome),
          after.since(before));
    }
  }

  private List<String> command(Contender contender, Load load, Duration warmUp) {
    List<String> command =
        new ArrayList<>(List.of(program.toString(), "load", "--address", contender.address()));
    command.addAll(contender.access().certificates());
    command.addAll(contender.access().caller());
    command.addAll(load.options());
    command.addAll(contender.setting().options());
    command.addAll(List.of("--warm", Load.seconds(warmUp)));
    return command;
  }
}
