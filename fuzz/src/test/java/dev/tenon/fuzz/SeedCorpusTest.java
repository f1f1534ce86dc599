package dev.tenon.fuzz;

import static java.util.Map.entry;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.QuotedText;
import dev.tenon.router.ForwardedMetadataBytes;
import dev.tenon.router.ProviderStatusText;
import dev.tenon.router.http2.FrameBytes;
import dev.tenon.router.http2.HpackBlocks;
import dev.tenon.router.http2.PeerBytes;
import dev.tenon.router.relay.MessageBytes;
import dev.tenon.router.relay.RelayBytes;
import dev.tenon.transport.PeerCertificateDer;
import dev.tenon.transport.PemText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The corpora without Jazzer: every file is read, and does what its name says. {@code valid-*} is
 * accepted, all else is refused. The bootstrap line has {@link BootstrapCorpusTest}.
 */
class SeedCorpusTest {
  /** What must hold for any bytes; tells whether they were accepted. */
  @FunctionalInterface
  interface Check {
    boolean of(byte[] bytes) throws Exception;
  }

  private static final Map<String, Check> TARGETS =
      Map.ofEntries(
          entry("SpiffeId", SpiffeIdText::check),
          entry("Version", VersionText::check),
          entry("VersionRange", VersionRangeText::check),
          entry("Policy", PolicyText::check),
          entry("CallPath", CallPathText::check),
          entry("Annotations", AnnotationsText::check),
          entry("CertificateRequest", CertificateRequestDer::check),
          entry("Token", TokenText::check),
          entry("SignedGrant", SignedGrantText::check),
          entry("Names", NamesText::check),
          entry("Endpoint", EndpointText::check),
          entry("ConfigTable", ConfigTableText::check),
          entry("Pem", PemText::check),
          entry("PeerCertificate", PeerCertificateDer::check),
          entry("Quoted", QuotedText::check),
          entry("Hpack", HpackBlocks::check),
          entry("Frame", FrameBytes::check),
          entry("ServerConnection", PeerBytes::ofClient),
          entry("ClientConnection", PeerBytes::ofServer),
          entry("RelayCaller", RelayBytes::ofCaller),
          entry("RelayProvider", RelayBytes::ofProvider),
          entry("RelayScript", RelayBytes::script),
          entry("Message", MessageBytes::check),
          entry("ForwardedMetadata", ForwardedMetadataBytes::check),
          entry("ProviderStatus", ProviderStatusText::check));

  private static Stream<Arguments> seeds() throws Exception {
    List<Arguments> seeds = new ArrayList<>();
    for (String target : TARGETS.keySet().stream().sorted().toList()) {
      for (Path seed : seedsOf(target)) {
        seeds.add(Arguments.of(target, String.valueOf(seed.getFileName()), seed));
      }
    }
    return seeds.stream();
  }

  /** Returns the committed files; Jazzer leaves what it finds in a folder beside them. */
  private static List<Path> seedsOf(String target) throws Exception {
    Path corpus =
        Path.of(
            requireNonNull(
                    SeedCorpusTest.class.getResource(target + "FuzzTestInputs"), "seed corpus")
                .toURI());
    try (Stream<Path> files = Files.list(corpus)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void corpora_ofAllTargets_haveValidAndRefusedSeeds() throws Exception {
    for (String target : TARGETS.keySet()) {
      assertThat(seedsOf(target))
          .as(target)
          .hasSizeGreaterThanOrEqualTo(8)
          .anyMatch(seed -> seed.getFileName().toString().startsWith("valid-"))
          .anyMatch(seed -> !seed.getFileName().toString().startsWith("valid-"));
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("seeds")
  void check_seed_doesWhatItsNameSays(String target, String name, Path seed) throws Exception {
    Check check = requireNonNull(TARGETS.get(target), target);

    assertThat(check.of(Files.readAllBytes(seed))).isEqualTo(name.startsWith("valid-"));
  }
}
