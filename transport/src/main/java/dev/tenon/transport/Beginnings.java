package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;

/** Sees to it that a client which has begun HTTP/2 acknowledges our SETTINGS. Thread-safe. */
final class Beginnings extends ServerTransportFilter {
  private final Transport.Patience patience;

  Beginnings(Transport.Patience patience) {
    this.patience = patience;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    requireNonNull(attributes.get(Connection.KEY), "connection").ready(patience);
    return attributes;
  }
}
