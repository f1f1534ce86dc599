#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "address.h"
#include "call.h"
#include "fail.h"
#include "latency.h"
#include "message.h"
#include "modes.h"
#include "pace.h"
#include "tls.h"
#include "wire.h"

enum { DRAIN_SECONDS = 10, TOKEN_BYTES = 128, GRANT_BYTES = 4098, MOST_HEADERS = 10 };

/* One connection and its calls. */
struct client {
  struct wire wire;
  bool has_news; /* something was submitted since it was pumped */
};

/* What a phase counted. */
struct tally {
  uint64_t calls;    /* with the right answer */
  uint64_t messages; /* of those answers */
  uint64_t bytes;    /* of those messages */
  uint64_t failed;
  uint64_t end_nanos; /* of the last call */
  char first_failure[96];
  struct latencies latencies;
};

static struct {
  const struct options *options;
  SSL_CTX *tls;
  int epoll;
  int timer;
  struct source timer_source;
  struct client *clients;
  int turn; /* which client the next arrival goes to */
  struct pace pace;
  uint64_t deadline_nanos; /* no call starts after it */
  uint64_t open;           /* calls without an answer */
  long started;            /* calls of this phase */
  struct tally tally;
  struct call *spare;
  nghttp2_nv headers[MOST_HEADERS];
  size_t header_count;
  char authorization[TOKEN_BYTES];
  char grant[GRANT_BYTES];
  struct script script;
} load;

/* --- one call --- */

static struct call *take_call(void) {
  struct call *call = load.spare;
  if (call == NULL) {
    return allocate(1, sizeof *call);
  }
  load.spare = call->next;
  return call;
}

static ssize_t read_message(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *unused) {
  (void)session;
  (void)stream;
  (void)unused;
  return call_read(source->ptr, &load.script, buffer, room, flags);
}

static void start_call(struct client *client, uint64_t due_nanos) {
  struct call *call = take_call();
  call_begin(call, &load.script, client, due_nanos);
  const nghttp2_data_provider body = {.source.ptr = call, .read_callback = read_message};
  int32_t stream =
      nghttp2_submit_request(client->wire.session, NULL, load.headers, load.header_count, &body, call);
  if (stream < 0) {
    fail("nghttp2: request refused: %s", nghttp2_strerror(stream));
  }
  client->has_news = true;
  load.open++;
  if (++load.started == load.options->calls) {
    load.deadline_nanos = due_nanos; /* that was the last */
  }
}

static void count(const struct call *call, uint32_t error, uint64_t now) {
  struct tally *tally = &load.tally;
  load.open--;
  tally->end_nanos = now;
  if (call_is_good(call, &load.script, error)) {
    tally->calls++;
    tally->messages += call->answers;
    tally->bytes += call->answers * (uint64_t)(load.script.answer_bytes - PREFIX_BYTES);
    if (load.script.shape != SHAPE_CHAT) {
      latency_add(&tally->latencies, now - call->due_nanos);
    }
    return;
  }
  if (tally->failed++ == 0) {
    snprintf(tally->first_failure, sizeof tally->first_failure,
             "grpc-status %s, HTTP %s, %" PRIu64 " bytes, stream error %" PRIu32,
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
  if (call != NULL) {
    call_header(call, name, name_length, value, value_length);
  }
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *unused) {
  (void)flags;
  (void)unused;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (call == NULL || !call_take(call, &load.script, data, length)) {
    return 0;
  }
  uint64_t now = now_nanos();
  latency_add(&load.tally.latencies, now - call->due_nanos);
  call_go_on(call, now >= load.deadline_nanos, now);
  int result = nghttp2_session_resume_data(session, stream);
  /* One that had not yet said that it has no more is not waiting, and goes on by itself. */
  return result == 0 || result == NGHTTP2_ERR_INVALID_ARGUMENT ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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
  if (load.options->rate == 0 && !load.options->is_fresh && now < load.deadline_nanos) {
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
    const char *why =
        client->wire.ssl == NULL
            ? "none"
            : X509_verify_cert_error_string(SSL_get_verify_result(client->wire.ssl));
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

static void connect_client(struct client *client) {
  const struct options *options = load.options;
  if (options->address_count != 1) {
    fail("--address: %d times (expected: once)", options->address_count);
  }
  SSL *ssl = NULL;
  if (!options->is_plain) {
    ssl = SSL_new(load.tls);
    if (ssl == NULL || SSL_set_tlsext_host_name(ssl, options->name) != 1) {
      fail_tls("SSL_new");
    }
    SSL_set_connect_state(ssl);
  }
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
  load.started = 0;
  if (options->is_fresh) {
    return;
  }
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

/* Makes a connection for each call; its making is part of the call's latency. */
static void call_afresh(void) {
  struct client *client = &load.clients[0];
  for (uint64_t now = now_nanos(); now < load.deadline_nanos; now = now_nanos()) {
    wire_close(&client->wire);
    *client = (struct client){0};
    connect_client(client);
    start_call(client, now);
    pump(client);
    while (load.open > 0 && now_nanos() < patience_nanos()) {
      epoll_turn(load.epoll, 10);
    }
    if (load.open > 0) {
      return;
    }
  }
}

/* Returns how long the phase took, in seconds, to the last answer. */
static double run_phase(double seconds, uint64_t seed) {
  uint64_t start = now_nanos();
  start_phase(seconds, seed);
  if (load.options->is_fresh) {
    call_afresh();
  }
  for (uint64_t now = start;
       now < load.deadline_nanos || (load.open > 0 && now < patience_nanos()); now = now_nanos()) {
    epoll_turn(load.epoll, 10);
  }
  return (double)(load.tally.end_nanos - start) / 1e9;
}

/* --- the program --- */

/* Reads the one line of `file`, without its end. */
static void read_line(const char *file, char *text, size_t room) {
  FILE *line = fopen(file, "re");
  if (line == NULL) {
    fail_errno(file);
  }
  if (fgets(text, (int)room, line) == NULL) {
    fail("%s: empty (expected: a line)", file);
  }
  text[strcspn(text, "\n")] = '\0';
  fclose(line);
}

static void add_header(const char *name, const char *value, uint8_t flags) {
  load.headers[load.header_count++] = header(name, value, flags);
}

/*
 * What an ordinary gRPC client sends. The token is one that HPACK must never remember; a grant is no
 * secret, and a caller's own stack remembers it.
 */
static void fill_request(const struct options *options) {
  static const char scheme[] = "Bearer ";
  const uint8_t plain = NGHTTP2_NV_FLAG_NONE;
  add_header(":method", "POST", plain);
  add_header(":scheme", options->is_plain ? "http" : "https", plain);
  add_header(":path", options_need(options->path, "path"), plain);
  add_header(":authority", options->name, plain);
  add_header("te", "trailers", plain);
  add_header("content-type", "application/grpc", plain);
  add_header("user-agent", "tenon-bench", plain);
  add_header("grpc-timeout", "30S", plain);
  if (options->token_file != NULL) {
    strcpy(load.authorization, scheme);
    read_line(options->token_file, load.authorization + sizeof scheme - 1,
              sizeof load.authorization - (sizeof scheme - 1));
    add_header("authorization", load.authorization, NGHTTP2_NV_FLAG_NO_INDEX);
  }
  if (options->grant_file != NULL) {
    read_line(options->grant_file, load.grant, sizeof load.grant);
    add_header("tenon-direct", load.grant, plain);
  }
  script_fill(&load.script, options);
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
  printf("{\"calls\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"unanswered\":%" PRIu64
         ",\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"first_failure\":\"%s\"}\n",
         tally->calls, tally->messages, tally->bytes, tally->failed, load.open, seconds, latency_at(&tally->latencies, 0.50),
         latency_at(&tally->latencies, 0.99), tally->first_failure);
  fflush(stdout);
}

static void open_all(const struct options *options) {
  load.tls = options->is_plain ? NULL : tls_client(options);
  load.epoll = epoll_new();
  load.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (load.timer < 0) {
    fail_errno("timerfd_create");
  }
  load.timer_source.on_ready = on_timer_ready;
  epoll_watch(load.epoll, load.timer, &load.timer_source);
  load.clients = allocate((unsigned long)options->connections, sizeof *load.clients);
  for (int i = 0; i < options->connections; i++) {
    connect_client(&load.clients[i]);
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
  wait_for_go();
  if (load.open > 0) { /* of the warm-up: they are what there is to tell */
    load.tally = (struct tally){0};
    print_result(0);
    return 0;
  }
  print_result(run_phase(options->seconds, now_nanos() | 1));
  return 0;
}
