package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.RegistryGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A valid runtime token, over the right connection, in each place where it could be shown. */
class CredentialPlaceTest {
  private static TestHost host;

  @BeforeAll
  static void start() throws Exception {
    host = TestHost.with("").enrolled("words").start();
  }

  @AfterAll
  static void stop() {
    host.close();
  }

  private static Channel with(Channel channel, String header, String value) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static Refused discover(Channel control) {
    return Refused.by(
        () -> {
          var unused =
              RawPlugin.deadline(RegistryGrpc.newBlockingStub(control))
                  .discover(DiscoverRequest.newBuilder().setService("a.B").build());
        });
  }

  private static Refused echo(Channel data) {
    return Refused.by(
        () -> {
          var unused =
              RawPlugin.deadline(EchoGrpc.newBlockingStub(data))
                  .unary(EchoRequest.getDefaultInstance());
        });
  }

  /** There is one header and one prefix; no other is looked at. Row: HS-23. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x-other             | Bearer TOKEN",
        "authorization       | TOKEN",
        "authorization       | bearer TOKEN",
        "authorization       | BEARER TOKEN",
        "authorization       | Token TOKEN",
        "authorization       | Basic TOKEN",
        "authorization       | BearerTOKEN",
        "authorization       | Bearer  TOKEN",
        "authorization       | Bearer TOKENx",
        "authorization       | Bearer",
        "x-api-key           | TOKEN",
        "x-api-key           | Bearer TOKEN",
        "api-key             | TOKEN",
        "proxy-authorization | Bearer TOKEN",
        "x-auth-token        | TOKEN",
        "cookie              | token=TOKEN",
        "tenon-token         | TOKEN",
        "x-plugin-token      | TOKEN",
      })
  void call_tokenElsewhere_isNotAuthenticated(String header, String form) {
    RawPlugin words = host.plugin("words");
    String value = form.replace("TOKEN", words.token());

    assertThat(discover(with(words.control(), header, value)).is(Refusal.NOT_AUTHENTICATED))
        .isTrue();
    assertThat(echo(with(words.data(), header, value)).is(Refusal.NOT_AUTHENTICATED)).isTrue();
  }

  /** Where it belongs, it is taken, and the next question is asked. Row: HS-23. */
  @Test
  void call_tokenInItsPlace_isAuthenticated() {
    RawPlugin words = host.plugin("words");
    String bearer = words.bearer();

    assertThat(discover(with(words.control(), "authorization", bearer)).code())
        .isEqualTo(Refusal.NOT_FOUND.code());
    assertThat(echo(with(words.data(), "authorization", bearer)).code())
        .isEqualTo(Refusal.NOT_ALLOWED.code());
  }
}
