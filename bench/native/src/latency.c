#include "latency.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "fail.h"

enum { FIRST_ROOM = 1 << 16 };

void latency_add(struct latencies *all, uint64_t nanos) {
  if (all->count == all->room) {
    all->room = all->room == 0 ? FIRST_ROOM : 2 * all->room;
    all->nanos = realloc(all->nanos, all->room * sizeof *all->nanos);
    if (all->nanos == NULL) {
      fail("out of memory");
    }
  }
  all->nanos[all->count++] = nanos;
}

static int compare(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left;
  uint64_t b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

void latency_sort(struct latencies *all) {
  if (all->count > 0) {
    qsort(all->nanos, all->count, sizeof *all->nanos, compare);
  }
}

double latency_at(const struct latencies *all, double share) {
  if (all->count == 0) {
    return 0;
  }
  size_t rank = (size_t)ceil(share * (double)all->count);
  return (double)all->nanos[rank == 0 ? 0 : rank - 1] / 1000;
}

uint64_t now_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
