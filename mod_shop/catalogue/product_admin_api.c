/* SPDX-License-Identifier: MIT
 * Handlers that change the catalogue, for admins. Every write invalidates all cached replies after
 * the store has acknowledged it and before the reply is sent. */
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../http/change.h"
#include "../http/etag.h"
#include "product_api.h"

/* ---- writing ---- */

/* Any reply may show a change of a product. */
static shop_error_t *written(const shop_app_t *app, const shop_req_t *req, shop_error_t *err)
{
    return shop_cache_written(app->cache, NULL, 0, err, req->pool);
}

static shop_error_t *product_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_t *product = req->record;

    SHOP_TRY(shop_id_make(&product->id, req->pool));
    product->currency = app->settings->currency;
    product->created_at = product->updated_at = req->now;
    product->rev = 1;
    SHOP_TRY(written(
        app, req, app->catalogue->products->insert(app->catalogue->products, product, req->pool)));
    shop_res_location(res, req, "/products/%s", product->id);
    return shop_res_object(res, 201, shop_product_fields, product);
}

/* The body may contain the stock only if it equals the current stock. */
static shop_error_t *merge(shop_product_t *product, const shop_req_t *req)
{
    int64_t stock = product->stock;
    shop_error_t *err = NULL;

    shop_req_merge(product, req);
    if (product->stock != stock && shop_fields_has(req->present, shop_product_fields, "stock")) {
        err = shop_err(req->pool, STOCK_NOT_EDITABLE, "stock moves through POST /products/%s/stock",
                       product->id);
        shop_error_violate(&err, req->pool, "/stock", "not_editable", "is %" APR_INT64_T_FMT,
                           stock);
    }
    product->stock = stock;
    return err;
}

typedef struct product_change_t {
    const shop_app_t *app;
    const shop_req_t *req;
    const shop_res_t *res;
    shop_product_t *product;
} product_change_t;

static shop_error_t *load_matching(product_change_t *change)
{
    SHOP_TRY(shop_product_of_path(&change->product, change->app, change->req));
    return shop_etag_if_match(
        change->req,
        shop_res_object_etag(change->res, shop_product_fields, change->product, change->req->pool),
        change->app->settings->require_if_match);
}

static shop_error_t *edit_once(bool *done, void *baton)
{
    product_change_t *change = baton;
    const shop_req_t *req = change->req;
    shop_product_repo_t *repo = change->app->catalogue->products;

    SHOP_TRY(load_matching(change));
    SHOP_TRY(merge(change->product, req));
    change->product->updated_at = req->now;
    change->product->rev++;
    return written(change->app, req, repo->update(done, repo, change->product, req->pool));
}

/* PUT and PATCH. */
static shop_error_t *product_edit(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    product_change_t change = { .app = app, .req = req, .res = res };

    SHOP_TRY(shop_change(edit_once, &change, req, "product"));
    return shop_res_object(res, 200, shop_product_fields, change.product);
}

static shop_error_t *delete_once(bool *done, void *baton)
{
    product_change_t *change = baton;
    const shop_req_t *req = change->req;
    shop_product_repo_t *repo = change->app->catalogue->products;

    SHOP_TRY(load_matching(change));
    return written(
        change->app, req,
        repo->remove(done, repo, change->product->id, change->product->rev, req->now, req->pool));
}

static shop_error_t *product_delete(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    product_change_t change = { .app = app, .req = req, .res = res };

    SHOP_TRY(shop_change(delete_once, &change, req, "product"));
    return shop_res_object(res, 200, shop_product_fields, change.product);
}

static const shop_code_t edit_errors[] = {
    SHOP_NOT_FOUND, SHOP_PRECONDITION_FAILED, SHOP_PRECONDITION_REQUIRED,
    SHOP_CONFLICT,  SHOP_STOCK_NOT_EDITABLE,  SHOP_OK
};
static const shop_code_t delete_errors[] = { SHOP_NOT_FOUND, SHOP_PRECONDITION_FAILED,
                                             SHOP_PRECONDITION_REQUIRED, SHOP_CONFLICT, SHOP_OK };

const shop_route_t shop_product_admin_routes[] = {
    { .method = "POST",
      .path = "/products",
      .handler = product_create,
      .operation = "createProduct",
      .summary = "Create a product",
      .tag = "products",
      .access = SHOP_ACCESS_ADMIN,
      .body = shop_product_fields,
      .body_size = sizeof(shop_product_t),
      .status = 201,
      .reply = shop_product_fields },
    { .method = "PUT",
      .path = "/products/{id}",
      .handler = product_edit,
      .operation = "replaceProduct",
      .summary = "Replace a product. Missing members get their defaults; the stock is kept.",
      .tag = "products",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .body = shop_product_fields,
      .body_size = sizeof(shop_product_t),
      .status = 200,
      .reply = shop_product_fields,
      .errors = edit_errors },
    { .method = "PATCH",
      .path = "/products/{id}",
      .handler = product_edit,
      .operation = "changeProduct",
      .summary = "Change a product (merge patch)",
      .tag = "products",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .body = shop_product_fields,
      .body_size = sizeof(shop_product_t),
      .partial = true,
      .status = 200,
      .reply = shop_product_fields,
      .errors = edit_errors },
    { .method = "DELETE",
      .path = "/products/{id}",
      .handler = product_delete,
      .operation = "deleteProduct",
      .summary = "Delete a product from lists and carts. Orders keep their lines.",
      .tag = "products",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .status = 200,
      .reply = shop_product_fields,
      .errors = delete_errors },
    { .method = NULL },
};
