package dev.tenon.router.relay;

import java.util.ArrayList;
import java.util.List;

/** What a relay makes of heads and trailers, said once more and plainly. */
final class Crossing {
  private Crossing() {}

  static List<String> request(List<String> head) {
    List<String> crosses = new ArrayList<>();
    crosses.add(":method: POST");
    crosses.add(":scheme: https");
    crosses.add(named(head, ":path"));
    crosses.add(":authority: provider.test");
    crosses.add("te: trailers");
    crosses.add(named(head, "content-type"));
    head.stream()
        .filter(field -> passes(field) && !field.startsWith("te:"))
        .filter(field -> !field.startsWith("content-type:"))
        .forEach(crosses::add);
    return crosses;
  }

  /** Returns heads and, where the answer has ended, trailers. */
  static List<List<String>> answer(List<List<String>> said, boolean ended) {
    List<List<String>> crosses = new ArrayList<>();
    for (int i = 0; i < said.size(); i++) {
      boolean isEnd = ended && i == said.size() - 1;
      crosses.add(isEnd ? end(said.get(i), i > 0) : head(said.get(i)));
    }
    return crosses;
  }

  private static List<String> head(List<String> fields) {
    List<String> crosses = new ArrayList<>();
    crosses.add(":status: 200");
    fields.stream().filter(Crossing::passes).forEach(crosses::add);
    return crosses;
  }

  private static List<String> end(List<String> fields, boolean isAnswering) {
    List<String> crosses = new ArrayList<>();
    if (!isAnswering) {
      crosses.add(":status: 200");
      crosses.add("content-type: application/grpc");
    }
    fields.stream()
        .filter(field -> passes(field) && !field.startsWith("grpc-"))
        .forEach(crosses::add);
    String status = named(fields, "grpc-status");
    crosses.add(status);
    if (!status.equals("grpc-status: 0")) {
      fields.stream().filter(field -> field.startsWith("grpc-message:")).forEach(crosses::add);
    }
    return crosses;
  }

  private static boolean passes(String field) {
    return !field.startsWith(":") && !field.startsWith("x-dropped") && !field.startsWith("tenon-");
  }

  private static String named(List<String> fields, String name) {
    return fields.stream().filter(field -> field.startsWith(name + ":")).findFirst().orElseThrow();
  }
}
