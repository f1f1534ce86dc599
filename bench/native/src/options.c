#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

static const struct option OPTIONS[] = {
    {"address", required_argument, NULL, 'a'},  {"certificate", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},      {"authority", required_argument, NULL, 'u'},
    {"name", required_argument, NULL, 'n'},     {"path", required_argument, NULL, 'p'},
    {"token-file", required_argument, NULL, 't'}, {"grant-file", required_argument, NULL, 'g'},
    {"connections", required_argument, NULL, 'C'},
    {"streams", required_argument, NULL, 'S'},  {"rate", required_argument, NULL, 'R'},
    {"size", required_argument, NULL, 'b'},     {"warm", required_argument, NULL, 'w'},
    {"seconds", required_argument, NULL, 's'},  {"service", required_argument, NULL, 'v'},
    {"shape", required_argument, NULL, 'h'},    {"calls", required_argument, NULL, 'm'},
    {"plain", no_argument, NULL, 'P'},
    {"fresh", no_argument, NULL, 'f'},          {NULL, 0, NULL, 0}};

static double number(const char *text, double least, double most) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(value) || value < least || value > most) {
    fail("%s (expected: a number from %g to %g)", text, least, most);
  }
  return value;
}

static enum shape shape(const char *text) {
  static const char *const SHAPES[] = {[SHAPE_CALL] = "call", [SHAPE_CHAT] = "chat",
                                       [SHAPE_POUR] = "pour"};
  for (int i = SHAPE_CALL; i <= SHAPE_POUR; i++) {
    if (strcmp(text, SHAPES[i]) == 0) {
      return (enum shape)i;
    }
  }
  fail("%s (expected: call, chat or pour)", text);
}

static void add_address(struct options *options, const char *address) {
  if (options->address_count == MAX_ADDRESSES) {
    fail("--address: too many (expected: at most %d)", MAX_ADDRESSES);
  }
  options->addresses[options->address_count++] = address;
}

static void set(struct options *options, int option, const char *value) {
  switch (option) {
    case 'a': add_address(options, value); break;
    case 'c': options->certificate = value; break;
    case 'k': options->key = value; break;
    case 'u': options->authority = value; break;
    case 'n': options->name = value; break;
    case 'p': options->path = value; break;
    case 't': options->token_file = value; break;
    case 'g': options->grant_file = value; break;
    case 'C': options->connections = (int)number(value, 1, 1000); break;
    case 'S': options->streams = (int)number(value, 1, 1000); break;
    case 'R': options->rate = number(value, 1, 1e6); break;
    case 'f': options->is_fresh = true; break;
    case 'P': options->is_plain = true; break;
    case 'h': options->shape = shape(value); break;
    case 'm': options->calls = (long)number(value, 1, 1e9); break;
    case 'v': options->service = value; break;
    case 'b': options->size_bytes = (int)number(value, 0, 16384); break;
    case 'w': options->warm_seconds = number(value, 0, 600); break;
    case 's': options->seconds = number(value, 0.01, 600); break;
    default: exit(2); /* getopt has said why */
  }
}

struct options options_parse(int argc, char **argv) {
  struct options options = {.connections = 1, .streams = 1, .size_bytes = 64, .seconds = 1};
  int option;
  while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
    set(&options, option, optarg);
  }
  if (optind != argc) {
    fail("%s (expected: options only)", argv[optind]);
  }
  if (options.is_fresh && (options.rate > 0 || options.connections * options.streams != 1)) {
    fail("--fresh: beside --rate, --connections or --streams (expected: alone)");
  }
  return options;
}

const char *options_need(const char *value, const char *option) {
  if (value == NULL) {
    fail("--%s: missing", option);
  }
  return value;
}
