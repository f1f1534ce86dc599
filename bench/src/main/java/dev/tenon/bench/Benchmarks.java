package dev.tenon.bench;

import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.bench.endtoend.ColdStart;
import dev.tenon.bench.endtoend.Comparison;
import dev.tenon.bench.endtoend.EndToEnd;
import dev.tenon.bench.endtoend.Enrolments;
import dev.tenon.bench.endtoend.Goals;
import dev.tenon.bench.endtoend.Guard;
import dev.tenon.bench.endtoend.InProcessCalls;
import dev.tenon.bench.endtoend.Plan;
import dev.tenon.bench.endtoend.Recoveries;
import dev.tenon.bench.endtoend.Tools;
import dev.tenon.core.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The program that runs all benchmarks and writes docs/performance.md. */
public final class Benchmarks {
  /** What a host checks for each call. */
  static final List<Class<?>> CHECKS =
      List.of(
          TokenValidation.class,
          PolicyDecision.class,
          CallChecks.class,
          CallSteps.class,
          InsideCalls.class,
          RateLimiting.class,
          GrantCheck.class,
          RegistryLookUp.class);

  private static final List<String> MODES =
      List.of("", "--short", "--goals", "--guard", "--checks", "--registry", "--recovery");
  private static final Set<String> WITH_PROXIES = Set.of("", "--short", "--goals");
  private static final int KILLS = 500;
  private static final int FIRST_CALLS = 50_000;
  private static final Plan AUDIT =
      new Plan(7, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1));
  private static final int[] THREADS = {1, 2, 4};
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private final Path root;
  private final String commit;

  private Benchmarks(Path root, String commit) {
    this.root = root;
    this.commit = commit;
  }

  /**
   * Runs all benchmarks, about 40 minutes, and writes the page; with {@code --goals} only the
   * comparison and what else has a goal, with {@code --checks} only those of what a host checks,
   * with {@code --registry} only those of the registry, with {@code --recovery}, which nothing else
   * does and takes half an hour, only how soon killed plugins are back; and keeps the rest of the
   * page. With {@code --guard} it writes nothing, and compares Tenon's relay with that on grpc-java
   * in a minute; with {@code --short} it only shows in seconds that the programs work, and prints
   * what the page would say. Ends the JVM: with 1 if the machine lacks something, a call fails, or
   * the guard's goal is missed, and 2 for wrong arguments.
   *
   * @param args the root of the project, its commit, and perhaps one of these
   */
  public static void main(String[] args) throws InterruptedException {
    String asked = args.length == 3 ? args[2] : "";
    if (args.length < 2 || args.length > 3 || !MODES.contains(asked)) {
      System.err.println(
          "usage: tenon bench [--short | --goals | --guard | --checks | --registry | --recovery]");
      System.exit(2);
    }
    List<String> missing = missing(asked);
    if (!missing.isEmpty()) {
      missing.forEach(line -> tell("missing: " + line));
      System.exit(1);
    }
    try {
      Benchmarks benchmarks = new Benchmarks(Path.of(args[0]), args[1]);
      if (!asked.equals("--guard")) {
        benchmarks.run(asked);
      } else if (!benchmarks.isGuardMet()) {
        System.exit(1);
      }
    } catch (IOException | RunnerException | GeneralSecurityException | RefusedException e) {
      tell(String.valueOf(e.getMessage()));
      System.exit(1);
    }
  }

  private static List<String> missing(String asked) {
    if (asked.equals("--guard")) {
      return Tools.missingForGuard();
    }
    return WITH_PROXIES.contains(asked) ? Tools.missing() : List.of();
  }

  private boolean isGuardMet() throws IOException, InterruptedException {
    Guard.Finding finding = new Guard(bench(), Plan.guard(), Benchmarks::tell).find();
    tell(finding.text());
    return finding.isMet();
  }

  private Path bench() {
    return root.resolve("bench");
  }

  private void run(String asked)
      throws RunnerException,
          IOException,
          InterruptedException,
          GeneralSecurityException,
          RefusedException {
    if (asked.equals("--short")) {
      System.out.print(
          withGoals(PerformancePage.parse(""), Plan.brief())
              .with(machine(), new Enrolments(2, Benchmarks::tell).section())
              .with(machine(), besideHandshakes(3, Duration.ofMillis(50)))
              .with(machine(), audit(Plan.brief()))
              .with(machine(), new RegistrySize(1, 100).section())
              .text());
      return;
    }
    Path file = root.resolve("docs").resolve("performance.md");
    PerformancePage page = PerformancePage.parse(Files.readString(file));
    page =
        switch (asked) {
          case "--goals" -> withGoals(page, Plan.full());
          case "--checks" -> withRegistry(withChecks(page));
          case "--registry" -> withRegistry(page);
          case "--recovery" ->
              page.with(machine(), new Recoveries(KILLS, Benchmarks::tell).section());
          default -> withRegistry(withChecks(withGoals(page, Plan.full())));
        };
    Files.writeString(file, page.text());
  }

  private PerformancePage withGoals(PerformancePage before, Plan plan)
      throws IOException, InterruptedException {
    Machine machine = machine();
    Comparison comparison = new EndToEnd(bench(), plan, Benchmarks::tell).run();
    if (!comparison.isClean()) {
      throw new IOException("calls failed, so no page was written:\n" + comparison.section());
    }
    List<Double> first =
        new ColdStart(bench(), plan.rounds(), FIRST_CALLS, Benchmarks::tell).seconds();
    InProcessCalls.Times inside =
        new InProcessCalls(plan.rounds(), plan.hostWarmUp(), plan.window(), Benchmarks::tell)
            .measure();
    return before
        .with(machine, comparison.section())
        .withFirst(machine, new Goals(comparison, first, inside).section());
  }

  private PerformancePage withRegistry(PerformancePage before)
      throws RunnerException, IOException, RefusedException {
    PerformancePage page = before.with(machine(), lookUps());
    tell(RegistrySize.class.getSimpleName());
    return page.with(machine(), new RegistrySize(7, 10_000).section());
  }

  private PerformancePage withChecks(PerformancePage before)
      throws RunnerException,
          IOException,
          InterruptedException,
          GeneralSecurityException,
          RandomSourceFailedException {
    PerformancePage page = before.with(machine(), validations());
    page = page.with(machine(), decisions());
    page = page.with(machine(), bothTogether());
    page = page.with(machine(), allSteps());
    page = page.with(machine(), insideCalls());
    page = page.with(machine(), limits());
    page = page.with(machine(), grants());
    page = page.with(machine(), besideHandshakes(21, Duration.ofMillis(500)));
    page = page.with(machine(), new Enrolments(100, Benchmarks::tell).section());
    return page.with(machine(), audit(AUDIT));
  }

  private Machine machine() throws IOException {
    return Machine.here(commit, InstantSource.system());
  }

  private static String besideHandshakes(int pairs, Duration window)
      throws IOException,
          InterruptedException,
          GeneralSecurityException,
          RandomSourceFailedException {
    return new BesideHandshakes(pairs, window, Benchmarks::tell).section();
  }

  private static String validations() throws RunnerException {
    return new ThroughputTable(
            "Validation of a runtime token",
            "",
            "A wrong token costs more than a right one: the refusal is an exception.",
            measured(TokenValidation.class),
            PROCESSORS)
        .text();
  }

  private static String decisions() throws RunnerException {
    return new ThroughputTable(
            "Decision of a policy",
            "callers with rules",
            "A decision looks only at rules of its\n"
                + "caller: what more callers cost is cache, not comparisons.",
            measured(PolicyDecision.class),
            PROCESSORS)
        .text();
  }

  private static String bothTogether() throws RunnerException {
    return new ThroughputTable(
            "Both together",
            "",
            "A right token is validated and then\n"
                + "the policy decides, for 512 callers in turn: what each call that is allowed is"
                + " asked for.",
            measured(CallChecks.class),
            PROCESSORS)
        .text();
  }

  private static String allSteps() throws RunnerException {
    return new ThroughputTable(
            "All steps of a call",
            "",
            "What the router does for a call\n"
                + "beside moving its bytes, from its head to its end: limiter, token, caps,"
                + " policy,\n"
                + "choice, audit and counters, and what is given back. One caller, one method.",
            measured(CallSteps.class),
            PROCESSORS)
        .text();
  }

  private static String insideCalls() throws RunnerException {
    return new ThroughputTable(
            "Calls inside the host",
            "",
            "Unary calls, of 64 bytes each way, of a\n"
                + "service that never blocks: by the router with all steps of a call, and beside it"
                + " by\n"
                + "gRPC's in-process transport on the same thread, which takes none of them.",
            measured(InsideCalls.class),
            PROCESSORS)
        .text();
  }

  private static String limits() throws RunnerException {
    return new ThroughputTable(
            "Limiter",
            "",
            "One key: all threads take from the same\nbucket. Many: 1,024 in turn.",
            measured(RateLimiting.class),
            PROCESSORS)
        .text();
  }

  private static String grants() throws RunnerException {
    return new ThroughputTable(
            "Check of a grant", "", "256 grants in turn.", measured(GrantCheck.class), PROCESSORS)
        .text();
  }

  private static String lookUps() throws RunnerException {
    return new ThroughputTable(
            "Look-up of a provider",
            "",
            "10,000 services by 100 runs,\n8,192 of them in turn.",
            measured(RegistryLookUp.class),
            PROCESSORS)
        .text();
  }

  private String audit(Plan plan) throws IOException, InterruptedException {
    tell(AuditRate.class.getSimpleName());
    Path folder = Files.createDirectories(bench().resolve("target"));
    return new AuditTable(new AuditRate(folder, plan.rounds(), plan.window()).measure()).text();
  }

  private static void tell(String progress) {
    System.err.println("bench: " + progress);
  }

  private static List<Measurement> measured(Class<?> benchmark) throws RunnerException {
    List<Measurement> measured = new ArrayList<>();
    for (int threads : THREADS) {
      tell(benchmark.getSimpleName() + ", " + threads + " threads");
      new Runner(options(benchmark, threads))
          .run().stream().map(Measurement::of).forEach(measured::add);
    }
    return measured;
  }

  private static Options options(Class<?> benchmark, int threads) {
    return new OptionsBuilder()
        .include("^" + benchmark.getName() + "\\.")
        .threads(threads)
        .forks(2)
        .warmupIterations(3)
        .warmupTime(TimeValue.seconds(1))
        .measurementIterations(5)
        .measurementTime(TimeValue.seconds(1))
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT)
        .build();
  }
}
