#ifndef BENCH_MESSAGE_H
#define BENCH_MESSAGE_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <string.h>

/* The five bytes before each message: not compressed, and its length. */
enum { PREFIX_BYTES = 5, MAX_MESSAGE_BYTES = 16384 };

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
