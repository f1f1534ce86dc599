package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.host.control.ProtocolVersions;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.ProtocolRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The versions of the contract that a plugin may offer: a range with 1 in it. */
class ProtocolRangeTest {
  /** Row: HS-3. */
  @ParameterizedTest
  @CsvSource({"1,1", "1,2", "1,2147483647", "1,-1"})
  void enrol_rangeWithOne_speaksOne(int min, int max) throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      assertThat(host.plugin("alpha").enrol(offering(host, min, max)).getProtocol()).isEqualTo(1);
    }
  }

  /**
   * A range without 1 is refused with the range that the host speaks. Row: HS-3.
   *
   * <p>Denies: Enrolment/Enrol PROTOCOL_UNSUPPORTED.
   */
  @ParameterizedTest
  @CsvSource({"2,3", "2,2", "2147483647,2147483647", "-1,-1"})
  void enrol_rangeWithoutOne_refusedNamingWhatIsSupported(int min, int max) throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused = Refused.by(() -> alpha.enrol(offering(host, min, max)));

      assertThat(refused.is(Refusal.PROTOCOL_UNSUPPORTED)).isTrue();
      assertThat(refused.text()).contains("supported: 1 to 1");
    }
  }

  /** What is no range is refused as malformed, naming what is supported. Row: HS-3. */
  @ParameterizedTest
  @CsvSource({"0,0", "0,1", "2,1", "1,0", "-1,1"})
  void enrol_noRange_refusedAsInvalid(int min, int max) throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused = Refused.by(() -> alpha.enrol(offering(host, min, max)));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).contains("protocol").contains("supported: 1 to 1");
      assertThat(host.audit.denials("enrolment")).hasSize(1);
    }
  }

  /** No range at all is no range. Row: HS-3. */
  @Test
  void enrol_absentRange_refusedAsInvalid() throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest without = alpha.enrolRequest().clearProtocol().build();

      Refused refused = Refused.by(() -> alpha.enrol(without));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).contains("supported: 1 to 1");
    }
  }

  /** The highest version in common wins, whichever side knows more. Row: HS-4. */
  @ParameterizedTest
  @CsvSource({
    "1,2, 1,1, 1",
    "1,2, 1,2, 2",
    "1,2, 2,2, 2",
    "1,2, 2,9, 2",
    "1,2, 1,-1, 2",
    "2,3, 1,2, 2",
    "2,3, 1,9, 3",
    "1,1, 1,2, 1",
    "3,3, 2,4, 3"
  })
  void enrol_rangesMeet_highestInCommon(int from, int to, int min, int max, int agreed)
      throws Exception {
    try (TestHost host = speaking(from, to).begin()) {
      assertThat(host.plugin("alpha").enrol(offering(host, min, max)).getProtocol())
          .isEqualTo(agreed);
    }
  }

  /** Ranges that do not meet are refused with the host's. Row: HS-4. */
  @ParameterizedTest
  @CsvSource({"1,2, 3,3", "1,2, 3,-1", "2,3, 1,1", "2,3, 4,5"})
  void enrol_rangesApart_refusedNamingTheHosts(int from, int to, int min, int max)
      throws Exception {
    try (TestHost host = speaking(from, to).begin()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused = Refused.by(() -> alpha.enrol(offering(host, min, max)));

      assertThat(refused.is(Refusal.PROTOCOL_UNSUPPORTED)).isTrue();
      assertThat(refused.text()).contains("supported: " + from + " to " + to);
    }
  }

  private static TestHost speaking(int from, int to) throws Exception {
    return TestHost.with("")
        .set(host -> host.protocol(new ProtocolVersions(from, to)))
        .silent("alpha");
  }

  private static EnrolRequest offering(TestHost host, int min, int max) {
    return host.plugin("alpha")
        .enrolRequest()
        .setProtocol(ProtocolRange.newBuilder().setMin(min).setMax(max))
        .build();
  }
}
