package dev.tenon.examples.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.tenon.examples.files.v1.Chunk;
import dev.tenon.examples.files.v1.FilesGrpc;
import dev.tenon.examples.files.v1.FilesGrpc.FilesBlockingStub;
import dev.tenon.examples.files.v1.ReadRequest;
import dev.tenon.examples.host.v1.ListingGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads exactly the files that the host lists. */
final class FilesServiceTest {
  private final FakeListing host = new FakeListing();
  private Path directory;
  private InProcess listing;
  private InProcess service;
  private FilesBlockingStub files;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    this.directory = directory.toRealPath();
    listing = new InProcess(host);
    service = new InProcess(new FilesService(ListingGrpc.newBlockingStub(listing.channel())));
    files = FilesGrpc.newBlockingStub(service.channel());
  }

  @AfterEach
  void stop() {
    service.close();
    listing.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_072, 300_000})
  void read_listedFile_streamsItsBytesInChunks(int size) throws IOException {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    Path file = Files.write(directory.resolve("a"), bytes);
    host.lists(file);

    List<ByteString> chunks = chunks(file.toString());

    assertThat(chunks).hasSize((size + 65_535) / 65_536);
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.size()).isBetween(1, 65_536));
    assertThat(ByteString.copyFrom(chunks).toByteArray()).isEqualTo(bytes);
  }

  @Test
  void read_equalBaseNames_staysApart() throws IOException {
    Path one = Files.writeString(Files.createDirectory(directory.resolve("x")).resolve("a"), "one");
    Path two = Files.writeString(Files.createDirectory(directory.resolve("y")).resolve("a"), "two");
    host.lists(one, two);

    assertThat(ByteString.copyFrom(chunks(one.toString())).toStringUtf8()).isEqualTo("one");
    assertThat(ByteString.copyFrom(chunks(two.toString())).toStringUtf8()).isEqualTo("two");
  }

  @Test
  void read_unlistedFile_isRefused() throws IOException {
    Path listed = Files.writeString(directory.resolve("a"), "a");
    Path unlisted = Files.writeString(directory.resolve("b"), "secret");
    host.lists(listed);

    assertRefused(unlisted.toString());
  }

  @Test
  void read_unlistedAndMissing_isRefusedAlike() {
    host.lists();

    assertRefused(directory.resolve("missing").toString());
  }

  @Test
  void read_listedNoMore_isRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("a"), "a");
    host.lists(file);
    assertThat(chunks(file.toString())).hasSize(1);

    host.lists();

    assertRefused(file.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/./a", "//a", "/a/", "/x/../a"})
  void read_otherSpellingOfAListedFile_isRefused(String spelling) throws IOException {
    Files.createDirectory(directory.resolve("x"));
    host.lists(Files.writeString(directory.resolve("a"), "a"));

    assertRefused(directory + spelling);
  }

  @Test
  void read_parentSegmentInTheList_isRefused() throws IOException {
    Files.createDirectory(directory.resolve("x"));
    Files.writeString(directory.resolve("a"), "a");
    String listed = directory + "/x/../a";
    host.lists(listed);

    assertRefused(listed);
  }

  @Test
  void read_parentSegmentInTheListToNowhere_isRefused() {
    String listed = directory + "/missing/../a";
    host.lists(listed);

    assertRefused(listed);
  }

  @Test
  void read_listedSymbolicLink_isRefused() throws IOException {
    Path outside = Files.writeString(directory.resolve("outside"), "secret");
    Path link = Files.createSymbolicLink(directory.resolve("link"), outside);
    host.lists(link);

    assertRefused(link.toString());
  }

  @Test
  void read_throughALinkedDirectory_isRefused() throws IOException {
    Path real = Files.createDirectory(directory.resolve("real"));
    Files.writeString(real.resolve("a"), "secret");
    Path listed = Files.createSymbolicLink(directory.resolve("link"), real).resolve("a");
    host.lists(listed);

    assertRefused(listed.toString());
  }

  @Test
  void read_listedDirectory_isRefused() {
    host.lists(directory);

    assertRefused(directory.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pom.xml", "", "a\0b"})
  void read_listedAndNotAnAbsolutePath_isRefused(String listed) {
    host.lists(listed);

    assertRefused(listed);
  }

  @Test
  void read_listedAndGoneMeanwhile_isNotFound() {
    Path gone = directory.resolve("gone");
    host.lists(gone);

    Status status = failure(gone.toString());

    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status.getDescription()).isEqualTo("no such file");
  }

  @Test
  void read_listNotToBeHad_isUnavailable() throws IOException {
    Path file = Files.writeString(directory.resolve("a"), "a");

    assertThat(failure(file.toString()).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  private void assertRefused(String path) {
    Status status = failure(path);
    assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).isEqualTo("not listed");
  }

  private Status failure(String path) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> chunks(path)).getStatus();
  }

  private List<ByteString> chunks(String path) {
    List<ByteString> chunks = new ArrayList<>();
    files
        .read(ReadRequest.newBuilder().setPath(path).build())
        .forEachRemaining((Chunk chunk) -> chunks.add(chunk.getData()));
    return chunks;
  }
}
