#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "address.h"
#include "fail.h"
#include "latency.h"
#include "message.h"
#include "modes.h"
#include "pace.h"
#include "tls.h"
#include "wire.h"

enum { DRAIN_SECONDS = 10, TOKEN_BYTES = 128, STATUS_BYTES = 8, HEADERS = 9 };

struct client;

/* One call under way. Kept in a list when it is over, for the next. */
struct call {
  struct call *next;
  struct client *client;
  uint64_t due_nanos; /* when it was to start: latency counts from here */
  size_t sent_bytes;
  size_t body_bytes;
  bool is_http_ok;
  char status[STATUS_BYTES]; /* grpc-status, cut */
};

/* One connection and its calls. */
struct client {
  struct wire wire;
  bool has_news; /* something was submitted since it was pumped */
};

/* What a phase counted. */
struct tally {
  uint64_t calls;
  uint64_t failed;
  uint64_t end_nanos; /* of the last call */
  char first_failure[96];
  struct latencies latencies;
};

static struct {
  const struct options *options;
  int epoll;
  int timer;
  struct source timer_source;
  struct client *clients;
  int turn; /* which client the next arrival goes to */
  struct pace pace;
  uint64_t deadline_nanos; /* no call starts after it */
  uint64_t open;           /* calls without an answer */
  struct tally tally;
  struct call *spare;
  nghttp2_nv headers[HEADERS];
  char authorization[TOKEN_BYTES];
  uint8_t message[PREFIX_BYTES + MAX_MESSAGE_BYTES];
  size_t message_bytes;
} load;

/* --- one call --- */

static struct call *take_call(struct client *client, uint64_t due_nanos) {
  struct call *call = load.spare;
  if (call == NULL) {
    call = allocate(1, sizeof *call);
  } else {
    load.spare = call->next;
  }
  *call = (struct call){.client = client, .due_nanos = due_nanos};
  return call;
}

static ssize_t read_message(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *unused) {
  (void)session;
  (void)stream;
  (void)unused;
  struct call *call = source->ptr;
  size_t length = load.message_bytes - call->sent_bytes;
  if (length > room) {
    length = room;
  }
  memcpy(buffer, load.message + call->sent_bytes, length);
  call->sent_bytes += length;
  if (call->sent_bytes == load.message_bytes) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return (ssize_t)length;
}

static void start_call(struct client *client, uint64_t due_nanos) {
  struct call *call = take_call(client, due_nanos);
  const nghttp2_data_provider body = {.source.ptr = call, .read_callback = read_message};
  int32_t stream =
      nghttp2_submit_request(client->wire.session, NULL, load.headers, HEADERS, &body, call);
  if (stream < 0) {
    fail("nghttp2: request refused: %s", nghttp2_strerror(stream));
  }
  client->has_news = true;
  load.open++;
}

static bool is_good(const struct call *call, uint32_t error) {
  return error == NGHTTP2_NO_ERROR && call->is_http_ok && strcmp(call->status, "0") == 0 &&
         call->body_bytes == load.message_bytes;
}

static void count(const struct call *call, uint32_t error, uint64_t now) {
  struct tally *tally = &load.tally;
  load.open--;
  tally->end_nanos = now;
  if (is_good(call, error)) {
    tally->calls++;
    latency_add(&tally->latencies, now - call->due_nanos);
    return;
  }
  if (tally->failed++ == 0) {
    snprintf(tally->first_failure, sizeof tally->first_failure,
             "grpc-status %s, HTTP %s, %zu bytes, stream error %" PRIu32,
             call->status[0] == '\0' ? "none" : call->status, call->is_http_ok ? "200" : "other",
             call->body_bytes, error);
  }
}

/* --- what the session tells --- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *unused) {
  (void)flags;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (call == NULL) {
    return 0;
  }
  if (is_text(name, name_length, ":status")) {
    call->is_http_ok = is_text(value, value_length, "200");
  } else if (is_text(name, name_length, "grpc-status")) {
    size_t length = value_length < STATUS_BYTES ? value_length : STATUS_BYTES - 1;
    for (size_t i = 0; i < length; i++) {
      call->status[i] = value[i] >= '0' && value[i] <= '9' ? (char)value[i] : '?'; /* for JSON */
    }
    call->status[length] = '\0';
  }
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *unused) {
  (void)flags;
  (void)data;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call != NULL) {
    call->body_bytes += length;
  }
  return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error,
                           void *unused) {
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call == NULL) {
    return 0;
  }
  uint64_t now = now_nanos();
  struct client *client = call->client;
  count(call, error, now);
  call->next = load.spare;
  load.spare = call;
  if (load.options->rate == 0 && now < load.deadline_nanos) {
    start_call(client, now);
  }
  return 0;
}

static nghttp2_session *new_session(void) {
  nghttp2_session_callbacks *callbacks;
  nghttp2_session *session;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) {
    fail("nghttp2: out of memory");
  }
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  if (nghttp2_session_client_new(&session, callbacks, NULL) != 0) {
    fail("nghttp2: out of memory");
  }
  nghttp2_session_callbacks_del(callbacks);
  wire_submit_settings(session);
  return session;
}

/* --- connections --- */

static void pump(struct client *client) {
  if (!wire_pump(&client->wire)) {
    const char *why = X509_verify_cert_error_string(SSL_get_verify_result(client->wire.ssl));
    fail("connection lost with %" PRIu64 " calls open (certificate: %s)", load.open, why);
  }
  client->has_news = false;
}

static void on_wire_ready(struct source *source) { pump((struct client *)source); }

static void pump_news(void) {
  for (int i = 0; i < load.options->connections; i++) {
    if (load.clients[i].has_news) {
      pump(&load.clients[i]);
    }
  }
}

static void connect_client(struct client *client, SSL_CTX *tls) {
  const struct options *options = load.options;
  if (options->address_count != 1) {
    fail("--address: %d times (expected: once)", options->address_count);
  }
  SSL *ssl = SSL_new(tls);
  if (ssl == NULL || SSL_set_tlsext_host_name(ssl, options->name) != 1) {
    fail_tls("SSL_new");
  }
  SSL_set_connect_state(ssl);
  client->wire.source.on_ready = on_wire_ready;
  wire_open(&client->wire, load.epoll, address_connect(options->addresses[0]), ssl, new_session());
  pump(client);
  while (!client->wire.is_open) {
    epoll_turn(load.epoll, -1);
  }
}

/* --- pacing --- */

static void arm_timer(void) {
  struct itimerspec at = {.it_value = {(time_t)(load.pace.next_nanos / 1000000000),
                                       (long)(load.pace.next_nanos % 1000000000)}};
  if (timerfd_settime(load.timer, TFD_TIMER_ABSTIME, &at, NULL) != 0) {
    fail_errno("timerfd_settime");
  }
}

static void on_timer_ready(struct source *source) {
  (void)source;
  uint64_t expirations;
  if (read(load.timer, &expirations, sizeof expirations) != sizeof expirations) {
    return; /* armed anew meanwhile */
  }
  uint64_t now = now_nanos();
  while (load.pace.next_nanos <= now && load.pace.next_nanos < load.deadline_nanos) {
    start_call(&load.clients[load.turn], load.pace.next_nanos);
    load.turn = (load.turn + 1) % load.options->connections;
    pace_advance(&load.pace);
  }
  if (load.pace.next_nanos < load.deadline_nanos) {
    arm_timer();
  }
  pump_news();
}

static void start_phase(double seconds, uint64_t seed) {
  const struct options *options = load.options;
  uint64_t now = now_nanos();
  load.tally = (struct tally){.end_nanos = now};
  load.deadline_nanos = now + (uint64_t)(seconds * 1e9);
  if (options->rate > 0) {
    load.pace = pace_start(options->rate, seed, now);
    arm_timer();
    return;
  }
  for (int i = 0; i < options->connections * options->streams; i++) {
    start_call(&load.clients[i % options->connections], now);
  }
  pump_news();
}

/* Returns until when answers are waited for: they may be slow, but must not stop coming. */
static uint64_t patience_nanos(void) {
  uint64_t last = load.tally.end_nanos;
  uint64_t from = last > load.deadline_nanos ? last : load.deadline_nanos;
  return from + (uint64_t)DRAIN_SECONDS * 1000000000;
}

/* Returns how long the phase took, in seconds, to the last answer. */
static double run_phase(double seconds, uint64_t seed) {
  uint64_t start = now_nanos();
  start_phase(seconds, seed);
  for (uint64_t now = start;
       now < load.deadline_nanos || (load.open > 0 && now < patience_nanos()); now = now_nanos()) {
    epoll_turn(load.epoll, 10);
  }
  return (double)(load.tally.end_nanos - start) / 1e9;
}

/* --- the program --- */

static void read_token(const char *file) {
  static const char scheme[] = "Bearer ";
  FILE *token = fopen(file, "re");
  if (token == NULL) {
    fail_errno(file);
  }
  strcpy(load.authorization, scheme);
  char *text = load.authorization + sizeof scheme - 1;
  if (fgets(text, (int)(sizeof load.authorization - sizeof scheme), token) == NULL) {
    fail("%s: empty (expected: a token)", file);
  }
  text[strcspn(text, "\n")] = '\0';
  fclose(token);
}

/* What an ordinary gRPC client sends; the token is the one that HPACK must never remember. */
static void fill_request(const struct options *options) {
  const uint8_t plain = NGHTTP2_NV_FLAG_NONE;
  read_token(options_need(options->token_file, "token-file"));
  load.headers[0] = header(":method", "POST", plain);
  load.headers[1] = header(":scheme", "https", plain);
  load.headers[2] = header(":path", options_need(options->path, "path"), plain);
  load.headers[3] = header(":authority", options->name, plain);
  load.headers[4] = header("te", "trailers", plain);
  load.headers[5] = header("content-type", "application/grpc", plain);
  load.headers[6] = header("user-agent", "tenon-bench", plain);
  load.headers[7] = header("grpc-timeout", "30S", plain);
  load.headers[8] = header("authorization", load.authorization, NGHTTP2_NV_FLAG_NO_INDEX);
  load.message[3] = (uint8_t)(options->size_bytes >> 8);
  load.message[4] = (uint8_t)options->size_bytes;
  load.message_bytes = PREFIX_BYTES + (size_t)options->size_bytes;
}

static void wait_for_go(void) {
  char line[64];
  puts("ready");
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) {
    exit(0); /* who started us is gone */
  }
}

static void print_result(double seconds) {
  struct tally *tally = &load.tally;
  latency_sort(&tally->latencies);
  printf("{\"calls\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"unanswered\":%" PRIu64
         ",\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"first_failure\":\"%s\"}\n",
         tally->calls, tally->failed, load.open, seconds, latency_at(&tally->latencies, 0.50),
         latency_at(&tally->latencies, 0.99), tally->first_failure);
  fflush(stdout);
}

static void open_all(const struct options *options) {
  SSL_CTX *tls = tls_client(options);
  load.epoll = epoll_new();
  load.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (load.timer < 0) {
    fail_errno("timerfd_create");
  }
  load.timer_source.on_ready = on_timer_ready;
  epoll_watch(load.epoll, load.timer, &load.timer_source);
  load.clients = allocate((unsigned long)options->connections, sizeof *load.clients);
  for (int i = 0; i < options->connections; i++) {
    connect_client(&load.clients[i], tls);
  }
}

int load_main(const struct options *options) {
  load.options = options;
  fill_request(options);
  open_all(options);
  if (options->warm_seconds > 0) {
    run_phase(options->warm_seconds, /* seed */ 1);
    free(load.tally.latencies.nanos);
  }
  if (load.open > 0) {
    fail("%" PRIu64 " calls unanswered after the warm-up", load.open);
  }
  wait_for_go();
  print_result(run_phase(options->seconds, now_nanos() | 1));
  return 0;
}
