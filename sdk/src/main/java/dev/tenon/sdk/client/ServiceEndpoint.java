package dev.tenon.sdk.client;

import dev.tenon.transport.Endpoint;
import java.util.Map;

/**
 * One of the places where a service is. Immutable.
 *
 * @param address as {@code tcp:HOST:PORT}, HOST an IP address or a lower-case DNS name
 * @param metadata what whoever looks it up may want to know, such as its zone; not sent to anybody
 * @param weight its share beside the others' where that is asked for, from 0 to {@link #MAX_WEIGHT}
 */
public record ServiceEndpoint(String address, Map<String, String> metadata, int weight) {
  /** Greatest weight. */
  public static final int MAX_WEIGHT = 1_000_000;

  /**
   * Checks the parts and copies the metadata.
   *
   * @throws IllegalArgumentException if {@code address} has another form or port 0, or {@code
   *     weight} is out of range
   */
  public ServiceEndpoint {
    metadata = Map.copyOf(metadata);
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 0 to 1000000)");
    }
    if (!(Endpoint.parse(address) instanceof Endpoint.Tcp tcp) || tcp.port() == 0) {
      throw new IllegalArgumentException(
          "address: " + address + " (expected: tcp:HOST:PORT, with a port)");
    }
  }

  /**
   * Returns the endpoint at {@code address}, without metadata and with weight 1.
   *
   * @throws IllegalArgumentException if it has another form
   */
  public static ServiceEndpoint at(String address) {
    return new ServiceEndpoint(address, Map.of(), 1);
  }

  /**
   * Returns this endpoint with another weight.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public ServiceEndpoint withWeight(int other) {
    return new ServiceEndpoint(address, metadata, other);
  }

  /** Returns where it is. */
  Endpoint.Tcp tcp() {
    return (Endpoint.Tcp) Endpoint.parse(address);
  }
}
