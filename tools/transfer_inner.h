/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_TRANSFER_INNER_H
#define SHOP_TOOLS_TRANSFER_INNER_H

/* Shared by transfer*.c; not for other files. */

#include <openssl/evp.h>

#include "tools/transfer.h"

/* The row of the collection, which is added; -1: there are too many. */
int transfer_collection(transfer_sums_t *sums, const char *name, apr_pool_t *pool);
/* Ends the digest. */
const char *transfer_hex(EVP_MD_CTX *digest, apr_pool_t *pool);

#endif
