package dev.tenon.router.relay;

import dev.tenon.router.http2.HeaderField;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call that came as frames. What its caller sends before the call is forwarded or served waits,
 * and no more of it is asked for than a stream's window. For its connection's loop alone, but for
 * {@link #execute}.
 */
public abstract class WireCall {
  /** Makes a call. */
  protected WireCall() {}

  /**
   * Returns the path as it was sent; empty if there was none. The same object for the same field.
   */
  public abstract String path();

  /** Returns what is known of the caller's connection. */
  public abstract Attributes connection();

  /**
   * Returns what the caller asks of the router: {@code authorization}, where {@link #authorization}
   * does not have it, and everything that begins with {@code tenon-}; as sent, with what was sent
   * twice twice. One shared empty object where there is none; not to be changed.
   */
  public abstract Metadata asked();

  /** Returns the {@code authorization} field, if there is exactly one. */
  public abstract @Nullable HeaderField authorization();

  /** Returns when the call came, by {@link System#nanoTime}. */
  public abstract long arrivedNanos();

  /**
   * Returns when the caller waits no longer, by {@link System#nanoTime}; {@link Long#MAX_VALUE}
   * where it did not say.
   */
  public abstract long deadlineNanos();

  /**
   * Has the call take {@code most} at most, counted from when it came, as if its caller had said
   * so. Nothing if that is no less than it has, or if the call has ended.
   */
  public abstract void limit(Duration most);

  /** Does {@code step} on the call's loop; also after the end of the call. From any thread. */
  public abstract void execute(Runnable step);

  /**
   * Takes the call to {@code provider}: what passes of its head, {@code stamps} after that, and all
   * that the caller sends. Nothing if it has ended.
   *
   * @param maxMessageBytes of the longest message in either direction; a longer one ends the call
   */
  public abstract void forward(WireBackend provider, List<HeaderField> stamps, int maxMessageBytes);

  /**
   * Takes the call to {@code provider} as {@link #forward} does, by a channel whose messages are
   * bytes.
   */
  public abstract void serve(
      Channel provider, CallOptions options, Metadata stamps, int maxMessageBytes);

  /**
   * Has the call handled by {@code method}, of this process, as a server of grpc-java would have
   * it: its listener, and the context of what it does, are {@code on}'s. To be called within {@link
   * CallHandler#begin} alone.
   *
   * @return who is told what becomes of the call
   */
  public abstract CallWatch handle(ServerMethodDefinition<?, ?> method, HandlerThreads on);

  /**
   * Ends the call: its provider's side is cancelled at once, and the caller told when {@link
   * CallWatch#ending} lets it. Nothing if it has ended, or is ending.
   */
  public abstract void end(Status status, Metadata trailers);

  /** Returns whether the provider has begun to answer. */
  public abstract boolean isAnswered();

  /** Returns who ends the call; known once its watch is asked about the end. */
  public abstract EndedBy endedBy();

  /** Who ends a call at its provider. */
  public enum EndedBy {
    /** The provider, by its status. */
    PROVIDER,
    /** The provider, which broke off the stream or is not one of gRPC. */
    STREAM,
    /** The connection to it, which was lost, or there is none. */
    CONNECTION,
    /** The caller, its deadline, or the relay. */
    OUR_SIDE
  }
}
