package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Printable;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tries to be let in at a host's control plane, and says how far it came. */
@Command(
    name = "probe",
    description =
        "Connects to a host's control plane as a plugin would, lists what that plugin may call, and"
            + " tells how far it came. Status 0 if it was let in.",
    mixinStandardHelpOptions = true)
final class Probe implements Callable<Integer> {
  @Option(
      names = "--address",
      paramLabel = "ADDRESS",
      required = true,
      description = "where the control plane listens: unix:PATH or tcp:HOST:PORT")
  private String address;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      required = true,
      description = "the certificates, in PEM, that the host's must lead to")
  private Path ca;

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "the plugin's certificate, in PEM, its issuers after it; none without it")
  private @Nullable Path certificate;

  @Option(names = "--key", paramLabel = "FILE", description = "its key, PKCS#8 in PEM, mode 0600")
  private @Nullable Path key;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "a file with the runtime token, mode 0600; none is shown without it")
  private @Nullable Path tokenFile;

  @Option(
      names = "--host-id",
      paramLabel = "ID",
      description = "the host's SPIFFE ID; any host of the authority without it")
  private @Nullable String hostId;

  @Option(
      names = "--server-name",
      paramLabel = "NAME",
      defaultValue = "host.tenon.internal",
      description = "the DNS name in the host's certificate (${DEFAULT-VALUE})")
  private String serverName;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Probe() {}

  @Override
  public Integer call() throws ConfigException {
    ProbeAttempt attempt;
    try {
      attempt = new ProbeAttempt(Endpoint.parse(address), credentials(), serverName, host());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    Optional<String> token =
        tokenFile == null ? Optional.empty() : Optional.of(ProbeFiles.secretLine(tokenFile));
    ProbeAttempt.Outcome outcome = attempt.run(token);
    PrintWriter out = spec.commandLine().getOut();
    outcome.steps().forEach((step, result) -> out.println(step + "\t" + Printable.line(result)));
    return outcome.isLetIn() ? Main.DONE : Main.FAILED;
  }

  private Credentials credentials() throws ConfigException {
    List<X509Certificate> trusted = ProbeFiles.certificates(ca);
    if (certificate == null && key == null) {
      return Credentials.trustOnly(trusted);
    }
    if (certificate == null || key == null) {
      throw new ParameterException(
          spec.commandLine(), "--certificate and --key (expected: both or neither)");
    }
    return Credentials.of(
        ProbeFiles.privateKey(key), ProbeFiles.certificates(certificate), trusted);
  }

  private Optional<SpiffeId> host() {
    return hostId == null ? Optional.empty() : Optional.of(SpiffeId.parse(hostId));
  }
}
