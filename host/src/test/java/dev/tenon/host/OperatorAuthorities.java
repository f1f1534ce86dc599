package dev.tenon.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.Role;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The two authorities of an operator, made by openssl, whose keys the test has too. */
final class OperatorAuthorities {
  private final Path folder;
  private final String usage;

  OperatorAuthorities(Path folder) throws IOException, InterruptedException {
    this(folder, "keyCertSign,cRLSign");
  }

  OperatorAuthorities(Path folder, String usage) throws IOException, InterruptedException {
    this.folder = folder;
    this.usage = usage;
    make("host");
    make("plugin");
  }

  private void make(String role) throws IOException, InterruptedException {
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=" + role,
        "-addext",
        "keyUsage=critical," + usage,
        "-keyout",
        key(role).toString(),
        "-out",
        certificate(role).toString());
    Files.setPosixFilePermissions(key(role), PosixFilePermissions.fromString("rw-------"));
  }

  Path certificate(String role) {
    return folder.resolve(role + ".crt");
  }

  Path key(String role) {
    return folder.resolve(role + ".private");
  }

  void configure(HostBuilder host) {
    host.hostAuthority(certificate("host"), key("host"))
        .pluginAuthority(certificate("plugin"), key("plugin"));
  }

  AuthoritySettings settings() {
    return AuthoritySettings.DEFAULT
        .files(Role.HOST, new AuthorityFiles(certificate("host"), key("host"), Optional.empty()))
        .files(
            Role.PLUGIN,
            new AuthorityFiles(certificate("plugin"), key("plugin"), Optional.empty()));
  }

  /** Returns a certificate for {@code plugin}'s key and identity with the serial number asked. */
  X509Certificate certify(RawPlugin plugin, String serialHex)
      throws IOException, InterruptedException, CertificateException {
    Path request = Files.write(folder.resolve("csr"), plugin.certificateRequest());
    Path extensions =
        Files.writeString(
            folder.resolve("ext"),
            "keyUsage=critical,digitalSignature\n"
                + "extendedKeyUsage=serverAuth,clientAuth\n"
                + "basicConstraints=critical,CA:FALSE\n"
                + "subjectAltName=critical,URI:"
                + plugin.bootstrap.hostId()
                + "/plugin/"
                + plugin.bootstrap.plugin()
                + "/"
                + plugin.runtimeId()
                + ",DNS:plugin.tenon.internal\n",
            US_ASCII);
    Path leaf = folder.resolve("leaf.crt");
    openssl(
        "x509",
        "-req",
        "-inform",
        "DER",
        "-in",
        request.toString(),
        "-CA",
        certificate("plugin").toString(),
        "-CAkey",
        key("plugin").toString(),
        "-set_serial",
        "0x" + serialHex,
        "-days",
        "1",
        "-sha256",
        "-extfile",
        extensions.toString(),
        "-out",
        leaf.toString());
    try (InputStream in = Files.newInputStream(leaf)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /** Returns a file with a revocation list of the plugins' authority that names {@code revoked}. */
  Path revocationList(X509Certificate... revoked)
      throws IOException, InterruptedException, CertificateEncodingException {
    Path config =
        Files.writeString(
            folder.resolve("ca.conf"),
            "[ca]\ndefault_ca = d\n[d]\ndatabase = "
                + folder.resolve("index")
                + "\ndefault_md = sha256\ndefault_crl_days = 1\n",
            US_ASCII);
    Files.writeString(folder.resolve("index"), "");
    for (X509Certificate certificate : revoked) {
      Path der = Files.write(folder.resolve("revoked.der"), certificate.getEncoded());
      Path pem = folder.resolve("revoked.pem");
      openssl("x509", "-inform", "DER", "-in", der.toString(), "-out", pem.toString());
      ca(config, "-revoke", pem.toString());
    }
    Path made = folder.resolve("list.new");
    ca(config, "-gencrl", "-out", made.toString());
    return Files.move(made, folder.resolve("list"), StandardCopyOption.ATOMIC_MOVE);
  }

  private void ca(Path config, String... arguments) throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "ca",
                "-config",
                config.toString(),
                "-cert",
                certificate("plugin").toString(),
                "-keyfile",
                key("plugin").toString()));
    all.addAll(List.of(arguments));
    openssl(all.toArray(String[]::new));
  }

  /** Runs openssl, which must succeed, and returns what it printed. */
  String openssl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
