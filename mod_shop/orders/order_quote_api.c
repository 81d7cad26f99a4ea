/* SPDX-License-Identifier: MIT
 * POST /cart/quote: what an order of the cart would cost now. Writes nothing. */
#include "../base/money.h"
#include "../base/text_pattern.h"
#include "order_access_api.h"
#include "order_guess_api.h"
#include "order_quote.h"
#include "order_view.h"

typedef struct quote_request_t {
    const char *coupon_code;
    shop_address_t *shipping_address;
} quote_request_t;

typedef struct coupon_view_t {
    const char *code;
    bool applies;
    const char *reason;
    int64_t missing;
} coupon_view_t;

typedef struct quote_view_t {
    apr_array_header_t *items;
    int64_t subtotal, discount, total;
    const char *currency;
    coupon_view_t *coupon;
} quote_view_t;

static const shop_field_t quote_request_fields[] = {
    SHOP_FIELD_PATTERN(quote_request_t, coupon_code, SHOP_TRIMMED, 1, 64, "Coupon code to check",
                       SHOP_TEXT_TRIMMED("62")),
    SHOP_FIELD_OBJECT_OF(quote_request_t, shipping_address, 0, shop_address_t,
                         shop_order_address_fields, "Shipping address"),
    SHOP_FIELDS_END,
};

static const shop_field_t coupon_fields[] = {
    SHOP_FIELD(coupon_view_t, code, STRING, SHOP_REQUIRED, 0, 0, "Coupon code"),
    SHOP_FIELD(coupon_view_t, applies, BOOL, SHOP_REQUIRED, 0, 0, "The coupon can be applied"),
    SHOP_FIELD_ENUM_OF(coupon_view_t, reason, SHOP_OMIT_NULL, shop_error_reasons,
                       "Why the coupon does not apply"),
    SHOP_FIELD(coupon_view_t, missing, MONEY, SHOP_OMIT_NULL, 0, 0,
               "Amount missing to `min_purchase`"),
    SHOP_FIELDS_END,
};

static const shop_field_t quote_fields[] = {
    SHOP_FIELD_LIST_OF(quote_view_t, items, SHOP_REQUIRED, shop_order_item_fields, "Order lines"),
    SHOP_FIELD(quote_view_t, subtotal, MONEY, SHOP_REQUIRED, 0, 0, "Sum of the line totals"),
    SHOP_FIELD(quote_view_t, discount, MONEY, SHOP_REQUIRED, 0, 0, "Discount of the coupon"),
    SHOP_FIELD(quote_view_t, total, MONEY, SHOP_REQUIRED, 0, 0, "Subtotal minus discount"),
    SHOP_FIELD(quote_view_t, currency, STRING, SHOP_REQUIRED, 0, 0, "ISO 4217 code"),
    SHOP_FIELD_OBJECT_OF(quote_view_t, coupon, SHOP_NULLABLE, coupon_view_t, coupon_fields,
                         "The checked coupon; null if none was given"),
    SHOP_FIELDS_END,
};

static coupon_view_t *coupon_view(const char *code, const shop_order_quote_t *quote,
                                  int currency_exponent, apr_pool_t *pool)
{
    coupon_view_t *view = apr_pcalloc(pool, sizeof(*view));
    const shop_error_t *refusal = quote->refusal;

    view->code = quote->coupon ? quote->coupon->code : code;
    view->applies = !refusal;
    view->reason = shop_order_coupon_reason(refusal);
    view->missing = -1;
    if (refusal && refusal->extra) {
        shop_money_of_json(&view->missing, json_object_get(refusal->extra, "missing"),
                           currency_exponent);
    }
    return view;
}

static shop_error_t *quote_cart(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const quote_request_t *body = req->record;
    shop_order_ports_t ports = shop_order_ports_of(app);
    shop_order_quote_t quote;
    quote_view_t view;

    SHOP_TRY(shop_order_may_guess(app, req, body->coupon_code));
    SHOP_TRY(shop_order_quote(&quote, &ports, req->caller.user_id, body->coupon_code, req->pool));
    if (quote.refusal) {
        shop_error_t *err = shop_order_count_guess(app, req, quote.refusal);

        if (err->code == SHOP_RATE_LIMITED) {
            return err;
        }
    }
    view = (quote_view_t){ .items = quote.order->items,
                           .subtotal = quote.order->subtotal,
                           .discount = quote.order->discount,
                           .total = quote.order->total,
                           .currency = quote.order->currency };
    if (body->coupon_code) {
        view.coupon = coupon_view(body->coupon_code, &quote, ports.currency_exponent, req->pool);
    }
    return shop_res_object(res, 200, quote_fields, &view);
}

static const shop_code_t quote_errors[] = { SHOP_AMOUNT_TOO_LARGE, SHOP_OK };

const shop_route_t shop_quote_routes[] = {
    { .method = "POST",
      .path = "/cart/quote",
      .handler = quote_cart,
      .operation = "quoteCart",
      .summary = "Get the price of an order of the cart, without placing it",
      .tag = "orders",
      .access = SHOP_ACCESS_CUSTOMER,
      .body = quote_request_fields,
      .body_size = sizeof(quote_request_t),
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = quote_fields,
      .errors = quote_errors },
    { .method = NULL },
};
