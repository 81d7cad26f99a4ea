/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_ENCODE_H
#define SHOP_CACHE_CACHE_ENCODE_H

/* Kept replies in other codings than identity. */

#include "cache_shard.h"

/* Bits of the codings that this build can make. */
unsigned shop_cache_codings(void);
/* page, which is in identity, in this coding: a blob with one user, with that coding's ETag. NULL:
 * it would save too little, or there is no memory. Takes some milliseconds at most: no lock may be
 * held. */
shop_cache_blob_t *shop_cache_encode(const shop_page_t *page, shop_coding_t coding,
                                     apr_pool_t *pool);

#endif
