/* SPDX-License-Identifier: MIT
 * Handlers of the caller's own cart. Prices are read with the cart and never stored in it. Every
 * reply is the whole cart. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "../base/money.h"
#include "../http/etag.h"
#include "cart_api.h"
#include "cart_products_api.h"

static const shop_field_t item_fields[] = {
    SHOP_FIELD(shop_cart_item_t, product_id, ID, SHOP_REQUIRED, 0, 0, "Product id"),
    SHOP_FIELD(shop_cart_item_t, name, STRING, SHOP_REQUIRED, 1, 200,
               "Present name of the product"),
    SHOP_FIELD(shop_cart_item_t, price, MONEY, SHOP_REQUIRED, 0, SHOP_PRICE_MAX,
               "Present price of the product"),
    SHOP_FIELD(shop_cart_item_t, quantity, INT, SHOP_REQUIRED, 1, SHOP_QUANTITY_MAX,
               "Number of units"),
    SHOP_FIELD(shop_cart_item_t, line_total, MONEY, SHOP_REQUIRED, 0, SHOP_AMOUNT_MAX,
               "Price times quantity"),
    SHOP_FIELD(shop_cart_item_t, available, INT, SHOP_REQUIRED, 0, SHOP_STOCK_MAX,
               "Units available to order now"),
    SHOP_FIELDS_END,
};

const shop_field_t shop_cart_fields[] = {
    SHOP_FIELD_LIST_OF(shop_cart_view_t, items, SHOP_REQUIRED, item_fields,
                       "Lines, oldest first. Deleted products are left out."),
    SHOP_FIELD(shop_cart_view_t, item_count, INT, SHOP_REQUIRED, 0, INT64_MAX,
               "Number of units of all lines"),
    SHOP_FIELD(shop_cart_view_t, total, MONEY, SHOP_REQUIRED, 0, SHOP_AMOUNT_MAX,
               "Sum of the line totals"),
    SHOP_FIELD(shop_cart_view_t, currency, STRING, SHOP_REQUIRED, 3, 3, "ISO 4217 code"),
    SHOP_FIELD(shop_cart_view_t, updated_at, TIME, SHOP_NULLABLE, 0, 0,
               "Time of the last change; null if there was none"),
    SHOP_FIELDS_END,
};

static const shop_field_t add_fields[] = {
    SHOP_FIELD(shop_cart_line_t, product_id, ID, SHOP_REQUIRED, 0, 0, "Product id"),
    SHOP_FIELD(shop_cart_line_t, quantity, INT, SHOP_REQUIRED, 1, SHOP_QUANTITY_MAX,
               "Number of units to add to the line"),
    SHOP_FIELDS_END,
};

static const shop_field_t set_fields[] = {
    SHOP_FIELD(shop_cart_line_t, quantity, INT, SHOP_REQUIRED, 1, SHOP_QUANTITY_MAX,
               "New number of units of the line"),
    SHOP_FIELDS_END,
};

/* A cart and the products of its lines, read together. */
typedef struct basket_t {
    shop_cart_t *cart;
    apr_array_header_t *ids;      /* const char *: ids of the products to read */
    apr_array_header_t *products; /* shop_product_t *: the products that exist */
    shop_cart_view_t *view;
} basket_t;

/* Reads the products of the lines and, if not NULL, extra_id, with at most one command. */
static shop_error_t *read_products(basket_t *basket, const shop_app_t *app, const shop_req_t *req,
                                   const char *extra_id)
{
    const apr_array_header_t *lines = basket->cart->lines;

    basket->ids = apr_array_make(req->pool, lines->nelts + 1, sizeof(const char *));
    for (int i = 0; i < lines->nelts; i++) {
        APR_ARRAY_PUSH(basket->ids, const char *) =
            APR_ARRAY_IDX(lines, i, shop_cart_line_t *)->product_id;
    }
    if (extra_id && !shop_cart_line(basket->cart, extra_id)) {
        APR_ARRAY_PUSH(basket->ids, const char *) = extra_id;
    }
    return shop_cart_products(&basket->products, app, basket->ids, req->pool);
}

static bool was_asked_for(const basket_t *basket, const char *id)
{
    for (int i = 0; basket->ids && i < basket->ids->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(basket->ids, i, const char *), id)) {
            return true;
        }
    }
    return false;
}

static bool knows_all_products(const basket_t *basket)
{
    const apr_array_header_t *lines = basket->cart->lines;

    for (int i = 0; i < lines->nelts; i++) {
        if (!was_asked_for(basket, APR_ARRAY_IDX(lines, i, shop_cart_line_t *)->product_id)) {
            return false;
        }
    }
    return true;
}

static const shop_product_t *product_in(const basket_t *basket, const char *id)
{
    for (int i = 0; i < basket->products->nelts; i++) {
        const shop_product_t *product = APR_ARRAY_IDX(basket->products, i, shop_product_t *);

        if (!strcmp(product->id, id)) {
            return product;
        }
    }
    return NULL;
}

/* Computes the prices. Products are read again only when a concurrent request added others. */
static shop_error_t *price(basket_t *basket, const shop_app_t *app, const shop_req_t *req)
{
    if (!basket->products || !knows_all_products(basket)) {
        SHOP_TRY(read_products(basket, app, req, NULL));
    }
    return shop_cart_price(&basket->view, basket->cart, basket->products, app->settings->currency,
                           req->pool);
}

static shop_error_t *answer(basket_t *basket, const shop_app_t *app, const shop_req_t *req,
                            shop_res_t *res)
{
    SHOP_TRY(price(basket, app, req));
    return shop_res_object(res, 200, shop_cart_fields, basket->view);
}

static shop_error_t *read_cart(basket_t *basket, const shop_app_t *app, const shop_req_t *req)
{
    memset(basket, 0, sizeof(*basket));
    return app->cart->carts->find(&basket->cart, app->cart->carts, req->caller.user_id, req->pool);
}

static shop_error_t *cart_show(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    basket_t basket;

    SHOP_TRY(read_cart(&basket, app, req));
    return answer(&basket, app, req, res);
}

/* Lines of deleted products are not shown, so they do not count towards the limit of lines. */
static shop_error_t *drop_deleted(basket_t *basket, const shop_app_t *app, const shop_req_t *req)
{
    const apr_array_header_t *lines = basket->cart->lines;

    for (int i = 0; i < lines->nelts; i++) {
        const char *id = APR_ARRAY_IDX(lines, i, shop_cart_line_t *)->product_id;
        shop_cart_t *after;
        shop_error_t *err = NULL;

        if (!product_in(basket, id)) {
            err = app->cart->carts->remove(&after, app->cart->carts, req->caller.user_id, id,
                                           req->now, req->pool);
        }
        if (err && err->code != SHOP_NOT_FOUND) {
            return err;
        }
    }
    return NULL;
}

static shop_error_t *add_line(basket_t *basket, const shop_app_t *app, const shop_req_t *req,
                              const char *id, int64_t quantity)
{
    const char *user = req->caller.user_id;
    int place = shop_cart_place(basket->cart, id);
    shop_cart_t *after;
    shop_error_t *err = app->cart->carts->add(&after, app->cart->carts, user, id, quantity, place,
                                              req->now, req->pool);

    if (err && err->code == SHOP_CART_FULL) {
        SHOP_TRY(drop_deleted(basket, app, req));
        err = app->cart->carts->add(&after, app->cart->carts, user, id, quantity, -1, req->now,
                                    req->pool);
    }
    if (!err) {
        basket->cart = after;
    }
    return err;
}

static shop_error_t *no_such_product(const shop_req_t *req, const char *id)
{
    return shop_err(req->pool, NOT_FOUND, "there is no product %s", id);
}

/* Lower case, because identifiers are compared as text. */
static const char *lower_case(const char *id, apr_pool_t *pool)
{
    char *lower = apr_pstrdup(pool, id);

    for (char *at = lower; *at; at++) {
        *at = (char)apr_tolower((unsigned char)*at);
    }
    return lower;
}

static shop_error_t *cart_add(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const shop_cart_line_t *body = req->record;
    const char *id = lower_case(body->product_id, req->pool);
    const shop_cart_line_t *line;
    const shop_product_t *product;
    basket_t basket;

    SHOP_TRY(read_cart(&basket, app, req));
    SHOP_TRY(read_products(&basket, app, req, id));
    product = product_in(&basket, id);
    if (!product) {
        return no_such_product(req, id);
    }
    line = shop_cart_line(basket.cart, id);
    SHOP_TRY(shop_cart_may_hold(product, body->quantity + (line ? line->quantity : 0), req->pool));
    SHOP_TRY(add_line(&basket, app, req, id, body->quantity));
    return answer(&basket, app, req, res);
}

/* The ETag covers the reply, prices and stock included. The edit itself compares the stored rev
 * with that of the cart that was read. */
static shop_error_t *check_if_match(basket_t *basket, const shop_app_t *app, const shop_req_t *req,
                                    const shop_res_t *res)
{
    if (!shop_req_header(req, "If-Match")) {
        return NULL;
    }
    SHOP_TRY(price(basket, app, req));
    return shop_etag_if_match(
        req, shop_res_object_etag(res, shop_cart_fields, basket->view, req->pool), false);
}

static shop_error_t *edit_any(basket_t *basket, const shop_app_t *app, const shop_req_t *req,
                              const char *id, int64_t quantity)
{
    const char *user = req->caller.user_id;

    if (!id) {
        return app->cart->carts->clear(&basket->cart, app->cart->carts, user, req->now, req->pool);
    }
    if (quantity == 0) {
        return app->cart->carts->remove(&basket->cart, app->cart->carts, user, id, req->now,
                                        req->pool);
    }
    return app->cart->carts->set(&basket->cart, app->cart->carts, user, id, quantity, req->now,
                                 req->pool);
}

/* id NULL: clears the cart; quantity 0: removes the line. If-Match has been checked. */
static shop_error_t *edit_cart(basket_t *basket, const shop_app_t *app, const shop_req_t *req,
                               const char *id, int64_t quantity)
{
    shop_error_t *err;

    if (!shop_req_header(req, "If-Match")) {
        return edit_any(basket, app, req, id, quantity);
    }
    err = app->cart->carts->edit(&basket->cart, app->cart->carts, req->caller.user_id, id, quantity,
                                 basket->cart->rev, req->now, req->pool);
    return err && err->code == SHOP_CONFLICT
               ? shop_err(req->pool, PRECONDITION_FAILED, "the cart changed at the same moment")
               : err;
}

static shop_error_t *cart_set(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const shop_cart_line_t *body = req->record;
    const shop_product_t *product;
    const char *id;
    basket_t basket;

    SHOP_TRY(shop_req_id(&id, req, "product_id"));
    SHOP_TRY(read_cart(&basket, app, req));
    if (!shop_cart_line(basket.cart, id)) {
        return shop_err(req->pool, NOT_FOUND, "the cart has no line with product %s", id);
    }
    SHOP_TRY(read_products(&basket, app, req, NULL));
    product = product_in(&basket, id);
    if (!product) {
        return no_such_product(req, id);
    }
    SHOP_TRY(check_if_match(&basket, app, req, res));
    SHOP_TRY(shop_cart_may_hold(product, body->quantity, req->pool));
    SHOP_TRY(edit_cart(&basket, app, req, id, body->quantity));
    return answer(&basket, app, req, res);
}

/* With If-Match the cart must be read before a removal, otherwise not. */
static shop_error_t *read_for_removal(basket_t *basket, const shop_app_t *app,
                                      const shop_req_t *req, const char *id)
{
    memset(basket, 0, sizeof(*basket));
    if (!shop_req_header(req, "If-Match")) {
        return NULL;
    }
    SHOP_TRY(read_cart(basket, app, req));
    if (id && !shop_cart_line(basket->cart, id)) {
        return shop_err(req->pool, NOT_FOUND, "the cart has no line with product %s", id);
    }
    return NULL;
}

static shop_error_t *cart_remove(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    basket_t basket;
    const char *id;

    SHOP_TRY(shop_req_id(&id, req, "product_id"));
    SHOP_TRY(read_for_removal(&basket, app, req, id));
    SHOP_TRY(check_if_match(&basket, app, req, res));
    SHOP_TRY(edit_cart(&basket, app, req, id, 0));
    return answer(&basket, app, req, res);
}

static shop_error_t *cart_clear(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    basket_t basket;

    SHOP_TRY(read_for_removal(&basket, app, req, NULL));
    SHOP_TRY(check_if_match(&basket, app, req, res));
    SHOP_TRY(edit_cart(&basket, app, req, NULL, 0));
    return answer(&basket, app, req, res);
}

static const shop_code_t add_errors[] = { SHOP_NOT_FOUND,        SHOP_OUT_OF_STOCK, SHOP_CART_FULL,
                                          SHOP_AMOUNT_TOO_LARGE, SHOP_CONFLICT,     SHOP_OK };
static const shop_code_t set_errors[] = { SHOP_NOT_FOUND, SHOP_PRECONDITION_FAILED,
                                          SHOP_OUT_OF_STOCK, SHOP_AMOUNT_TOO_LARGE, SHOP_OK };
static const shop_code_t remove_errors[] = { SHOP_NOT_FOUND, SHOP_PRECONDITION_FAILED, SHOP_OK };
static const shop_code_t clear_errors[] = { SHOP_PRECONDITION_FAILED, SHOP_OK };

const shop_route_t shop_cart_routes[] = {
    { .method = "GET",
      .path = "/cart",
      .handler = cart_show,
      .operation = "showCart",
      .summary = "Get the caller's cart with present prices",
      .tag = "cart",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_cart_fields },
    { .method = "POST",
      .path = "/cart",
      .handler = cart_add,
      .operation = "addToCart",
      .summary = "Add units of a product to the cart",
      .tag = "cart",
      .access = SHOP_ACCESS_CUSTOMER,
      .body = add_fields,
      .body_size = sizeof(shop_cart_line_t),
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_cart_fields,
      .errors = add_errors },
    { .method = "PUT",
      .path = "/cart/{product_id}",
      .handler = cart_set,
      .operation = "setCartLine",
      .summary = "Set the quantity of a cart line",
      .tag = "cart",
      .access = SHOP_ACCESS_CUSTOMER,
      .if_match = true,
      .body = set_fields,
      .body_size = sizeof(shop_cart_line_t),
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_cart_fields,
      .errors = set_errors },
    { .method = "DELETE",
      .path = "/cart/{product_id}",
      .handler = cart_remove,
      .operation = "removeCartLine",
      .summary = "Remove a line from the cart",
      .tag = "cart",
      .access = SHOP_ACCESS_CUSTOMER,
      .if_match = true,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_cart_fields,
      .errors = remove_errors },
    { .method = "DELETE",
      .path = "/cart",
      .handler = cart_clear,
      .operation = "clearCart",
      .summary = "Empty the cart",
      .tag = "cart",
      .access = SHOP_ACCESS_CUSTOMER,
      .if_match = true,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_cart_fields,
      .errors = clear_errors },
    { .method = NULL },
};
