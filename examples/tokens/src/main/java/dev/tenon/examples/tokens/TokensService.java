package dev.tenon.examples.tokens;

import dev.tenon.core.RuntimeId;
import dev.tenon.examples.tokens.v1.SplitRequest;
import dev.tenon.examples.tokens.v1.SplitResponse;
import dev.tenon.examples.tokens.v1.TokensGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Splits text, and says which run did. Thread-safe. */
final class TokensService extends TokensGrpc.TokensImplBase {
  static final int MAX_CHARACTERS = 65_536;

  private static final Pattern TOKEN = Pattern.compile("[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}\\s]");

  private final RuntimeId run;

  TokensService(RuntimeId run) {
    this.run = run;
  }

  @Override
  public void split(SplitRequest request, StreamObserver<SplitResponse> answer) {
    String text = request.getText();
    if (text.length() > MAX_CHARACTERS) {
      answer.onError(
          Status.INVALID_ARGUMENT
              .withDescription("text: " + text.length() + " characters (expected: at most 65536)")
              .asException());
      return;
    }
    SplitResponse.Builder response = SplitResponse.newBuilder().setRuntimeId(run.value());
    TOKEN.matcher(text).results().map(MatchResult::group).forEach(response::addTokens);
    answer.onNext(response.build());
    answer.onCompleted();
  }
}
