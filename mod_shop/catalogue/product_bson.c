/* SPDX-License-Identifier: MIT */
#include "product_bson.h"

static const char *const shown[] = { "name",       "description", "price",    "category",
                                     "stock",      "image_url",   "featured", "created_at",
                                     "updated_at", "rev",         NULL };

void shop_product_members(bson_t *fields)
{
    for (const char *const *name = shown; *name; name++) {
        bson_append_int32(fields, *name, -1, 1);
    }
}

void shop_product_project(bson_t *opts)
{
    bson_t members;

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &members);
    shop_product_members(&members);
    bson_append_document_end(opts, &members);
}

bson_t *shop_product_filter(const char *id)
{
    bson_t *filter = bson_new();

    shop_bson_append_oid(filter, "_id", id);
    BSON_APPEND_NULL(filter, "deleted_at");
    return filter;
}

shop_product_t *shop_product_of_bson(const bson_t *doc, apr_pool_t *pool)
{
    shop_product_t *product = apr_pcalloc(pool, sizeof(*product));
    const char *text;

    product->id = shop_bson_oid(doc, "_id", pool);
    product->name = shop_bson_string(doc, "name", pool);
    text = shop_bson_string(doc, "description", pool);
    product->description = text ? text : "";
    product->price = shop_bson_int(doc, "price", 0);
    product->category = shop_bson_string(doc, "category", pool);
    product->stock = shop_bson_int(doc, "stock", 0);
    product->image_url = shop_bson_string(doc, "image_url", pool);
    product->featured = shop_bson_bool(doc, "featured");
    product->created_at = shop_bson_time(doc, "created_at");
    product->updated_at = shop_bson_time(doc, "updated_at");
    product->rev = shop_bson_int(doc, "rev", 0);
    return product;
}

shop_error_t *shop_product_collect(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_product_t *) = shop_product_of_bson(doc, pool);
    return NULL;
}
