package dev.tenon.transport;

import io.grpc.Attributes;
import io.netty.handler.ssl.SslContext;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A connection that passed the {@link Threshold}, and begins its TLS handshake.
 *
 * @param source where it comes from
 * @param attributes what is known of it so far
 * @param context its TLS context, released when it ends
 * @param fault why the trust check refused the client's certificate, if it did
 */
record Entrant(
    Source source,
    Attributes attributes,
    SslContext context,
    AtomicReference<@Nullable HandshakeFault> fault) {}
