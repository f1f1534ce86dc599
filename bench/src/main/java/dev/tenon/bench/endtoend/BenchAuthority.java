package dev.tenon.bench.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/**
 * The certificates of everyone but Tenon: an authority that is made for one comparison, and one
 * certificate for client and server use.
 */
final class BenchAuthority {
  static final String NAME = "bench.internal";

  private static final List<String> REQUEST =
      List.of(
          "openssl",
          "req",
          "-x509",
          "-config",
          "openssl.cnf",
          "-days",
          "2",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-noenc");

  private BenchAuthority() {}

  /**
   * Makes {@code folder} with the files of an {@link Access}, and {@code both.pem}, certificate and
   * key in one, as HAProxy wants them. The token is no one's: it makes the calls as long as those
   * through Tenon.
   */
  static Access create(Path folder) throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    Access access = new Access(folder, NAME);
    access.write("openssl.cnf", "[req]\ndistinguished_name = none\n[none]\n");
    openssl(
        folder,
        List.of("-subj", "/CN=bench authority"),
        extensions("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"),
        List.of("-keyout", "authority.key", "-out", "authority.pem"));
    openssl(
        folder,
        List.of("-subj", "/CN=bench", "-CA", "authority.pem", "-CAkey", "authority.key"),
        extensions(
            "subjectAltName=DNS:" + NAME,
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=serverAuth,clientAuth"),
        List.of("-keyout", "key.pem", "-out", "certificate.pem"));
    access.write("both.pem", text(folder, "certificate.pem") + text(folder, "key.pem"));
    access.write("token", "tnr_" + random32() + "\n");
    return access;
  }

  private static void openssl(
      Path folder, List<String> subject, List<String> extensions, List<String> files)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(REQUEST);
    command.addAll(subject);
    command.addAll(extensions);
    command.addAll(files);
    Command.run(folder, command);
  }

  private static List<String> extensions(String... extensions) {
    return Arrays.stream(extensions).flatMap(each -> Stream.of("-addext", each)).toList();
  }

  private static String text(Path folder, String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  private static String random32() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
