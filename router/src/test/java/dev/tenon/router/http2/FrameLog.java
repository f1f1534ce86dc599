package dev.tenon.router.http2;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a {@link FrameReader} tells, as text; pieces of one DATA frame as one. */
final class FrameLog implements FrameReader.Sink {
  private final List<String> events = new ArrayList<>();
  private int unwanted = -1;
  private int refused = -1;

  List<String> events() {
    return events;
  }

  /** Nobody wants DATA of {@code stream}. */
  void wantNothingOf(int stream) {
    unwanted = stream;
  }

  /** DATA of {@code stream} is a fault. */
  void refuseDataOf(int stream) {
    refused = stream;
  }

  /** Joins what came in pieces. */
  private void add(String event, String rest, boolean ends) {
    String end = ends ? " END" : "";
    int last = events.size() - 1;
    if (last >= 0 && events.get(last).startsWith(event) && !events.get(last).endsWith("END")) {
      events.set(last, events.get(last) + rest + end);
    } else {
      events.add(event + rest + end);
    }
  }

  @Override
  public boolean dataBegins(int stream, int length) throws Http2Fault {
    if (stream == refused) {
      throw Http2Fault.ofStream(ErrorCode.STREAM_CLOSED, stream, "refused");
    }
    events.add("begin " + stream + " " + length);
    return stream != unwanted;
  }

  @Override
  public void data(int stream, ByteBuffer part, boolean ends) {
    add("data " + stream + " ", Blocks.hex(part), ends);
  }

  @Override
  public void dropped(int stream, int bytes) {
    String event = "dropped " + stream + " ";
    int last = events.size() - 1;
    if (last >= 0 && events.get(last).startsWith(event)) {
      int before = Integer.parseInt(events.get(last).substring(event.length()));
      events.set(last, event + (before + bytes));
    } else {
      events.add(event + bytes);
    }
  }

  @Override
  public void headers(int stream, ByteBuffer block, boolean ends) {
    events.add("headers " + stream + " " + Blocks.hex(block) + (ends ? " END" : ""));
  }

  @Override
  public void priority() {
    events.add("priority");
  }

  @Override
  public void reset(int stream, int code) {
    events.add("reset " + stream + " " + code);
  }

  @Override
  public void settings(ByteBuffer pairs) {
    events.add("settings " + pairs.remaining());
  }

  @Override
  public void settingsAck() {
    events.add("ack");
  }

  @Override
  public void ping(long data) {
    events.add("ping " + data);
  }

  @Override
  public void pingAck(long data) {
    events.add("ping ack " + data);
  }

  @Override
  public void goAway(int lastStream, int code) {
    events.add("goaway " + lastStream + " " + code);
  }

  @Override
  public void windowUpdate(int stream, int increment) {
    events.add("window " + stream + " " + increment);
  }

  @Override
  public void unknown() {
    events.add("unknown");
  }
}
