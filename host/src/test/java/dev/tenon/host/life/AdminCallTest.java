package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.tenon.core.AdminName;
import dev.tenon.core.Plugin;
import dev.tenon.host.AdminClient;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.v1.CallEnd;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.CallResponse;
import dev.tenon.v1.FollowAuditRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of plugins that an administrator has the host make, and what goes on while it looks. */
class AdminCallTest {
  private static final java.time.Duration SOON = java.time.Duration.ofMinutes(2);

  /** What a revoked administrator sees first: the end of the call, or of the connection. */
  private static final List<Status.Code> CUT_OFF =
      List.of(Status.Code.UNAUTHENTICATED, Status.Code.UNAVAILABLE, Status.Code.CANCELLED);

  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private TestHome home;
  private PluginHost host;
  private AdminClient alice;

  @BeforeEach
  void start() throws Exception {
    home = TestHome.create();
    home.provides("echo", EchoGrpc.SERVICE_NAME);
    host =
        home.bareHost()
            .admins("alice")
            .plugin(
                InJvm.of(
                    Plugin.named("echo")
                        .version("1.0.0")
                        .provides(EchoGrpc.SERVICE_NAME, context -> new Echo())
                        .build()))
            .start();
    alice = AdminClient.of(host, "alice");
  }

  @AfterEach
  void close() throws IOException {
    goOn.countDown();
    alice.close();
    host.close();
    home.close();
  }

  /** Answers a payload with itself, and an empty one with a refusal of its own. */
  private final class Echo extends EchoGrpc.EchoImplBase {
    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
      if (request.getPayload().isEmpty()) {
        observer.onError(
            Status.OUT_OF_RANGE.withDescription("nothing to say").asRuntimeException());
        return;
      }
      observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
      observer.onCompleted();
    }

    /** Answers once, and again when the test lets it. */
    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> observer) {
      observer.onNext(EchoResponse.newBuilder().setPid(1).build());
      first.countDown();
      try {
        goOn.await(120, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      observer.onNext(EchoResponse.newBuilder().setPid(2).build());
      observer.onCompleted();
    }
  }

  private static CallRequest.Builder request(String method, EchoRequest message) {
    return CallRequest.newBuilder()
        .setService(EchoGrpc.SERVICE_NAME)
        .setMethod(method)
        .setMessage(message.toByteString())
        .setReason("to see it work");
  }

  private List<CallResponse> call(CallRequest request) {
    List<CallResponse> answers = new ArrayList<>();
    alice.stub().call(request).forEachRemaining(answers::add);
    return answers;
  }

  private CallEnd end(CallRequest request) {
    List<CallResponse> answers = call(request);
    return answers.get(answers.size() - 1).getEnd();
  }

  private List<String> records(String action) throws IOException {
    return Files.readAllLines(home.root().resolve("state/audit.jsonl")).stream()
        .filter(line -> line.contains("\"action\":\"" + action + "\""))
        .toList();
  }

  /**
   * Each answer, and how the call ended, which is on record with who and why and without what it
   * carried; its provider sees the host, as the rules for the host had it.
   *
   * <p>Row: RG-23
   */
  @Test
  void call_unaryAndStream_answersAreThoseOfThePlugin() throws Exception {
    goOn.countDown();
    EchoRequest said = EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("ab1c")).build();

    List<CallResponse> one = call(request("Unary", said).build());
    List<CallResponse> two =
        call(request("ServerStream", EchoRequest.getDefaultInstance()).build());

    assertThat(one).hasSize(2);
    assertThat(EchoResponse.parseFrom(one.get(0).getMessage()).getPayload())
        .isEqualTo(said.getPayload());
    assertThat(one.get(1).getEnd()).isEqualTo(CallEnd.getDefaultInstance());
    assertThat(two).hasSize(3);
    assertThat(EchoResponse.parseFrom(two.get(1).getMessage()).getPid()).isEqualTo(2);
    assertThat(two.get(2).hasEnd()).isTrue();
    for (String action : List.of("intent", "outcome")) {
      assertThat(records(action))
          .hasSize(2)
          .allMatch(
              line ->
                  line.contains("\"actor\":\"admin/alice\"")
                      && line.contains("/tenon.v1.Admin/Call")
                      && line.contains(EchoGrpc.SERVICE_NAME)
                      && line.contains("to see it work"))
          .noneMatch(line -> line.contains("ab1c"));
    }
    assertThat(host.calls())
        .singleElement()
        .satisfies(count -> assertThat(count.caller()).isEqualTo("host"));
  }

  /** How it ended is an answer: what the plugin refused, what the policy denies, what hangs. */
  @Test
  void call_thatEndsBadly_toldHowAndOnRecord() throws Exception {
    CallEnd refused = end(request("Unary", EchoRequest.getDefaultInstance()).build());
    CallEnd denied =
        end(
            CallRequest.newBuilder()
                .setService("testservice.v1.Other")
                .setMethod("Unary")
                .setReason("x")
                .build());
    CallEnd reserved =
        end(
            CallRequest.newBuilder()
                .setService("tenon.v1.PluginControl")
                .setMethod("Shutdown")
                .setReason("x")
                .build());
    CallEnd late =
        end(
            request("ServerStream", EchoRequest.getDefaultInstance())
                .setWait(Duration.newBuilder().setNanos(50_000_000))
                .build());

    assertThat(refused.getCode()).isEqualTo(Status.Code.OUT_OF_RANGE.value());
    assertThat(refused.getText()).isEqualTo("nothing to say");
    assertThat(denied.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED.value());
    assertThat(reserved.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED.value());
    assertThat(late.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED.value());
    assertThat(records("outcome")).hasSize(4);
    assertThat(records("outcome").get(0)).contains("\"status\":\"OUT_OF_RANGE\"");
    assertThat(records("outcome").get(3)).contains("\"status\":\"DEADLINE_EXCEEDED\"");
  }

  /** Who is no administrator any more gets nothing more of a call that is under way. Row: RG-23. */
  @Test
  void call_adminIsRevokedMeanwhile_ended() throws Exception {
    Iterator<CallResponse> answers =
        alice.stub().call(request("ServerStream", EchoRequest.getDefaultInstance()).build());
    assertThat(answers.next().hasMessage()).isTrue();
    assertThat(first.await(120, TimeUnit.SECONDS)).isTrue();

    host.admins().revoke(new AdminName("alice"), "has left");
    goOn.countDown();

    assertThatThrownBy(answers::hasNext)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(CUT_OFF).contains(e.getStatus().getCode()));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(records("outcome"))
                    .singleElement()
                    .satisfies(
                        line -> assertThat(line).contains("\"status\":\"NOT_AUTHENTICATED\"")));
  }

  /**
   * The last records first and then each new one, once; until its reader is no administrator.
   *
   * <p>Row: RG-23
   */
  @Test
  void followAudit_recordsThatCome_areToldOnceUntilRevoked() throws Exception {
    List<String> told = java.util.Collections.synchronizedList(new ArrayList<>());
    Iterator<dev.tenon.v1.FollowAuditResponse> pages =
        dev.tenon.v1.AdminGrpc.newBlockingStub(alice.channel())
            .followAudit(FollowAuditRequest.newBuilder().setMost(2).build());
    told.addAll(pages.next().getRecordsList());
    assertThat(told).hasSize(2);
    assertThat(told.get(1)).contains("/tenon.v1.Admin/FollowAudit");

    host.drain(host.plugins().get(0).runtimeId(), java.time.Duration.ZERO, "seen live");
    while (told.stream().noneMatch(line -> line.contains("seen live"))) {
      told.addAll(pages.next().getRecordsList());
    }
    host.admins().revoke(new AdminName("alice"), "has left");

    Status.Code end = Status.Code.OK;
    try {
      while (pages.hasNext()) {
        told.addAll(pages.next().getRecordsList());
      }
    } catch (StatusRuntimeException e) {
      end = e.getStatus().getCode();
    }
    assertThat(CUT_OFF).contains(end);
    assertThat(told).doesNotHaveDuplicates();
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(records("outcome"))
                    .anyMatch(
                        line ->
                            line.contains("\"status\":\"NOT_AUTHENTICATED\"")
                                || line.contains("\"status\":\"CANCELLED\"")));
  }
}
