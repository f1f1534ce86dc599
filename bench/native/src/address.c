#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fail.h"

enum { BACKLOG = 1024 };

struct address {
  socklen_t length;
  union {
    struct sockaddr any;
    struct sockaddr_in tcp;
    struct sockaddr_un local;
  };
};

static struct address parse_unix(const char *path) {
  struct address address = {.length = sizeof address.local};
  if (strlen(path) >= sizeof address.local.sun_path) {
    fail("%s: too long (expected: at most %zu bytes)", path, sizeof address.local.sun_path - 1);
  }
  address.local.sun_family = AF_UNIX;
  strcpy(address.local.sun_path, path);
  return address;
}

static struct address parse_tcp(const char *text) {
  struct address address = {.length = sizeof address.tcp};
  char host[INET_ADDRSTRLEN];
  const char *colon = strrchr(text, ':');
  if (colon == NULL || (size_t)(colon - text) >= sizeof host) {
    fail("tcp:%s (expected: tcp:ADDRESS:PORT)", text);
  }
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = '\0';
  long port = strtol(colon + 1, NULL, 10);
  address.tcp.sin_family = AF_INET;
  address.tcp.sin_port = htons((uint16_t)port);
  if (port < 0 || port > 65535 || inet_pton(AF_INET, host, &address.tcp.sin_addr) != 1) {
    fail("tcp:%s (expected: an IPv4 address and a port)", text);
  }
  return address;
}

static struct address parse(const char *text) {
  if (strncmp(text, "unix:", 5) == 0) {
    return parse_unix(text + 5);
  }
  if (strncmp(text, "tcp:", 4) == 0) {
    return parse_tcp(text + 4);
  }
  fail("%s (expected: tcp:ADDRESS:PORT or unix:PATH)", text);
}

static void set_flag(int fd, int level, int name) {
  int on = 1;
  if (setsockopt(fd, level, name, &on, sizeof on) != 0) {
    fail_errno("setsockopt");
  }
}

static int open_socket(const struct address *address, int flags) {
  int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) {
    fail_errno("socket");
  }
  if (address->any.sa_family == AF_INET) {
    set_flag(fd, IPPROTO_TCP, TCP_NODELAY);
  }
  return fd;
}

int address_listen(const char *text) {
  struct address address = parse(text);
  int fd = open_socket(&address, SOCK_NONBLOCK);
  set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
  mode_t before = umask(0177);
  if (bind(fd, &address.any, address.length) != 0 || listen(fd, BACKLOG) != 0) {
    fail_errno(text);
  }
  umask(before);
  return fd;
}

/* Connecting is done blocking: nothing else is to be done meanwhile. */
int address_connect(const char *text) {
  struct address address = parse(text);
  int fd = open_socket(&address, 0);
  if (connect(fd, &address.any, address.length) != 0) {
    fail_errno(text);
  }
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    fail_errno("fcntl");
  }
  return fd;
}

void address_print(int listener) {
  struct address address = {.length = sizeof address.local};
  if (getsockname(listener, &address.any, &address.length) != 0) {
    fail_errno("getsockname");
  }
  if (address.any.sa_family == AF_UNIX) {
    printf("unix:%s\n", address.local.sun_path);
    return;
  }
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address.tcp.sin_addr, host, sizeof host);
  printf("tcp:%s:%d\n", host, ntohs(address.tcp.sin_port));
}

int address_accept(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
    fail_errno("accept");
  }
  int on = 1; /* fails on a Unix socket, which has no such delay */
  if (fd >= 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 &&
      errno != EOPNOTSUPP && errno != ENOPROTOOPT) {
    fail_errno("setsockopt");
  }
  return fd;
}
