#ifndef BENCH_CALL_H
#define BENCH_CALL_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "options.h"

enum { STATUS_BYTES = 8, CHAT_MESSAGES = 1000, POUR_MESSAGES = 100 };

/* What all calls of a run say and expect. */
struct script {
  enum shape shape;
  uint8_t request[PREFIX_BYTES + MAX_MESSAGE_BYTES];
  size_t request_bytes; /* of each message, with its prefix */
  uint8_t answer_prefix[PREFIX_BYTES];
  size_t answer_bytes; /* of each message, with its prefix */
};

/* Makes what `options` ask for. */
void script_fill(struct script *script, const struct options *options);

/* One call under way: what was said and heard so far. */
struct call {
  struct call *next;
  void *client;
  uint64_t due_nanos; /* when it, or its message on the way, was to start: latency counts from here */
  size_t sent_bytes;  /* of the message that is going out */
  uint32_t asked;     /* messages that were sent or begun */
  uint32_t answers;   /* whole messages that came */
  size_t answer_at;   /* bytes of the next one that came */
  uint64_t body_bytes;
  bool is_last; /* no message follows the one that is going out */
  bool is_wrong; /* a message began with another prefix */
  bool is_http_ok;
  char status[STATUS_BYTES]; /* grpc-status, cut */
};

/* Begins a call, whose memory may have been another's. */
void call_begin(struct call *call, const struct script *script, void *client, uint64_t due_nanos);

/* Copies what is to be sent next, as nghttp2 asks for it. */
ssize_t call_read(struct call *call, const struct script *script, uint8_t *buffer, size_t room,
                  uint32_t *flags);

/* Takes bytes of the answer. Returns whether a message is whole now that is to be answered. */
bool call_take(struct call *call, const struct script *script, const uint8_t *data, size_t length);

/* Sends another message, or, if `is_over`, says that there is none. */
void call_go_on(struct call *call, bool is_over, uint64_t now);

/* Takes a header of the answer. */
void call_header(struct call *call, const uint8_t *name, size_t name_length, const uint8_t *value,
                 size_t value_length);

/* Returns whether the call that ended with `error` had its answer: status, and every byte of it. */
bool call_is_good(const struct call *call, const struct script *script, uint32_t error);

#endif
