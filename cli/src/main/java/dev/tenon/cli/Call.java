package dev.tenon.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tenon.core.Printable;
import dev.tenon.v1.CallEnd;
import dev.tenon.v1.CallRequest;
import dev.tenon.v1.CallResponse;
import io.grpc.Status;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Has a running host call a method of a plugin, with JSON in and out. */
@Command(
    name = "call",
    description = {
      "Has a running host call a method, as the host and by the policy's rules for it, and prints"
          + " each answer as JSON.",
      "Exit status: 1 if the call did not end well."
    },
    mixinStandardHelpOptions = true)
final class Call extends OperatorCommand {
  private static final int MOST_SECONDS = 30;
  private static final int MOST_BYTES = 4 << 20;

  @Parameters(index = "0", paramLabel = "SERVICE/METHOD", description = "what to call")
  private String target;

  @Parameters(
      index = "1",
      paramLabel = "REQUEST",
      defaultValue = "{}",
      description = {
        "the request as JSON, @FILE to read it from a file, or - for standard input"
            + " (${DEFAULT-VALUE})"
      })
  private String request;

  @Mixin private ProtoSetOption protoSet;
  @Mixin private ReasonOption reason;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "how long the call may take, 1 to 30 (${DEFAULT-VALUE})")
  private int seconds;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  Call() {}

  @Override
  int run(AdminConnection host) {
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw usage("--wait: " + seconds + " (expected: 1 to " + MOST_SECONDS + ")");
    }
    ProtoSet.Method method;
    DynamicMessage message;
    try {
      method = protoSet.read().method(target);
      message = method.request(text());
    } catch (ProtoSetException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
    Iterator<CallResponse> answers =
        host.stub(java.time.Duration.ofSeconds(seconds))
            .call(
                CallRequest.newBuilder()
                    .setService(method.service())
                    .setMethod(method.name())
                    .setMessage(message.toByteString())
                    .setReason(reason.text())
                    .setWait(Duration.newBuilder().setSeconds(seconds))
                    .build());
    CallEnd end = CallEnd.newBuilder().setCode(Status.Code.UNKNOWN.value()).build();
    while (answers.hasNext()) {
      CallResponse answer = answers.next();
      if (answer.hasEnd()) {
        end = answer.getEnd();
      } else {
        print(method, answer);
      }
    }
    return end.getCode() == 0 ? Exit.DONE : failed(Exit.FAILED, text(end));
  }

  private void print(ProtoSet.Method method, CallResponse answer) {
    try {
      out().println(isJson() ? method.line(answer.getMessage()) : method.text(answer.getMessage()));
    } catch (InvalidProtocolBufferException e) {
      throw usage(
          target
              + ": its answer is no "
              + method.answerType()
              + " (expected: the --proto-set of"
              + " the plugin that answers)");
    }
  }

  private static String text(CallEnd end) {
    return Status.fromCodeValue(end.getCode()).getCode() + ": " + end.getText();
  }

  private String text() throws ProtoSetException {
    try {
      if (request.equals("-")) {
        return utf8(System.in.readNBytes(MOST_BYTES + 1));
      }
      if (request.startsWith("@")) {
        Path file = Path.of(request.substring(1));
        if (Files.size(file) > MOST_BYTES) {
          throw tooLong();
        }
        return utf8(Files.readAllBytes(file));
      }
      return request;
    } catch (IOException | InvalidPathException e) {
      throw new ProtoSetException(
          Printable.line(request) + ": cannot be read (expected: JSON, @FILE or -)");
    }
  }

  private static String utf8(byte[] bytes) throws ProtoSetException, CharacterCodingException {
    if (bytes.length > MOST_BYTES) {
      throw tooLong();
    }
    return java.nio.charset.StandardCharsets.UTF_8
        .newDecoder()
        .decode(java.nio.ByteBuffer.wrap(bytes))
        .toString();
  }

  private static ProtoSetException tooLong() {
    return new ProtoSetException("request: too long (expected: at most 4 MiB)");
  }
}
