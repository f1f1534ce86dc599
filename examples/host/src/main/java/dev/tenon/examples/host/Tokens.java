package dev.tenon.examples.host;

import dev.tenon.cli.Table;
import dev.tenon.examples.tokens.v1.SplitRequest;
import dev.tenon.examples.tokens.v1.SplitResponse;
import dev.tenon.examples.tokens.v1.TokensGrpc;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Texts that the runs of {@code tokens} split, and how many each run had of them. */
final class Tokens {
  static final String PLUGIN = "tokens";

  private final Map<String, Integer> calls = new TreeMap<>();
  private final Map<String, Integer> tokens = new TreeMap<>();

  /** Has each of {@code texts} split by the run that the host chooses. */
  static Tokens split(PluginHost host, List<String> texts) {
    Tokens split = new Tokens();
    for (PluginStatus plugin : host.plugins()) {
      if (plugin.name().value().equals(PLUGIN)) {
        split.add(plugin.runtimeId().value(), 0, 0);
      }
    }
    for (String text : texts) {
      SplitResponse answer =
          host.client(TokensGrpc::newBlockingStub)
              .split(SplitRequest.newBuilder().setText(text).build());
      split.add(answer.getRuntimeId(), 1, answer.getTokensCount());
    }
    return split;
  }

  private void add(String run, int moreCalls, int moreTokens) {
    calls.merge(run, moreCalls, Integer::sum);
    tokens.merge(run, moreTokens, Integer::sum);
  }

  void print(PrintWriter out) {
    Table table = new Table("RUN", "CALLS", "TOKENS");
    calls.forEach((run, count) -> table.row(run, count, tokens.getOrDefault(run, 0)));
    table.print(out);
  }
}
