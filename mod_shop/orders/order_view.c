/* SPDX-License-Identifier: MIT
 * The field tables of an order. */
#include "order_view.h"

const char *const shop_order_status_names[] = { "pending",   "paid",      "processing", "shipped",
                                                "delivered", "cancelled", "refunded",   NULL };
const char *const shop_order_payment_methods[] = { "credit_card",   "debit_card",       "paypal",
                                                   "bank_transfer", "cash_on_delivery", NULL };

const shop_field_t shop_order_address_fields[] = {
    SHOP_FIELD(shop_address_t, street, STRING, SHOP_REQUIRED, 1, 200, "Street and number"),
    SHOP_FIELD(shop_address_t, city, STRING, SHOP_REQUIRED, 1, 100, "City"),
    SHOP_FIELD(shop_address_t, state, STRING, SHOP_REQUIRED, 0, 100,
               "State or province; may be empty"),
    SHOP_FIELD(shop_address_t, country, STRING, SHOP_REQUIRED, 1, 100, "Country"),
    SHOP_FIELD(shop_address_t, zip_code, STRING, SHOP_REQUIRED, 0, 20, "Postal code; may be empty"),
    SHOP_FIELDS_END,
};

const shop_field_t shop_order_item_fields[] = {
    SHOP_FIELD_NAMED("product_id", shop_order_line_t, unit_id, ID, SHOP_REQUIRED, 0, 0,
                     "Product id"),
    SHOP_FIELD(shop_order_line_t, name, STRING, SHOP_REQUIRED, 0, 0,
               "Name of the product when ordered"),
    SHOP_FIELD(shop_order_line_t, price, MONEY, SHOP_REQUIRED, 0, 0,
               "Price of the product when ordered"),
    SHOP_FIELD(shop_order_line_t, quantity, INT, SHOP_REQUIRED, 0, 0, "Number of units"),
    SHOP_FIELD(shop_order_line_t, line_total, MONEY, SHOP_REQUIRED, 0, 0, "Price times quantity"),
    SHOP_FIELDS_END,
};

static const shop_field_t event_fields[] = {
    SHOP_FIELD_ENUM_OF(shop_order_event_t, status, SHOP_REQUIRED, shop_order_status_names,
                       "New status"),
    SHOP_FIELD(shop_order_event_t, at, TIME, SHOP_REQUIRED, 0, 0, "Time of the change"),
    SHOP_FIELD(shop_order_event_t, by, STRING, SHOP_REQUIRED, 0, 0, "User id, or `system`"),
    SHOP_FIELD(shop_order_event_t, note, STRING, SHOP_OMIT_NULL | SHOP_FOR_ADMIN, 0, 0,
               "Note of an admin"),
    SHOP_FIELDS_END,
};

const shop_field_t shop_order_fields[] = {
    SHOP_FIELD(shop_order_view_t, id, ID, SHOP_REQUIRED, 0, 0, "Order id"),
    SHOP_FIELD(shop_order_view_t, number, STRING, SHOP_REQUIRED, 0, 0, "Order number for people"),
    SHOP_FIELD(shop_order_view_t, user_id, ID, SHOP_OMIT_NULL | SHOP_FOR_ADMIN, 0, 0,
               "User id of the customer"),
    SHOP_FIELD_ENUM_OF(shop_order_view_t, status, SHOP_REQUIRED, shop_order_status_names,
                       "Status of the order"),
    SHOP_FIELD_LIST_OF(shop_order_view_t, items, SHOP_REQUIRED, shop_order_item_fields,
                       "Order lines"),
    SHOP_FIELD(shop_order_view_t, subtotal, MONEY, SHOP_REQUIRED, 0, 0, "Sum of the line totals"),
    SHOP_FIELD(shop_order_view_t, discount, MONEY, SHOP_REQUIRED, 0, 0, "Discount of the coupon"),
    SHOP_FIELD(shop_order_view_t, total, MONEY, SHOP_REQUIRED, 0, 0, "Subtotal minus discount"),
    SHOP_FIELD(shop_order_view_t, refunded, MONEY, SHOP_REQUIRED, 0, 0, "Sum of all refunds"),
    SHOP_FIELD(shop_order_view_t, refundable, MONEY, SHOP_REQUIRED, 0, 0,
               "Amount that can still be refunded; 0 if the order was never paid"),
    SHOP_FIELD(shop_order_view_t, currency, STRING, SHOP_REQUIRED, 0, 0, "ISO 4217 code"),
    SHOP_FIELD(shop_order_view_t, coupon_code, STRING, SHOP_NULLABLE, 0, 0, "Coupon of the order"),
    SHOP_FIELD_OBJECT_OF(shop_order_view_t, shipping_address, SHOP_NULLABLE, shop_address_t,
                         shop_order_address_fields, "Shipping address; null after it was erased"),
    SHOP_FIELD_ENUM_OF(shop_order_view_t, payment_method, SHOP_REQUIRED, shop_order_payment_methods,
                       "Payment method"),
    SHOP_FIELD(shop_order_view_t, tracking_number, STRING, SHOP_OMIT_NULL, 0, 0,
               "Tracking number of the parcel"),
    SHOP_FIELD_LIST_OF(shop_order_view_t, history, SHOP_REQUIRED, event_fields,
                       "Changes of status, oldest first"),
    SHOP_FIELD_STRINGS_OF(shop_order_view_t, next_statuses, SHOP_REQUIRED, shop_order_status_names,
                          "Statuses that the order can change to"),
    SHOP_FIELD(shop_order_view_t, created_at, TIME, SHOP_REQUIRED, 0, 0, "Time of placing"),
    SHOP_FIELD(shop_order_view_t, updated_at, TIME, SHOP_REQUIRED, 0, 0,
               "Time of the last change of status"),
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
