#include "pace.h"

#include <math.h>

/* xorshift64* by Vigna (2016); a uniform number in (0, 1]. */
static double uniform(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  uint64_t bits = (*state * UINT64_C(2685821657736338717)) >> 11;
  return ((double)bits + 1) * 0x1p-53;
}

struct pace pace_start(double rate, uint64_t seed, uint64_t start_nanos) {
  struct pace pace = {rate, seed, start_nanos};
  pace_advance(&pace);
  return pace;
}

void pace_advance(struct pace *pace) {
  pace->next_nanos += (uint64_t)(-log(uniform(&pace->state)) / pace->rate * 1e9);
}
