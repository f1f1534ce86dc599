package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The link of a connection that a {@link Listening} accepted. */
final class AcceptedLink extends ChannelLink implements Http2Side {
  private final Channel channel;
  private final Reception reception;
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private Attributes attributes = Attributes.EMPTY;
  private Loop.@Nullable Timer limit;
  private int toldFilters;
  private boolean hasBegun;
  private boolean isAgreed;

  AcceptedLink(Channel channel, Loop loop, Reception reception) {
    super(channel, loop, reception.patience().lastWords());
    this.channel = channel;
    this.reception = reception;
  }

  @Override
  public void channelActive(ChannelHandlerContext unused) {
    if (reception.threshold().pass(channel, this, this::begin)) {
      limit = loop().schedule(this::abort, reception.patience().handshake());
      reception.enter(this);
    }
  }

  private void begin(Entrant entrant) {
    attributes = entrant.attributes();
    TasksBeside checks = new TasksBeside(channel, reception.handshakes());
    SslHandler tls = entrant.context().newHandler(channel.alloc(), checks);
    addTls(tls, reception.threshold().floor());
    channel.pipeline().addFirst(checks);
    reception.bytesPerSecond().ifPresent(this::limit);
    reception.threshold().watch(entrant, tls);
  }

  @Override
  Receiver secured(SslHandler tls) {
    channel.pipeline().remove(TasksBeside.class);
    attributes =
        attributes.toBuilder()
            .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, tls.engine().getSession())
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, channel.remoteAddress())
            .build();
    return requireNonNull(reception.handler().accepted(this), "receiver");
  }

  @Override
  void unsecured(Throwable cause) {} // The threshold has seen it too, and tells the doorkeeper.

  @Override
  public void begun() {
    if (hasBegun || receiver() == null) {
      return;
    }
    hasBegun = true;
    cancelLimit();
    for (ServerTransportFilter filter : reception.filters()) {
      attributes = filter.transportReady(attributes);
      toldFilters++;
    }
  }

  private void cancelLimit() {
    if (limit != null) {
      limit.cancel();
    }
  }

  @Override
  public void agreed() {
    isAgreed = true;
  }

  @Override
  void over() {
    cancelLimit();
    try {
      List<ServerTransportFilter> told = reception.filters().subList(0, toldFilters);
      told.forEach(filter -> filter.transportTerminated(attributes));
    } finally {
      reception.leave(this);
      over.complete(null);
    }
  }

  /** Returns what completes when everybody who knew of it knows that it is over. */
  CompletableFuture<Void> whenOver() {
    return over;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }

  @Override
  public boolean isAgreed() {
    return isAgreed;
  }

  @Override
  public boolean sayGoodbye() {
    Receiver receiver = receiver();
    if (receiver == null) {
      return false;
    }
    receiver.goodbye();
    return true;
  }

  @Override
  public void retire() {
    Receiver receiver = receiver();
    if (receiver != null) {
      receiver.retire();
    }
  }
}
