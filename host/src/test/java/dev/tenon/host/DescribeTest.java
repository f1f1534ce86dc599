package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.Refusal;
import dev.tenon.host.control.ProtocolVersions;
import dev.tenon.transport.Credentials;
import dev.tenon.v1.DescribeRequest;
import dev.tenon.v1.DescribeResponse;
import dev.tenon.v1.EnrolmentGrpc;
import dev.tenon.v1.ProtocolRange;
import org.junit.jupiter.api.Test;

/** What a host tells whoever asks. */
class DescribeTest {
  private static EnrolmentGrpc.EnrolmentBlockingStub stranger(RawPlugin by) {
    return RawPlugin.deadline(
        EnrolmentGrpc.newBlockingStub(
            by.connect(by.bootstrap.enrol(), Credentials.trustOnly(by.bootstrap.trustBundle()))));
  }

  /**
   * Before any enrolment, and without a token, a peer learns the versions of the protocol, and
   * there is no field for anything else.
   *
   * <p>Row: HS-19
   */
  @Test
  void describe_withoutCredential_tellsProtocolVersionsAlone() throws Exception {
    try (TestHost host =
        TestHost.with("")
            .set(builder -> builder.protocol(new ProtocolVersions(1, 3)))
            .enrolled("alpha")
            .start()) {
      DescribeResponse answer =
          stranger(host.plugin("alpha")).describe(DescribeRequest.getDefaultInstance());

      assertThat(answer.getProtocol())
          .isEqualTo(ProtocolRange.newBuilder().setMin(1).setMax(3).build());
      assertThat(DescribeResponse.getDescriptor().getFields())
          .extracting(FieldDescriptor::getName)
          .containsExactly("protocol");
    }
  }

  /**
   * It counts as an attempt to enrol, by where it comes from: an address, or a user.
   *
   * <p>Row: HS-19. Denies: Enrolment/Describe RATE_LIMITED.
   */
  @Test
  void describe_tooOften_rateLimited() throws Exception {
    for (boolean byAddress : new boolean[] {true, false}) {
      try (TestHost host =
          TestHost.with("")
              .set(
                  builder -> {
                    builder.limits(HostLimits.DEFAULT.with(Limited.ENROL, new Rate(0.001, 3)));
                    if (byAddress) {
                      builder.enrolListen("tcp:127.0.0.1:0");
                    }
                  })
              .enrolled("alpha")
              .start()) {
        EnrolmentGrpc.EnrolmentBlockingStub stranger = stranger(host.plugin("alpha"));
        for (int attempt = 0; attempt < 2; attempt++) {
          var unused = stranger.describe(DescribeRequest.getDefaultInstance());
        }

        assertThat(
                Refused.by(() -> stranger.describe(DescribeRequest.getDefaultInstance()))
                    .is(Refusal.RATE_LIMITED))
            .isTrue();
      }
    }
  }
}
