/* SPDX-License-Identifier: MIT
 * The field tables: reading, printing, schema. */
#include "mod_shop/base/fields.h"

#include "mod_shop/base/text_pattern.h"
#include "tests/kit/harness.h"

#define ID "0123456789abcdef01234567"

typedef struct inner_t {
    const char *street;
    int64_t floor;
} inner_t;

typedef struct thing_t {
    const char *id;
    const char *name;
    const char *text;
    const char *code;
    const char *secret;
    const char *ref;
    const char *email;
    const char *url;
    const char *colour;
    int64_t count;
    int64_t limit;
    bool flag;
    int64_t price;
    apr_time_t at;
    inner_t *inner;
    inner_t *shown;
    apr_array_header_t *rooms;
    apr_array_header_t *tags;
} thing_t;

static const shop_field_t inner_fields[] = {
    SHOP_FIELD(inner_t, street, STRING, SHOP_REQUIRED, 1, 10, "street"),
    SHOP_FIELD(inner_t, floor, INT, 0, -9, 99, "floor"),
    SHOP_FIELDS_END,
};

static const char *const colours[] = { "red", "green", NULL };

static const shop_field_t fields[] = {
    SHOP_FIELD(thing_t, id, ID, SHOP_READ_ONLY, 0, 0, "identifier"),
    SHOP_FIELD(thing_t, name, STRING, SHOP_REQUIRED, 2, 4, "name"),
    SHOP_FIELD(thing_t, text, TEXT, SHOP_OMIT_NULL | SHOP_NULLABLE, 0, 10, "text"),
    SHOP_FIELD(thing_t, code, STRING, SHOP_OMIT_NULL | SHOP_TRIMMED, 2, 3, "code"),
    SHOP_FIELD(thing_t, secret, SECRET, 0, 2, 5, "secret"),
    SHOP_FIELD(thing_t, ref, ID, SHOP_OMIT_NULL, 0, 0, "reference"),
    SHOP_FIELD(thing_t, email, EMAIL, SHOP_WRITE_ONLY, 0, 0, "address"),
    SHOP_FIELD(thing_t, url, URL, SHOP_NULLABLE, 0, 0, "picture"),
    SHOP_FIELD_ENUM_OF(thing_t, colour, SHOP_OMIT_NULL, colours, "colour"),
    SHOP_FIELD(thing_t, count, INT, 0, 0, 9, "count"),
    SHOP_FIELD(thing_t, limit, INT, SHOP_NULLABLE, 1, 9, "limit"),
    SHOP_FIELD(thing_t, flag, BOOL, 0, 0, 0, "flag"),
    SHOP_FIELD(thing_t, price, MONEY, SHOP_NULLABLE, 0, 999999999, "price"),
    SHOP_FIELD(thing_t, at, TIME, SHOP_NULLABLE, 0, 0, "time"),
    SHOP_FIELD_OBJECT_OF(thing_t, inner, SHOP_OMIT_NULL, inner_t, inner_fields, "inner"),
    { .name = "shown",
      .kind = SHOP_FIELD_OBJECT,
      .offset = offsetof(thing_t, shown),
      .flags = SHOP_OMIT_NULL,
      .help = "only printed",
      .fields = inner_fields },
    { .name = "rooms",
      .kind = SHOP_FIELD_LIST,
      .offset = offsetof(thing_t, rooms),
      .max = 2,
      .flags = SHOP_OMIT_NULL,
      .help = "rooms",
      .fields = inner_fields,
      .size = sizeof(inner_t) },
    { .name = "tags",
      .kind = SHOP_FIELD_STRINGS,
      .offset = offsetof(thing_t, tags),
      .max = 2,
      .help = "tags" },
    SHOP_FIELDS_END,
};

static shop_error_t *read_thing(thing_t *thing, shop_present_t *present, const char *text,
                                bool partial)
{
    shop_json_doc_t doc;

    SHOP_TRY(shop_json_parse(&doc, text, strlen(text), t_pool));
    return shop_fields_read(thing, present, fields, &doc, partial, 2, t_pool);
}

static void every_kind_reaches_its_member(void)
{
    thing_t thing = { .count = 5 };
    shop_present_t present;

    T_OK(read_thing(&thing, &present,
                    "{\"name\":\"L\xc3\xa4mp\",\"text\":\"a\\n\\tb\",\"secret\":\"\\u001bx\","
                    "\"ref\":\"0123456789ABCDEF01234567\",\"email\":\"a@b.example\","
                    "\"url\":\"https://x.example/a\",\"colour\":\"green\",\"limit\":9,"
                    "\"flag\":true,\"price\":99.90,\"at\":\"2026-11-23T23:39:26+01:00\","
                    "\"inner\":{\"street\":\"x\",\"floor\":-2},"
                    "\"rooms\":[{\"street\":\"y\"},{\"street\":\"z\"}],\"tags\":[\"a\",\"b\"]}",
                    false));
    T_STR(thing.name, "L\xc3\xa4mp");
    T_STR(thing.text, "a\n\tb");
    T_STR(thing.secret, "\x1bx");
    T_STR(thing.ref, ID);
    T_STR(thing.email, "a@b.example");
    T_STR(thing.url, "https://x.example/a");
    T_STR(thing.colour, "green");
    T_INT(thing.count, 5);
    T_INT(thing.limit, 9);
    T_TRUE(thing.flag);
    T_INT(thing.price, 9990);
    T_INT(thing.at / APR_USEC_PER_SEC, 1795473566);
    T_STR(thing.inner->street, "x");
    T_INT(thing.inner->floor, -2);
    T_INT(thing.rooms->nelts, 2);
    T_STR(APR_ARRAY_IDX(thing.rooms, 1, inner_t *)->street, "z");
    T_STR(APR_ARRAY_IDX(thing.tags, 1, const char *), "b");
    T_TRUE(shop_fields_has(present, fields, "tags"));
    T_TRUE(!shop_fields_has(present, fields, "count"));
    T_TRUE(!shop_fields_has(present, fields, "no_such_member"));
}

static void each_violation_has_its_code_and_pointer(void)
{
    static const struct {
        const char *member, *pointer, *code;
    } cases[] = {
        { "\"id\":\"" ID "\"", "/id", "unknown" },
        { "\"shown\":{}", "/shown", "unknown" },
        { "\"x\":1", "/x", "unknown" },
        { "\"a/b~c\":1", "/a~1b~0c", "unknown" },
        { "\"name\":\"x\"", "/name", "length" },
        { "\"name\":\"xxxxx\"", "/name", "length" },
        { "\"name\":7", "/name", "type" },
        { "\"name\":null", "/name", "null" },
        { "\"name\":{\"$gt\":\"\"}", "/name", "type" },
        { "\"name\":[\"a\"]", "/name", "type" },
        { "\"name\":\"a\\nb\"", "/name", "format" },
        { "\"name\":\"a\\u202e\"", "/name", "format" },
        { "\"name\":\"a\\uffff\"", "/name", "format" },
        { "\"name\":\"\\u200b\\u2060\"", "/name", "format" },
        { "\"text\":\"a\\r\"", "/text", "format" },
        { "\"text\":\"a\\u0085\"", "/text", "format" },
        { "\"code\":\" a \"", "/code", "length" },
        { "\"code\":\"   \"", "/code", "length" },
        { "\"code\":\"\\tab\"", "/code", "format" },
        { "\"email\":\"a@b.c\\n\"", "/email", "format" },
        { "\"text\":\"\\u001b\"", "/text", "format" },
        { "\"secret\":\"x\"", "/secret", "length" },
        { "\"secret\":7", "/secret", "type" },
        { "\"ref\":\"abc\"", "/ref", "format" },
        { "\"ref\":null", "/ref", "null" },
        { "\"email\":\"a@b\"", "/email", "format" },
        { "\"url\":\"javascript:x\"", "/url", "format" },
        { "\"colour\":\"Red\"", "/colour", "enum" },
        { "\"colour\":\"\"", "/colour", "enum" },
        { "\"colour\":1", "/colour", "type" },
        { "\"count\":10", "/count", "too_large" },
        { "\"count\":1e1", "/count", "too_large" },
        { "\"count\":9223372036854775808.0", "/count", "too_large" },
        { "\"count\":1e300", "/count", "too_large" },
        { "\"count\":-1", "/count", "negative" },
        { "\"count\":-1.0", "/count", "negative" },
        { "\"count\":-1e300", "/count", "negative" },
        { "\"count\":1.5", "/count", "decimals" },
        { "\"count\":1e-1", "/count", "decimals" },
        { "\"count\":1.0000000000000000001", "/count", "decimals" },
        { "\"count\":\"5\"", "/count", "type" },
        { "\"count\":true", "/count", "type" },
        { "\"count\":null", "/count", "null" },
        { "\"count\":{}", "/count", "type" },
        { "\"limit\":0", "/limit", "too_small" },
        { "\"flag\":1", "/flag", "type" },
        { "\"flag\":null", "/flag", "null" },
        { "\"price\":-1", "/price", "negative" },
        { "\"price\":-0.01", "/price", "negative" },
        { "\"price\":10000000", "/price", "too_large" },
        { "\"price\":10000000.001", "/price", "decimals" },
        { "\"price\":100000000000000000000.5", "/price", "too_large" },
        { "\"price\":0.001", "/price", "decimals" },
        { "\"price\":99.999", "/price", "decimals" },
        { "\"price\":9.9900000000000000001", "/price", "decimals" },
        { "\"price\":\"99.99\"", "/price", "type" },
        { "\"price\":true", "/price", "type" },
        { "\"price\":1e2", "/price", "format" },
        { "\"price\":1e300", "/price", "format" },
        { "\"price\":1.0E0", "/price", "format" },
        { "\"at\":7", "/at", "type" },
        { "\"at\":\"2024-02-30T00:00:00Z\"", "/at", "format" },
        { "\"at\":\"2024-02-03T00:00:00\"", "/at", "format" },
        { "\"inner\":[]", "/inner", "type" },
        { "\"inner\":null", "/inner", "null" },
        { "\"inner\":{}", "/inner/street", "required" },
        { "\"inner\":{\"street\":\"x\",\"$set\":1}", "/inner/$set", "unknown" },
        { "\"inner\":{\"street\":7}", "/inner/street", "type" },
        { "\"rooms\":{}", "/rooms", "type" },
        { "\"rooms\":[1]", "/rooms/0", "type" },
        { "\"rooms\":[{\"street\":\"x\"},{}]", "/rooms/1/street", "required" },
        { "\"tags\":[\"a\",1]", "/tags/1", "type" },
        { "\"tags\":[\"a\",\"b\",\"c\"]", "/tags", "length" },
        { "\"tags\":[\"a\\u0007\"]", "/tags/0", "format" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool named = !strncmp(cases[i].member, "\"name\"", 6);
        thing_t thing = { .count = 5 };
        shop_present_t present;
        shop_error_t *err = read_thing(
            &thing, &present,
            apr_psprintf(t_pool, "{%s%s}", named ? "" : "\"name\":\"Lamp\",", cases[i].member),
            false);

        t_assert(err && err->violations && !strcmp(err->violations->pointer, cases[i].pointer) &&
                     !strcmp(err->violations->code, cases[i].code) && !err->violations->next,
                 __LINE__, __FILE__, "%s: %s %s", cases[i].member,
                 err && err->violations ? err->violations->pointer : "ok",
                 err && err->violations ? err->violations->code : "");
    }
}

static void a_number_is_read_by_its_value_and_not_by_its_notation(void)
{
    static const struct {
        const char *count;
        int64_t wanted;
    } counts[] = { { "1", 1 },      { "1.0", 1 },      { "1e0", 1 },
                   { "1E0", 1 },    { "0.5e1", 5 },    { "50e-1", 5 },
                   { "5.000", 5 },  { "-0", 0 },       { "-0.0", 0 },
                   { "0e9", 0 },    { "0.0e-999", 0 }, { "0.09e+2", 9 },
                   { "900e-2", 9 }, { "9.0E+0", 9 },   { "3.00000000000000000000000000000", 3 } };
    static const struct {
        const char *price;
        int64_t wanted;
    } prices[] = { { "9", 900 },     { "9.5", 950 },
                   { "9.990", 999 }, { "9.99000000000000000000000000", 999 },
                   { "-0.00", 0 },   { "9999999.99", 999999999 } };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        thing_t thing = { .count = -7 };
        shop_present_t present;

        /* beside a price with a fraction and an array of others: each number has its own digits */
        T_OK(read_thing(&thing, &present,
                        apr_psprintf(t_pool,
                                     "{\"rooms\":[{\"street\":\"x\",\"floor\":2e0},"
                                     "{\"street\":\"1.5\",\"floor\":-30.0e-1}],"
                                     "\"count\":%s,\"price\":7.25}",
                                     counts[i].count),
                        true));
        t_assert(thing.count == counts[i].wanted, __LINE__, __FILE__, "%s", counts[i].count);
        T_INT(thing.price, 725);
        T_INT(APR_ARRAY_IDX(thing.rooms, 0, inner_t *)->floor, 2);
        T_INT(APR_ARRAY_IDX(thing.rooms, 1, inner_t *)->floor, -3);
    }
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        thing_t thing = { .count = 5 };
        shop_present_t present;

        T_OK(read_thing(&thing, &present,
                        apr_psprintf(t_pool, "{\"count\":1e0,\"price\":%s}", prices[i].price),
                        true));
        t_assert(thing.price == prices[i].wanted, __LINE__, __FILE__, "%s", prices[i].price);
    }
}

static void text_is_kept_as_it_was_sent_and_codes_and_addresses_lose_their_outer_spaces(void)
{
    thing_t thing = { .count = 5 };
    shop_present_t present;

    T_OK(read_thing(&thing, &present,
                    "{\"name\":\" \xd9\x85\\u200c \",\"text\":\" \\ufeff\\u200f\\n\","
                    "\"code\":\"\\u00a0abc \",\"email\":\" a@b.example\\u3000\"}",
                    false));
    T_STR(thing.name, " \xd9\x85\xe2\x80\x8c ");
    T_STR(thing.text, " \xef\xbb\xbf\xe2\x80\x8f\n");
    T_STR(thing.code, "abc");
    T_STR(thing.email, "a@b.example");
}

static void every_violation_is_reported(void)
{
    thing_t thing = { .count = 5 };
    shop_present_t present;
    shop_error_t *err =
        read_thing(&thing, &present, "{\"x\":1,\"count\":99,\"flag\":0,\"inner\":{}}", false);
    static const char *const pointers[] = { "/name", "/count", "/flag", "/inner/street", "/x" };
    shop_violation_t *row = err ? err->violations : NULL;

    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        T_STR(row ? row->pointer : NULL, pointers[i]);
        row = row ? row->next : NULL;
    }
    T_TRUE(row == NULL);
}

static void a_patch_requires_nothing_but_its_objects_are_whole(void)
{
    thing_t thing = { .count = 5 };
    shop_present_t present = 1;
    shop_error_t *err;

    T_OK(read_thing(&thing, &present, "{}", true));
    T_INT(present, 0);
    err = read_thing(&thing, &present, "{\"inner\":{\"floor\":1}}", true);
    if (T_ERR(err, VALIDATION_FAILED)) {
        T_STR(err->violations->pointer, "/inner/street");
    }
}

static void null_resets_what_may_be_null(void)
{
    thing_t thing = { .text = "x", .url = "x", .limit = 5, .price = 5, .at = 5 };
    shop_present_t present;

    T_OK(read_thing(&thing, &present,
                    "{\"text\":null,\"url\":null,\"limit\":null,\"price\":null,\"at\":null}",
                    true));
    T_STR(thing.text, NULL);
    T_STR(thing.url, NULL);
    T_INT(thing.limit, -1);
    T_INT(thing.price, -1);
    T_INT(thing.at, 0);
    T_TRUE(shop_fields_has(present, fields, "limit"));
}

static void only_named_members_are_copied(void)
{
    inner_t inner = { "x", 1 };
    thing_t from = {
        .name = "new", .limit = 7, .flag = true, .price = 9, .at = 3, .inner = &inner, .count = 8
    };
    thing_t to = { .name = "old", .text = "kept", .count = 4 };
    shop_present_t present;

    T_OK(read_thing(&(thing_t){ .count = 0 }, &present,
                    "{\"name\":\"abc\",\"limit\":7,\"flag\":true,\"price\":9,"
                    "\"at\":\"2026-11-23T22:39:26Z\",\"inner\":{\"street\":\"x\"}}",
                    true));
    shop_fields_merge(&to, &from, fields, present);
    T_STR(to.name, "new");
    T_STR(to.text, "kept");
    T_INT(to.count, 4);
    T_INT(to.limit, 7);
    T_TRUE(to.flag);
    T_INT(to.price, 9);
    T_INT(to.at, 3);
    T_TRUE(to.inner == &inner);
}

static const char *printed(const thing_t *thing)
{
    shop_json_out_t out;

    shop_json_out_init(&out, t_pool, 64);
    shop_fields_write(&out, fields, thing, SHOP_AUDIENCE_EVERYBODY, 2);
    return shop_json_finish(&out, NULL);
}

static void a_reply_shows_what_the_table_lets_it_show(void)
{
    inner_t inner = { "x", -2 };
    thing_t thing = { .id = ID,
                      .name = "L\"",
                      .text = "a\nb",
                      .secret = "hunter2",
                      .ref = ID,
                      .email = "a@b.example",
                      .colour = "red",
                      .count = -3,
                      .limit = 2,
                      .flag = true,
                      .price = 5,
                      .at = 1,
                      .inner = &inner,
                      .shown = &inner };

    thing.at = APR_INT64_C(1795473566) * APR_USEC_PER_SEC;
    thing.rooms = apr_array_make(t_pool, 1, sizeof(void *));
    APR_ARRAY_PUSH(thing.rooms, inner_t *) = &inner;
    thing.tags = apr_array_make(t_pool, 1, sizeof(void *));
    APR_ARRAY_PUSH(thing.tags, const char *) = "t";
    T_STR(printed(&thing),
          "{\"id\":\"" ID "\",\"name\":\"L\\\"\",\"text\":\"a\\nb\",\"ref\":\"" ID "\","
          "\"url\":null,\"colour\":\"red\",\"count\":-3,\"limit\":2,"
          "\"flag\":true,\"price\":0.05,\"at\":\"2026-11-23T22:39:26Z\","
          "\"inner\":{\"street\":\"x\",\"floor\":-2},\"shown\":{\"street\":\"x\",\"floor\":-2},"
          "\"rooms\":[{\"street\":\"x\",\"floor\":-2}],\"tags\":[\"t\"]}");
}

static void absent_values_are_null_or_left_out(void)
{
    thing_t thing = { .limit = -1, .price = -1 };

    T_STR(printed(&thing), "{\"id\":null,\"name\":null,\"url\":null,\"count\":0,\"limit\":null,"
                           "\"flag\":false,\"price\":null,\"at\":null,\"tags\":[]}");
}

/* ---- defaults, audiences and what a change may touch ---- */

typedef struct order_t {
    const char *code, *note, *mine;
    int64_t least, most, units, rev;
    bool open;
} order_t;

static const shop_field_t order_fields[] = {
    SHOP_FIELD(order_t, code, STRING, SHOP_REQUIRED | SHOP_ON_CREATE, 1, 9, "code"),
    SHOP_FIELD_DEFAULT_TEXT(order_t, note, STRING, SHOP_NULLABLE | SHOP_FOR_ADMIN, 0, 9, "note",
                            "-"),
    SHOP_FIELD(order_t, mine, STRING, SHOP_FOR_OWNER, 0, 9, "mine"),
    SHOP_FIELD_DEFAULT(order_t, least, MONEY, SHOP_NULLABLE, 0, 9999, "least", 150),
    SHOP_FIELD(order_t, most, MONEY, SHOP_NULLABLE, 0, 9999, "most"),
    SHOP_FIELD_DEFAULT(order_t, units, INT, 0, 0, 9, "units", -1),
    SHOP_FIELD(order_t, rev, INT, SHOP_FOR_NOBODY, 0, 0, "revision"),
    SHOP_FIELD_DEFAULT(order_t, open, BOOL, 0, 0, 0, "open", true),
    SHOP_FIELDS_END,
};

static shop_error_t *read_order(order_t *order, shop_present_t *present, const char *text,
                                bool partial)
{
    shop_json_doc_t doc;

    SHOP_TRY(shop_json_parse(&doc, text, strlen(text), t_pool));
    shop_fields_default(order, order_fields);
    return shop_fields_read(order, present, order_fields, &doc, partial, 2, t_pool);
}

static void what_is_absent_has_its_default(void)
{
    shop_present_t present;
    order_t order;

    T_OK(read_order(&order, &present, "{\"code\":\"A\"}", false));
    T_STR(order.note, "-");
    T_STR(order.mine, NULL);
    T_INT(order.least, 150);
    T_INT(order.most, -1);
    T_INT(order.units, -1);
    T_TRUE(order.open);
    T_OK(read_order(&order, &present, "{\"code\":\"A\",\"note\":null,\"least\":null,\"most\":null}",
                    false));
    T_STR(order.note, "-");
    T_INT(order.least, 150);
    T_INT(order.most, -1);
}

static void a_change_leaves_what_is_given_once(void)
{
    order_t body, stored = { .code = "A", .note = "old", .least = 7, .most = 9, .units = 3 };
    shop_present_t present;
    shop_error_t *err = read_order(&body, &present, "{\"code\":\"B\"}", true);

    if (T_ERR(err, VALIDATION_FAILED)) {
        T_STR(err->violations->code, "unknown");
    }
    T_ERR(read_order(&body, &present, "{\"rev\":1}", true), VALIDATION_FAILED);
    T_OK(read_order(&body, &present, "{\"note\":null,\"units\":4}", true));
    shop_fields_merge(&stored, &body, order_fields, present);
    T_STR(stored.note, "-");
    T_INT(stored.units, 4);
    T_INT(stored.least, 7);
    T_OK(read_order(&body, &present, "{\"code\":\"B\",\"units\":5}", false));
    shop_fields_merge(&stored, &body, order_fields, SHOP_PRESENT_ALL);
    T_STR(stored.code, "A");
    T_INT(stored.units, 5);
    T_INT(stored.least, 150);
    T_INT(stored.most, -1);
}

static void each_audience_sees_its_rows(void)
{
    static const char *const seen[] = {
        [SHOP_AUDIENCE_EVERYBODY] = "{\"code\":\"A\",",
        [SHOP_AUDIENCE_OWNER] = "{\"code\":\"A\",\"mine\":\"m\",",
        [SHOP_AUDIENCE_ADMIN] = "{\"code\":\"A\",\"note\":\"n\",\"mine\":\"m\",",
    };
    const order_t order = { .code = "A", .note = "n", .mine = "m", .least = 1, .most = 2 };

    for (int audience = 0; audience < 3; audience++) {
        shop_json_out_t out;

        shop_json_out_init(&out, t_pool, 64);
        shop_fields_write(&out, order_fields, &order, (shop_audience_t)audience, 2);
        T_STR(shop_json_finish(&out, NULL),
              apr_pstrcat(t_pool, seen[audience],
                          "\"least\":0.01,\"most\":0.02,\"units\":0,\"open\":false}", NULL));
    }
}

static json_t *property(json_t *schema, const char *name)
{
    return json_object_get(json_object_get(schema, "properties"), name);
}

static json_t *schema_of(const shop_field_t *table, bool reply, bool partial)
{
    shop_schema_use_t use = { .reply = reply,
                              .partial = partial,
                              .currency_exponent = 2,
                              .password_min = 9,
                              .password_max = 99 };

    return shop_fields_schema(table, &use, t_pool);
}

static void a_body_schema_is_closed_and_bounded(void)
{
    json_t *schema = schema_of(fields, false, false);
    json_t *partial = schema_of(fields, false, true);

    T_TRUE(json_is_false(json_object_get(schema, "additionalProperties")));
    T_INT(json_array_size(json_object_get(schema, "required")), 1);
    T_TRUE(!json_object_get(partial, "required"));
    T_TRUE(!property(schema, "id") && !property(schema, "shown") && property(schema, "secret"));
    T_INT(json_integer_value(json_object_get(property(schema, "name"), "minLength")), 2);
    T_INT(json_integer_value(json_object_get(property(schema, "price"), "exclusiveMaximum")),
          10000000);
    T_INT(json_array_size(json_object_get(property(schema, "price"), "type")), 2);
    T_INT(json_array_size(json_object_get(property(schema, "colour"), "enum")), 2);
    T_INT(json_integer_value(json_object_get(property(schema, "rooms"), "maxItems")), 2);
    T_INT(json_array_size(json_object_get(property(partial, "inner"), "required")), 1);
}

static void a_schema_names_defaults_and_readers(void)
{
    json_t *body = schema_of(order_fields, false, false);
    json_t *patch = schema_of(order_fields, false, true);
    json_t *reply = schema_of(order_fields, true, false);

    T_STR(json_string_value(json_object_get(property(body, "note"), "default")), "-");
    T_TRUE(json_real_value(json_object_get(property(body, "least"), "default")) == 1.5);
    T_TRUE(!json_object_get(property(body, "units"), "default")); /* -1 cannot be sent */
    T_TRUE(json_is_true(json_object_get(property(body, "open"), "default")));
    T_TRUE(property(body, "code") && !property(patch, "code"));
    T_TRUE(!property(body, "rev") && !property(reply, "rev"));
    T_TRUE(!json_object_get(property(patch, "note"), "default"));
    T_INT(json_array_size(json_object_get(reply, "required")), 5); /* not note, not mine */
    T_STR(json_string_value(json_object_get(property(reply, "note"), "description")),
          "note; shown to admins");
    T_STR(json_string_value(json_object_get(property(reply, "mine"), "description")),
          "mine; shown to the owner and to admins");
}

static void a_schema_names_what_the_handler_enforces(void)
{
    static const shop_field_t rows[] = {
        SHOP_FIELD_PATTERN(thing_t, name, 0, 2, 4, "name", "^[a-z]+$"),
        SHOP_FIELD(thing_t, secret, SECRET, SHOP_NEW_PASSWORD, 1, 1024, "new"),
        SHOP_FIELD_STRINGS_OF(thing_t, tags, SHOP_REQUIRED, colours, "tags"),
        SHOP_FIELD_ENUM_OF(thing_t, colour, 0, colours, "colour"),
        SHOP_FIELD(thing_t, text, TEXT, 0, 0, 100, "text"),
        SHOP_FIELD(thing_t, url, STRING, 0, 1, 100, "a line that is not blank"),
        SHOP_FIELD_PATTERN(thing_t, code, SHOP_TRIMMED, 2, 4, "code", "^ *[a-z]{2,4} *$"),
        SHOP_FIELDS_END,
    };
    json_t *body = schema_of(rows, false, false);
    json_t *reply = schema_of(rows, true, false);
    json_t *items = json_object_get(property(reply, "tags"), "items");

    T_STR(json_string_value(json_object_get(property(body, "name"), "pattern")), "^[a-z]+$");
    T_INT(json_integer_value(json_object_get(property(body, "name"), "maxLength")), 4);
    T_INT(json_integer_value(json_object_get(property(body, "secret"), "minLength")), 9);
    T_INT(json_integer_value(json_object_get(property(body, "secret"), "maxLength")), 99);
    T_STR(json_string_value(json_array_get(json_object_get(items, "enum"), 1)), "green");
    T_INT(json_array_size(json_object_get(property(body, "colour"), "enum")), 2);
    T_INT(json_array_size(json_object_get(property(reply, "colour"), "enum")), 3); /* and null */
    T_STR(json_string_value(json_object_get(property(body, "text"), "pattern")),
          SHOP_TEXT_LINES_PATTERN);
    T_STR(json_string_value(json_object_get(property(body, "url"), "pattern")),
          SHOP_TEXT_SEEN_LINE_PATTERN);
    T_STR(json_string_value(json_object_get(property(body, "secret"), "pattern")),
          SHOP_TEXT_ANY_PATTERN);
    /* maxLength would count the spaces that are taken off */
    T_TRUE(!json_object_get(property(body, "code"), "maxLength"));
    T_TRUE(!json_object_get(property(reply, "url"), "pattern"));
}

static void a_reply_schema_is_open_and_knows_what_is_always_there(void)
{
    json_t *schema = schema_of(fields, true, false);

    T_TRUE(!json_object_get(schema, "additionalProperties"));
    T_TRUE(property(schema, "id") && property(schema, "shown") && !property(schema, "secret"));
    T_INT(json_array_size(json_object_get(schema, "required")), 9);
    T_STR(json_string_value(json_object_get(property(schema, "name"), "type")), "string");
    T_INT(json_array_size(json_object_get(property(schema, "id"), "type")), 2);
    T_TRUE(!json_object_get(property(schema, "name"), "minLength"));
}

static const shop_test_t tests[] = {
    SHOP_TEST(every_kind_reaches_its_member, "every kind reaches its member"),
    SHOP_TEST(each_violation_has_its_code_and_pointer, "each violation has its code and pointer"),
    SHOP_TEST(a_number_is_read_by_its_value_and_not_by_its_notation,
              "a number is read by its value and not by its notation"),
    SHOP_TEST(text_is_kept_as_it_was_sent_and_codes_and_addresses_lose_their_outer_spaces,
              "text is kept as it was sent; codes and addresses lose their outer spaces"),
    SHOP_TEST(every_violation_is_reported, "every violation is reported, in the table's order"),
    SHOP_TEST(a_patch_requires_nothing_but_its_objects_are_whole,
              "a patch requires nothing, but an object in it is whole"),
    SHOP_TEST(null_resets_what_may_be_null, "null resets what may be null"),
    SHOP_TEST(only_named_members_are_copied, "a merge copies what was named and nothing else"),
    SHOP_TEST(what_is_absent_has_its_default, "what is absent or null has its default"),
    SHOP_TEST(a_change_leaves_what_is_given_once,
              "a change leaves what is given once, and a PUT resets what it does not name"),
    SHOP_TEST(each_audience_sees_its_rows, "each audience sees its rows"),
    SHOP_TEST(a_schema_names_defaults_and_readers, "a schema names defaults and readers"),
    SHOP_TEST(a_reply_shows_what_the_table_lets_it_show,
              "a reply shows what its table lets it show, and never a secret"),
    SHOP_TEST(absent_values_are_null_or_left_out, "absent values are null or left out"),
    SHOP_TEST(a_schema_names_what_the_handler_enforces,
              "a schema names patterns, passwords and values as the handler enforces them"),
    SHOP_TEST(a_body_schema_is_closed_and_bounded, "a body's schema is closed and bounded"),
    SHOP_TEST(a_reply_schema_is_open_and_knows_what_is_always_there,
              "a reply's schema is open and knows what is always there"),
    SHOP_TEST_END,
};
SHOP_SUITE("fields", tests)
