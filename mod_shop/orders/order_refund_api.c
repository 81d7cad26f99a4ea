/* SPDX-License-Identifier: MIT
 * The refunds of an order. With an Idempotency-Key the reply is stored with the refund, by the same
 * update, so that a repeated request gets the same bytes. */
#include <apr_strings.h>
#include <string.h>

#include "../base/money.h"
#include "../http/idempotency.h"
#include "order_access_api.h"
#include "order_refund.h"
#include "order_refund_api.h"

typedef struct new_refund_t {
    int64_t amount;
    bool restock;
    const char *reason;
} new_refund_t;

typedef struct refund_view_t {
    const char *id, *order_id;
    int64_t amount;
    const char *currency;
    bool restock;
    const char *reason, *by;
    apr_time_t created_at;
} refund_view_t;

static const shop_field_t new_refund_fields[] = {
    SHOP_FIELD(new_refund_t, amount, MONEY, SHOP_REQUIRED, 1, SHOP_AMOUNT_MAX,
               "Amount to refund, at most `refundable` of the order"),
    SHOP_FIELD(
        new_refund_t, restock, BOOL, 0, 0, 0,
        "Restock the order's lines. They are restocked once, also with several such refunds; "
        "those of a cancelled order already are."),
    SHOP_FIELD(new_refund_t, reason, TEXT, SHOP_NULLABLE, 1, 500, "Reason, shown to admins"),
    SHOP_FIELDS_END,
};

static const shop_field_t refund_fields[] = {
    SHOP_FIELD(refund_view_t, id, ID, SHOP_REQUIRED, 0, 0, "Refund id"),
    SHOP_FIELD(refund_view_t, order_id, ID, SHOP_REQUIRED, 0, 0, "Order id"),
    SHOP_FIELD(refund_view_t, amount, MONEY, SHOP_REQUIRED, 0, 0, "Refunded amount"),
    SHOP_FIELD(refund_view_t, currency, STRING, SHOP_REQUIRED, 0, 0, "ISO 4217 code"),
    SHOP_FIELD(refund_view_t, restock, BOOL, SHOP_REQUIRED, 0, 0, "This refund restocks the lines"),
    SHOP_FIELD(refund_view_t, reason, TEXT, SHOP_OMIT_NULL | SHOP_FOR_ADMIN, 0, 0, "Reason"),
    SHOP_FIELD(refund_view_t, by, ID, SHOP_OMIT_NULL | SHOP_FOR_ADMIN, 0, 0,
               "User id of the admin"),
    SHOP_FIELD(refund_view_t, created_at, TIME, SHOP_REQUIRED, 0, 0, "Time of the refund"),
    SHOP_FIELDS_END,
};

static refund_view_t *view_of(const shop_order_t *order, const shop_refund_t *refund,
                              apr_pool_t *pool)
{
    refund_view_t *view = apr_pcalloc(pool, sizeof(*view));

    view->id = refund->id;
    view->order_id = order->id;
    view->amount = refund->amount;
    view->currency = order->currency;
    view->restock = refund->restock;
    view->reason = refund->reason;
    view->by = refund->by;
    view->created_at = refund->at;
    return view;
}

static const char *path_of(const shop_order_t *order, const shop_refund_t *refund, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "/orders/", order->id, "/refunds/", refund->id, NULL);
}

static shop_error_t *make_reply(void *baton, const shop_order_t *order, shop_refund_t *refund,
                                apr_pool_t *pool)
{
    const shop_res_t *outer = baton;
    shop_res_t res = { .pool = pool,
                       .headers = apr_table_make(pool, 2),
                       .audience = outer->audience,
                       .currency_exponent = outer->currency_exponent };

    SHOP_TRY(shop_res_object(&res, 201, refund_fields, view_of(order, refund, pool)));
    refund->reply =
        shop_idempotency_pack(&refund->reply_size, &res, path_of(order, refund, pool), pool);
    return NULL;
}

/* Stock may have changed, so cached catalogue replies are stale. */
static shop_error_t *pay_back(shop_refunded_t *refunded, const shop_app_t *app,
                              const shop_req_t *req, const shop_order_t *order,
                              const shop_refund_request_t *request)
{
    shop_order_ports_t ports = shop_order_ports_of(app);
    shop_error_t *err = shop_order_refund(refunded, &ports, order, request, req->pool);

    return request->restock ? shop_order_stock_written(app, order, err, req->pool) : err;
}

static shop_error_t *refund_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const new_refund_t *body = req->record;
    const char *key = shop_req_header(req, "Idempotency-Key");
    shop_refund_request_t request = { .amount = body->amount,
                                      .restock = body->restock,
                                      .reason = body->reason,
                                      .by = req->caller.user_id,
                                      .rev = -1,
                                      .deadline = req->deadline,
                                      .baton = res };
    shop_order_t *order;
    shop_refunded_t refunded;
    const shop_refund_t *refund;

    if (key) {
        request.key = apr_pstrcat(req->pool, req->caller.user_id, ":", key, NULL);
        request.fingerprint = shop_idempotency_fingerprint(req);
        request.reply = make_reply;
    }
    SHOP_TRY(shop_order_load(&order, app, req));
    SHOP_TRY(pay_back(&refunded, app, req, order, &request));
    refund = refunded.refund;
    if (refund->reply) {
        return shop_idempotency_send(res, req, refund->reply, refund->reply_size,
                                     refunded.outcome == SHOP_REFUND_REPLAYED,
                                     apr_pstrcat(req->pool, "refund ", refund->id, NULL));
    }
    shop_res_location(res, req, "%s", path_of(refunded.order, refund, req->pool));
    return shop_res_object(res, 201, refund_fields, view_of(refunded.order, refund, req->pool));
}

shop_error_t *shop_order_refund_rest(shop_order_t **order, const shop_app_t *app,
                                     const shop_req_t *req, int64_t rev, const char *note)
{
    shop_refund_request_t request = {
        .amount = -1, .by = req->caller.user_id, .rev = rev, .note = note, .deadline = req->deadline
    };
    shop_refunded_t refunded;

    SHOP_TRY(pay_back(&refunded, app, req, *order, &request));
    *order = refunded.order;
    return NULL;
}

static shop_error_t *refund_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_list_end_t end = { NULL, -1 };
    apr_array_header_t *views;
    shop_order_t *order;

    SHOP_TRY(shop_order_load(&order, app, req));
    views = apr_array_make(req->pool, order->refunds->nelts + 1, sizeof(refund_view_t *));
    for (int i = 0; i < order->refunds->nelts; i++) {
        APR_ARRAY_PUSH(views, refund_view_t *) =
            view_of(order, APR_ARRAY_IDX(order->refunds, i, shop_refund_t *), req->pool);
    }
    return shop_res_list(res, req, refund_fields, views, &end);
}

static shop_error_t *refund_show(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_order_t *order;
    const char *id;

    SHOP_TRY(shop_order_load(&order, app, req));
    SHOP_TRY(shop_req_id(&id, req, "refund_id"));
    for (int i = 0; i < order->refunds->nelts; i++) {
        const shop_refund_t *refund = APR_ARRAY_IDX(order->refunds, i, shop_refund_t *);

        if (!strcmp(refund->id, id)) {
            return shop_res_object(res, 200, refund_fields, view_of(order, refund, req->pool));
        }
    }
    return shop_err(req->pool, NOT_FOUND, "there is no such refund");
}

static const shop_code_t create_errors[] = {
    SHOP_NOT_FOUND, SHOP_INVALID_TRANSITION,   SHOP_REFUND_TOO_LARGE,
    SHOP_CONFLICT,  SHOP_IDEMPOTENCY_MISMATCH, SHOP_OK
};
static const shop_code_t show_errors[] = { SHOP_NOT_FOUND, SHOP_OK };

const shop_route_t shop_refund_routes[] = {
    { .method = "POST",
      .path = "/orders/{id}/refunds",
      .handler = refund_create,
      .operation = "refundOrder",
      .summary = "Refund a paid order, in part or in full",
      .tag = "orders",
      .access = SHOP_ACCESS_ADMIN,
      .idempotency_key = true,
      .body = new_refund_fields,
      .body_size = sizeof(new_refund_t),
      .status = 201,
      .reply = refund_fields,
      .errors = create_errors },
    { .method = "GET",
      .path = "/orders/{id}/refunds",
      .handler = refund_list,
      .operation = "listRefunds",
      .summary = "List the refunds of an order, oldest first (at most 100)",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = refund_fields,
      .errors = show_errors },
    { .method = "GET",
      .path = "/orders/{id}/refunds/{refund_id}",
      .handler = refund_show,
      .operation = "showRefund",
      .summary = "Get a refund",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = refund_fields,
      .errors = show_errors },
    { .method = NULL },
};
