#ifndef BENCH_MODES_H
#define BENCH_MODES_H

#include "options.h"

/*
 * Serves the three methods of message.h on every address. Prints the addresses, then "listening";
 * ends with its standard input.
 */
int echo_main(const struct options *options);

/*
 * Calls one of them for the time of the options, first to warm up and then, after it printed "ready"
 * and read a line, to measure. Prints one line of JSON.
 */
int load_main(const struct options *options);

#endif
