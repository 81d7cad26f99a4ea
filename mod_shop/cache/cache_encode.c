/* SPDX-License-Identifier: MIT
 * A reply of public bytes into one that is encoded. Nothing here is secret and nothing in it comes
 * from the request but which public objects it shows, so its length tells an eavesdropper nothing
 * (BREACH needs a secret and the attacker's words in one body). */
#include "cache_encode.h"

#include "../drivers/brotli.h"
#include "../drivers/gzip.h"
#include "../http/etag.h"

#define SAVED_SHARE 8 /* what saves less than an eighth is not worth its room */

unsigned shop_cache_codings(void)
{
    return SHOP_CODING_BIT(SHOP_CODING_GZIP) |
           (shop_brotli_is_built() ? SHOP_CODING_BIT(SHOP_CODING_BR) : 0);
}

shop_cache_blob_t *shop_cache_encode(const shop_page_t *page, shop_coding_t coding,
                                     apr_pool_t *pool)
{
    apr_size_t size = page->size - page->size / SAVED_SHARE;
    char *bytes = apr_palloc(pool, size);
    shop_cache_slot_t slot = { .key = NULL };
    shop_page_t encoded = *page;

    if (coding == SHOP_CODING_BR ? !shop_brotli(bytes, &size, page->bytes, page->size)
                                 : !shop_gzip(bytes, &size, page->bytes, page->size)) {
        return NULL;
    }
    encoded.coding = coding;
    encoded.etag = shop_etag_recode(page->etag, SHOP_CODING_IDENTITY, coding, pool);
    encoded.bytes = bytes;
    encoded.size = size;
    encoded.cell_count = 0; /* it is good as long as the one that it was made of */
    return shop_cache_blob_make(&encoded, &slot, 0);
}
