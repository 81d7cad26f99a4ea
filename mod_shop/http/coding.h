/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_CODING_H
#define SHOP_HTTP_CODING_H

/* Content codings and their negotiation: RFC 9110 sections 8.4.1 and 12.5.3. */

#include <stdbool.h>

/* Among codings of equal weight the greater number is preferred: its result is smaller. */
typedef enum {
    SHOP_CODING_IDENTITY = 0,
    SHOP_CODING_GZIP,
    SHOP_CODING_BR,
    SHOP_CODINGS
} shop_coding_t;

#define SHOP_CODING_BIT(coding) (1U << (coding))

/* Smallest reply that is encoded, bytes. A smaller one fits into one packet anyway. */
#define SHOP_CODING_LEAST 1024

/* "gzip": its name in Content-Encoding, and in an ETag after a hyphen; static. */
const char *shop_coding_name(shop_coding_t coding);
/* The coding with this name, in any case; "x-gzip" is gzip. false: unknown. */
bool shop_coding_of(shop_coding_t *coding, const char *name, unsigned long size);

/* The coding preferred by Accept-Encoding (NULL: not sent) among identity and those offered (a bit
 * each). *acceptable: a bit for each acceptable one, including the one returned. If none is
 * acceptable, identity is returned, as section 12.1 allows. Elements that violate the grammar are
 * skipped. Without the header only identity is acceptable, because clients that cannot decode do
 * not send it. */
shop_coding_t shop_coding_choose(unsigned *acceptable, const char *accept_encoding,
                                 unsigned offered);

#endif
