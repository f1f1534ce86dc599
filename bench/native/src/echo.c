#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "fail.h"
#include "message.h"
#include "modes.h"
#include "tls.h"
#include "wire.h"

/* One call: what came in is what goes out. Kept in a list when it is over, for the next. */
struct call {
  struct call *next;
  bool is_known; /* the path is ours */
  bool is_too_long;
  size_t length;
  size_t sent;
  uint8_t body[PREFIX_BYTES + MAX_MESSAGE_BYTES];
};

static struct {
  const char *path;
  int epoll;
  SSL_CTX *tls;
  nghttp2_session_callbacks *callbacks;
  struct call *spare;
} echo;

static struct call *take_call(void) {
  struct call *call = echo.spare;
  if (call == NULL) {
    return allocate(1, sizeof *call);
  }
  echo.spare = call->next;
  call->is_known = false;
  call->is_too_long = false;
  call->length = 0;
  call->sent = 0;
  return call;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *unused) {
  (void)unused;
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, take_call());
  }
  return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *unused) {
  (void)flags;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (call != NULL && is_text(name, name_length, ":path")) {
    call->is_known = is_text(value, value_length, echo.path);
  }
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *unused) {
  (void)flags;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call == NULL) {
    return 0;
  }
  if (length > sizeof call->body - call->length) {
    call->is_too_long = true;
    return 0;
  }
  memcpy(call->body + call->length, data, length);
  call->length += length;
  return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *unused) {
  (void)unused;
  struct call *call = source->ptr;
  size_t length = call->length - call->sent;
  if (length > room) {
    length = room;
  }
  memcpy(buffer, call->body + call->sent, length);
  call->sent += length;
  if (call->sent == call->length) {
    const nghttp2_nv trailer = header("grpc-status", "0", NGHTTP2_NV_FLAG_NONE);
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (nghttp2_submit_trailer(session, stream, &trailer, 1) != 0) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
  return (ssize_t)length;
}

static int refuse(nghttp2_session *session, int32_t stream, const char *status) {
  const nghttp2_nv headers[] = {header(":status", "200", NGHTTP2_NV_FLAG_NONE),
                                header("content-type", "application/grpc", NGHTTP2_NV_FLAG_NONE),
                                header("grpc-status", status, NGHTTP2_NV_FLAG_NONE)};
  return nghttp2_submit_response(session, stream, headers, 3, NULL);
}

static int answer(nghttp2_session *session, int32_t stream, struct call *call) {
  if (!call->is_known) {
    return refuse(session, stream, "12"); /* UNIMPLEMENTED */
  }
  if (call->is_too_long) {
    return refuse(session, stream, "8"); /* RESOURCE_EXHAUSTED */
  }
  const nghttp2_nv headers[] = {header(":status", "200", NGHTTP2_NV_FLAG_NONE),
                                header("content-type", "application/grpc", NGHTTP2_NV_FLAG_NONE)};
  const nghttp2_data_provider body = {.source.ptr = call, .read_callback = read_body};
  return nghttp2_submit_response(session, stream, headers, 2, &body);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *unused) {
  (void)unused;
  bool carries_call = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
  if (!carries_call || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
    return 0;
  }
  struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (call != NULL && answer(session, frame->hd.stream_id, call) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error,
                           void *unused) {
  (void)error;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call != NULL) {
    call->next = echo.spare;
    echo.spare = call;
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

static void on_wire_ready(struct source *source) {
  struct wire *wire = (struct wire *)source;
  if (!wire_pump(wire)) {
    wire_close(wire);
    free(wire);
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
  nghttp2_session *session;
  if (nghttp2_session_server_new(&session, echo.callbacks, NULL) != 0) {
    fail("nghttp2: out of memory");
  }
  wire_submit_settings(session);
  SSL *ssl = SSL_new(echo.tls);
  if (ssl == NULL) {
    fail_tls("SSL_new");
  }
  SSL_set_accept_state(ssl);
  struct wire *wire = allocate(1, sizeof *wire);
  wire->source.on_ready = on_wire_ready;
  wire_open(wire, echo.epoll, fd, ssl, session);
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
  echo.path = options_need(options->path, "path");
  echo.epoll = epoll_new();
  echo.tls = tls_server(options);
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
