/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_GZIP_H
#define SHOP_DRIVERS_GZIP_H

/* gzip (RFC 1952) with zlib. */

#include <apr.h>
#include <stdbool.h>

/* Encodes bytes into out. *size: capacity of out, then bytes written. false: the result does not
 * fit, or there is no memory. */
bool shop_gzip(char *out, apr_size_t *size, const char *bytes, apr_size_t count);

#endif
