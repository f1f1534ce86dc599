package dev.tenon.transport;

/**
 * What became of connections so far, over all listeners of a transport.
 *
 * @param accepted those that a handshake was begun with
 * @param refused those that a limit closed, before or after the handshake
 * @param unfinished those that ended before their handshake did
 * @param faulted those of {@code unfinished} whose peer was refused by the handshake
 */
public record ConnectionCounts(long accepted, long refused, long unfinished, long faulted) {}
