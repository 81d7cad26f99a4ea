/* SPDX-License-Identifier: MIT
 * Encodes cached replies. They are public and hold no text of the request, so their length reveals
 * nothing to an eavesdropper (BREACH needs a secret and text of the attacker in one body). */
#include "cache_encode.h"

#include "../drivers/brotli.h"
#include "../drivers/gzip.h"
#include "../http/etag.h"

#define SAVED_SHARE 8 /* an encoding that saves less than an eighth is not kept */

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
    encoded.cell_count = 0; /* it is as fresh as the reply it was made from */
    return shop_cache_blob_make(&encoded, &slot, 0);
}
