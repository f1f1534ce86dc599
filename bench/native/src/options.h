#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

enum { MAX_ADDRESSES = 2 };

/* What the command line says. Secrets are in files that it names, never on it. */
struct options {
  const char *addresses[MAX_ADDRESSES]; /* tcp:ADDRESS:PORT or unix:PATH */
  int address_count;
  const char *certificate; /* PEM files */
  const char *key;
  const char *authority;
  const char *name;       /* the DNS name that the server's certificate must have */
  const char *path;       /* /service/method */
  const char *token_file; /* the bearer token of each call */
  int connections;
  int streams;    /* calls at once on each connection: a closed loop */
  double rate;    /* calls a second: an open loop instead */
  int size_bytes; /* of each message */
  double warm_seconds;
  double seconds;
};

/* Reads the options after the mode; ends the program with a message when one is wrong. */
struct options options_parse(int argc, char **argv);

/* Ends the program unless `value` was given. */
const char *options_need(const char *value, const char *option);

#endif
