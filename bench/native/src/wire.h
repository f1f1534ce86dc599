#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What epoll reports to: the first member of everything that is registered there. */
struct source {
  void (*on_ready)(struct source *source);
};

enum { WIRE_OUT_BYTES = 64 * 1024 };

/* One connection: a socket, TLS on it, and HTTP/2 on that. One thread owns it. */
struct wire {
  struct source source;
  int epoll;
  int fd;
  SSL *ssl; /* NULL: in plain text */
  nghttp2_session *session;
  bool is_open; /* the handshake is over */
  bool is_ended;
  bool waits_to_write;
  size_t out_from;
  size_t out_to;
  uint8_t out[WIRE_OUT_BYTES];
};

/* Returns a new epoll set. */
int epoll_new(void);

/* Watches `fd` for something to read. */
void epoll_watch(int epoll, int fd, struct source *source);

/* Waits for at most `timeout_millis` (-1: as long as it takes) and tells every source that is ready. */
void epoll_turn(int epoll, int timeout_millis);

/*
 * Takes over the connected, non-blocking `fd`, `ssl`, which is NULL for plain text, and `session`, whose settings are submitted. The caller
 * sets `source.on_ready`, which calls wire_pump.
 */
void wire_open(struct wire *wire, int epoll, int fd, SSL *ssl, nghttp2_session *session);

/*
 * Reads all there is to read, hands it to the session, and writes all the session has to say, in as few
 * writes as possible. Returns false once the connection has ended.
 */
bool wire_pump(struct wire *wire);

/* Releases what the wire holds, not the wire. */
void wire_close(struct wire *wire);

/* Submits our settings: windows that no message here fills. */
void wire_submit_settings(nghttp2_session *session);

#endif
