#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stddef.h>
#include <stdint.h>

/* Every latency of a run, in nanoseconds; grows as needed. */
struct latencies {
  uint64_t *nanos;
  size_t count;
  size_t room;
};

void latency_add(struct latencies *all, uint64_t nanos);

/* Sorts; then latency_at may be asked. */
void latency_sort(struct latencies *all);

/* Returns, in microseconds, what `share` of the calls did not exceed (nearest rank); 0 for none. */
double latency_at(const struct latencies *all, double share);

/* Returns the time of the monotonic clock. */
uint64_t now_nanos(void);

#endif
