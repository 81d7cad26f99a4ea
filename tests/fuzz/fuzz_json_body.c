/* SPDX-License-Identifier: MIT
 * Any bytes as a request body: parsed, read by a field table of every kind, printed again. What was
 * taken must print as JSON that can be taken again. */
#include <apr_general.h>
#include <stdlib.h>

#include "mod_shop/base/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct inner_t {
    const char *name;
} inner_t;

typedef struct thing_t {
    const char *name, *text, *id, *email, *url, *colour;
    int64_t count, price;
    bool flag;
    apr_time_t at;
    inner_t *inner;
    apr_array_header_t *list, *tags;
} thing_t;

static const char *const colours[] = { "red", "green", NULL };

static const shop_field_t inner_fields[] = {
    SHOP_FIELD(inner_t, name, STRING, SHOP_REQUIRED, 1, 20, ""),
    SHOP_FIELDS_END,
};

static const shop_field_t fields[] = {
    SHOP_FIELD(thing_t, name, STRING, SHOP_OMIT_NULL, 1, 20, ""),
    SHOP_FIELD(thing_t, text, TEXT, SHOP_OMIT_NULL | SHOP_NULLABLE, 0, 200, ""),
    SHOP_FIELD(thing_t, id, ID, SHOP_OMIT_NULL, 0, 0, ""),
    SHOP_FIELD(thing_t, email, EMAIL, SHOP_OMIT_NULL, 0, 0, ""),
    SHOP_FIELD(thing_t, url, URL, SHOP_OMIT_NULL, 0, 0, ""),
    SHOP_FIELD_ENUM_OF(thing_t, colour, SHOP_OMIT_NULL, colours, ""),
    SHOP_FIELD(thing_t, count, INT, SHOP_NULLABLE, -5, 500, ""),
    SHOP_FIELD(thing_t, price, MONEY, SHOP_NULLABLE, 0, 999999999, ""),
    SHOP_FIELD(thing_t, flag, BOOL, 0, 0, 0, ""),
    SHOP_FIELD(thing_t, at, TIME, SHOP_NULLABLE, 0, 0, ""),
    SHOP_FIELD_OBJECT_OF(thing_t, inner, SHOP_OMIT_NULL, inner_t, inner_fields, ""),
    { .name = "list",
      .kind = SHOP_FIELD_LIST,
      .offset = offsetof(thing_t, list),
      .max = 4,
      .fields = inner_fields,
      .size = sizeof(inner_t) },
    { .name = "tags", .kind = SHOP_FIELD_STRINGS, .offset = offsetof(thing_t, tags), .max = 4 },
    SHOP_FIELDS_END,
};

static void check(const char *text, apr_size_t size, apr_pool_t *pool)
{
    thing_t thing = { .count = 0 };
    shop_present_t present;
    shop_json_doc_t doc;
    shop_json_out_t out;
    const char *printed;
    apr_size_t printed_size;

    if (shop_json_parse(&doc, text, size, pool) ||
        shop_fields_read(&thing, &present, fields, &doc, true, 2, pool)) {
        return;
    }
    shop_json_out_init(&out, pool, 64);
    shop_fields_write(&out, fields, &thing, SHOP_AUDIENCE_ADMIN, 2);
    printed = shop_json_finish(&out, &printed_size);
    if (shop_json_parse(&doc, printed, printed_size, pool) ||
        shop_fields_read(&thing, &present, fields, &doc, true, 2, pool)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *pool;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&pool, root);
    check((const char *)data, size, pool);
    apr_pool_destroy(pool);
    return 0;
}
