package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.Frames;
import dev.tenon.router.relay.Transcript.Said;
import io.netty.handler.codec.http2.Http2Error;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Two callers and a provider that keep to HTTP/2 and do, within that, whatever a few bytes say;
 * with a relay in between. What one side was sent is what the other side sent, as Netty's codec
 * reads both.
 */
public final class RelayScript {
  private static final int MOST_OPEN = 90;
  private static final String[] NAMES = {"x-a", "x-b", "cookie", "a-bin", "user-agent"};
  private static final String[] VALUES = {"1", "some value", "AAEC", "x".repeat(300)};

  private final MemoryRelay relay = new MemoryRelay();
  private final Choices choices;
  private final ScriptPeer provider;
  private final List<ScriptPeer> callers = new ArrayList<>();
  private final int[] next = {1, 1};
  private int calls;

  private RelayScript(byte[] script, boolean isHostile) {
    this.choices = new Choices(script);
    relay.maxMessageBytes = 20_000;
    relay.backend.warm();
    relay.loop.run();
    provider = new ScriptPeer(relay.providers().get(0), choices, isHostile);
    provider.raw(Frames.ofServer());
    for (int i = 0; i < next.length; i++) {
      ScriptPeer caller = new ScriptPeer(relay.silentCaller(), choices, isHostile);
      caller.raw(Frames.ofClient());
      callers.add(caller);
    }
    all().forEach(peer -> peer.deliver(/* all= */ true));
    all().forEach(ScriptPeer::read);
  }

  /**
   * Runs a script to its end, and compares.
   *
   * @return how many frames were sent to the relay
   */
  public static int compare(byte[] script) {
    RelayScript run = new RelayScript(script, /* isHostile= */ false);
    run.play();
    run.settle();
    run.compare();
    run.requireAllOver();
    return run.all().stream().mapToInt(ScriptPeer::frames).sum();
  }

  /** Runs a script whose bytes break on the way: nothing is thrown, and each call is over. */
  public static void endure(byte[] script) {
    RelayScript run = new RelayScript(script, /* isHostile= */ true);
    run.play();
    run.requireAllOver();
  }

  private List<ScriptPeer> all() {
    List<ScriptPeer> all = new ArrayList<>(callers);
    all.add(provider);
    return all;
  }

  private void play() {
    while (!choices.isEmpty()) {
      step();
      for (ScriptPeer peer : all()) {
        if (choices.oneIn(3)) {
          peer.deliver(choices.oneIn(2));
        }
      }
      all().forEach(ScriptPeer::read);
      provider
          .got
          .streams()
          .forEach(
              (id, said) -> {
                if (!provider.streams.containsKey(id) && !said.heads.isEmpty()) {
                  var unused = provider.begin(id, -id);
                  if (said.reset != null) {
                    provider.ended(id, /* byReset= */ true);
                  }
                }
              });
    }
  }

  private void step() {
    ScriptPeer caller = callers.get(choices.below(callers.size()));
    ScriptPeer anyone = all().get(choices.below(3));
    switch (choices.below(22)) {
      case 0, 1, 2 -> call(caller);
      case 3, 4, 5, 6, 7 -> {
        if (caller.isSending()) {
          caller.data(caller.any(), choices.oneIn(8));
        }
      }
      case 8 -> {
        if (caller.isSending()) {
          endRequest(caller, caller.any());
        }
      }
      case 9 -> {
        if (caller.isSending() && choices.oneIn(2)) {
          caller.reset(caller.any());
        }
      }
      case 10, 11, 12, 13, 14, 15 -> answer();
      case 16, 17 -> anyone.opens();
      case 18 -> anyone.changesWindows();
      case 19 -> anyone.chats();
      case 20 -> anyone.writable(choices.oneIn(2));
      default -> anyone.writable(true);
    }
  }

  private void call(ScriptPeer caller) {
    if (caller.open() >= MOST_OPEN || calls > 4_000) {
      return;
    }
    int of = callers.indexOf(caller);
    List<String> head = new ArrayList<>(Arrays.asList(Frames.call("x-call: " + ++calls)));
    more(head, "x-dropped: a", "tenon-other: b", "grpc-accept-encoding: gzip");
    ScriptPeer.Stream stream = caller.begin(next[of], calls);
    next[of] += 2;
    caller.headers(stream, head, choices.oneIn(4));
  }

  private void more(List<String> fields, String... others) {
    for (int i = choices.below(4); i > 0; i--) {
      fields.add(NAMES[choices.below(NAMES.length)] + ": " + VALUES[choices.below(VALUES.length)]);
    }
    if (choices.oneIn(4)) {
      fields.add(others[choices.below(others.length)]);
    }
  }

  private void endRequest(ScriptPeer caller, ScriptPeer.Stream stream) {
    if (choices.oneIn(3)) {
      caller.headers(stream, List.of("x-trailer: none of gRPC"), /* ends= */ true);
    } else {
      caller.data(stream, /* ends= */ true);
    }
  }

  private void answer() {
    if (!provider.isSending()) {
      return;
    }
    ScriptPeer.Stream stream = provider.any();
    int what = choices.below(12);
    if (what == 0) {
      provider.reset(stream);
    } else if (what == 1) {
      List<String> end = new ArrayList<>();
      if (!stream.headSent) {
        end.add(":status: 200");
      }
      int code = choices.below(17);
      end.add("grpc-status: " + code);
      if (choices.oneIn(2)) {
        end.add("grpc-message: said so");
      }
      more(end, "x-dropped: a");
      provider.headers(stream, end, /* ends= */ true);
    } else if (stream.headSent) {
      provider.data(stream, /* ends= */ false);
    } else {
      List<String> head = new ArrayList<>(Arrays.asList(Frames.answer()));
      more(head, "x-dropped: a", "grpc-encoding: identity");
      provider.headers(stream, head, /* ends= */ false);
    }
  }

  /** Everything arrives: what was cut off, and what waits for windows and sockets. */
  private void settle() {
    for (ScriptPeer peer : all()) {
      peer.writable(true);
      peer.deliver(/* all= */ true);
    }
    for (int round = 0; round < 2; round++) {
      all().forEach(ScriptPeer::read);
      for (ScriptPeer peer : all()) {
        Frames wide = new Frames().window(0, 500_000_000);
        peer.got.streams().keySet().forEach(id -> wide.window(id, 100_000_000));
        peer.raw(wide);
        peer.deliver(/* all= */ true);
      }
    }
    all().forEach(ScriptPeer::read);
  }

  private void compare() {
    all().forEach(peer -> assertThat(peer.got.goesAway() || peer.hasEnded()).isFalse());
    Map<String, Integer> ids = new TreeMap<>();
    provider.got.streams().forEach((id, said) -> ids.put(nameOf(said), id));
    int seen = 0;
    for (ScriptPeer caller : callers) {
      for (Integer id : List.copyOf(caller.sent.streams().keySet())) {
        Said request = caller.sent.of(id);
        if (request.heads.isEmpty()) {
          continue; // A frame of no stream, such as a priority.
        }
        Integer there = ids.get(nameOf(request));
        if (there == null) {
          throw new AssertionError(nameOf(request) + " was not forwarded");
        }
        seen++;
        compare(request, provider.got.of(there), provider.sent.of(there), caller.got.of(id));
      }
    }
    assertThat(seen).isEqualTo(calls).isEqualTo(relay.begun());
  }

  private static String nameOf(Said request) {
    return request.heads.get(0).stream()
        .filter(field -> field.startsWith("x-call: "))
        .findFirst()
        .orElseThrow();
  }

  private static void compare(Said request, Said forwarded, Said answer, Said answered) {
    assertThat(forwarded.heads).hasSize(1);
    assertThat(forwarded.heads.get(0)).isEqualTo(Crossing.request(request.heads.get(0)));
    boolean isLeft = request.reset != null;
    boolean isBroken = answer.reset != null;
    if (isLeft || isBroken || answer.ended) {
      assertPrefix(forwarded, request);
      assertThat(forwarded.ended).isIn(false, request.ended);
    } else {
      assertThat(forwarded.data.toByteArray()).isEqualTo(request.data.toByteArray());
      assertThat(forwarded.ended).isEqualTo(request.ended);
      assertThat(forwarded.reset).isNull();
    }
    if (isLeft) {
      assertPrefix(answered, answer);
      if (!isBroken && !answer.ended) {
        assertThat(forwarded.reset).isEqualTo(Http2Error.CANCEL);
      }
      return;
    }
    if (isBroken) {
      if (answer.reset == Http2Error.REFUSED_STREAM && answer.heads.isEmpty()) {
        assertThat(answered.reset).isEqualTo(Http2Error.REFUSED_STREAM);
        assertThat(answered.heads).isEmpty();
        return;
      }
      assertThat(answered.ended).isTrue();
      assertThat(answered.heads.get(answered.heads.size() - 1)).contains("grpc-status: 14");
    } else {
      assertThat(answered.heads).isEqualTo(Crossing.answer(answer.heads, answer.ended));
      assertThat(answered.ended).isEqualTo(answer.ended);
      assertThat(forwarded.reset).isIn(null, answer.ended ? Http2Error.NO_ERROR : null);
    }
    assertThat(answered.data.toByteArray()).isEqualTo(answer.data.toByteArray());
    assertThat(answered.reset).isIn(null, answered.ended ? Http2Error.NO_ERROR : null);
  }

  private static void assertPrefix(Said some, Said whole) {
    byte[] part = some.data.toByteArray();
    byte[] all = whole.data.toByteArray();
    assertThat(part.length).isLessThanOrEqualTo(all.length);
    assertThat(part).isEqualTo(Arrays.copyOf(all, part.length));
  }

  private void requireAllOver() {
    relay.loseAll();
    assertThat(relay.over()).isEqualTo(relay.begun());
    assertThat(relay.timed()).isZero();
    assertThat(relay.openStreams()).isZero();
  }
}
