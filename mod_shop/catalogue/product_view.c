/* SPDX-License-Identifier: MIT
 * The field table of a product: what a reply shows of it and what a body may say. */
#include "product_view.h"

#include "../base/money.h"

const shop_field_t shop_product_fields[] = {
    SHOP_FIELD(shop_product_t, id, ID, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0, "Product id"),
    SHOP_FIELD(shop_product_t, name, STRING, SHOP_REQUIRED, 1, 200, "Name of the product"),
    SHOP_FIELD_DEFAULT_TEXT(shop_product_t, description, TEXT, SHOP_NULLABLE, 0, 10000,
                            "Plain text; empty by default", ""),
    SHOP_FIELD(shop_product_t, price, MONEY, SHOP_REQUIRED, 0, SHOP_PRICE_MAX,
               "Price of one unit in major units"),
    SHOP_FIELD(shop_product_t, currency, STRING, SHOP_READ_ONLY | SHOP_REQUIRED, 3, 3,
               "ISO 4217 code of the shop's currency"),
    SHOP_FIELD(shop_product_t, category, STRING, SHOP_REQUIRED, 1, 100,
               "Category that the product is listed in"),
    SHOP_FIELD(shop_product_t, stock, INT, 0, 0, SHOP_STOCK_MAX,
               "Units available to order. Set on creation, changed by POST /products/{id}/stock."),
    SHOP_FIELD(shop_product_t, image_url, URL, SHOP_NULLABLE, 1, 2048,
               "http(s) URL or absolute path of a picture. The shop does not fetch it."),
    SHOP_FIELD(shop_product_t, featured, BOOL, 0, 0, 0, "Listed in GET /products/featured"),
    SHOP_FIELD(shop_product_t, created_at, TIME, SHOP_READ_ONLY, 0, 0, "Time of creation"),
    SHOP_FIELD(shop_product_t, updated_at, TIME, SHOP_READ_ONLY, 0, 0,
               "Time of the last change by an admin"),
    SHOP_FIELDS_END,
};
