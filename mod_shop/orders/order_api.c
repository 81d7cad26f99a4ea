/* SPDX-License-Identifier: MIT
 * Placing an order, reading it, changing its status. An order's reply is made before the commit and
 * stored by it, so that a repeated request gets the same bytes. */
#include <apr_strings.h>
#include <string.h>

#include "../base/money.h"
#include "../base/text_pattern.h"
#include "../http/etag.h"
#include "../http/idempotency.h"
#include "../http/query.h"
#include "../metrics/metrics.h"
#include "../settings.h"
#include "order_access_api.h"
#include "order_cancel.h"
#include "order_guess_api.h"
#include "order_place.h"
#include "order_refund_api.h"
#include "order_view.h"

typedef struct new_order_t {
    shop_address_t *shipping_address;
    const char *payment_method;
    const char *coupon_code;
    int64_t expected_total;
} new_order_t;

typedef struct change_t {
    const char *status, *tracking_number, *note;
} change_t;

typedef struct list_params_t {
    shop_page_params_t page;
    const char *status;
    const char *user_id;
} list_params_t;

static const shop_field_t new_order_fields[] = {
    SHOP_FIELD_OBJECT_OF(new_order_t, shipping_address, SHOP_REQUIRED, shop_address_t,
                         shop_order_address_fields, "Shipping address"),
    SHOP_FIELD_ENUM_OF(new_order_t, payment_method, SHOP_REQUIRED, shop_order_payment_methods,
                       "Payment method"),
    SHOP_FIELD_PATTERN(new_order_t, coupon_code, SHOP_TRIMMED, 1, 64, "Coupon code, in either case",
                       SHOP_TEXT_TRIMMED("62")),
    SHOP_FIELD_DEFAULT(new_order_t, expected_total, MONEY, 0, 0, SHOP_AMOUNT_MAX,
                       "If given and the order's total differs, the order is refused with "
                       "`total_changed`",
                       -1),
    SHOP_FIELDS_END,
};

static const shop_field_t change_fields[] = {
    SHOP_FIELD_ENUM_OF(change_t, status, 0, shop_order_status_names,
                       "One of `next_statuses`. Missing, or the present status: only the members "
                       "below are corrected."),
    SHOP_FIELD(change_t, tracking_number, STRING, SHOP_NULLABLE, 1, 100,
               "Tracking number of the parcel; null removes it"),
    SHOP_FIELD(change_t, note, STRING, SHOP_NULLABLE, 1, 500,
               "Note in the history, shown to admins. Without a change of status it replaces the "
               "latest note; null removes that."),
    SHOP_FIELDS_END,
};

static const shop_field_t list_fields[] = {
    SHOP_PAGE_PARAMS,
    SHOP_FIELD_ENUM_OF(list_params_t, status, 0, shop_order_status_names,
                       "Only orders with this status"),
    SHOP_FIELD(list_params_t, user_id, ID, 0, 0, 0, "Only orders of this customer; for admins"),
    SHOP_FIELDS_END,
};

static shop_error_t *answer(shop_res_t *res, const shop_req_t *req, const shop_order_t *order)
{
    return shop_res_object(res, 200, shop_order_fields, shop_order_view(order, req->pool));
}

/* ---- placing ---- */

typedef struct placing_t {
    const shop_app_t *app;
    shop_req_t *req;
    const shop_res_t *res; /* audience of the reply */
} placing_t;

/* Makes the reply before the commit, which stores it. */
static shop_error_t *make_reply(void *baton, shop_order_t *order, apr_pool_t *pool)
{
    shop_res_t res = { .pool = pool,
                       .headers = apr_table_make(pool, 2),
                       .audience = ((const placing_t *)baton)->res->audience,
                       .currency_exponent = shop_money_exponent(order->currency) };

    SHOP_TRY(shop_res_object(&res, 201, shop_order_fields, shop_order_view(order, pool)));
    order->reply = shop_idempotency_pack(&order->reply_size, &res,
                                         apr_pstrcat(pool, "/orders/", order->id, NULL), pool);
    return NULL;
}

static shop_error_t *admit(void *baton, apr_pool_t *pool)
{
    const placing_t *placing = baton;
    const new_order_t *body = placing->req->record;

    (void)pool;
    return shop_order_may_guess(placing->app, placing->req, body->coupon_code);
}

static shop_error_t *order_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const new_order_t *body = req->record;
    const char *key = shop_req_header(req, "Idempotency-Key");
    shop_order_ports_t ports = shop_order_ports_of(app);
    placing_t placing = { app, req, res };
    shop_order_request_t request = {
        .user_id = req->caller.user_id,
        .key_slot = key ? apr_pstrcat(req->pool, "k:", key, NULL) : NULL,
        .fingerprint = shop_idempotency_fingerprint(req),
        .shipping_address = body->shipping_address,
        .payment_method = body->payment_method,
        .coupon_code = body->coupon_code,
        .expected_total = body->expected_total,
        .deadline = req->deadline,
        .admit = admit,
        .reply = make_reply,
        .baton = &placing,
    };
    shop_order_placed_t placed;
    shop_error_t *err = shop_order_place(&placed, &ports, &request, req->pool);
    bool replayed = placed.outcome == SHOP_ORDER_REPLAYED;

    if (placed.claimed) {
        shop_order_stock_written(app, placed.claimed, NULL, req->pool);
    }
    if (!replayed) {
        shop_metrics_count_order(app->metrics, err);
    }
    SHOP_TRY(shop_order_count_guess(app, req, err));
    return shop_idempotency_send(res, req, placed.order->reply, placed.order->reply_size, replayed,
                                 apr_pstrcat(req->pool, "order ", placed.order->id, NULL));
}

/* ---- reading ---- */

static shop_error_t *order_show(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_order_t *order;

    SHOP_TRY(shop_order_load(&order, app, req));
    return answer(res, req, order);
}

static shop_error_t *order_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const list_params_t *params = req->query_record;
    shop_order_query_t query = { .status = params->status
                                               ? shop_order_status_of_name(params->status)
                                               : -1 };
    apr_array_header_t *orders, *views;
    shop_list_end_t end;
    shop_error_t *err = NULL;

    if (params->user_id && !shop_order_is_admin(req)) {
        shop_error_violate(&err, req->pool, "?user_id", "unknown", "is for admins");
        return err;
    }
    query.user_id = shop_order_is_admin(req) ? params->user_id : req->caller.user_id;
    SHOP_TRY(shop_query_page(&query.list, &params->page, "", req->pool));
    SHOP_TRY(app->orders->orders->list(&orders, &end, app->orders->orders, &query, req->pool));
    views = apr_array_make(req->pool, orders->nelts + 1, sizeof(shop_order_view_t *));
    for (int i = 0; i < orders->nelts; i++) {
        APR_ARRAY_PUSH(views, shop_order_view_t *) =
            shop_order_view(APR_ARRAY_IDX(orders, i, shop_order_t *), req->pool);
    }
    return shop_res_list(res, req, shop_order_fields, views, &end);
}

/* ---- changing the status ---- */

static shop_error_t *order_cancel(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_order_ports_t ports = shop_order_ports_of(app);
    shop_order_t *order;
    shop_error_t *err;

    SHOP_TRY(shop_order_load(&order, app, req));
    err = shop_order_cancel(&order, &ports, order, -1, req->caller.user_id, NULL, req->deadline,
                            req->pool);
    SHOP_TRY(shop_order_stock_written(app, order, err, req->pool));
    return answer(res, req, order);
}

/* The body's value of a member that can be corrected. NULL: absent, stays unchanged; "": is
 * removed. */
static const char *correction(const shop_req_t *req, const char *name, const char *value)
{
    if (!shop_fields_has(req->present, change_fields, name)) {
        return NULL;
    }
    return value ? value : "";
}

/* As correction; VALIDATION_FAILED for an order that will not be shipped any more. */
static shop_error_t *read_tracking_number(const char **tracking_number, const shop_req_t *req,
                                          shop_order_status_t to)
{
    const change_t *change = req->record;
    shop_error_t *err = NULL;

    *tracking_number = correction(req, "tracking_number", change->tracking_number);
    if (*tracking_number && (to == SHOP_ORDER_CANCELLED || to == SHOP_ORDER_REFUNDED)) {
        shop_error_violate(&err, req->pool, "/tracking_number", "unknown",
                           "goes with an order on its way, not with one that is %s",
                           change->status);
    }
    return err;
}

/* As shop_order_advance, with the members that belong to the status. */
static shop_error_t *change_status(shop_order_t **order, const shop_app_t *app,
                                   const shop_req_t *req, shop_order_status_t to, int64_t rev,
                                   const char *tracking_number)
{
    const change_t *change = req->record;
    shop_order_ports_t ports = shop_order_ports_of(app);
    const char *by = req->caller.user_id;
    shop_error_t *err;

    if (to == SHOP_ORDER_CANCELLED) {
        err = shop_order_cancel(order, &ports, *order, rev, by, change->note, req->deadline,
                                req->pool);
        return shop_order_stock_written(app, *order, err, req->pool);
    }
    if (to == SHOP_ORDER_REFUNDED && shop_order_may((*order)->status, to) &&
        (*order)->refunded < (*order)->total) {
        return shop_order_refund_rest(order, app, req, rev, change->note);
    }
    return shop_order_advance(order, &ports, *order, to, rev, by, change->note, tracking_number,
                              req->pool);
}

/* The requested status is the current one: only the members that belong to it are corrected. A
 * cancelled or refunded order is not cancelled or refunded again. */
static bool is_correction(const shop_req_t *req, const shop_order_t *order)
{
    const change_t *change = req->record;
    bool is_named = shop_fields_has(req->present, change_fields, "tracking_number") ||
                    shop_fields_has(req->present, change_fields, "note");

    return !change->status ||
           (is_named && strcmp(change->status, "cancelled") && strcmp(change->status, "refunded") &&
            !strcmp(change->status, shop_order_status_name(order->status)));
}

static shop_error_t *correct_order(shop_order_t **order, const shop_app_t *app,
                                   const shop_req_t *req, int64_t rev)
{
    const change_t *change = req->record;
    shop_order_ports_t ports = shop_order_ports_of(app);
    const char *tracking_number = correction(req, "tracking_number", change->tracking_number);
    const char *note = correction(req, "note", change->note);

    return tracking_number || note
               ? shop_order_correct(order, &ports, *order, rev, tracking_number, note, req->pool)
               : NULL;
}

static shop_error_t *order_patch(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const change_t *change = req->record;
    const char *tracking_number;
    shop_order_status_t to;
    shop_order_t *order;
    int64_t rev;

    SHOP_TRY(shop_order_load(&order, app, req));
    SHOP_TRY(shop_etag_if_match(
        req,
        shop_res_object_etag(res, shop_order_fields, shop_order_view(order, req->pool), req->pool),
        app->settings->require_if_match));
    rev = shop_req_header(req, "If-Match") ? order->rev : -1;
    if (is_correction(req, order)) {
        SHOP_TRY(correct_order(&order, app, req, rev));
        return answer(res, req, order);
    }
    to = (shop_order_status_t)shop_order_status_of_name(change->status);
    SHOP_TRY(read_tracking_number(&tracking_number, req, to));
    SHOP_TRY(change_status(&order, app, req, to, rev, tracking_number));
    return answer(res, req, order);
}

static const shop_code_t create_errors[] = { SHOP_CART_EMPTY,
                                             SHOP_OUT_OF_STOCK,
                                             SHOP_PRODUCT_UNAVAILABLE,
                                             SHOP_TOTAL_CHANGED,
                                             SHOP_COUPON_EXHAUSTED,
                                             SHOP_COUPON_NOT_APPLICABLE,
                                             SHOP_AMOUNT_TOO_LARGE,
                                             SHOP_ORDER_IN_PROGRESS,
                                             SHOP_IDEMPOTENCY_IN_PROGRESS,
                                             SHOP_IDEMPOTENCY_MISMATCH,
                                             SHOP_OK };
static const shop_code_t show_errors[] = { SHOP_NOT_FOUND, SHOP_OK };
static const shop_code_t cancel_errors[] = { SHOP_NOT_FOUND, SHOP_INVALID_TRANSITION, SHOP_CONFLICT,
                                             SHOP_OK };
static const shop_code_t patch_errors[] = { SHOP_NOT_FOUND, SHOP_INVALID_TRANSITION, SHOP_CONFLICT,
                                            SHOP_PRECONDITION_FAILED, SHOP_OK };

const shop_route_t shop_order_routes[] = {
    { .method = "POST",
      .path = "/orders",
      .handler = order_create,
      .operation = "placeOrder",
      .summary = "Place an order for the cart",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .idempotency_key = true,
      .body = new_order_fields,
      .body_size = sizeof(new_order_t),
      .status = 201,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_order_fields,
      .errors = create_errors },
    { .method = "GET",
      .path = "/orders",
      .handler = order_list,
      .operation = "listOrders",
      .summary = "List orders, newest first. A customer gets their own, an admin all.",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .query = list_fields,
      .query_size = sizeof(list_params_t),
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = shop_order_fields },
    { .method = "GET",
      .path = "/orders/{id}",
      .handler = order_show,
      .operation = "showOrder",
      .summary = "Get an order",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_order_fields,
      .errors = show_errors },
    { .method = "POST",
      .path = "/orders/{id}/cancel",
      .handler = order_cancel,
      .operation = "cancelOrder",
      .summary = "Cancel an order that has not been shipped",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_order_fields,
      .errors = cancel_errors },
    { .method = "PATCH",
      .path = "/orders/{id}",
      .handler = order_patch,
      .operation = "changeOrder",
      .summary = "Change an order's status, or correct its tracking number or note",
      .tag = "orders",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .body = change_fields,
      .body_size = sizeof(change_t),
      .status = 200,
      .reply = shop_order_fields,
      .errors = patch_errors },
    { .method = NULL },
};
