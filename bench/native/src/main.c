#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "modes.h"
#include "options.h"

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc > 1 && strcmp(argv[1], "echo") == 0) {
    struct options options = options_parse(argc - 1, argv + 1);
    return echo_main(&options);
  }
  if (argc > 1 && strcmp(argv[1], "load") == 0) {
    struct options options = options_parse(argc - 1, argv + 1);
    return load_main(&options);
  }
  fputs("usage: bench load|echo OPTIONS\n", stderr);
  return 2;
}
