package dev.tenon.sdk;

import dev.tenon.core.Callback;
import dev.tenon.core.Caller;
import dev.tenon.core.SpiffeId;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads who the host says is calling, for {@link Caller#current}, and what may be called back
 * meanwhile, for {@link Callback#current}. Stands behind {@link HostOnly}: the header counts only
 * because the peer is the host. Without it, the host itself calls. Who calls directly is who its
 * certificate says, behind {@link DirectGate}.
 */
final class CallerStamp implements ServerInterceptor {
  static final Metadata.Key<String> HEADER =
      Metadata.Key.of("tenon-caller", Metadata.ASCII_STRING_MARSHALLER);

  private final SpiffeId.OfHost host;

  CallerStamp(SpiffeId.OfHost host) {
    this.host = host;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<DirectConnection> direct = DirectConnection.of(call);
    if (direct.isPresent()) {
      Context calling = direct.get().asCaller().in(Context.current());
      return Contexts.interceptCall(calling, call, headers, next);
    }
    Optional<Caller> caller = caller(headers);
    if (caller.isEmpty()) {
      return HostOnly.refuse(call);
    }
    Context calling = caller.get().in(Context.current());
    Context context = Callback.of(headers).map(back -> back.in(calling)).orElse(calling);
    return Contexts.interceptCall(context, call, headers, next);
  }

  /**
   * Returns the caller, or empty if the header is there and is not one identity of a host or plugin
   * of the trust domain. What is behind another host has passed that host's policy and ours.
   */
  private Optional<Caller> caller(Metadata headers) {
    Iterable<String> stamps = headers.getAll(HEADER);
    if (stamps == null) {
      return Optional.of(new Caller(host));
    }
    List<String> all = new ArrayList<>();
    stamps.forEach(all::add);
    return all.size() == 1
        ? parse(all.get(0)).map(id -> Caller.seenFrom(host, id))
        : Optional.empty();
  }

  private Optional<SpiffeId> parse(String stamp) {
    try {
      SpiffeId id = SpiffeId.parse(stamp);
      boolean mayCall =
          id.trustDomain().equals(host.trustDomain()) && !(id instanceof SpiffeId.OfAdmin);
      return mayCall ? Optional.of(id) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
