package dev.tenon.sdk.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.ChannelCredentials;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** To which of three servers clients connect. */
final class EndpointSelectionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** For many clients: to read a key of their own would take them ten times as long. */
  private static final ChannelCredentials TRUST = OutsideServer.trust().build();

  private static final ChannelCredentials CALLER = OutsideServer.mutual("caller");

  private final OutsideServer one = OutsideServer.start("one");
  private final OutsideServer two = OutsideServer.start("two");
  private final OutsideServer three = OutsideServer.start("three");
  private final EndpointTable table =
      new EndpointTable()
          .add("payments", one.endpoint().withWeight(70))
          .add("payments", two.endpoint().withWeight(20))
          .add("payments", three.endpoint().withWeight(10));

  /** The same draws in each run. */
  private final RandomGenerator random = new Random(1);

  @AfterEach
  void stop() {
    one.close();
    two.close();
    three.close();
  }

  private ServiceClient client(EndpointSelection selection) {
    return builder(selection).open();
  }

  private ServiceClient.Builder builder(EndpointSelection selection) {
    return ServiceClient.discovered("payments", table)
        .serverName(OutsideServer.NAME)
        .tls(TRUST)
        .selection(selection)
        .random(random);
  }

  private static String call(ServiceClient client) {
    return client
        .client(EchoGrpc::newBlockingStub)
        .unary(EchoRequest.getDefaultInstance())
        .getCaller();
  }

  private static Map<String, Integer> calls(ServiceClient client, int count) {
    Map<String, Integer> answers = new HashMap<>();
    for (int i = 0; i < count; i++) {
      answers.merge(call(client), 1, Integer::sum);
    }
    return answers;
  }

  /** Weights 70, 20 and 10: of a thousand connections they get so many, within 3 %. Row: CI-9 */
  @Test
  void connect_weighted_thousandConnectionsByWeight() throws Exception {
    for (int i = 0; i < 10; i++) {
      connect(100);
    }

    assertThat(one.connections.get() + two.connections.get() + three.connections.get())
        .isEqualTo(1000);
    assertThat(one.connections.get()).isCloseTo(700, within(30));
    assertThat(two.connections.get()).isCloseTo(200, within(30));
    assertThat(three.connections.get()).isCloseTo(100, within(30));
  }

  /** Lets {@code count} clients, each with draws of its own, make a connection at once. */
  private void connect(int count) throws Exception {
    List<ServiceClient> clients = new ArrayList<>();
    List<ListenableFuture<EchoResponse>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServiceClient client =
          builder(EndpointSelection.WEIGHTED).random(new Random(random.nextLong())).open();
      clients.add(client);
      answers.add(client.client(EchoGrpc::newFutureStub).unary(EchoRequest.getDefaultInstance()));
    }
    for (ListenableFuture<EchoResponse> answer : answers) {
      var unused = answer.get();
    }
    clients.forEach(ServiceClient::close);
  }

  /** Many draws come closer. Row: CI-9 */
  @Test
  void order_weighted_firstByWeightAndZeroLast() {
    List<ServiceEndpoint> all = new ArrayList<>(table.endpoints("payments"));
    ServiceEndpoint spare = ServiceEndpoint.at("tcp:10.0.0.1:1").withWeight(0);
    all.add(0, spare);
    Map<Integer, Integer> first = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      List<ServiceEndpoint> order = EndpointSelection.WEIGHTED.order(all, random);
      first.merge(order.get(0).weight(), 1, Integer::sum);
      assertThat(order.get(3)).isSameAs(spare);
    }

    assertThat(first.get(70)).isCloseTo(70_000, within(500));
    assertThat(first.get(20)).isCloseTo(20_000, within(500));
    assertThat(first.get(10)).isCloseTo(10_000, within(500));
  }

  /** Row: CI-9 */
  @Test
  void order_random_eachFirstAsOften() {
    Map<Integer, Integer> first = new HashMap<>();
    for (int i = 0; i < 30_000; i++) {
      List<ServiceEndpoint> order =
          EndpointSelection.RANDOM.order(table.endpoints("payments"), random);
      assertThat(order).hasSize(3);
      first.merge(order.get(0).weight(), 1, Integer::sum);
    }

    assertThat(first.values()).hasSize(3).allSatisfy(n -> assertThat(n).isBetween(9_600, 10_400));
  }

  /** Row: CI-9 */
  @Test
  void connect_random_eachServerGetsSome() {
    for (int i = 0; i < 60; i++) {
      try (ServiceClient client = client(EndpointSelection.RANDOM)) {
        var unused = call(client);
      }
    }

    assertThat(List.of(one, two, three))
        .allSatisfy(server -> assertThat(server.connections.get()).isGreaterThan(5));
  }

  /** The first as long as it is there, and then the next. Row: CI-9 */
  @Test
  void call_first_nextOnlyWhenItIsGone() {
    try (ServiceClient client = client(EndpointSelection.FIRST)) {
      assertThat(calls(client, 20)).containsOnlyKeys("one");

      one.close();

      await().atMost(PATIENCE).ignoreExceptions().until(() -> call(client).equals("two"));
      assertThat(three.connections).hasValue(0);
    }
  }

  /** Calls in turn, over one connection to each. Row: CI-9 */
  @Test
  void call_roundRobin_eachInTurn() {
    try (ServiceClient client = client(EndpointSelection.ROUND_ROBIN)) {
      await().atMost(PATIENCE).until(() -> calls(client, 6).size() == 3);

      assertThat(calls(client, 30)).isEqualTo(Map.of("one", 10, "two", 10, "three", 10));
      assertThat(List.of(one, two, three))
          .allSatisfy(server -> assertThat(server.connections).hasValue(1));
    }
  }

  /**
   * The endpoint that a client is connected to is taken out: it connects to another, with a
   * handshake of its own, and no call fails. Row: CI-7, CI-9
   */
  @Test
  void table_endpointRemoved_handshakeWithAnother() throws Exception {
    try (ServiceClient client = builder(EndpointSelection.FIRST).tls(CALLER).open()) {
      assertThat(call(client)).isEqualTo("one");

      var unused = table.remove("payments", one.endpoint().address());

      await().atMost(PATIENCE).until(() -> call(client).equals("two"));
      assertThat(calls(client, 20)).containsOnlyKeys("two");
      assertThat(two.connections).hasValue(1);
      assertThat(two.seen.get(0).client().getSubjectAlternativeNames().toString())
          .contains("spiffe://outside.test/host/caller");
    }
  }

  /** A set that grows or changes its order moves nobody. Row: CI-9 */
  @Test
  void table_endpointsAdded_connectionStays() {
    try (ServiceClient client = client(EndpointSelection.FIRST)) {
      assertThat(call(client)).isEqualTo("one");

      table.replace("payments", List.of(three.endpoint(), one.endpoint()));

      assertThat(calls(client, 20)).containsOnlyKeys("one");
      assertThat(one.connections).hasValue(1);
    }
  }

  /** Nobody is left, and then somebody comes. Row: CI-6, CI-7 */
  @Test
  void table_allRemoved_unavailableUntilOneIsAdded() {
    try (ServiceClient client = client(EndpointSelection.RANDOM)) {
      var unused = call(client);
      table.replace("payments", List.of());

      await().atMost(PATIENCE).until(() -> failure(client).getCode() == Status.Code.UNAVAILABLE);
      assertThat(failure(client).getDescription())
          .contains("endpoints of payments: none (expected: at least one)");

      table.add("payments", three.endpoint());
      await().atMost(PATIENCE).ignoreExceptions().until(() -> call(client).equals("three"));
    }
  }

  private static Status failure(ServiceClient client) {
    try {
      return Status.OK.withDescription(call(client));
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  /** A name without an address is left out. */
  @Test
  void call_nameWithoutAddress_othersAreUsed() {
    table.replace(
        "payments", List.of(ServiceEndpoint.at("tcp:nowhere.invalid:443"), two.endpoint()));
    try (ServiceClient client = client(EndpointSelection.FIRST)) {
      assertThat(call(client)).isEqualTo("two");
    }
  }

  @Test
  void call_noNameHasAnAddress_saysWhich() {
    table.replace("payments", List.of(ServiceEndpoint.at("tcp:nowhere.invalid:443")));
    try (ServiceClient client = client(EndpointSelection.FIRST)) {
      assertThat(failure(client).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure(client).getDescription())
          .contains("endpoints of payments: no address of nowhere.invalid");
    }
  }
}
