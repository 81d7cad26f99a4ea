/* SPDX-License-Identifier: MIT
 * Handlers of public catalogue reads, which use the cache. Changes by admins are in
 * product_admin_api.c. */
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../base/money.h"
#include "../base/text.h"
#include "../cache/cached_reply.h"
#include "../http/query.h"
#include "product_api.h"

#define QUERY_CHARACTERS 200
#define QUERY_WORDS 100

typedef struct products_params_t {
    shop_page_params_t page;
    const char *category, *q, *sort;
    int64_t min_price, max_price;
    bool in_stock, featured;
} products_params_t;

static const shop_field_t products_params[] = {
    SHOP_PAGE_PARAMS,
    SHOP_FIELD(products_params_t, category, STRING, 0, 1, 100, "Only products of this category"),
    SHOP_FIELD(products_params_t, q, STRING, 0, 0, QUERY_CHARACTERS,
               "Words that name, category or description must all contain. Words of the name also "
               "match by a prefix of at least three letters. Without a word nothing is found."),
    SHOP_FIELD_DEFAULT(products_params_t, min_price, MONEY, 0, 0, SHOP_PRICE_MAX, "Minimum price",
                       -1),
    SHOP_FIELD_DEFAULT(products_params_t, max_price, MONEY, 0, 0, SHOP_PRICE_MAX, "Maximum price",
                       -1),
    SHOP_FIELD(products_params_t, in_stock, BOOL, 0, 0, 0,
               "true: only products in stock. false: only products that are sold out."),
    SHOP_FIELD(products_params_t, featured, BOOL, 0, 0, 0,
               "true: only featured products. false: only others."),
    SHOP_FIELD_ENUM_OF(products_params_t, sort, 0, shop_product_sorts, SHOP_PRODUCT_SORTS_HELP),
    SHOP_FIELDS_END,
};

static const shop_field_t page_params[] = { SHOP_PAGE_PARAMS, SHOP_FIELDS_END };

static const shop_field_t category_fields[] = {
    SHOP_FIELD(shop_category_t, name, STRING, SHOP_REQUIRED, 1, 100, "Category"),
    SHOP_FIELD(shop_category_t, products, INT, SHOP_REQUIRED, 0, INT64_MAX,
               "Number of its products"),
    SHOP_FIELDS_END,
};

typedef struct categories_t {
    apr_array_header_t *items;
} categories_t;

static const shop_field_t categories_fields[] = {
    SHOP_FIELD_LIST_OF(categories_t, items, SHOP_REQUIRED, category_fields,
                       "Categories that have products, by name"),
    SHOP_FIELDS_END,
};

/* ---- reading ---- */

static shop_error_t *not_there(const char *id, apr_pool_t *pool)
{
    return shop_err(pool, NOT_FOUND, "there is no product %s", id);
}

/* The subjects of a list: each product, and with a filter by stock the stock of any product. */
static void keep_list(const shop_cached_t *cached, shop_res_t *res,
                      const apr_array_header_t *products, bool by_stock)
{
    int count = 0;
    const char **subjects =
        apr_palloc(res->pool, ((apr_size_t)products->nelts + 1) * sizeof(*subjects));

    for (int i = 0; i < products->nelts; i++) {
        subjects[count++] = APR_ARRAY_IDX(products, i, shop_product_t *)->id;
    }
    if (by_stock) {
        subjects[count++] = SHOP_SUBJECT_STOCK;
    }
    shop_cached_keep(cached, res, subjects, count);
}

static void price_in(apr_array_header_t *products, const char *currency)
{
    for (int i = 0; i < products->nelts; i++) {
        APR_ARRAY_IDX(products, i, shop_product_t *)->currency = currency;
    }
}

shop_error_t *shop_product_of_path(shop_product_t **product, const shop_app_t *app,
                                   const shop_req_t *req)
{
    const char *id;

    SHOP_TRY(shop_req_id(&id, req, "id"));
    SHOP_TRY(app->catalogue->products->find(product, app->catalogue->products, id, req->pool));
    if (!*product) {
        return not_there(id, req->pool);
    }
    (*product)->currency = app->settings->currency;
    return NULL;
}

static bool has_param(const shop_req_t *req, const char *name)
{
    return shop_fields_has(req->query_present, products_params, name);
}

static shop_error_t *query_of(shop_product_query_t *query, const shop_req_t *req)
{
    const products_params_t *params = req->query_record;
    bool searched = has_param(req, "q");
    shop_error_t *err = NULL;

    *query = (shop_product_query_t){
        .category = params->category,
        .min_price = params->min_price,
        .max_price = params->max_price,
        .in_stock = has_param(req, "in_stock") ? params->in_stock : -1,
        .featured = has_param(req, "featured") ? params->featured : -1,
        .sort = params->sort ? params->sort
                : searched   ? "relevance"
                             : "-created_at",
    };
    if (searched) {
        query->words = shop_text_tokens(params->q, QUERY_WORDS, req->pool);
        query->nothing = query->words->nelts == 0;
    } else if (!strcmp(query->sort, "relevance")) {
        shop_error_violate(&err, req->pool, "?sort", "enum", "relevance needs a search (q)");
        return err;
    }
    query->nothing =
        query->nothing || (query->max_price >= 0 && query->min_price > query->max_price);
    return shop_query_page(&query->list, &params->page, query->sort, req->pool);
}

/* The cache key: equal queries give equal keys, whatever their spelling. Texts are preceded by
 * their length, so that different values cannot give the same key. Hashing keeps keys short,
 * whatever clients send. */
static const char *list_key(const shop_product_query_t *query, const shop_app_t *app,
                            const shop_req_t *req)
{
    const shop_cursor_t *after = query->list.after;
    const char *words = query->words ? apr_array_pstrcat(req->pool, query->words, ' ') : "-";
    const char *cursor = after ? shop_cursor_encode(after, req->pool) : "-";
    const char *category = query->category ? query->category : "";
    const char *plain;

    plain = apr_psprintf(req->pool,
                         "%s %s %s %s %" APR_INT64_T_FMT " %d %d %d %d %" APR_INT64_T_FMT
                         " %" APR_INT64_T_FMT " %" APR_SIZE_T_FMT ":%s %s",
                         app->settings->currency, req->root ? req->root : "", query->sort, cursor,
                         query->list.limit, query->list.count, query->nothing, query->in_stock,
                         query->featured, query->min_price, query->max_price,
                         query->category ? strlen(category) + 1 : 0, category, words);
    return apr_pstrcat(req->pool, req->route->operation, ":",
                       shop_id_sha256(plain, strlen(plain), req->pool), NULL);
}

static shop_error_t *answer_list(const shop_app_t *app, const shop_product_query_t *query,
                                 shop_req_t *req, shop_res_t *res)
{
    apr_array_header_t *products;
    shop_cached_t cached;
    shop_list_end_t end;
    /* What is sold out is marked behind the reply to its order, which nothing announces. */
    int ttl_s = query->in_stock == 0 ? 0 : app->settings->cache_products_s;

    if (shop_cached_serve(&cached, app->cache, res, list_key(query, app, req), ttl_s)) {
        return NULL;
    }
    SHOP_TRY(app->catalogue->products->list(&products, &end, app->catalogue->products, query,
                                            req->pool));
    price_in(products, app->settings->currency);
    SHOP_TRY(shop_res_list(res, req, shop_product_fields, products, &end));
    keep_list(&cached, res, products, query->in_stock > 0);
    return NULL;
}

static shop_error_t *products_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_query_t query;

    SHOP_TRY(query_of(&query, req));
    return answer_list(app, &query, req, res);
}

static shop_error_t *products_featured(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_query_t query = {
        .min_price = -1, .max_price = -1, .in_stock = -1, .featured = 1, .sort = "-created_at"
    };

    SHOP_TRY(shop_query_page(&query.list, req->query_record, query.sort, req->pool));
    return answer_list(app, &query, req, res);
}

static shop_error_t *product_show(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_t *product = NULL;
    shop_cached_t cached;
    shop_error_t *err;
    const char *id;

    SHOP_TRY(shop_req_id(&id, req, "id"));
    if (shop_cached_serve(
            &cached, app->cache, res,
            apr_pstrcat(req->pool, "product:", app->settings->currency, ":", id, NULL),
            app->settings->cache_products_s)) {
        return cached.absent ? not_there(id, req->pool) : NULL;
    }
    err = shop_product_of_path(&product, app, req);
    if (err) {
        if (err->code == SHOP_NOT_FOUND) {
            shop_cached_keep_absent(&cached, req->pool);
        }
        return err;
    }
    SHOP_TRY(shop_res_object(res, 200, shop_product_fields, product));
    shop_cached_keep(&cached, res, &id, 1);
    return NULL;
}

static shop_error_t *categories_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_cached_t cached;
    categories_t categories;

    if (shop_cached_serve(&cached, app->cache, res, "categories",
                          app->settings->cache_categories_s)) {
        return NULL;
    }
    SHOP_TRY(app->catalogue->products->categories(&categories.items, app->catalogue->products,
                                                  req->pool));
    SHOP_TRY(shop_res_object(res, 200, categories_fields, &categories));
    shop_cached_keep(&cached, res, NULL, 0);
    return NULL;
}

static const shop_code_t not_found_errors[] = { SHOP_NOT_FOUND, SHOP_OK };

const shop_route_t shop_product_routes[] = {
    { .method = "GET",
      .path = "/products",
      .handler = products_list,
      .operation = "listProducts",
      .summary = "List products, with filters, search and sorting",
      .tag = "products",
      .access = SHOP_ACCESS_PUBLIC,
      .query = products_params,
      .query_size = sizeof(products_params_t),
      .status = 200,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = shop_product_fields },
    { .method = "GET",
      .path = "/products/featured",
      .handler = products_featured,
      .operation = "listFeaturedProducts",
      .summary = "List featured products, newest first",
      .tag = "products",
      .access = SHOP_ACCESS_PUBLIC,
      .query = page_params,
      .query_size = sizeof(shop_page_params_t),
      .status = 200,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = shop_product_fields },
    { .method = "GET",
      .path = "/products/{id}",
      .handler = product_show,
      .operation = "showProduct",
      .summary = "Get a product",
      .tag = "products",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply = shop_product_fields,
      .errors = not_found_errors },
    { .method = "GET",
      .path = "/categories",
      .handler = categories_list,
      .operation = "listCategories",
      .summary = "List categories with their number of products",
      .tag = "products",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply = categories_fields },
    { .method = NULL },
};
