/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_CODING_H
#define SHOP_HTTP_CODING_H

/* Content codings of a reply and which of them a client takes: RFC 9110 sections 8.4.1 and
 * 12.5.3. */

#include <stdbool.h>

/* In the order of preference among equals: what is smaller is the greater number. */
typedef enum {
    SHOP_CODING_IDENTITY = 0,
    SHOP_CODING_GZIP,
    SHOP_CODING_BR,
    SHOP_CODINGS
} shop_coding_t;

#define SHOP_CODING_BIT(coding) (1U << (coding))

/* Replies from this size on are kept encoded, bytes. A smaller one leaves in one packet with its
 * header whether it is encoded or not. */
#define SHOP_CODING_LEAST 1024

/* "gzip": its name in Content-Encoding, and behind a hyphen in an ETag; static. */
const char *shop_coding_name(shop_coding_t coding);
/* The coding with this name, in any case; "x-gzip" is gzip. false: none of ours. */
bool shop_coding_of(shop_coding_t *coding, const char *name, unsigned long size);

/* The coding that suits Accept-Encoding (NULL: none was sent) best, among identity and those
 * offered (a bit each). *acceptable: a bit for each that does, the one returned always among them;
 * identity is returned even to a client that refuses it when there is nothing else, as section 12.1
 * allows. Elements that do not follow the grammar are skipped; without the header it is identity
 * alone, because clients that cannot decode send none. */
shop_coding_t shop_coding_choose(unsigned *acceptable, const char *accept_encoding,
                                 unsigned offered);

#endif
