#include "wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"
#include "tls.h"

enum { MAX_EVENTS = 64, FRAME_BYTES = 9 + 16384, MAX_STREAMS = 4096, WINDOW_BYTES = 1 << 20 };

int epoll_new(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    fail_errno("epoll_create1");
  }
  return epoll;
}

void epoll_watch(int epoll, int fd, struct source *source) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    fail_errno("epoll_ctl");
  }
}

void epoll_turn(int epoll, int timeout_millis) {
  struct epoll_event events[MAX_EVENTS];
  int count = epoll_wait(epoll, events, MAX_EVENTS, timeout_millis);
  if (count < 0 && errno != EINTR) {
    fail_errno("epoll_wait");
  }
  for (int i = 0; i < count; i++) {
    struct source *source = events[i].data.ptr;
    source->on_ready(source);
  }
}

void wire_open(struct wire *wire, int epoll, int fd, SSL *ssl, nghttp2_session *session) {
  wire->epoll = epoll;
  wire->fd = fd;
  wire->ssl = ssl;
  wire->session = session;
  wire->is_open = ssl == NULL;
  if (ssl != NULL && SSL_set_fd(ssl, fd) != 1) {
    fail_tls("SSL_set_fd");
  }
  epoll_watch(epoll, fd, &wire->source);
}

static void watch_writes(struct wire *wire, bool wanted) {
  if (wire->waits_to_write == wanted) {
    return;
  }
  struct epoll_event event = {.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN,
                              .data.ptr = &wire->source};
  if (epoll_ctl(wire->epoll, EPOLL_CTL_MOD, wire->fd, &event) != 0) {
    fail_errno("epoll_ctl");
  }
  wire->waits_to_write = wanted;
}

/* Decides what the result of an SSL call means that did not succeed. */
static void wait_or_end(struct wire *wire, int result) {
  switch (SSL_get_error(wire->ssl, result)) {
    case SSL_ERROR_WANT_READ: break;
    case SSL_ERROR_WANT_WRITE: watch_writes(wire, true); break;
    default: wire->is_ended = true;
  }
}

static void shake_hands(struct wire *wire) {
  ERR_clear_error(); /* here and below: errors of another connection are none of ours */
  int result = SSL_do_handshake(wire->ssl);
  if (result != 1) {
    wait_or_end(wire, result);
    return;
  }
  wire->is_open = true;
  wire->is_ended = !tls_is_h2(wire->ssl);
}

/* Returns how many bytes came; 0 for none now, or never again. */
static size_t receive(struct wire *wire, uint8_t *buffer, size_t room) {
  if (wire->ssl == NULL) {
    ssize_t length = recv(wire->fd, buffer, room, 0);
    wire->is_ended = length == 0 || (length < 0 && errno != EAGAIN);
    return length > 0 ? (size_t)length : 0;
  }
  ERR_clear_error();
  int length = SSL_read(wire->ssl, buffer, (int)room);
  if (length <= 0) {
    wait_or_end(wire, length);
  }
  return length > 0 ? (size_t)length : 0;
}

/* Returns how many bytes were taken; 0 for none now, or never again. */
static size_t send_some(struct wire *wire, const uint8_t *bytes, size_t count) {
  if (wire->ssl == NULL) {
    ssize_t length = send(wire->fd, bytes, count, MSG_NOSIGNAL);
    if (length < 0 && errno == EAGAIN) {
      watch_writes(wire, true);
    } else {
      wire->is_ended = length <= 0;
    }
    return length > 0 ? (size_t)length : 0;
  }
  ERR_clear_error();
  int length = SSL_write(wire->ssl, bytes, (int)count);
  if (length <= 0) {
    wait_or_end(wire, length);
  }
  return length > 0 ? (size_t)length : 0;
}

static void read_all(struct wire *wire) {
  static uint8_t buffer[64 * 1024]; /* one thread */
  while (!wire->is_ended) {
    size_t length = receive(wire, buffer, sizeof buffer);
    if (length == 0) {
      return;
    }
    if (nghttp2_session_mem_recv(wire->session, buffer, length) != (ssize_t)length) {
      wire->is_ended = true;
    }
  }
}

/* Collects frames until the session has no more or another might not fit. */
static void collect(struct wire *wire) {
  wire->out_from = 0;
  wire->out_to = 0;
  while (wire->out_to + FRAME_BYTES <= sizeof wire->out) {
    const uint8_t *frame;
    ssize_t length = nghttp2_session_mem_send(wire->session, &frame);
    if (length < 0) {
      wire->is_ended = true;
    }
    if (length <= 0) {
      return;
    }
    memcpy(wire->out + wire->out_to, frame, (size_t)length);
    wire->out_to += (size_t)length;
  }
}

static void write_all(struct wire *wire) {
  while (!wire->is_ended) {
    if (wire->out_from == wire->out_to) {
      collect(wire);
    }
    if (wire->out_from == wire->out_to) {
      watch_writes(wire, false);
      return;
    }
    size_t length = send_some(wire, wire->out + wire->out_from, wire->out_to - wire->out_from);
    if (length == 0) {
      return;
    }
    wire->out_from += length;
  }
}

bool wire_pump(struct wire *wire) {
  if (!wire->is_open && !wire->is_ended) {
    watch_writes(wire, false);
    shake_hands(wire);
  }
  if (wire->is_open) {
    read_all(wire);
    write_all(wire);
  }
  if (wire->is_open && !nghttp2_session_want_read(wire->session) &&
      !nghttp2_session_want_write(wire->session)) {
    wire->is_ended = true;
  }
  return !wire->is_ended;
}

void wire_close(struct wire *wire) {
  nghttp2_session_del(wire->session);
  SSL_free(wire->ssl);
  close(wire->fd);
}

void wire_submit_settings(nghttp2_session *session) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 2) != 0 ||
      nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 * WINDOW_BYTES) !=
          0) {
    fail("nghttp2: settings refused");
  }
}
