#include "tls.h"

#include <string.h>

#include "fail.h"

static const unsigned char H2[] = {2, 'h', '2'};
enum { READ_AHEAD_BYTES = 64 * 1024 };

static void set_versions(SSL_CTX *context) {
  if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1) {
    fail_tls("TLS 1.3");
  }
}

static void load_files(SSL_CTX *context, const struct options *options) {
  const char *certificate = options_need(options->certificate, "certificate");
  const char *key = options_need(options->key, "key");
  const char *authority = options_need(options->authority, "authority");
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
    fail_tls(certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    fail_tls(key);
  }
  if (SSL_CTX_load_verify_locations(context, authority, NULL) != 1) {
    fail_tls(authority);
  }
}

static SSL_CTX *context(const SSL_METHOD *method, const struct options *options) {
  SSL_CTX *made = SSL_CTX_new(method);
  if (made == NULL) {
    fail_tls("SSL_CTX_new");
  }
  set_versions(made);
  load_files(made, options);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(made), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(made, 1); /* one read for a record, or for many */
  SSL_CTX_set_default_read_buffer_len(made, READ_AHEAD_BYTES);
  return made;
}

SSL_CTX *tls_client(const struct options *options) {
  SSL_CTX *made = context(TLS_client_method(), options);
  const char *name = options_need(options->name, "name");
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
  if (X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(made), name, 0) != 1 ||
      SSL_CTX_set_alpn_protos(made, H2, sizeof H2) != 0) {
    fail_tls("client");
  }
  return made;
}

static int select_h2(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                     const unsigned char *offered, unsigned int offered_length, void *unused) {
  (void)ssl;
  (void)unused;
  unsigned char *match;
  int found = SSL_select_next_proto(&match, length, H2, sizeof H2, offered, offered_length);
  *chosen = match;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX *tls_server(const struct options *options) {
  SSL_CTX *made = context(TLS_server_method(), options);
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_alpn_select_cb(made, select_h2, NULL);
  SSL_CTX_set_num_tickets(made, 0);
  return made;
}

int tls_is_h2(const SSL *ssl) {
  const unsigned char *protocol;
  unsigned int length;
  SSL_get0_alpn_selected(ssl, &protocol, &length);
  return length == sizeof H2 - 1 && memcmp(protocol, H2 + 1, length) == 0;
}
