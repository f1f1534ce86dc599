package dev.tenon.router.relay;

/** The connections to one provider: one for each loop, made when needed. Thread-safe. */
public final class WireBackend {}
