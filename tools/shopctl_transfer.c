/* SPDX-License-Identifier: MIT */
#include "tools/shopctl_transfer.h"

#include <apr_tables.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const shop_collection_t *shopctl_collection(const char *name)
{
    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_collection_t *row = (*module)->collections;

        for (; row && row->name; row++) {
            if (!strcmp(row->name, name)) {
                return row;
            }
        }
    }
    return NULL;
}

const shop_collection_t *const *shopctl_collections(apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(const shop_collection_t *));

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_collection_t *row = (*module)->collections;

        for (; row && row->name; row++) {
            if (shopctl_collection(row->name) == row) { /* not named by a module before */
                APR_ARRAY_PUSH(list, const shop_collection_t *) = row;
            }
        }
    }
    APR_ARRAY_PUSH(list, const shop_collection_t *) = NULL;
    return (const shop_collection_t *const *)(void *)list->elts;
}

void shopctl_print_transfer(const shopctl_t *ctl, const char *what, const transfer_sums_t *sums)
{
    json_t *counts = json_object();

    if (!shopctl_value(ctl, SHOPCTL_JSON)) {
        printf("%s %" PRId64 " documents", what, sums->total);
    }
    for (int i = 0; i < sums->collections; i++) {
        json_object_set_new(counts, sums->names[i], json_integer(sums->counts[i]));
        if (!shopctl_value(ctl, SHOPCTL_JSON)) {
            printf("%s %" PRId64 " %s", i ? "," : ":", sums->counts[i], sums->names[i]);
        }
    }
    if (shopctl_value(ctl, SHOPCTL_JSON)) {
        shopctl_print_json(
            json_pack("{s:I, s:O}", "total", (json_int_t)sums->total, "counts", counts));
    } else {
        putchar('\n');
    }
    json_decref(counts);
}
