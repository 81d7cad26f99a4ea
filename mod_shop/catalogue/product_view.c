/* SPDX-License-Identifier: MIT
 * The field table of a product: what a reply shows of it and what a body may say. */
#include "product_view.h"

#include "../base/money.h"

const shop_field_t shop_product_fields[] = {
    SHOP_FIELD(shop_product_t, id, ID, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0, "identifier"),
    SHOP_FIELD(shop_product_t, name, STRING, SHOP_REQUIRED, 1, 200, "what it is called"),
    SHOP_FIELD_DEFAULT_TEXT(shop_product_t, description, TEXT, SHOP_NULLABLE, 0, 10000,
                            "plain text, empty when absent", ""),
    SHOP_FIELD(shop_product_t, price, MONEY, SHOP_REQUIRED, 0, SHOP_PRICE_MAX,
               "price of one unit in major units"),
    SHOP_FIELD(shop_product_t, currency, STRING, SHOP_READ_ONLY | SHOP_REQUIRED, 3, 3,
               "ISO 4217 code of the shop's currency"),
    SHOP_FIELD(shop_product_t, category, STRING, SHOP_REQUIRED, 1, 100,
               "the category it is listed in"),
    SHOP_FIELD(shop_product_t, stock, INT, 0, 0, SHOP_STOCK_MAX,
               "units that can be ordered; set on create, moved by POST /products/{id}/stock"),
    SHOP_FIELD(shop_product_t, image_url, URL, SHOP_NULLABLE, 1, 2048,
               "http(s) address or absolute path of a picture; never fetched by the shop"),
    SHOP_FIELD(shop_product_t, featured, BOOL, 0, 0, 0, "listed under GET /products/featured"),
    SHOP_FIELD(shop_product_t, created_at, TIME, SHOP_READ_ONLY, 0, 0, "when it was created"),
    SHOP_FIELD(shop_product_t, updated_at, TIME, SHOP_READ_ONLY, 0, 0,
               "when it was changed last; orders do not count"),
    SHOP_FIELDS_END,
};
