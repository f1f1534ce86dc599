#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <openssl/ssl.h>

#include "options.h"

/*
 * TLS 1.3 with TLS_AES_128_GCM_SHA256 and ALPN h2; both sides need a certificate that the authority
 * issued, and a client checks the DNS name of the server. Nothing is resumed.
 */
SSL_CTX *tls_client(const struct options *options);
SSL_CTX *tls_server(const struct options *options);

/* Returns whether a finished handshake agreed on h2. */
int tls_is_h2(const SSL *ssl);

#endif
