package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.NewAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.TrustDomain;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes the two authorities of a host, as files. */
@Command(
    name = "ca",
    description =
        "Makes the authorities of a host and of its plugins: P-256, self-signed, keys of mode 0600."
            + " Overwrites nothing.",
    mixinStandardHelpOptions = true)
final class Ca implements Callable<Integer> {
  private static final int MOST_DAYS = 3650;

  @Parameters(paramLabel = "FOLDER", description = "where the files are made; it must exist")
  private Path folder;

  @Option(
      names = "--trust-domain",
      paramLabel = "NAME",
      defaultValue = "tenon.internal",
      description = "the trust domain of all identities (${DEFAULT-VALUE})")
  private String trustDomain;

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "365",
      description = "how long the authorities are valid (${DEFAULT-VALUE})")
  private int days;

  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description = "encrypts the keys under the one line of FILE, mode 0600")
  private @Nullable Path passphrase;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Ca() {}

  @Override
  public Integer call() throws IOException, ConfigException {
    if (days < 1 || days > MOST_DAYS) {
      throw usage("--days: " + days + " (expected: 1 to " + MOST_DAYS + ")");
    }
    if (!Files.isDirectory(folder)) {
      throw usage(folder + ": no folder (expected: one that exists)");
    }
    NewAuthority authority =
        new NewAuthority(
            domain(), Duration.ofDays(days), InstantSource.system(), new SecureRandom());
    requireAbsent();
    for (Role role : List.of(Role.HOST, Role.PLUGIN)) {
      authority.write(role, files(role));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println("[tls]");
    for (Role role : List.of(Role.HOST, Role.PLUGIN)) {
      print(out, role);
    }
    return Main.DONE;
  }

  private TrustDomain domain() {
    try {
      return new TrustDomain(trustDomain);
    } catch (IllegalArgumentException e) {
      throw usage("--trust-domain: " + e.getMessage());
    }
  }

  private ParameterException usage(String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }

  private AuthorityFiles files(Role role) {
    AuthorityFiles plain =
        new AuthorityFiles(
            folder.resolve(name(role) + ".crt"), folder.resolve(name(role) + ".key"));
    return passphrase == null ? plain : plain.encrypted(passphrase);
  }

  private static String name(Role role) {
    return role.name().toLowerCase(Locale.ROOT) + "-ca";
  }

  /** All or nothing: a host must not get one new authority beside an old one by mistake. */
  private void requireAbsent() throws FileAlreadyExistsException {
    for (Role role : List.of(Role.HOST, Role.PLUGIN)) {
      AuthorityFiles files = files(role);
      for (Path file : new Path[] {files.certificate(), files.key()}) {
        if (Files.exists(file)) {
          throw new FileAlreadyExistsException(
              file + ": exists (expected: no such file; nothing is overwritten)");
        }
      }
    }
  }

  private void print(PrintWriter out, Role role) {
    String key = name(role).replace('-', '_');
    AuthorityFiles files = files(role);
    out.println(key + "_certificate = \"" + files.certificate() + "\"");
    out.println(key + "_key = \"" + files.key() + "\"");
    files.passphrase().ifPresent(file -> out.println(key + "_passphrase = \"" + file + "\""));
  }
}
