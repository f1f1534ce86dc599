package dev.tenon.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What must hold for any metadata of a call: lines of name, {@code :} and value. */
public final class ForwardedMetadataBytes {
  private static final SpiffeId.OfHost HOST =
      new SpiffeId.OfHost(new TrustDomain("tenon.internal"), "h-1");

  private static final Set<String> CREDENTIALS =
      Set.of("authorization", "proxy-authorization", "cookie", "set-cookie");

  private ForwardedMetadataBytes() {}

  /**
   * Takes {@code bytes} as they come from the wire: no credential and no reserved name passes,
   * whatever its case; the one {@code tenon-caller} is the host's own; and what passed can be
   * written to the wire.
   *
   * @return whether everything passed
   */
  public static boolean check(byte[] bytes) {
    List<byte[]> entries = new ArrayList<>();
    for (String line : new String(bytes, ISO_8859_1).split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        entries.add(line.substring(0, colon).getBytes(ISO_8859_1));
        entries.add(line.substring(colon + 1).getBytes(ISO_8859_1));
      }
    }
    Metadata sent = InternalMetadata.newMetadata(entries.toArray(new byte[0][]));
    Metadata request = MetadataRules.request(sent, HOST.toString());
    Metadata response = MetadataRules.response(sent);

    assertThat(request.getAll(MetadataRules.CALLER)).containsExactly(HOST.toString());
    assertThat(response.keys()).noneMatch(name -> name.startsWith("tenon-"));
    for (String name : request.keys()) {
      assertThat(name).matches("[0-9a-z_.-]+");
      assertThat(CREDENTIALS).doesNotContain(name);
      assertThat(name.startsWith("tenon-") && !name.equals("tenon-caller")).isFalse();
      assertThat(name).doesNotStartWith("x-plugin-").doesNotStartWith("proxy-");
    }
    assertThat(InternalMetadata.serialize(request).length).isGreaterThanOrEqualTo(2);
    try {
      MetadataRules.target(sent).ifPresent(run -> assertThat(run.value()).isASCII());
    } catch (CallRefusedException refusal) {
      assertThat(refusal.publicText().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(200);
      return false;
    }
    return response.keys().size() == sent.keys().size();
  }
}
