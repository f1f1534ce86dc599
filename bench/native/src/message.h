#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <string.h>

/* The five bytes before each message: not compressed, and its length. */
enum { PREFIX_BYTES = 5, MAX_MESSAGE_BYTES = 16384 };

/* The methods of the service. */
#define METHOD_CALL "Call" /* answers with the message it got */
#define METHOD_CHAT "Chat" /* answers each message with the same, as it comes */
#define METHOD_POUR "Pour" /* answers with as many messages, and as long ones, as it is asked for */

/* What a request of Pour says: how many messages and how long, four bytes each. */
enum { POUR_REQUEST_BYTES = 8, MAX_POUR_MESSAGES = 1000000 };

static inline void put_u32(uint8_t *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    bytes[i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

static inline uint32_t get_u32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Makes the bytes before a message of `length` bytes. */
static inline void put_prefix(uint8_t *bytes, size_t length) {
  bytes[0] = 0;
  put_u32(bytes + 1, (uint32_t)length);
}

/* A header whose text outlives the session, so that nothing is copied. */
static inline nghttp2_nv header(const char *name, const char *value, uint8_t flags) {
  return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value),
                      (uint8_t)(flags | NGHTTP2_NV_FLAG_NO_COPY_NAME |
                                NGHTTP2_NV_FLAG_NO_COPY_VALUE)};
}

static inline bool is_text(const uint8_t *bytes, size_t length, const char *text) {
  return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

#endif
