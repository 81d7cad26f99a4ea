/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_BROTLI_H
#define SHOP_DRIVERS_BROTLI_H

/* Brotli (RFC 7932) over libbrotlienc, when configure found it. */

#include <apr.h>
#include <stdbool.h>

bool shop_brotli_is_built(void);
/* Encodes bytes into out. *size: what out holds, then what was written. false: it does not fit,
 * there is no memory, or it was not built. */
bool shop_brotli(char *out, apr_size_t *size, const char *bytes, apr_size_t count);

#endif
