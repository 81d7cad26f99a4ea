/* SPDX-License-Identifier: MIT
 * When does a server's certificate expire? The driver says only that it refuses one. */
#include "tools/doctor_tls.h"

#include <apr_network_io.h>
#include <apr_portable.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tools/doctor.h"

/* -1: it cannot be opened. */
static int open_socket(const char *host, int port, apr_pool_t *pool)
{
    struct timeval wait = { DOCTOR_WAIT_MS / 1000, 0 };
    apr_sockaddr_t *address;
    apr_socket_t *socket;
    apr_os_sock_t fd;

    if (apr_sockaddr_info_get(&address, host, APR_UNSPEC, (apr_port_t)port, 0, pool) !=
            APR_SUCCESS ||
        apr_socket_create(&socket, address->family, SOCK_STREAM, APR_PROTO_TCP, pool) !=
            APR_SUCCESS) {
        return -1;
    }
    apr_socket_timeout_set(socket, apr_time_from_msec(DOCTOR_WAIT_MS));
    if (apr_socket_connect(socket, address) != APR_SUCCESS) {
        return -1;
    }
    apr_socket_timeout_set(socket, -1); /* blocking, for OpenSSL */
    apr_os_sock_get(&fd, socket);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    return fd; /* closed with pool */
}

static void read_certificate(doctor_certificate_t *certificate, SSL *connection)
{
    X509 *peer = SSL_get1_peer_certificate(connection);
    int days, seconds;

    if (!peer) {
        certificate->problem = "it shows no certificate";
        return;
    }
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(peer))) {
        certificate->days = days < 0 || seconds < 0 ? days - 1 : days;
    }
    X509_free(peer);
}

void doctor_certificate(doctor_certificate_t *certificate, const char *host, int port,
                        apr_pool_t *pool)
{
    int fd = open_socket(host, port, pool);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *connection = context ? SSL_new(context) : NULL;

    memset(certificate, 0, sizeof(*certificate));
    if (fd < 0 || !connection) {
        certificate->problem = "it cannot be reached";
    } else {
        SSL_set_tlsext_host_name(connection, host);
        SSL_set_fd(connection, fd);
        if (SSL_connect(connection) == 1) {
            read_certificate(certificate, connection);
        } else {
            const char *reason = ERR_reason_error_string(ERR_get_error());

            certificate->problem = reason ? reason : "it does not answer the handshake";
        }
    }
    SSL_free(connection);
    SSL_CTX_free(context);
}
