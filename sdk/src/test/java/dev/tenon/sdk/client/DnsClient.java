package dev.tenon.sdk.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;

/**
 * A program with names of its own ({@code jdk.net.hosts.file}): for each line, makes ten calls to
 * {@link OutsideServer#NAME} and prints who answered. Its arguments are the port, the file with
 * whom it trusts, and the selection.
 */
final class DnsClient {
  private DnsClient() {}

  public static void main(String[] args) throws Exception {
    try (ServiceClient client =
            ServiceClient.dns("payments.example", Integer.parseInt(args[0]))
                .tls(TlsChannelCredentials.newBuilder().trustManager(new File(args[1])).build())
                .selection(EndpointSelection.valueOf(args[2]))
                .open();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      while (lines.readLine() != null) {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          answers.add(call(client));
        }
        System.out.println(String.join(" ", answers));
      }
    }
  }

  private static String call(ServiceClient client) {
    try {
      return client
          .client(EchoGrpc::newBlockingStub)
          .unary(EchoRequest.getDefaultInstance())
          .getCaller();
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode().toString();
    }
  }
}
