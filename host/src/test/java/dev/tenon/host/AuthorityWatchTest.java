package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.NewAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of an authority that are replaced while the host runs, as cert-manager mounts them: a link
 * to the folder of the moment, which is exchanged for another. Row: PK-19. Attack: X25.
 */
class AuthorityWatchTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private final Warnings warnings = new Warnings();
  private TestHost host;

  /** What the host warns of. */
  private static final class Warnings extends Handler {
    private final List<String> texts = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord line) {
      Object[] fields = line.getParameters();
      texts.add(line.getMessage() + (fields == null ? "" : List.of(fields).toString()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() throws Exception {
    Logger.getLogger(PluginHost.class.getName()).addHandler(warnings);
    host = TestHost.with("");
    make("first");
    Files.createSymbolicLink(folder.resolve("now"), folder.resolve("first"));
    host.set(
            builder ->
                builder.authorities(
                    AuthoritySettings.DEFAULT
                        .files(Role.PLUGIN, pair("now"))
                        .watch(Duration.ofMillis(20))))
        .enrolled("alpha")
        .start();
  }

  @AfterEach
  void stop() {
    host.close();
    Logger.getLogger(PluginHost.class.getName()).removeHandler(warnings);
  }

  private AuthorityFiles pair(String name) {
    return new AuthorityFiles(
        folder.resolve(name).resolve("tls.crt"), folder.resolve(name).resolve("tls.private"));
  }

  private void make(String name) throws Exception {
    Files.createDirectory(folder.resolve(name));
    new NewAuthority(
            new TrustDomain("tenon.internal"), Duration.ofDays(1), host.clock, new SecureRandom())
        .write(Role.PLUGIN, pair(name));
  }

  private void exchange(String name) throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("next"), folder.resolve(name));
    Files.move(link, folder.resolve("now"), StandardCopyOption.ATOMIC_MOVE);
  }

  private X509Certificate renewed() {
    RawPlugin alpha = host.plugin("alpha");
    KeyPair successor = CertificateRequest.newKeyPair();
    alpha.adopt(successor, alpha.renew(successor));
    return alpha.credentials().chain().get(0);
  }

  private boolean isOf(String name, X509Certificate leaf) {
    return RawPlugin.isIssuedBy(leaf, pair(name).certificate());
  }

  @Test
  void look_linkExchanged_newAuthorityIssues() throws Exception {
    assertThat(isOf("first", renewed())).isTrue();
    make("second");

    exchange("second");

    await().atMost(SOON).until(() -> isOf("second", renewed()));
  }

  /** The new certificate is there, and its key is not yet. */
  @Test
  void look_pairOfTwoMoments_oldOneStaysAndToldOnceThenTheWholePairSucceeds() throws Exception {
    make("second");
    Path certificate = pair("first").certificate();
    Files.copy(pair("second").certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
    await().atMost(SOON).until(() -> told("does not belong to"));
    renewed();
    assertThat(host.audit.text()).doesNotContain("roll-over");
    assertThat(warnings.texts).filteredOn(text -> text.contains("stays as it is")).hasSize(1);

    Path key = pair("first").key();
    Files.move(pair("second").key(), key, StandardCopyOption.REPLACE_EXISTING);

    await().atMost(SOON).until(() -> isOf("second", renewed()));
  }

  /**
   * The files change faster than they are looked at, again and again: one succession is under way
   * at a time, the others wait for it and are told of, and certificates are issued all along.
   *
   * <p>Attack: O11.
   */
  @Test
  void look_stormOfExchanges_oneSuccessionAtATime() throws Exception {
    make("second");
    make("third");
    for (int change = 0; change < 200; change++) {
      exchange(change % 2 == 0 ? "second" : "third");
    }
    exchange("third");
    await().atMost(SOON).until(() -> told("succeeds the") || isOf("third", renewed()));
    exchange("second");

    await().atMost(SOON).until(() -> told("waits for the end"));
    renewed();
    boolean isUnderWay = false;
    for (String action : successions()) {
      assertThat(isUnderWay).as(successions()::toString).isEqualTo(action.equals("retire"));
      isUnderWay = action.equals("roll-over");
    }
    assertThat(isUnderWay).isTrue();
  }

  private List<String> successions() {
    return host.audit.entries().stream()
        .map(entry -> entry.action())
        .filter(action -> action.equals("roll-over") || action.equals("retire"))
        .toList();
  }

  /** A writer that is half way. */
  @Test
  void look_truncatedFile_oldOneStays() throws Exception {
    Path certificate = pair("first").certificate();
    String text = Files.readString(certificate);

    Files.writeString(certificate, text.substring(0, text.length() / 2));

    await().atMost(SOON).until(() -> told("has no end"));
    renewed();
    Files.writeString(certificate, text);
    assertThat(host.audit.text()).doesNotContain("roll-over");
  }

  private boolean told(String problem) {
    return warnings.texts.stream().anyMatch(text -> text.contains(problem));
  }
}
