package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HostConfigTest {
  private static final String MINIMAL = "plugins = \"p\"\npolicy = \"policy.toml\"\n";

  @TempDir private Path folder;

  /**
   * Two keys are enough; all others have defaults, which are those of a host on one machine.
   *
   * <p>Row: CF-2, DS-4
   */
  @Test
  void config_ofMinimalFile_printsAllDefaults() throws Exception {
    Path file = write(MINIMAL);
    HostConfig config = HostConfig.read(file);

    Ran ran = Ran.with("config", "--config", file.toString());

    assertThat(ran.status()).isZero();
    assertThat(ran.out())
        .isEqualTo(
            """
            trust_domain = "tenon.internal"
            plugins = "%1$s/p"
            required = []
            policy = "%1$s/policy.toml"
            policy_interval = "PT2S"
            plugin_log = "info"
            state = "%1$s/tenon-state"
            run.directory = "%2$s"
            run.allow_root = false

            [enrol]
            # listen: a Unix socket of each start's own, in the run directory

            [control]
            # listen: a Unix socket of each start's own, in the run directory

            [data]
            # listen: a Unix socket of each start's own, in the run directory

            [admin]
            names = []

            [tls]
            provider = "%3$s"
            min_version = "1.3"
            overlap = "PT1H"

            [tokens]
            life = "PT1H"
            grace = "PT5M"
            clock_tolerance = "PT0S"

            [audit]
            path = "%1$s/tenon-state/audit.jsonl"
            segment_bytes = 16777216

            [grants]
            life = "PT1H"
            per_run = 100
            in_total = 10000

            [restart]
            tries = 5
            first = "PT1S"
            most = "PT30S"
            stable = "PT1M"

            [breaker]
            failures = 5
            open = "PT10S"
            successes = 2

            [ejection]
            consecutive = 5
            percent = 50
            calls = 20
            window = "PT10S"
            base = "PT10S"
            most = "PT5M"

            [retries]
            idempotent = []
            attempts = 3
            first = "PT0.1S"
            most = "PT10S"
            total = "PT30S"

            [limits]
            connect = { per_second = 10, burst = 100 }
            enrol = { per_second = 10, burst = 20 }
            renew = { per_second = 1, burst = 5 }
            register = { per_second = 1, burst = 5 }
            unregister = { per_second = 1, burst = 5 }
            discover = { per_second = 100, burst = 200 }
            watch = { per_second = 1, burst = 3 }
            report_health = { per_second = 10, burst = 20 }
            grant = { per_second = 10, burst = 20 }
            admin = { per_second = 10, burst = 20 }
            call = { per_second = 1000, burst = 2000 }
            connections = 1024
            connections_per_source = 512
            connections_per_run = 32
            handshakes = 128
            calls_per_connection = 100
            calls_per_caller = 1000
            calls_per_provider = 2000
            calls_in_total = 10000
            call_idle = "PT1H"
            connection_age = "PT1H"

            [selection]
            # all other services: first
            """
                .formatted(folder, config.folders().run(), config.tls().provider()));
    assertThat(config.folders().run()).isAbsolute();
    assertThat(config.tls().provider()).isIn("boringssl", "jdk");
  }

  /** Row: CF-4 */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        """
        state = "s"
        run = "/r"
        python = "py"
        trust_domain = "a.example"
        enrol.listen = "tcp:127.0.0.1:7072"
        control.listen = "tcp:127.0.0.1:7071"
        data.listen = "unix:/r/d"
        tls = { provider = "jdk", min_version = "1.2" }
        audit.path = "a/b.jsonl"
        """,
        """
        tls.host_ca_certificate = "h.crt"
        tls.host_ca_key = "h.private"
        tls.plugin_ca_certificate = "/p.crt"
        tls.plugin_ca_key = "/p.private"
        tls.plugin_ca_passphrase = "p.phrase"
        tls.overlap = "PT2H"
        tls.watch = "PT1M"
        tls.revocation_list = "p.crl"
        tls.host_ca_pins = ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
        tls.plugin_ca_pins = [
          "SHA256 Fingerprint=FF:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF",
          "00 23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
        tokens.life = "PT2M"
        tokens.grace = "PT30S"
        """,
        """
        tokens.life = "PT1M"
        """,
        """
        policy_interval = "PT0.5S"
        plugin_log = "warning"
        admin.names = ["alice", "on-call"]
        audit.segment_bytes = 1024
        tokens.clock_tolerance = "PT30S"
        grants = { life = "PT5M", per_run = 7, in_total = 70 }
        restart = { tries = 0, first = "PT2S", most = "PT3S", stable = "PT4S" }
        """,
        """
        breaker = { failures = 0, open = "PT1M", successes = 9 }
        retries = { attempts = 1, first = "PT1S", most = "PT1S", total = "PT2S" }
        """,
        """
        [ejection]
        consecutive = 0
        percent = 0
        calls = 7
        window = "PT1S"
        base = "PT2S"
        most = "PT3S"
        [retries]
        idempotent = ["acme.v1.Store/Get", "acme.v1.Names/*"]
        """,
        """
        [limits]
        call = { per_second = 1000000, burst = 1000000 }
        watch = { burst = 9 }
        connections = 65536
        handshakes = 1
        call_idle = "PT5S"
        connection_bytes_per_second = 65536
        connection_age = "PT3S"
        """,
        """
        [selection]
        "acme.v1.Echo" = "round-robin"
        "acme.v1.Clock" = "random"
        "acme.v1.Log" = "first"
        "acme.v1.Names" = "least-loaded"
        "acme.v1.Cart" = "sticky"
        "acme.v1.Store" = { one = 70, two = 30, spare = 0 }
        """,
        """
        registry = { etcd = ["http://127.0.0.1:1"], lease = "PT2S", user = "u", password_file = "p" }
        """,
        """
        [registry]
        etcd = ["https://a.example:1", "https://b.example:2"]
        trusted = "ca.crt"
        certificate = "c.crt"
        key = "c.key"
        """,
        """
        probes.listen = "tcp:127.0.0.1:7074"
        orchestrator = { endpoint = "tcp:o.example:1", id = "o", authority = "o.crt", heartbeat = "PT1M" }
        """,
        """
        hosts = { listen = "tcp:127.0.0.1:7073", peers = { h-1 = "a.crt", h-2 = 'b".crt' } }
        """,
        """
        state = 'quote" back\\slash'
        run = "\\t\\u007f \\u00f6 \\U0001F600"
        """,
      })
  void config_printedAndReadAgain_isTheSame(String more) throws Exception {
    HostConfig config = HostConfig.read(write(MINIMAL + more));
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere")).resolve("again.toml");

    HostConfig again = HostConfig.read(Files.writeString(elsewhere, config.toToml()));

    assertThat(again).isEqualTo(config);
  }

  /** The sample that comes with the example is read, and round-trips. Row: CF-4 */
  @Test
  void config_ofTheExample_roundTrips() throws Exception {
    HostConfig config = HostConfig.read(Path.of("tenon.toml"));

    assertThat(HostConfig.read(write(config.toToml()))).isEqualTo(config);
    assertThat(config.folders().plugins()).isEqualTo(Path.of("../plugins").toRealPath());
  }

  /** Row: CF-4 */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "policy = 'x'                            | :1: plugins: got nothing",
        "tls.host_ca_pins = ['ab:cd']            | :1: tls.host_ca_pins: fingerprint: \"abcd\""
            + " (expected: 64",
        "tls.plugin_ca_pins = []                 | :1: tls.plugin_ca_pins: got none (expected: a"
            + " fing",
        "plugins = 'x'                           | :1: policy: got nothing",
        "plugins = ''                            | :1: plugins: got \"\" (expected: a path)",
        "run = \"a\\u0000b\"                     | :1: run: got \"a?b\" (expected: a path of",
        "state = 7                               | :1: state: got 7 (expected: a string)",
        "trust_domain = 'A B'                    | :1: trust_domain: got \"A B\" (expected: a-z",
        "tls = { provider = 'none' }             | :1: tls.provider: got \"none\" (expected:"
            + " boring",
        "tls = { min_version = '1.1' }          | :1: tls.min_version: got \"1.1\" (expected: 1.3"
            + " or",
        "tls = { verify = false }                | :1: tls.verify: got an unknown key",
        "tls = { host_ca_key = 'k' }             | :1: tls.host_ca_key: got it alone (expected:"
            + " host_",
        "tls = { plugin_ca_certificate = 'c' }   | :1: tls.plugin_ca_certificate: got it alone"
            + " (exp",
        "tokens = { life = 'PT59S' }             | :1: tokens.life: got \"PT59S\" (expected: at"
            + " least PT1M",
        "tokens = { life = 'PT25H' }             | :1: tokens.life: got \"PT25H\" (expected: > 0,"
            + " at most",
        "tokens = { life = '1 hour' }            | :1: tokens.life: got \"1 hour\" (expected: an"
            + " ISO",
        "tls = { host_ca_passphrase = 'k' }      | :1: tls.host_ca_passphrase: got it alone"
            + " (expected: h",
        "tls = { overlap = 'PT0S' }              | :1: tls.overlap: got \"PT0S\"",
        "tls = { watch = 'often' }               | :1: tls.watch: got \"often\"",
        "tokens = { grace = 'PT2H' }             | :1: tokens.grace: got \"PT2H\" (expected: at"
            + " least PT30S",
        "control = { listen = 'pipe:x' }         | :1: control.listen: got \"pipe:x\" (expected:"
            + " unix:",
        "admin = { names = ['Alice'] }           | :1: admin.names: admin name: \"Alice\""
            + " (expected: a",
        "admin = { names = ['a', 'a'] }          | :1: admin.names: admins: a twice (expected",
        "enrol = { listen = 'udp:x' }            | :1: enrol.listen: got \"udp:x\" (expected:"
            + " unix:",
        "data = { listen = 'tcp:127.0.0.1:x' }   | :1: data.listen: got \"tcp:127.0.0.1:x\" (exp",
        "registry = { etcd = [] }                | :1: registry.etcd: etcd: 0 endpoints (expected",
        "registry = { etcd = ['http://a.b:1'] }  | :1: registry.etcd: etcd: http://a.b:1"
            + " (expected: https",
        "registry = { etcd = ['https://a.b:1'], user = 'u' } | :1: registry.user: got it alone",
        "registry = { etcd = ['https://a.b:1'], key = 'k' } | :1: registry.key: got it alone",
        "registry = { etcd = ['https://a.b:1'], lease = 'PT1S' } | :1: registry.lease: got"
            + " \"PT1S\"",
        "hosts = { listen = 'udp:x' }            | :1: hosts.listen: got \"udp:x\" (expected:",
        "hosts = { peers = { 'H 1' = 'a' } }     | :1: hosts.peers: host id: \"H 1\" (expected:",
        "selection = 'random'                    | :1: selection: got \"random\" (expected: a"
            + " table)",
        "selection = { 'a.B' = 'weighted' }      | :1: selection.\"a.B\": got \"weighted\""
            + " (expected: f",
        "selection = { 'a.B' = 7 }               | :1: selection.\"a.B\": got 7 (expected: a"
            + " string)",
        "selection = { 'a b' = 'first' }         | :1: selection.\"a b\": got a key that is no"
            + " serv",
        "selection = { 'a.B' = { A = 1 } }       | :1: selection.\"a.B\".A: got a key that is no"
            + " plugin",
        "selection = { 'a.B' = { x = 'y' } }     | :1: selection.\"a.B\".x: got \"y\" (expected: an"
            + " int",
        "selection = { 'a.B' = { x = 0 } }       | :1: selection.\"a.B\": got weights: {x=0}"
            + " (expected",
        "selection = { 'a.B' = { x = -1 } }      | :1: selection.\"a.B\": got weight of x: -1"
            + " (expec",
        "insecure_plaintext = true               | :1: insecure_plaintext: got an unknown key",
        "plugins = = 1                           | :1: not TOML",
      })
  void read_brokenFile_namesFileLineAndKey(String toml, String problem) throws IOException {
    Path file = write(toml + "\n");

    assertThatThrownBy(() -> HostConfig.read(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(file + problem);
  }

  /** Row: CF-1 */
  @Test
  void read_fileWithManyProblems_namesAllAtOnce() throws IOException {
    Path file =
        write(
            """
            plugins = 1
            trust_domain = '!'
            [control]
            listen = 'x'
            [tls]
            provider = 'y'
            """);

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err().lines())
        .hasSize(5)
        .allMatch(line -> line.startsWith(file + ":"))
        .anyMatch(line -> line.contains(": plugins: "))
        .anyMatch(line -> line.contains(": policy: "))
        .anyMatch(line -> line.contains(":2: trust_domain: "))
        .anyMatch(line -> line.contains(":4: control.listen: "))
        .anyMatch(line -> line.contains(":6: tls.provider: "));
  }

  private Path write(String toml) throws IOException {
    return Files.writeString(folder.resolve("tenon.toml"), toml);
  }
}
