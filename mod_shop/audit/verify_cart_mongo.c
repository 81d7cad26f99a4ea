/* SPDX-License-Identifier: MIT
 * The claims of carts in MongoDB. */
#include "verify_cart_mongo.h"

#include <string.h>

#include "verify_read_mongo.h"

#define CARTS "carts"

static const char *const claim_members[] = { "ordering.o", NULL };

/* NULL: it is not claimed. */
static shop_verify_claim_t *claim_of(const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_claim_t *claim = apr_pcalloc(pool, sizeof(*claim));
    bson_t ordering;

    claim->user_id = shop_bson_oid(doc, "_id", pool);
    if (claim->user_id && shop_bson_child(&ordering, doc, "ordering")) {
        claim->order_id = shop_bson_oid(&ordering, "o", pool);
    }
    return claim->order_id ? claim : NULL;
}

static shop_error_t *collect_claim(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_claim_t *claim = claim_of(doc, pool);

    if (claim) {
        APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_verify_claim_t *) = claim;
    }
    return NULL;
}

/* Not by pages of ids, which would read every cart: few are claimed for so long. */
static shop_error_t *read_claims(apr_array_header_t **claims, shop_verify_store_t *port,
                                 apr_time_t before, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, older;
    shop_error_t *err;

    *claims = apr_array_make(pool, 4, sizeof(shop_verify_claim_t *));
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "ordering.at", &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(&filter, &older);
    err = shop_verify_find(port, CARTS, &filter, claim_members, collect_claim, *claims, pool);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *is_claimed(bool *claimed, shop_verify_store_t *port,
                                const shop_verify_claim_t *claim, apr_pool_t *pool)
{
    const shop_verify_claim_t *now;
    const bson_t *doc;

    SHOP_TRY(shop_verify_find_id(&doc, port, CARTS, true, claim->user_id, claim_members, pool));
    now = doc ? claim_of(doc, pool) : NULL;
    *claimed = now && !strcmp(now->order_id, claim->order_id);
    return NULL;
}

void shop_verify_cart_mongo(shop_verify_store_t *port)
{
    port->claims = read_claims;
    port->is_claimed = is_claimed;
}
