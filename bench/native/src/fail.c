#include "fail.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...) {
  va_list arguments;
  fputs("bench: ", stderr);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

void fail_errno(const char *what) { fail("%s: %s", what, strerror(errno)); }

void fail_tls(const char *what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  fail("%s: %s", what, text);
}

void *allocate(unsigned long count, unsigned long size) {
  void *memory = calloc(count, size);
  if (memory == NULL) {
    fail("out of memory");
  }
  return memory;
}
