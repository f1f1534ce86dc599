package dev.tenon.examples.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.tenon.examples.store.v1.Entry;
import dev.tenon.examples.store.v1.GetRequest;
import dev.tenon.examples.store.v1.ListRequest;
import dev.tenon.examples.store.v1.PutRequest;
import dev.tenon.examples.store.v1.StoreGrpc;
import dev.tenon.examples.store.v1.StoreGrpc.StoreBlockingStub;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The store as its callers see it. */
final class StoreServiceTest {
  private Path directory;
  private InProcess service;
  private StoreBlockingStub store;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    this.directory = directory.resolve("state");
    open();
  }

  private void open() throws IOException {
    service = new InProcess(StorePlugin.service(Map.of("TENON_STATE", directory.toString())));
    store = StoreGrpc.newBlockingStub(service.channel());
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void get_afterPut_isTheValue() {
    put("a", text("one"));
    put("b", ByteString.EMPTY);

    assertThat(value("a")).isEqualTo(text("one"));
    assertThat(value("b")).isEqualTo(ByteString.EMPTY);
  }

  @Test
  void put_again_replacesTheValue() throws IOException {
    put("a", text("one"));
    put("a", text("two"));

    assertThat(value("a")).isEqualTo(text("two"));
    assertThat(files()).hasSize(1);
  }

  @Test
  void get_afterRestart_isTheValue() throws IOException {
    put("/x/a", text("one"));
    stop();
    open();

    assertThat(value("/x/a")).isEqualTo(text("one"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../etc/passwd", "/", ".", "a\0b", "日本", "a\nb"})
  void put_keyThatIsNoFileName_isAKeyLikeAnyOther(String key) throws IOException {
    put(key, text("value"));

    assertThat(value(key)).isEqualTo(text("value"));
    assertThat(files()).hasSize(1);
  }

  @Test
  void list_prefix_isTheEntriesThatBeginWithIt() {
    put("/x/a", text("1"));
    put("/x/b", text("2"));
    put("/y/a", text("3"));

    assertThat(list("/x/")).containsExactlyInAnyOrder(entry("/x/a", "1"), entry("/x/b", "2"));
    assertThat(list("")).hasSize(3);
    assertThat(list("/z")).isEmpty();
  }

  @Test
  void list_moreThanFitsInAWindow_isComplete() {
    for (int i = 0; i < 200; i++) {
      put("key" + i, ByteString.copyFrom(new byte[StoreService.MAX_VALUE_BYTES]));
    }

    assertThat(list("key")).hasSize(200);
  }

  @Test
  void putAndGet_longestKeyAndValue_areTaken() {
    String key = "ü".repeat(StoreService.MAX_KEY_BYTES / 2);
    ByteString value = ByteString.copyFrom(new byte[StoreService.MAX_VALUE_BYTES]);

    put(key, value);

    assertThat(value(key)).isEqualTo(value);
  }

  @Test
  void put_keyTooLong_isRefused() {
    String key = "ü".repeat(StoreService.MAX_KEY_BYTES / 2) + "a";

    assertFails(
        () -> put(key, ByteString.EMPTY),
        Status.Code.INVALID_ARGUMENT,
        "key: 4097 bytes (expected: 1 to 4096)");
    assertThat(list("")).isEmpty();
  }

  @Test
  void put_emptyKey_isRefused() {
    assertFails(
        () -> put("", ByteString.EMPTY),
        Status.Code.INVALID_ARGUMENT,
        "key: 0 bytes (expected: 1 to 4096)");
  }

  @Test
  void put_valueTooLong_isRefused() {
    ByteString value = ByteString.copyFrom(new byte[StoreService.MAX_VALUE_BYTES + 1]);

    assertFails(
        () -> put("a", value),
        Status.Code.INVALID_ARGUMENT,
        "value: 65537 bytes (expected: 0 to 65536)");
    assertThat(list("")).isEmpty();
  }

  @Test
  void get_keyTooLong_isRefused() {
    assertFails(
        () -> value("a".repeat(5000)),
        Status.Code.INVALID_ARGUMENT,
        "key: 5000 bytes (expected: 1 to 4096)");
  }

  @Test
  void get_unknownKey_isNotFound() {
    assertFails(() -> value("a"), Status.Code.NOT_FOUND, "no such key");
  }

  @Test
  void get_damagedEntry_isDataLoss() throws IOException {
    put("a", text("one"));
    Files.write(files().get(0), new byte[] {(byte) 0xFF, 1});

    assertFails(() -> value("a"), Status.Code.DATA_LOSS, "the entry is damaged");
  }

  @Test
  void get_fileOfAnotherKey_isDataLoss() throws IOException {
    put("a", text("one"));
    Files.write(files().get(0), entry("b", "two").toByteArray());

    assertFails(() -> value("a"), Status.Code.DATA_LOSS, "the entry is damaged");
  }

  @Test
  void list_damagedEntries_areLeftOut() throws IOException {
    put("a", text("one"));
    Files.write(files().get(0), new byte[] {(byte) 0xFF, 1});
    put("b", text("two"));
    Files.write(directory.resolve("0".repeat(64) + ".entry"), entry("c", "?").toByteArray());

    assertThat(list("")).containsExactly(entry("b", "two"));
  }

  @Test
  void put_directoryGone_isInternal() throws IOException {
    Files.delete(directory);

    assertFails(() -> put("a", ByteString.EMPTY), Status.Code.INTERNAL, "writing failed");
    assertFails(() -> list(""), Status.Code.INTERNAL, "reading failed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "state"})
  void service_stateNotAbsolute_isRefused(String state) {
    assertThatIllegalStateException()
        .isThrownBy(() -> StorePlugin.service(Map.of("TENON_STATE", state)))
        .withMessageContaining("TENON_STATE: \"" + state + "\" (expected: ");
  }

  @Test
  void service_noState_isRefused() {
    assertThatIllegalStateException().isThrownBy(() -> StorePlugin.service(Map.of()));
  }

  private static void assertFails(Runnable call, Status.Code code, String text) {
    Status status = catchThrowableOfType(StatusRuntimeException.class, call::run).getStatus();
    assertThat(status.getCode()).isEqualTo(code);
    assertThat(status.getDescription()).isEqualTo(text);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  private void put(String key, ByteString value) {
    var unused = store.put(PutRequest.newBuilder().setKey(key).setValue(value).build());
  }

  private ByteString value(String key) {
    return store.get(GetRequest.newBuilder().setKey(key).build()).getValue();
  }

  private List<Entry> list(String prefix) {
    List<Entry> entries = new ArrayList<>();
    store.list(ListRequest.newBuilder().setPrefix(prefix).build()).forEachRemaining(entries::add);
    return entries;
  }

  private static Entry entry(String key, String value) {
    return Entry.newBuilder().setKey(key).setValue(text(value)).build();
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
