/* SPDX-License-Identifier: MIT
 * Handlers of coupons, for admins only. Customers use coupons through orders and quotes. */
#include <string.h>

#include "../app.h"
#include "../base/clock.h"
#include "../http/change.h"
#include "../http/etag.h"
#include "../http/query.h"
#include "../http/route.h"
#include "../orders/orders_module.h"
#include "../settings.h"
#include "coupons_module.h"

static const shop_field_t list_fields[] = { SHOP_PAGE_PARAMS, SHOP_FIELDS_END };

static shop_error_t *check_window(const shop_coupon_t *coupon, apr_pool_t *pool)
{
    shop_error_t *err = NULL;

    if (coupon->valid_until <= coupon->valid_from) {
        shop_error_violate(&err, pool, "/valid_until", "range", "must be after valid_from");
    }
    return err;
}

/* Fills res with the coupon as admins see it. */
static shop_error_t *load(shop_coupon_t **coupon, const shop_app_t *app, const shop_req_t *req)
{
    const char *code = shop_coupon_code(shop_req_arg(req, "code"), req->pool);

    *coupon = NULL;
    if (code) {
        SHOP_TRY(app->coupons->coupons->find(coupon, app->coupons->coupons, code, req->pool));
    }
    if (!*coupon) {
        return shop_err(req->pool, NOT_FOUND, "there is no such coupon");
    }
    if ((*coupon)->usage_limit < 0) {
        SHOP_TRY(app->orders->orders->coupon_uses(&(*coupon)->used, app->orders->orders, code,
                                                  (*coupon)->born, req->pool));
    }
    return NULL;
}

static shop_error_t *coupon_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_coupon_t *coupon = req->record;
    const char *code = shop_coupon_code(coupon->code, req->pool);
    apr_time_t now = app->clock->now(app->clock);
    shop_error_t *err = check_window(coupon, req->pool);

    if (!code) {
        shop_error_violate(&err, req->pool, "/code", "format",
                           "must be 3 to 32 of A-Z, 0-9, _ and -");
    }
    if (err) {
        return err;
    }
    coupon->code = code;
    coupon->remaining = coupon->usage_limit;
    coupon->used = 0;
    coupon->terms_rev = coupon->born =
        now; /* greater than that of any earlier coupon with this code */
    SHOP_TRY(shop_record_begin(&shop_coupon_record, coupon, now, req->pool));
    SHOP_TRY(app->coupons->coupons->insert(app->coupons->coupons, coupon, req->pool));
    shop_res_location(res, req, "/coupons/%s", code);
    return shop_res_object(res, 201, shop_coupon_fields, coupon);
}

static shop_error_t *coupon_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    apr_array_header_t *coupons;
    shop_list_query_t query;
    shop_list_end_t end;

    SHOP_TRY(shop_query_page(&query, req->query_record, "", req->pool));
    SHOP_TRY(app->coupons->coupons->list(&coupons, &end, app->coupons->coupons, &query, req->pool));
    return shop_res_list(res, req, shop_coupon_fields, coupons, &end);
}

static shop_error_t *coupon_show(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_coupon_t *coupon;

    SHOP_TRY(load(&coupon, app, req));
    return shop_res_object(res, 200, shop_coupon_fields, coupon);
}

/* *limit_delta: the change of remaining. */
static shop_error_t *merge(shop_coupon_t *coupon, int64_t *limit_delta, const shop_req_t *req)
{
    int64_t before = coupon->usage_limit;

    shop_req_merge(coupon, req);
    *limit_delta = 0;
    coupon->remaining = -1;
    if (coupon->usage_limit >= 0 && before >= 0) {
        *limit_delta = coupon->usage_limit - before;
    } else if (coupon->usage_limit >= 0) {
        coupon->remaining = coupon->usage_limit - coupon->used;
        if (coupon->remaining < 0) {
            return shop_err(req->pool, COUPON_LIMIT, "coupon %s was used more often than that",
                            coupon->code);
        }
    }
    return check_window(coupon, req->pool);
}

typedef struct coupon_change_t {
    const shop_app_t *app;
    const shop_req_t *req;
    const shop_res_t *res;
    shop_coupon_t *coupon;
} coupon_change_t;

static shop_error_t *load_matching(coupon_change_t *change)
{
    SHOP_TRY(load(&change->coupon, change->app, change->req));
    return shop_etag_if_match(
        change->req,
        shop_res_object_etag(change->res, shop_coupon_fields, change->coupon, change->req->pool),
        change->app->settings->require_if_match);
}

static shop_error_t *patch_once(bool *done, void *baton)
{
    coupon_change_t *change = baton;
    const shop_app_t *app = change->app;
    shop_coupon_repo_t *repo = app->coupons->coupons;
    int64_t limit_delta;

    SHOP_TRY(load_matching(change));
    SHOP_TRY(merge(change->coupon, &limit_delta, change->req));
    shop_record_touch(&shop_coupon_record, change->coupon, app->clock->now(app->clock));
    change->coupon->terms_rev++;
    return repo->update(done, repo, change->coupon, limit_delta, change->req->pool);
}

static shop_error_t *coupon_patch(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    coupon_change_t change = { .app = app, .req = req, .res = res };

    SHOP_TRY(shop_change(patch_once, &change, req, "coupon"));
    SHOP_TRY(load(&change.coupon, app, req));
    return shop_res_object(res, 200, shop_coupon_fields, change.coupon);
}

static shop_error_t *delete_once(bool *done, void *baton)
{
    coupon_change_t *change = baton;
    shop_coupon_repo_t *repo = change->app->coupons->coupons;

    SHOP_TRY(load_matching(change));
    return repo->remove(done, repo, change->coupon->code, change->coupon->rev, change->req->pool);
}

static shop_error_t *coupon_delete(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    coupon_change_t change = { .app = app, .req = req, .res = res };

    SHOP_TRY(shop_change(delete_once, &change, req, "coupon"));
    return shop_res_object(res, 200, shop_coupon_fields, change.coupon);
}

static const shop_code_t create_errors[] = { SHOP_COUPON_EXISTS, SHOP_OK };
static const shop_code_t one_errors[] = { SHOP_NOT_FOUND, SHOP_OK };
static const shop_code_t patch_errors[] = { SHOP_NOT_FOUND, SHOP_COUPON_LIMIT, SHOP_CONFLICT,
                                            SHOP_PRECONDITION_FAILED, SHOP_OK };
static const shop_code_t delete_errors[] = { SHOP_NOT_FOUND, SHOP_CONFLICT,
                                             SHOP_PRECONDITION_FAILED, SHOP_OK };

const shop_route_t shop_coupon_routes[] = {
    { .method = "POST",
      .path = "/coupons",
      .handler = coupon_create,
      .operation = "createCoupon",
      .summary = "Create a coupon",
      .tag = "coupons",
      .access = SHOP_ACCESS_ADMIN,
      .body = shop_coupon_fields,
      .body_size = sizeof(shop_coupon_t),
      .status = 201,
      .reply = shop_coupon_fields,
      .errors = create_errors },
    { .method = "GET",
      .path = "/coupons",
      .handler = coupon_list,
      .operation = "listCoupons",
      .summary = "List coupons by code",
      .tag = "coupons",
      .access = SHOP_ACCESS_ADMIN,
      .query = list_fields,
      .query_size = sizeof(shop_page_params_t),
      .status = 200,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = shop_coupon_fields },
    { .method = "GET",
      .path = "/coupons/{code}",
      .handler = coupon_show,
      .operation = "showCoupon",
      .summary = "Get a coupon",
      .tag = "coupons",
      .access = SHOP_ACCESS_ADMIN,
      .status = 200,
      .reply = shop_coupon_fields,
      .errors = one_errors },
    { .method = "PATCH",
      .path = "/coupons/{code}",
      .handler = coupon_patch,
      .operation = "changeCoupon",
      .summary = "Change a coupon's terms",
      .tag = "coupons",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .body = shop_coupon_fields,
      .body_size = sizeof(shop_coupon_t),
      .partial = true,
      .status = 200,
      .reply = shop_coupon_fields,
      .errors = patch_errors },
    { .method = "DELETE",
      .path = "/coupons/{code}",
      .handler = coupon_delete,
      .operation = "deleteCoupon",
      .summary = "Delete a coupon. Orders keep their discount.",
      .tag = "coupons",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .status = 200,
      .reply = shop_coupon_fields,
      .errors = delete_errors },
    { .method = NULL },
};
