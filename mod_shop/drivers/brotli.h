/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_BROTLI_H
#define SHOP_DRIVERS_BROTLI_H

/* Brotli (RFC 7932) with libbrotlienc, if configure found it. */

#include <apr.h>
#include <stdbool.h>

bool shop_brotli_is_built(void);
/* Encodes bytes into out. *size: capacity of out, then bytes written. false: the result does not
 * fit, there is no memory, or the build has no Brotli. */
bool shop_brotli(char *out, apr_size_t *size, const char *bytes, apr_size_t count);

#endif
