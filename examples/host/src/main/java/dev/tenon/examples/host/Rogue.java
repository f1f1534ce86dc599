package dev.tenon.examples.host;

import dev.tenon.examples.rogue.v1.AttemptRequest;
import dev.tenon.examples.rogue.v1.HandOverRequest;
import dev.tenon.examples.rogue.v1.Outcome;
import dev.tenon.examples.rogue.v1.ReportGrpc;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the runs of the hostile plugin {@code rogue} tried, and what came of it. Immutable. */
record Rogue(Map<String, List<Outcome>> outcomes) {
  static final String PLUGIN = "rogue";

  private static final Metadata.Key<String> TO =
      Metadata.Key.of("tenon-to", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * Has each run leave its token for the other, and then each try what it can, one after the other.
   */
  static Rogue unleash(PluginHost host) {
    List<String> runs =
        host.plugins().stream()
            .filter(plugin -> plugin.name().value().equals(PLUGIN))
            .map((PluginStatus plugin) -> plugin.runtimeId().value())
            .toList();
    for (String run : runs) {
      var unused = run(host, run).handOver(HandOverRequest.getDefaultInstance());
    }
    Map<String, List<Outcome>> outcomes = new LinkedHashMap<>();
    for (String run : runs) {
      outcomes.put(
          run, run(host, run).attempt(AttemptRequest.getDefaultInstance()).getOutcomesList());
    }
    return new Rogue(outcomes);
  }

  private static ReportGrpc.ReportBlockingStub run(PluginHost host, String runtimeId) {
    Metadata headers = new Metadata();
    headers.put(TO, runtimeId);
    return host.client(ReportGrpc::newBlockingStub)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** Returns how many attempts reached what they were after. */
  long successes() {
    return outcomes.values().stream()
        .flatMap(List::stream)
        .filter(outcome -> outcome.getCode().equals("OK"))
        .count();
  }

  /** Returns how many attempts went past the host, to the socket of another plugin. */
  long pastTheHost() {
    return outcomes.values().stream()
        .flatMap(List::stream)
        .filter(outcome -> outcome.getAction().equals("connect"))
        .count();
  }
}
