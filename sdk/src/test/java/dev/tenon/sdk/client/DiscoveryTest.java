package dev.tenon.sdk.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.ServiceWatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What discoveries know and tell. */
final class DiscoveryTest {
  private static final ServiceEndpoint A =
      new ServiceEndpoint("tcp:a.example:443", Map.of("zone", "north"), 70);
  private static final ServiceEndpoint B = ServiceEndpoint.at("tcp:127.0.0.1:8443");
  private static final ServiceEndpoint C = ServiceEndpoint.at("tcp:[::1]:8443").withWeight(10);

  private final Told told = new Told();

  /** What a watcher was told. */
  private static final class Told implements Discovery.Watcher {
    private final List<List<ServiceEndpoint>> sets = new ArrayList<>();
    private int completions;

    @Override
    public synchronized void endpoints(List<ServiceEndpoint> all) {
      sets.add(all);
    }

    @Override
    public void completed() {
      completions++;
    }
  }

  /** Row: CI-6 */
  @Test
  void fixed_unknownService_refusedByName() {
    Discovery fixed = Discovery.fixed(Map.of("mail", List.of(A), "payments", List.of(B)));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> fixed.watch("nobody", told))
        .withMessage("service: nobody (expected: one of [mail, payments])");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceClient.discovered("nobody", fixed).open())
        .withMessageContaining("service: nobody");
  }

  /** Row: CI-6 */
  @Test
  void fixed_noEndpointOrOneTwice_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Discovery.fixed(Map.of("payments", List.of())))
        .withMessage("endpoints of payments: none (expected: at least one)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Discovery.fixed(Map.of("payments", List.of(B, B.withWeight(2)))))
        .withMessageContaining("tcp:127.0.0.1:8443 twice");
  }

  /** What goes in and what comes out is copied. Row: CI-6 */
  @Test
  void fixed_listsChangedAfterwards_knowsWhatItWasGiven() {
    List<ServiceEndpoint> given = new ArrayList<>(List.of(A, B));
    Map<String, List<ServiceEndpoint>> services = new HashMap<>(Map.of("payments", given));
    Discovery fixed = Discovery.fixed(services);

    given.clear();
    services.clear();
    fixed.watch("payments", told).close();

    assertThat(told.sets).containsExactly(List.of(A, B));
    assertThatThrownBy(() -> told.sets.get(0).clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  /** One full set, then the end. Row: CI-7 */
  @Test
  void watch_fixed_oneSetAndCompletion() {
    Discovery fixed = Discovery.fixed(Map.of("payments", List.of(A, B)));

    fixed.watch("payments", told).close();

    assertThat(told.sets).containsExactly(List.of(A, B));
    assertThat(told.completions).isEqualTo(1);
  }

  /** Row: CI-6 */
  @Test
  void table_addAndRemove_knowsWhatIsThere() {
    EndpointTable table = new EndpointTable().add("payments", A).add("payments", B);
    List<ServiceEndpoint> before = table.endpoints("payments");

    assertThat(table.remove("payments", A.address())).isTrue();
    assertThat(table.remove("payments", A.address())).isFalse();

    assertThat(before).containsExactly(A, B);
    assertThat(table.endpoints("payments")).containsExactly(B);
    assertThatThrownBy(() -> table.endpoints("payments").clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(table.endpoints("payments")).containsExactly(B);
  }

  /** Row: CI-6 */
  @Test
  void table_unknownOrEmptyOrTwice_refused() {
    EndpointTable table = new EndpointTable().add("payments", A);

    assertThatIllegalArgumentException().isThrownBy(() -> table.endpoints("nobody"));
    assertThatIllegalArgumentException().isThrownBy(() -> table.remove("nobody", A.address()));
    assertThatIllegalArgumentException().isThrownBy(() -> table.watch("nobody", told));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> table.add("payments", A.withWeight(1)))
        .withMessageContaining("twice");
    assertThat(table.remove("payments", A.address())).isTrue();
    assertThatIllegalStateException()
        .isThrownBy(() -> table.endpoints("payments"))
        .withMessage("endpoints of payments: none (expected: at least one)");
  }

  /** Each change is told once, as the full set, until the watch is closed. Row: CI-7 */
  @Test
  void watch_table_toldEachChange() {
    EndpointTable table = new EndpointTable().add("payments", A).add("mail", A);
    ServiceWatch watch = table.watch("payments", told);

    table.add("payments", B).add("mail", B).replace("payments", List.of(C));
    var unused = table.remove("payments", C.address());
    watch.close();
    table.add("payments", A);

    assertThat(told.sets).containsExactly(List.of(A), List.of(A, B), List.of(C), List.of());
    assertThat(told.completions).isZero();
  }

  /** What changes while a watcher is told is told as well, and nothing twice. Row: CI-7 */
  @Test
  void watch_changedWhileTold_toldOnceMore() {
    EndpointTable table = new EndpointTable().add("payments", A);
    table.watch(
        "payments",
        all -> {
          told.endpoints(all);
          if (all.size() == 1) {
            table.add("payments", B).add("payments", C);
          }
        });

    table.replace("payments", table.endpoints("payments"));

    assertThat(told.sets).containsExactly(List.of(A), List.of(A, B, C));
  }

  /** The last set that a watcher hears of is the last one. Row: CI-7 */
  @Test
  void watch_changesAtOnce_lastIsTold() throws Exception {
    EndpointTable table = new EndpointTable().replace("payments", List.of());
    table.watch("payments", told);
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> writers = new ArrayList<>();
    for (int i = 1; i <= 8; i++) {
      int host = i;
      Thread writer =
          new Thread(
              () -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  return;
                }
                for (int port = 1; port <= 50; port++) {
                  table.add("payments", ServiceEndpoint.at("tcp:10.0.0." + host + ":" + port));
                }
              });
      writer.start();
      writers.add(writer);
    }
    begin.countDown();
    for (Thread writer : writers) {
      writer.join();
    }

    assertThat(table.endpoints("payments")).hasSize(400);
    assertThat(told.sets.get(told.sets.size() - 1)).isEqualTo(table.endpoints("payments"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.example:443",
        "http://a.example",
        "tcp:a.example",
        "tcp:a.example:0",
        "unix:/x/s"
      })
  void endpoint_otherForm_refused(String address) {
    assertThatIllegalArgumentException().isThrownBy(() -> ServiceEndpoint.at(address));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1_000_001})
  void endpoint_weightOutOfRange_refused(int weight) {
    assertThatIllegalArgumentException().isThrownBy(() -> B.withWeight(weight));
  }
}
