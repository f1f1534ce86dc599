#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>

enum { MAX_ADDRESSES = 2 };

/* What a call is like. */
enum shape {
  SHAPE_CALL, /* a message each way */
  SHAPE_CHAT, /* many messages, each sent when the one before it was answered */
  SHAPE_POUR  /* a short message there, many messages back */
};

/* What the command line says. Secrets are in files that it names, never on it. */
struct options {
  const char *addresses[MAX_ADDRESSES]; /* tcp:ADDRESS:PORT or unix:PATH */
  int address_count;
  const char *certificate; /* PEM files */
  const char *key;
  const char *authority;
  const char *name;       /* the DNS name that the server's certificate must have */
  const char *service;    /* what is served */
  const char *path;       /* what is called: /service/method */
  const char *token_file; /* the bearer token of each call, if it has one */
  const char *grant_file; /* the grant that each call shows, if it shows one */
  int connections;
  int streams;    /* calls at once on each connection: a closed loop */
  double rate;    /* calls a second: an open loop instead */
  bool is_plain;  /* without TLS: certificates are not read */
  bool is_fresh;  /* each call has a connection of its own, one after another */
  enum shape shape;
  int size_bytes; /* of each message */
  long calls;     /* how many are measured, if they are done before the time is over; 0: any number */
  double warm_seconds;
  double seconds;
};

/* Reads the options after the mode; ends the program with a message when one is wrong. */
struct options options_parse(int argc, char **argv);

/* Ends the program unless `value` was given. */
const char *options_need(const char *value, const char *option);

#endif
