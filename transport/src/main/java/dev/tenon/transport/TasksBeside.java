package dev.tenon.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import java.util.concurrent.Executor;

/**
 * Has the tasks of one channel's handshake run beside its loop, and nothing read meanwhile: the
 * handler of TLS would keep whatever comes. It is put before that handler, and is its executor; for
 * the loop.
 */
final class TasksBeside extends ChannelOutboundHandlerAdapter implements Executor {
  private final Channel channel;
  private final Executor beside;
  private int running;

  TasksBeside(Channel channel, Executor beside) {
    this.channel = channel;
    this.beside = beside;
  }

  /**
   * Runs {@code task}, which has the loop go on at its end.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the transport is closed
   */
  @Override
  public void execute(Runnable task) {
    beside.execute(() -> runThenRead(task));
    running++;
    channel.config().setAutoRead(false);
  }

  private void runThenRead(Runnable task) {
    try {
      task.run();
    } finally {
      channel.eventLoop().execute(this::ended);
    }
  }

  private void ended() {
    running--;
    if (running == 0) {
      channel.config().setAutoRead(true);
    }
  }

  /** The handler of TLS asks for more by itself while its handshake is not done. */
  @Override
  public void read(ChannelHandlerContext context) {
    if (running == 0) {
      context.read();
    }
  }
}
