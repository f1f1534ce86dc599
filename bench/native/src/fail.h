#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

/* Prints "bench: ..." to standard error and ends the program with status 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, followed by what errno says. */
_Noreturn void fail_errno(const char *what);

/* The same, followed by the oldest error that OpenSSL has queued. */
_Noreturn void fail_tls(const char *what);

/* Returns zeroed memory; never NULL. */
void *allocate(unsigned long count, unsigned long size);

#endif
