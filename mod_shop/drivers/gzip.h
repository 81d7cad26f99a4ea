/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_GZIP_H
#define SHOP_DRIVERS_GZIP_H

/* gzip (RFC 1952) over zlib. */

#include <apr.h>
#include <stdbool.h>

/* Encodes bytes into out. *size: what out holds, then what was written. false: it does not fit, or
 * there is no memory. */
bool shop_gzip(char *out, apr_size_t *size, const char *bytes, apr_size_t count);

#endif
