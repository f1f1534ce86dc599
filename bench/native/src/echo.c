#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "fail.h"
#include "message.h"
#include "modes.h"
#include "tls.h"
#include "wire.h"

enum method { NO_METHOD, CALL, CHAT, POUR };

/* One call. Kept in a list when it is over, for the next. */
struct call {
  struct call *next; /* of its connection's open ones, or of the spare ones */
  struct call *before;
  enum method method;
  bool is_begun; /* the answer's head is submitted */
  bool is_ended; /* the caller has said all */
  bool is_too_long;
  size_t length; /* what came in; of a chat, what is not answered yet */
  size_t sent;
  uint32_t poured;    /* messages that are still to be poured, the one that is on its way too */
  size_t pour_length; /* of each, with its prefix */
  uint8_t body[PREFIX_BYTES + MAX_MESSAGE_BYTES];
};

/* One connection and its open calls. */
struct peer {
  struct wire wire;
  struct peer *next; /* of all; the kernel alone knows them otherwise */
  struct peer *before;
  struct call *open;
};

static struct {
  const char *service;
  int epoll;
  SSL_CTX *tls; /* NULL: in plain text */
  nghttp2_session_callbacks *callbacks;
  struct peer *peers;
  struct call *spare;
} echo;

static struct call *take_call(struct peer *peer) {
  struct call *call = echo.spare;
  if (call == NULL) {
    call = allocate(1, sizeof *call);
  } else {
    echo.spare = call->next;
    memset(call, 0, offsetof(struct call, body));
  }
  call->next = peer->open;
  if (peer->open != NULL) {
    peer->open->before = call;
  }
  peer->open = call;
  return call;
}

static void give_back(struct peer *peer, struct call *call) {
  if (call->next != NULL) {
    call->next->before = call->before;
  }
  if (call->before != NULL) {
    call->before->next = call->next;
  } else {
    peer->open = call->next;
  }
  call->before = NULL; /* or it would hide from a leak checker what nobody has any more */
  call->next = echo.spare;
  echo.spare = call;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *peer) {
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, take_call(peer));
  }
  return 0;
}

static enum method method_of(const uint8_t *path, size_t length) {
  size_t before = strlen(echo.service) + 2;
  if (length <= before || path[0] != '/' || path[before - 1] != '/' ||
      !is_text(path + 1, before - 2, echo.service)) {
    return NO_METHOD;
  }
  const uint8_t *name = path + before;
  size_t rest = length - before;
  return is_text(name, rest, METHOD_CALL)   ? CALL
         : is_text(name, rest, METHOD_CHAT) ? CHAT
         : is_text(name, rest, METHOD_POUR) ? POUR
                                            : NO_METHOD;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *unused) {
  (void)flags;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (call != NULL && is_text(name, name_length, ":path")) {
    call->method = method_of(value, value_length);
  }
  return 0;
}

/* Goes on with an answer that had nothing more to say; one that is not waiting goes on by itself. */
static int resume(nghttp2_session *session, int32_t stream) {
  int result = nghttp2_session_resume_data(session, stream);
  return result == 0 || result == NGHTTP2_ERR_INVALID_ARGUMENT ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *unused) {
  (void)flags;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call == NULL || call->is_too_long) {
    return 0;
  }
  if (length > sizeof call->body - call->length) {
    call->is_too_long = true;
  } else {
    memcpy(call->body + call->length, data, length);
    call->length += length;
  }
  return call->method == CHAT ? resume(session, stream) : 0;
}

/* --- answers --- */

static int end_with(nghttp2_session *session, int32_t stream, uint32_t *flags,
                    const char *status) {
  const nghttp2_nv trailer = header("grpc-status", status, NGHTTP2_NV_FLAG_NONE);
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return nghttp2_submit_trailer(session, stream, &trailer, 1);
}

static size_t take_body(struct call *call, uint8_t *buffer, size_t room) {
  size_t length = call->length - call->sent;
  if (length > room) {
    length = room;
  }
  memcpy(buffer, call->body + call->sent, length);
  call->sent += length;
  return length;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *unused) {
  (void)unused;
  struct call *call = source->ptr;
  size_t length = take_body(call, buffer, room);
  if (call->sent == call->length && end_with(session, stream, flags, "0") != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return (ssize_t)length;
}

static ssize_t read_chat(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *unused) {
  (void)unused;
  struct call *call = source->ptr;
  if (call->is_too_long) { /* RESOURCE_EXHAUSTED */
    return end_with(session, stream, flags, "8") == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  size_t length = take_body(call, buffer, room);
  if (call->sent < call->length) {
    return (ssize_t)length;
  }
  call->sent = 0;
  call->length = 0;
  if (call->is_ended && end_with(session, stream, flags, "0") != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return length == 0 && !call->is_ended ? NGHTTP2_ERR_DEFERRED : (ssize_t)length;
}

static ssize_t read_pour(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *unused) {
  (void)unused;
  struct call *call = source->ptr;
  size_t filled = 0;
  while (filled < room && call->poured > 0) {
    size_t length = call->pour_length - call->sent;
    if (length > room - filled) {
      length = room - filled;
    }
    memcpy(buffer + filled, call->body + call->sent, length);
    filled += length;
    call->sent += length;
    if (call->sent == call->pour_length) {
      call->sent = 0;
      call->poured--;
    }
  }
  if (call->poured == 0 && end_with(session, stream, flags, "0") != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return (ssize_t)filled;
}

static int refuse(nghttp2_session *session, int32_t stream, const char *status) {
  const nghttp2_nv headers[] = {header(":status", "200", NGHTTP2_NV_FLAG_NONE),
                                header("content-type", "application/grpc", NGHTTP2_NV_FLAG_NONE),
                                header("grpc-status", status, NGHTTP2_NV_FLAG_NONE)};
  return nghttp2_submit_response(session, stream, headers, 3, NULL);
}

static int begin(nghttp2_session *session, int32_t stream, struct call *call,
                 nghttp2_data_source_read_callback body) {
  const nghttp2_nv headers[] = {header(":status", "200", NGHTTP2_NV_FLAG_NONE),
                                header("content-type", "application/grpc", NGHTTP2_NV_FLAG_NONE)};
  const nghttp2_data_provider provider = {.source.ptr = call, .read_callback = body};
  call->is_begun = true;
  return nghttp2_submit_response(session, stream, headers, 2, &provider);
}

/* Reads the request of a pour, and makes the message that is poured in its place. */
static bool prepare_pour(struct call *call) {
  if (call->length != PREFIX_BYTES + POUR_REQUEST_BYTES) {
    return false;
  }
  call->poured = get_u32(call->body + PREFIX_BYTES);
  uint32_t size = get_u32(call->body + PREFIX_BYTES + 4);
  if (call->poured == 0 || call->poured > MAX_POUR_MESSAGES || size > MAX_MESSAGE_BYTES) {
    return false;
  }
  call->pour_length = PREFIX_BYTES + size;
  memset(call->body, 0, call->pour_length);
  put_prefix(call->body, size);
  return true;
}

static int answer(nghttp2_session *session, int32_t stream, struct call *call) {
  if (call->method == NO_METHOD) {
    return refuse(session, stream, "12"); /* UNIMPLEMENTED */
  }
  if (call->method == CHAT) {
    return resume(session, stream);
  }
  if (call->is_too_long) {
    return refuse(session, stream, "8"); /* RESOURCE_EXHAUSTED */
  }
  if (call->method == CALL) {
    return begin(session, stream, call, read_body);
  }
  return prepare_pour(call) ? begin(session, stream, call, read_pour)
                            : refuse(session, stream, "3"); /* INVALID_ARGUMENT */
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *unused) {
  (void)unused;
  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) {
    return 0;
  }
  int32_t stream = frame->hd.stream_id;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call == NULL) {
    return 0;
  }
  call->is_ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (call->method == CHAT && !call->is_begun && begin(session, stream, call, read_chat) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (call->is_ended && answer(session, stream, call) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error,
                           void *peer) {
  (void)error;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call != NULL) {
    give_back(peer, call);
  }
  return 0;
}

static nghttp2_session_callbacks *new_callbacks(void) {
  nghttp2_session_callbacks *callbacks;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) {
    fail("nghttp2: out of memory");
  }
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  return callbacks;
}

static struct peer *new_peer(void) {
  struct peer *peer = allocate(1, sizeof *peer);
  peer->next = echo.peers;
  if (echo.peers != NULL) {
    echo.peers->before = peer;
  }
  echo.peers = peer;
  return peer;
}

static void forget(struct peer *peer) {
  while (peer->open != NULL) {
    give_back(peer, peer->open);
  }
  if (peer->next != NULL) {
    peer->next->before = peer->before;
  }
  if (peer->before != NULL) {
    peer->before->next = peer->next;
  } else {
    echo.peers = peer->next;
  }
  free(peer);
}

static void on_wire_ready(struct source *source) {
  struct peer *peer = (struct peer *)source;
  if (!wire_pump(&peer->wire)) {
    wire_close(&peer->wire);
    forget(peer);
  }
}

struct listener {
  struct source source;
  int fd;
};

static void on_listener_ready(struct source *source) {
  int fd = address_accept(((struct listener *)source)->fd);
  if (fd < 0) {
    return;
  }
  struct peer *peer = new_peer();
  nghttp2_session *session;
  if (nghttp2_session_server_new(&session, echo.callbacks, peer) != 0) {
    fail("nghttp2: out of memory");
  }
  wire_submit_settings(session);
  SSL *ssl = NULL;
  if (echo.tls != NULL) {
    ssl = SSL_new(echo.tls);
    if (ssl == NULL) {
      fail_tls("SSL_new");
    }
    SSL_set_accept_state(ssl);
  }
  peer->wire.source.on_ready = on_wire_ready;
  wire_open(&peer->wire, echo.epoll, fd, ssl, session);
}

static void on_stdin_ready(struct source *source) {
  (void)source;
  char line[256];
  if (read(STDIN_FILENO, line, sizeof line) <= 0) {
    exit(0); /* who started us is gone */
  }
}

int echo_main(const struct options *options) {
  static struct source stdin_source = {on_stdin_ready};
  static struct listener listeners[MAX_ADDRESSES];
  echo.service = options_need(options->service, "service");
  echo.epoll = epoll_new();
  echo.tls = options->is_plain ? NULL : tls_server(options);
  echo.callbacks = new_callbacks();
  for (int i = 0; i < options->address_count; i++) {
    listeners[i] = (struct listener){{on_listener_ready}, address_listen(options->addresses[i])};
    epoll_watch(echo.epoll, listeners[i].fd, &listeners[i].source);
    address_print(listeners[i].fd);
  }
  puts("listening");
  fflush(stdout);
  epoll_watch(echo.epoll, STDIN_FILENO, &stdin_source);
  for (;;) {
    epoll_turn(echo.epoll, -1);
  }
}
