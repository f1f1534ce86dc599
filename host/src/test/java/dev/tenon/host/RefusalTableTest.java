package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RegistryLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.ListRequest;
import dev.tenon.v1.ProtocolRange;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.Requirement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The tables of refusals in the page on the protocol, beside what the host refuses with. */
class RefusalTableTest {
  private static final Path PAGE = Path.of("../docs/protocol.md");
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[provide]]
      plugin = "beta"
      services = ["testservice.v1.Echo"]
      exclusive = true

      [[provide]]
      plugin = "beta"
      services = ["acme.a.v1.A", "acme.b.v1.B"]
      """;

  /** Row: HS-17. */
  @Test
  void enrol_eachCause_refusedAsThePageSays() throws Exception {
    Set<String> found = new TreeSet<>();
    ProtocolRange later = ProtocolRange.newBuilder().setMin(2).setMax(3).build();
    found.add(enrol(request -> request.setVersion("one")));
    found.add(enrol(request -> request.setEnrolmentToken("tne_none")));
    found.add(enrol(request -> request.setProtocol(later)));
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      host.random.turn(TestRandom.Mode.THROWS);
      found.add(enrol(alpha, alpha.enrolRequest().build()));
    }
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      found.add(enrol(alpha, alpha.enrolRequest().build()));
    }
    found.add(enrolRequiringWhatIsNotOffered());

    assertThat(found).isEqualTo(rows("| reason | gRPC code | when |", 2));
  }

  private static String enrolRequiringWhatIsNotOffered() throws Exception {
    String mayCall =
        """
        [[rule]]
        id = "alpha"
        effect = "allow"
        caller = "alpha"
        service = "testservice.v1.Echo"
        """;
    try (TestHost host =
        TestHost.with(mayCall)
            .set(builder -> builder.offers(EchoGrpc.SERVICE_NAME, new OpenEcho()))
            .silent("alpha")
            .begin()) {
      RawPlugin alpha = host.plugin("alpha");
      Requirement later =
          Requirement.newBuilder()
              .setService(EchoGrpc.SERVICE_NAME)
              .setVersionRange(">=2.0.0")
              .build();
      return enrol(alpha, alpha.enrolRequest().addRequires(later).build());
    }
  }

  /** Breaks a good request at a host of its own. */
  private static String enrol(UnaryOperator<EnrolRequest.Builder> broken) throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      return enrol(alpha, broken.apply(alpha.enrolRequest()).build());
    }
  }

  private static String enrol(RawPlugin plugin, EnrolRequest request) throws Exception {
    return told(() -> plugin.enrolment().enrol(request));
  }

  /** Row: HS-17. */
  @Test
  void control_eachCause_refusedAsThePageSays() throws Exception {
    Set<String> found = new TreeSet<>();
    try (TestHost host =
        TestHost.with(POLICY)
            .set(builder -> builder.registryLimits(new RegistryLimits(1, 10, 10, 1, 1)))
            .enrolled("alpha", NamedEcho.SERVICE)
            .enrolled("beta", NamedEcho.SERVICE, "acme.a.v1.A", "acme.b.v1.B")
            .start()) {
      RawPlugin beta = host.plugin("beta");
      host.plugin("alpha").register(NamedEcho.SERVICE);
      addRegistering(found, beta);
      addDiscovering(found, beta);
      addRenewing(found, beta);
      host.random.turn(TestRandom.Mode.THROWS);
      found.add("Register " + told(() -> host.plugin("alpha").register(NamedEcho.SERVICE)));
      found.add("Renew " + told(() -> beta.renew(CertificateRequest.newKeyPair())));
      host.random.turn(TestRandom.Mode.WORKS);
      var unused = enrol(beta, beta.enrolRequest().build()); // it costs the run its life
      found.add("Renew " + told(() -> beta.renew(CertificateRequest.newKeyPair())));
    }

    assertThat(found).isEqualTo(rows("| call | reason | gRPC code | when |", 3));
  }

  private static void addRegistering(Set<String> found, RawPlugin beta) throws Exception {
    RegisterRequest noVersion = RawPlugin.claim("acme.a.v1.A").toBuilder().setVersion("").build();
    found.add("Register " + told(() -> beta.registry().register(noVersion)));
    found.add("Register " + told(() -> anonymous(beta).register(noVersion)));
    found.add("Register " + told(() -> beta.register("acme.c.v1.C")));
    found.add("Register " + told(() -> beta.register(NamedEcho.SERVICE)));
    beta.register("acme.a.v1.A");
    found.add("Register " + told(() -> beta.register("acme.b.v1.B")));
  }

  private static void addDiscovering(Set<String> found, RawPlugin beta) throws Exception {
    DiscoverRequest.Builder request = DiscoverRequest.newBuilder();
    found.add("Discover " + told(() -> beta.registry().discover(request.build())));
    request.setService("acme.c.v1.C");
    found.add("Discover " + told(() -> beta.registry().discover(request.build())));
    found.add("Discover " + told(() -> anonymous(beta).discover(request.build())));
    ListRequest list = ListRequest.getDefaultInstance();
    found.add("List " + told(() -> anonymous(beta).list(list)));
  }

  private static void addRenewing(Set<String> found, RawPlugin beta) throws Exception {
    RenewRequest garbage =
        RenewRequest.newBuilder().setCertificateRequest(ByteString.copyFromUtf8("none")).build();
    found.add("Renew " + told(() -> beta.renewal().renew(garbage)));
  }

  private static RegistryGrpc.RegistryBlockingStub anonymous(RawPlugin plugin) {
    return RawPlugin.deadline(RegistryGrpc.newBlockingStub(plugin.control()));
  }

  /** Makes {@code call}, and returns the reason and the code that its refusal tells. */
  private static String told(ThrowingCallable call) throws Exception {
    Refused refused = Refused.by(call);
    Status status = Status.parseFrom(refused.details());
    assertThat(status.getCode()).isEqualTo(refused.code().value());
    assertThat(status.getDetailsList()).hasSize(1);
    ErrorInfo info = status.getDetails(0).unpack(ErrorInfo.class);
    assertThat(info.getDomain()).isEqualTo(RefusalStatus.DOMAIN);
    return info.getReason() + " " + refused.code();
  }

  /** Returns the first {@code cells} of each row below {@code header}, which the page has once. */
  private static Set<String> rows(String header, int cells) throws IOException {
    String page = Files.readString(PAGE);
    assertThat(page).containsOnlyOnce("\n" + header + "\n");
    Set<String> rows = new TreeSet<>();
    page.substring(page.indexOf("\n" + header + "\n") + 1)
        .lines()
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> line.replace("`", "").split(" *\\| *", -1))
        .forEach(row -> rows.add(String.join(" ", Arrays.copyOfRange(row, 1, cells + 1))));
    return rows;
  }
}
