/* SPDX-License-Identifier: MIT
 * What admins do to the catalogue. Every write makes all cached answers stale after the store has
 * acknowledged it and before the writer hears of it. */
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../http/etag.h"
#include "../http/idempotency.h"
#include "../http/query.h"
#include "product_api.h"

/* Two admins at once are rare; more turns than this are a fault somewhere. */
#define EDIT_TURNS 8

/* ---- writing ---- */

/* Passes err up; a write that was acknowledged, or may have happened, makes the caches stale. */
static shop_error_t *written(const shop_app_t *app, const shop_req_t *req, shop_error_t *err)
{
    if (!err || err->code == SHOP_UNAVAILABLE) {
        app->cache->invalidate(app->cache, NULL, 0, req->pool);
    }
    return err;
}

shop_error_t *shop_product_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
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

/* The body may name the stock, as long as it says what is so. */
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

static shop_error_t *check_if_match(const shop_app_t *app, const shop_product_t *product,
                                    const shop_req_t *req, const shop_res_t *res)
{
    const char *etag = shop_res_object_etag(res, shop_product_fields, product, req->pool);

    return shop_etag_if_match(req, etag, app->settings->require_if_match);
}

/* Somebody else changed the product between our reading and our writing. Who named a state by
 * If-Match is refused, whatever the product looks like now. */
static shop_error_t *lost_race(const shop_req_t *req, int turn)
{
    const char *tag = shop_req_header(req, "If-Match");

    if (tag && strcmp(tag, "*")) {
        return shop_err(req->pool, PRECONDITION_FAILED, "the product changed at the same moment");
    }
    if (turn + 1 == EDIT_TURNS) {
        return shop_err(req->pool, CONFLICT, "the product keeps changing; try again");
    }
    return NULL;
}

shop_error_t *shop_product_edit(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_t *product = NULL;
    bool done = false;

    for (int turn = 0; !done; turn++) {
        SHOP_TRY(shop_product_of_path(&product, app, req));
        SHOP_TRY(check_if_match(app, product, req, res));
        SHOP_TRY(merge(product, req));
        product->updated_at = req->now;
        product->rev++;
        SHOP_TRY(written(
            app, req,
            app->catalogue->products->update(&done, app->catalogue->products, product, req->pool)));
        if (!done) {
            SHOP_TRY(lost_race(req, turn));
        }
    }
    return shop_res_object(res, 200, shop_product_fields, product);
}

shop_error_t *shop_product_delete(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_t *product = NULL;
    bool done = false;

    for (int turn = 0; !done; turn++) {
        SHOP_TRY(shop_product_of_path(&product, app, req));
        SHOP_TRY(check_if_match(app, product, req, res));
        SHOP_TRY(
            written(app, req,
                    app->catalogue->products->remove(&done, app->catalogue->products, product->id,
                                                     product->rev, req->now, req->pool)));
        if (!done) {
            SHOP_TRY(lost_race(req, turn));
        }
    }
    return shop_res_object(res, 200, shop_product_fields, product);
}

/* ---- stock ---- */

const shop_field_t shop_stock_move_fields[] = {
    SHOP_FIELD(shop_stock_move_t, delta, INT, 0, -SHOP_STOCK_MAX, SHOP_STOCK_MAX,
               "units to add, or to take when negative; either this or `set`"),
    SHOP_FIELD(shop_stock_move_t, set, INT, 0, 0, SHOP_STOCK_MAX,
               "units there are, as counted; either this or `delta`"),
    SHOP_FIELD(shop_stock_move_t, reason, STRING, SHOP_REQUIRED, 1, 200, "why, for the record"),
    SHOP_FIELDS_END,
};

const shop_field_t shop_movement_fields[] = {
    SHOP_FIELD(shop_movement_t, id, ID, SHOP_REQUIRED, 0, 0, "identifier"),
    SHOP_FIELD(shop_movement_t, product_id, ID, SHOP_REQUIRED, 0, 0, "the product"),
    SHOP_FIELD(shop_movement_t, delta, INT, SHOP_REQUIRED, -SHOP_STOCK_MAX, SHOP_STOCK_MAX,
               "units added, negative when taken"),
    SHOP_FIELD(shop_movement_t, stock_after, INT, SHOP_OMIT_NULL, 0, SHOP_STOCK_MAX,
               "the stock right afterwards; absent when a crash hid it"),
    SHOP_FIELD(shop_movement_t, reason, STRING, SHOP_REQUIRED, 1, 200, "why"),
    SHOP_FIELD(shop_movement_t, by, ID, SHOP_REQUIRED, 0, 0, "the admin who moved it"),
    SHOP_FIELD(shop_movement_t, at, TIME, SHOP_REQUIRED, 0, 0, "when"),
    SHOP_FIELDS_END,
};

static shop_error_t *check_stock_move(bool *set, const shop_req_t *req)
{
    bool delta = shop_fields_has(req->present, shop_stock_move_fields, "delta");
    shop_error_t *err = NULL;

    *set = shop_fields_has(req->present, shop_stock_move_fields, "set");
    if (delta == *set) {
        shop_error_violate(&err, req->pool, delta ? "/set" : "/delta",
                           delta ? "conflict" : "required", "send either delta or set");
    }
    return err;
}

/* The reply of a request with a key: made before the commit, which stores it. */
static shop_error_t *stock_reply(const char **bytes, apr_size_t *size, void *baton,
                                 const shop_product_t *after, apr_pool_t *pool)
{
    const shop_settings_t *settings = baton;
    shop_product_t shown = *after;
    shop_res_t res = { .pool = pool,
                       .headers = apr_table_make(pool, 1),
                       .currency_exponent = settings->currency_exponent };

    shown.currency = settings->currency;
    SHOP_TRY(shop_res_object(&res, 200, shop_product_fields, &shown));
    *bytes = shop_idempotency_pack(size, &res, NULL, pool);
    return NULL;
}

shop_error_t *shop_product_stock_move(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const shop_stock_move_t *body = req->record;
    shop_stock_request_t request = { .reason = body->reason,
                                     .by = req->caller.user_id,
                                     .key = shop_req_header(req, "Idempotency-Key"),
                                     .now = req->now,
                                     .reply = stock_reply,
                                     .baton = (void *)app->settings };
    shop_stock_done_t done;

    SHOP_TRY(check_stock_move(&request.set, req));
    SHOP_TRY(shop_req_id(&request.product_id, req, "id"));
    request.amount = request.set ? body->set : body->delta;
    request.fingerprint = request.key ? shop_idempotency_fingerprint(req) : NULL;
    SHOP_TRY(written(app, req,
                     app->catalogue->products->move_stock(&done, app->catalogue->products, &request,
                                                          req->pool)));
    if (request.key) {
        return shop_idempotency_send(res, req, done.reply, done.reply_size, done.replayed,
                                     apr_pstrcat(req->pool, "movement ", done.movement->id, NULL));
    }
    done.product->currency = app->settings->currency;
    return shop_res_object(res, 200, shop_product_fields, done.product);
}

shop_error_t *shop_product_stock_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    apr_array_header_t *movements;
    shop_list_query_t query;
    shop_product_t *product;
    shop_list_end_t end;

    SHOP_TRY(shop_query_page(&query, req->query_record, "", req->pool));
    SHOP_TRY(shop_product_of_path(&product, app, req));
    SHOP_TRY(app->catalogue->products->movements(&movements, &end, app->catalogue->products,
                                                 product->id, &query, req->pool));
    return shop_res_list(res, req, shop_movement_fields, movements, &end);
}
