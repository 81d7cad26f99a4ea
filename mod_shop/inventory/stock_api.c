/* SPDX-License-Identifier: MIT
 * Handlers of stock movements: changes of a product's stock by admins, and their list. */
#include <apr_strings.h>

#include "../app.h"
#include "../cache/cache.h"
#include "../catalogue/catalogue_module.h"
#include "../catalogue/product_view.h"
#include "../http/idempotency.h"
#include "../http/query.h"
#include "../http/route.h"
#include "../settings.h"
#include "inventory_module.h"

typedef struct move_body_t {
    int64_t delta, set;
    const char *reason;
} move_body_t;

static const shop_field_t move_fields[] = {
    SHOP_FIELD(move_body_t, delta, INT, 0, -SHOP_STOCK_MAX, SHOP_STOCK_MAX,
               "Units to add; negative: to remove. Exclusive with `set`."),
    SHOP_FIELD(move_body_t, set, INT, 0, 0, SHOP_STOCK_MAX,
               "Counted number of units. Exclusive with `delta`."),
    SHOP_FIELD(move_body_t, reason, STRING, SHOP_REQUIRED, 1, 200, "Reason for the movement"),
    SHOP_FIELDS_END,
};

static const shop_field_t movement_fields[] = {
    SHOP_FIELD(shop_movement_t, id, ID, SHOP_REQUIRED, 0, 0, "Movement id"),
    SHOP_FIELD_NAMED("product_id", shop_movement_t, unit_id, ID, SHOP_REQUIRED, 0, 0, "Product id"),
    SHOP_FIELD(shop_movement_t, delta, INT, SHOP_REQUIRED, -SHOP_STOCK_MAX, SHOP_STOCK_MAX,
               "Units added; negative: removed"),
    SHOP_FIELD(shop_movement_t, stock_after, INT, SHOP_OMIT_NULL, 0, SHOP_STOCK_MAX,
               "Stock after the movement; missing if a crash lost it"),
    SHOP_FIELD(shop_movement_t, reason, STRING, SHOP_REQUIRED, 1, 200, "Reason for the movement"),
    SHOP_FIELD(shop_movement_t, by, ID, SHOP_REQUIRED, 0, 0, "User id of the admin"),
    SHOP_FIELD(shop_movement_t, at, TIME, SHOP_REQUIRED, 0, 0, "Time of the movement"),
    SHOP_FIELDS_END,
};

static shop_error_t *check_stock_move(bool *set, const shop_req_t *req)
{
    bool delta = shop_fields_has(req->present, move_fields, "delta");
    shop_error_t *err = NULL;

    *set = shop_fields_has(req->present, move_fields, "set");
    if (delta == *set) {
        shop_error_violate(&err, req->pool, delta ? "/set" : "/delta",
                           delta ? "conflict" : "required", "send either delta or set");
    }
    return err;
}

/* Makes the reply of a request with a key. The commit stores it, so it is made before. */
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

static shop_error_t *stock_move(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const move_body_t *body = req->record;
    shop_stock_request_t request = { .reason = body->reason,
                                     .by = req->caller.user_id,
                                     .key = shop_req_header(req, "Idempotency-Key"),
                                     .now = req->now,
                                     .reply = stock_reply,
                                     .baton = (void *)app->settings };
    shop_stock_done_t done;
    shop_error_t *err;

    SHOP_TRY(check_stock_move(&request.set, req));
    SHOP_TRY(shop_req_id(&request.unit_id, req, "id"));
    request.amount = request.set ? body->set : body->delta;
    request.fingerprint = request.key ? shop_idempotency_fingerprint(req) : NULL;
    err = app->inventory->stock->move(&done, app->inventory->stock, &request, req->pool);
    SHOP_TRY(shop_cache_written(app->cache, NULL, 0, err, req->pool));
    if (request.key) {
        return shop_idempotency_send(res, req, done.reply, done.reply_size, done.replayed,
                                     apr_pstrcat(req->pool, "movement ", done.movement->id, NULL));
    }
    done.product->currency = app->settings->currency;
    return shop_res_object(res, 200, shop_product_fields, done.product);
}

static shop_error_t *movements_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_product_repo_t *products = app->catalogue->products;
    apr_array_header_t *movements;
    shop_list_query_t query;
    shop_product_t *product;
    shop_list_end_t end;
    const char *id;

    SHOP_TRY(shop_query_page(&query, req->query_record, "", req->pool));
    SHOP_TRY(shop_req_id(&id, req, "id"));
    SHOP_TRY(products->find(&product, products, id, req->pool));
    if (!product) {
        return shop_err(req->pool, NOT_FOUND, "there is no product %s", id);
    }
    SHOP_TRY(app->inventory->stock->movements(&movements, &end, app->inventory->stock, id, &query,
                                              req->pool));
    return shop_res_list(res, req, movement_fields, movements, &end);
}

static const shop_field_t page_params[] = { SHOP_PAGE_PARAMS, SHOP_FIELDS_END };

static const shop_code_t move_errors[] = { SHOP_NOT_FOUND,
                                           SHOP_STOCK_NEGATIVE,
                                           SHOP_CONFLICT,
                                           SHOP_IDEMPOTENCY_IN_PROGRESS,
                                           SHOP_IDEMPOTENCY_MISMATCH,
                                           SHOP_OK };
static const shop_code_t not_found_errors[] = { SHOP_NOT_FOUND, SHOP_OK };

extern const shop_route_t shop_stock_routes[];

const shop_route_t shop_stock_routes[] = {
    { .method = "POST",
      .path = "/products/{id}/stock",
      .handler = stock_move,
      .operation = "moveStock",
      .summary = "Change a product's stock by a difference or to a value",
      .tag = "products",
      .access = SHOP_ACCESS_ADMIN,
      .idempotency_key = true,
      .body = move_fields,
      .body_size = sizeof(move_body_t),
      .status = 200,
      .reply = shop_product_fields,
      .errors = move_errors },
    { .method = "GET",
      .path = "/products/{id}/stock",
      .handler = movements_list,
      .operation = "listStockMovements",
      .summary = "List a product's stock movements, newest first",
      .tag = "products",
      .access = SHOP_ACCESS_ADMIN,
      .query = page_params,
      .query_size = sizeof(shop_page_params_t),
      .status = 200,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = movement_fields,
      .errors = not_found_errors },
    { .method = NULL },
};
