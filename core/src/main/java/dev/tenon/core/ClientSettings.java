package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What all clients of a host, a plugin or a {@code ServiceClient} have in common. What one stub has
 * beside it, it is given as any stub of gRPC is: {@code withDeadlineAfter}, {@code
 * withInterceptors}.
 *
 * @param deadline what unary calls without a deadline get, for all that interceptors do meanwhile,
 *     further attempts among it
 * @param interceptors what each call passes through, the first one first, before Tenon's own; they
 *     see and change what the caller sends, and can change neither who it is nor what it may call
 */
public record ClientSettings(Duration deadline, List<ClientInterceptor> interceptors) {
  /** A deadline of 30 s, and no interceptors. */
  public static final ClientSettings DEFAULT =
      new ClientSettings(DefaultDeadline.DEFAULT, List.of());

  /**
   * Checks the deadline and copies the list.
   *
   * @throws IllegalArgumentException if the deadline is not positive
   */
  public ClientSettings {
    DefaultDeadline.requirePositive(deadline);
    interceptors = List.copyOf(interceptors);
  }

  /**
   * Returns these settings with another deadline.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public ClientSettings withDeadline(Duration other) {
    return new ClientSettings(other, interceptors);
  }

  /** Returns these settings with {@code further} interceptors, which calls pass through last. */
  public ClientSettings with(ClientInterceptor... further) {
    List<ClientInterceptor> all = new ArrayList<>(interceptors);
    all.addAll(List.of(further));
    return new ClientSettings(deadline, all);
  }

  /** Returns {@code channel} with these settings. */
  public Channel around(Channel channel) {
    requireNonNull(channel, "channel");
    List<ClientInterceptor> all = new ArrayList<>();
    all.add(new DefaultDeadline(deadline));
    all.addAll(interceptors);
    return ClientInterceptors.interceptForward(channel, all);
  }
}
