#ifndef BENCH_ADDRESS_H
#define BENCH_ADDRESS_H

/* Both take tcp:ADDRESS:PORT (IPv4) or unix:PATH, and return a non-blocking socket. */

/* Listens; a Unix socket is made with mode 0600. */
int address_listen(const char *address);

int address_connect(const char *address);

/* Prints where `listener` listens, in the form of addresses; a port 0 is the real one then. */
void address_print(int listener);

/* Returns the next connection of `listener`, or -1 if there is none now. */
int address_accept(int listener);

#endif
