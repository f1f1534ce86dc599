package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.time.Duration;

/** Sees to it that a client which has begun HTTP/2 acknowledges our SETTINGS. Thread-safe. */
final class Beginnings extends ServerTransportFilter {
  private final Duration limit;

  Beginnings(Duration limit) {
    this.limit = limit;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    requireNonNull(attributes.get(Connection.KEY), "connection").ready(limit);
    return attributes;
  }
}
