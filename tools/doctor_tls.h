/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_DOCTOR_TLS_H
#define SHOP_TOOLS_DOCTOR_TLS_H

#include <apr_pools.h>

typedef struct doctor_certificate_t {
    const char *problem; /* NULL: there is a certificate */
    int days;            /* until it expires; negative: it has */
} doctor_certificate_t;

/* The certificate that a server shows; it is not judged otherwise. Waits are bounded. */
void doctor_certificate(doctor_certificate_t *certificate, const char *host, int port,
                        apr_pool_t *pool);

#endif
