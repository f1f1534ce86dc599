package dev.tenon.examples.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.store.v1.StoreGrpc;
import dev.tenon.examples.words.v1.CountFilesRequest;
import dev.tenon.examples.words.v1.FileStatistics;
import dev.tenon.examples.words.v1.Statistics;
import dev.tenon.examples.words.v1.TextChunk;
import dev.tenon.examples.words.v1.WordsGrpc;
import dev.tenon.v1.log.LogGrpc;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Counts streams and files, with fakes of the services that it calls. */
final class WordsServiceTest {
  private final List<InProcess> running = new ArrayList<>();
  private final FakeFiles files = new FakeFiles();
  private final FakeStore store = new FakeStore();
  private final FakeLog log = new FakeLog();
  private Channel words;

  @BeforeEach
  void start() throws IOException {
    words =
        serving(
            new WordsService(
                FilesGrpc.newBlockingStub(serving(files)),
                StoreGrpc.newBlockingStub(serving(store)),
                new HostLog(LogGrpc.newBlockingStub(serving(log)))));
  }

  private Channel serving(BindableService service) throws IOException {
    InProcess started = new InProcess(service);
    running.add(started);
    return started.channel();
  }

  @AfterEach
  void stop() {
    running.forEach(InProcess::close);
  }

  @Test
  void count_characterCutInTwo_isOneCharacter() {
    assertThat(count(hex("61c3"), hex("bc62")))
        .isEqualTo(statistics(/* bytes= */ 4, /* characters= */ 3, /* lines= */ 1, /* words= */ 1));
  }

  @Test
  void count_noChunkOrEmptyOnes_isAllZero() {
    assertThat(count()).isEqualTo(Statistics.getDefaultInstance());
    assertThat(count(ByteString.EMPTY, ByteString.EMPTY))
        .isEqualTo(Statistics.getDefaultInstance());
  }

  @Test
  void countFiles_severalFiles_answersAndStoresEachInOrder() throws Exception {
    files.add("/x/a", text("one "), text("two\n"));
    files.add("/y/a", text("three"));
    files.add("/empty");

    List<FileStatistics> results = countFiles("/y/a", "/empty", "/x/a");

    Statistics three = statistics(5, 5, 1, 1);
    Statistics oneTwo = statistics(8, 8, 1, 2);
    assertThat(results)
        .containsExactly(
            counted("/y/a", three),
            counted("/empty", Statistics.getDefaultInstance()),
            counted("/x/a", oneTwo));
    assertThat(store.values).containsOnlyKeys("/x/a", "/y/a", "/empty");
    assertThat(Statistics.parseFrom(store.values.get("/x/a"))).isEqualTo(oneTwo);
  }

  @Test
  void countFiles_undecodableBytes_showsThem() {
    files.add("/a", hex("61ff20"), hex("e2"));

    Statistics statistics = countFiles("/a").get(0).getStatistics();

    assertThat(statistics.getUndecodableBytes()).isEqualTo(2);
    assertThat(statistics.getBytes()).isEqualTo(4);
  }

  @Test
  void countFiles_oneFails_countsTheOthers() {
    files.add("/a", text("a"));
    files.add("/b.full", text("b"));
    files.add("/c", text("c"));

    List<FileStatistics> results = countFiles("/a", "/missing", "/b.full", "/c");

    assertThat(results)
        .containsExactly(
            counted("/a", statistics(1, 1, 1, 1)),
            failed("/missing", "files: NOT_FOUND: no such file"),
            failed("/b.full", "store: INTERNAL: writing failed"),
            counted("/c", statistics(1, 1, 1, 1)));
    assertThat(store.values).containsOnlyKeys("/a", "/c");
  }

  @Test
  void countFiles_startAndEnd_areInTheHostsLog() {
    files.add("/a", text("a"));

    countFiles("/a", "/missing");

    assertThat(log.lines())
        .containsExactly("INFO counting: 2 files", "INFO counting: done, 1 counted, 1 failed");
  }

  @Test
  void countFiles_hostTakesNoLog_countsAllTheSame() {
    log.broken = true;
    files.add("/a", text("a"));

    assertThat(countFiles("/a")).containsExactly(counted("/a", statistics(1, 1, 1, 1)));
  }

  @Test
  void countFiles_tooManyPaths_isRefused() {
    String[] paths = Collections.nCopies(WordsService.MAX_PATHS + 1, "/a").toArray(new String[0]);

    Status status =
        catchThrowableOfType(StatusRuntimeException.class, () -> countFiles(paths)).getStatus();

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).isEqualTo("paths: 10001 (expected: at most 10000)");
  }

  @Test
  void countFiles_cancelledByCaller_cancelsTheFilesCall() {
    try (Context.CancellableContext caller = Context.current().withCancellation()) {
      caller.run(
          () -> {
            var unused =
                WordsGrpc.newBlockingStub(words).countFiles(request(FakeFiles.ENDLESS, "/a"));
          });
      await().atMost(Duration.ofSeconds(60)).until(() -> files.started);
    } // the caller has had enough

    await().atMost(Duration.ofSeconds(60)).until(() -> files.cancelled);
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(log.lines())
                    .containsExactly(
                        "INFO counting: 2 files", "WARNING counting: cancelled by the caller"));
    assertThat(store.values).isEmpty();
  }

  private Statistics count(ByteString... chunks) {
    CompletableFuture<Statistics> answer = new CompletableFuture<>();
    StreamObserver<TextChunk> text =
        WordsGrpc.newStub(words)
            .count(
                new StreamObserver<>() {
                  @Override
                  public void onNext(Statistics statistics) {
                    answer.complete(statistics);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    for (ByteString chunk : chunks) {
      text.onNext(TextChunk.newBuilder().setData(chunk).build());
    }
    text.onCompleted();
    return answer.join();
  }

  private List<FileStatistics> countFiles(String... paths) {
    List<FileStatistics> results = new ArrayList<>();
    WordsGrpc.newBlockingStub(words).countFiles(request(paths)).forEachRemaining(results::add);
    return results;
  }

  private static CountFilesRequest request(String... paths) {
    return CountFilesRequest.newBuilder().addAllPaths(List.of(paths)).build();
  }

  private static FileStatistics counted(String path, Statistics statistics) {
    return FileStatistics.newBuilder().setPath(path).setStatistics(statistics).build();
  }

  private static FileStatistics failed(String path, String error) {
    return FileStatistics.newBuilder().setPath(path).setError(error).build();
  }

  private static Statistics statistics(long bytes, long characters, long lines, long words) {
    return Statistics.newBuilder()
        .setBytes(bytes)
        .setCharacters(characters)
        .setLines(lines)
        .setWords(words)
        .build();
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString hex(String hex) {
    return ByteString.fromHex(hex);
  }
}
