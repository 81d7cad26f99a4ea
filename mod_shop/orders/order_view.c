/* SPDX-License-Identifier: MIT
 * The field tables of an order. */
#include "order_view.h"

const char *const shop_order_status_names[] = { "pending",   "paid",      "processing", "shipped",
                                                "delivered", "cancelled", "refunded",   NULL };
const char *const shop_order_payment_methods[] = { "credit_card",   "debit_card",       "paypal",
                                                   "bank_transfer", "cash_on_delivery", NULL };

const shop_field_t shop_order_address_fields[] = {
    SHOP_FIELD(shop_address_t, street, STRING, SHOP_REQUIRED, 1, 200, "street and number"),
    SHOP_FIELD(shop_address_t, city, STRING, SHOP_REQUIRED, 1, 100, "city"),
    SHOP_FIELD(shop_address_t, state, STRING, SHOP_REQUIRED, 0, 100,
               "state or province; may be empty"),
    SHOP_FIELD(shop_address_t, country, STRING, SHOP_REQUIRED, 1, 100, "country"),
    SHOP_FIELD(shop_address_t, zip_code, STRING, SHOP_REQUIRED, 0, 20, "postal code; may be empty"),
    SHOP_FIELDS_END,
};

const shop_field_t shop_order_item_fields[] = {
    SHOP_FIELD_NAMED("product_id", shop_order_line_t, unit_id, ID, SHOP_REQUIRED, 0, 0,
                     "the product"),
    SHOP_FIELD(shop_order_line_t, name, STRING, SHOP_REQUIRED, 0, 0, "its name when ordered"),
    SHOP_FIELD(shop_order_line_t, price, MONEY, SHOP_REQUIRED, 0, 0, "its price when ordered"),
    SHOP_FIELD(shop_order_line_t, quantity, INT, SHOP_REQUIRED, 0, 0, "units"),
    SHOP_FIELD(shop_order_line_t, line_total, MONEY, SHOP_REQUIRED, 0, 0, "price x quantity"),
    SHOP_FIELDS_END,
};

static const shop_field_t event_fields[] = {
    SHOP_FIELD_ENUM_OF(shop_order_event_t, status, SHOP_REQUIRED, shop_order_status_names,
                       "the status it took"),
    SHOP_FIELD(shop_order_event_t, at, TIME, SHOP_REQUIRED, 0, 0, "when"),
    SHOP_FIELD(shop_order_event_t, by, STRING, SHOP_REQUIRED, 0, 0, "user id, or \"system\""),
    SHOP_FIELD(shop_order_event_t, note, STRING, SHOP_OMIT_NULL | SHOP_FOR_ADMIN, 0, 0,
               "an admin's note"),
    SHOP_FIELDS_END,
};

const shop_field_t shop_order_fields[] = {
    SHOP_FIELD(shop_order_view_t, id, ID, SHOP_REQUIRED, 0, 0, "identifier"),
    SHOP_FIELD(shop_order_view_t, number, STRING, SHOP_REQUIRED, 0, 0,
               "what people call the order by"),
    SHOP_FIELD(shop_order_view_t, user_id, ID, SHOP_OMIT_NULL | SHOP_FOR_ADMIN, 0, 0,
               "who ordered"),
    SHOP_FIELD_ENUM_OF(shop_order_view_t, status, SHOP_REQUIRED, shop_order_status_names,
                       "where the order is"),
    SHOP_FIELD_LIST_OF(shop_order_view_t, items, SHOP_REQUIRED, shop_order_item_fields,
                       "what was ordered"),
    SHOP_FIELD(shop_order_view_t, subtotal, MONEY, SHOP_REQUIRED, 0, 0, "sum of the lines"),
    SHOP_FIELD(shop_order_view_t, discount, MONEY, SHOP_REQUIRED, 0, 0,
               "what the coupon takes off"),
    SHOP_FIELD(shop_order_view_t, total, MONEY, SHOP_REQUIRED, 0, 0, "subtotal - discount"),
    SHOP_FIELD(shop_order_view_t, refunded, MONEY, SHOP_REQUIRED, 0, 0, "paid back so far"),
    SHOP_FIELD(shop_order_view_t, refundable, MONEY, SHOP_REQUIRED, 0, 0,
               "what can still be paid back: of an order that was paid, cancelled since or not"),
    SHOP_FIELD(shop_order_view_t, currency, STRING, SHOP_REQUIRED, 0, 0, "ISO 4217"),
    SHOP_FIELD(shop_order_view_t, coupon_code, STRING, SHOP_NULLABLE, 0, 0, "the coupon used"),
    SHOP_FIELD_OBJECT_OF(shop_order_view_t, shipping_address, SHOP_NULLABLE, shop_address_t,
                         shop_order_address_fields, "where it goes; null once erased"),
    SHOP_FIELD_ENUM_OF(shop_order_view_t, payment_method, SHOP_REQUIRED, shop_order_payment_methods,
                       "how it is paid"),
    SHOP_FIELD(shop_order_view_t, tracking_number, STRING, SHOP_OMIT_NULL, 0, 0, "of the parcel"),
    SHOP_FIELD_LIST_OF(shop_order_view_t, history, SHOP_REQUIRED, event_fields,
                       "its statuses, oldest first"),
    SHOP_FIELD_STRINGS_OF(shop_order_view_t, next_statuses, SHOP_REQUIRED, shop_order_status_names,
                          "statuses that may follow"),
    SHOP_FIELD(shop_order_view_t, created_at, TIME, SHOP_REQUIRED, 0, 0, "when it was placed"),
    SHOP_FIELD(shop_order_view_t, updated_at, TIME, SHOP_REQUIRED, 0, 0, "when its status changed"),
    SHOP_FIELDS_END,
};

shop_order_view_t *shop_order_view(const shop_order_t *order, apr_pool_t *pool)
{
    shop_order_view_t *view = apr_pcalloc(pool, sizeof(*view));

    view->id = order->id;
    view->number = order->number;
    view->user_id = order->user_id;
    view->status = shop_order_status_name(order->status);
    view->items = order->items;
    view->subtotal = order->subtotal;
    view->discount = order->discount;
    view->total = order->total;
    view->refunded = order->refunded;
    view->refundable = shop_order_refundable(order);
    view->currency = order->currency;
    view->coupon_code = order->coupon_code;
    view->shipping_address = order->shipping_address;
    view->payment_method = order->payment_method;
    view->tracking_number = order->tracking_number;
    view->history = order->history;
    view->next_statuses = shop_order_next(order->status, pool);
    view->created_at = order->created_at;
    view->updated_at = order->updated_at;
    return view;
}
