/* SPDX-License-Identifier: MIT
 * Any bytes as a query string: read by a field table, and put back into a Link header, where
 * nothing may stand that ends the address or the line. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct probe_t {
    shop_page_params_t page;
    const char *q, *id;
    int64_t price;
    apr_time_t at;
} probe_t;

static const shop_field_t fields[] = {
    SHOP_PAGE_PARAMS,
    SHOP_FIELD(probe_t, q, STRING, 0, 0, 100, ""),
    SHOP_FIELD(probe_t, id, ID, 0, 0, 0, ""),
    SHOP_FIELD(probe_t, price, MONEY, 0, 0, 999999999, ""),
    SHOP_FIELD(probe_t, at, TIME, 0, 0, 0, ""),
    SHOP_FIELDS_END,
};

static void check(const char *query, apr_pool_t *pool)
{
    probe_t probe = { .page = { .limit = 20 }, .price = -1 }; /* as the dispatcher sets it */
    shop_present_t present;
    shop_list_query_t list;
    shop_error_t *err = shop_query_read(&probe, &present, fields, query, 2, pool);
    const char *kept = shop_query_without(query, "cursor", pool);

    for (const char *at = kept; *at; at++) {
        if (*at <= ' ' || *at > '~' || strchr("<>\"\\", *at)) {
            abort();
        }
    }
    if (err && err->code != SHOP_VALIDATION_FAILED) {
        abort();
    }
    if (!err && !shop_query_page(&list, &probe.page, "", pool) &&
        (list.limit < 1 || list.limit > 100)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *pool;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&pool, root);
    check(apr_pstrmemdup(pool, (const char *)data, size), pool);
    apr_pool_destroy(pool);
    return 0;
}
