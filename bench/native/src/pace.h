#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <stdint.h>

/*
 * The arrivals of an open loop: a Poisson process, so that the gaps are exponential. The times are fixed
 * in advance of whatever the calls do, so a stalled call delays no later one on paper.
 */
struct pace {
  double rate;
  uint64_t state;
  uint64_t next_nanos;
};

/* Starts at `start_nanos`; `seed` is not 0. */
struct pace pace_start(double rate, uint64_t seed, uint64_t start_nanos);

/* Moves `next_nanos` on to the next arrival. */
void pace_advance(struct pace *pace);

#endif
