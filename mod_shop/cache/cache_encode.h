/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_ENCODE_H
#define SHOP_CACHE_CACHE_ENCODE_H

/* Cached replies in other codings than identity. */

#include "cache_shard.h"

/* Bits of the codings that this build supports. */
unsigned shop_cache_codings(void);
/* Encodes page, which is in identity: a blob with one reference and the ETag of the coding. NULL:
 * the coding saves too little, or there is no memory. Takes up to some milliseconds, so the caller
 * must hold no lock. */
shop_cache_blob_t *shop_cache_encode(const shop_page_t *page, shop_coding_t coding,
                                     apr_pool_t *pool);

#endif
