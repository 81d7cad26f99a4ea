/* SPDX-License-Identifier: MIT
 * Runs the records' contract on records of the shop's and on one of every kind of row. */
#include <apr_strings.h>

#include "mod_shop/accounts/account.h"
#include "mod_shop/coupons/coupon.h"
#include "tests/kit/record_contract.h"

#define NOON apr_time_from_sec(1790000000)

/* ---- every kind of row ---- */

typedef struct part_t {
    const char *name;
    int64_t grams;
} part_t;

typedef struct lamp_t {
    const char *id, *owner_id, *slug, *badge, *name, *note, *secret, *email, *url, *colour, *drawn;
    int64_t stock, limit, price, floor;
    bool lit, whole;
    apr_time_t sold_at, created_at, updated_at;
    part_t *shade, *foot;
    apr_array_header_t *parts, *tags;
    int64_t rev;
} lamp_t;

static const shop_field_t part_fields[] = {
    SHOP_FIELD(part_t, name, STRING, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD_DEFAULT(part_t, grams, INT, SHOP_NULLABLE, 0, 0, NULL, 7),
    SHOP_FIELDS_END,
};

static const char *const colours[] = { "red", "green", NULL };

static const shop_field_t lamp_fields[] = {
    SHOP_FIELD(lamp_t, id, ID, SHOP_READ_ONLY, 0, 0, NULL),
    SHOP_FIELD(lamp_t, owner_id, ID, SHOP_REQUIRED | SHOP_ON_CREATE, 0, 0, NULL),
    SHOP_FIELD(lamp_t, slug, STRING, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(lamp_t, badge, STRING, SHOP_NULLABLE, 0, 0, NULL),
    SHOP_FIELD(lamp_t, name, STRING, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD_DEFAULT_TEXT(lamp_t, note, TEXT, SHOP_NULLABLE, 0, 0, NULL, "none"),
    SHOP_FIELD(lamp_t, secret, SECRET, SHOP_FOR_NOBODY, 0, 0, NULL),
    SHOP_FIELD(lamp_t, email, EMAIL, SHOP_OMIT_NULL, 0, 0, NULL),
    SHOP_FIELD(lamp_t, url, URL, SHOP_NULLABLE, 0, 0, NULL),
    SHOP_FIELD_ENUM_OF(lamp_t, colour, 0, colours, NULL),
    SHOP_FIELD(lamp_t, drawn, STRING, SHOP_NOT_STORED, 0, 0, NULL),
    SHOP_FIELD(lamp_t, stock, INT, 0, 0, 0, NULL),
    SHOP_FIELD(lamp_t, limit, INT, SHOP_NULLABLE, 0, 0, NULL),
    SHOP_FIELD(lamp_t, price, MONEY, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(lamp_t, floor, INT, SHOP_ON_CREATE, 0, 0, NULL),
    SHOP_FIELD(lamp_t, lit, BOOL, 0, 0, 0, NULL),
    SHOP_FIELD_DEFAULT(lamp_t, whole, BOOL, 0, 0, 0, NULL, true),
    SHOP_FIELD(lamp_t, sold_at, TIME, SHOP_NULLABLE, 0, 0, NULL),
    SHOP_FIELD_OBJECT_OF(lamp_t, shade, SHOP_NULLABLE, part_t, part_fields, NULL),
    SHOP_FIELD_OBJECT_OF(lamp_t, foot, SHOP_REQUIRED, part_t, part_fields, NULL),
    { .name = "parts",
      .kind = SHOP_FIELD_LIST,
      .offset = offsetof(lamp_t, parts),
      .fields = part_fields,
      .size = sizeof(part_t) },
    { .name = "tags", .kind = SHOP_FIELD_STRINGS, .offset = offsetof(lamp_t, tags) },
    SHOP_RECORD_FIELDS(lamp_t),
    SHOP_FIELDS_END,
};

static const shop_record_unique_t lamp_unique[] = {
    { "slug", SHOP_COUPON_EXISTS, NULL },
    { "badge", SHOP_EMAIL_TAKEN, "number" },
    { .member = NULL },
};

static const char *const lamp_sorts[] = { "-created_at", "created_at", "name",   "-name",
                                          "price",       "-price",     "floor",  "stock",
                                          "id",          "-id",        "colour", NULL };

static const shop_record_t lamps = { .collection = "lamps",
                                     .noun = "lamp",
                                     .fields = lamp_fields,
                                     .size = sizeof(lamp_t),
                                     .id = "id",
                                     .owner = "owner_id",
                                     .unique = lamp_unique,
                                     .sorts = lamp_sorts };

static part_t *part(const char *name, int64_t grams, apr_pool_t *pool)
{
    part_t *one = apr_palloc(pool, sizeof(*one));

    *one = (part_t){ name, grams };
    return one;
}

/* Ties in names, prices and times; every third is bare. */
static void *lamp_of(int n, apr_pool_t *pool)
{
    static const char *const names[] = { "Lamp", "lamp", "\xc3\x84hre", "Z" };
    lamp_t *lamp = apr_pcalloc(pool, sizeof(*lamp));

    shop_fields_default(lamp, lamp_fields);
    lamp->id = apr_psprintf(pool, "%024x", 0x10 + n);
    lamp->owner_id = n % 2 ? "a00000000000000000000001" : "a00000000000000000000002";
    lamp->slug = apr_psprintf(pool, "slug-%d", n);
    lamp->name = names[n % 4];
    lamp->price = n % 3 * 100;
    lamp->stock = n - 4;
    lamp->floor = n % 5;
    lamp->foot = part("foot", 100, pool);
    lamp->created_at = lamp->updated_at = NOON + apr_time_from_sec(n % 2);
    lamp->rev = 1;
    if (n % 3 == 0) {
        return lamp;
    }
    lamp->badge = apr_psprintf(pool, "badge \xe2\x98\x83 %d", n);
    lamp->note = n % 2 ? "a\nb" : "";
    lamp->secret = "hush";
    lamp->email = "a@b.example";
    lamp->url = "/a";
    lamp->colour = colours[n % 2];
    lamp->limit = 0;
    lamp->lit = true;
    lamp->whole = n % 2;
    lamp->sold_at = -1000; /* a millisecond before 1970 */
    lamp->shade = part("shade", 7, pool);
    lamp->parts = apr_array_make(pool, 2, sizeof(void *));
    lamp->tags = apr_array_make(pool, 2, sizeof(void *));
    for (int i = 0; i < n % 3; i++) {
        APR_ARRAY_PUSH(lamp->parts, part_t *) = part("part", i, pool);
        APR_ARRAY_PUSH(lamp->tags, const char *) = apr_itoa(pool, i);
    }
    return lamp;
}

/* ---- records of the shop's ---- */

static void *user_of(int n, apr_pool_t *pool)
{
    shop_user_t *user = apr_pcalloc(pool, sizeof(*user));

    shop_fields_default(user, shop_user_fields);
    user->id = apr_psprintf(pool, "%024x", 0x10 + n);
    user->username = apr_psprintf(pool, "User %d", n);
    user->username_key = apr_psprintf(pool, "user %d", n);
    user->email = apr_psprintf(pool, "U%d@b.example", n);
    user->email_key = apr_psprintf(pool, "u%d@b.example", n);
    user->password_hash = "$argon2id$";
    user->role = shop_role_names[n % 2];
    user->email_verified = n % 2;
    user->disabled = n % 3 == 1;
    user->created_at = user->updated_at = NOON;
    user->rev = 1;
    return user;
}

static void *session_of(int n, apr_pool_t *pool)
{
    shop_session_t *session = apr_pcalloc(pool, sizeof(*session));

    session->id = apr_psprintf(pool, "sid_-%d", n);
    session->user_id = apr_psprintf(pool, "%024x", 0x10 + n);
    session->role = shop_role_names[n % 2];
    session->current = apr_psprintf(pool, "current %d", n);
    session->previous = n % 3 ? apr_psprintf(pool, "previous %d", n) : NULL;
    session->created_at = session->expires_at = session->absolute_at = NOON;
    session->revoked = n % 2;
    return session;
}

static void *coupon_of(int n, apr_pool_t *pool)
{
    shop_coupon_t *coupon = apr_pcalloc(pool, sizeof(*coupon));

    shop_fields_default(coupon, shop_coupon_fields);
    coupon->code = apr_psprintf(pool, "C_%d", n);
    coupon->discount_percent = n + 1;
    coupon->valid_from = NOON;
    coupon->valid_until = NOON + apr_time_from_sec(n + 1);
    coupon->min_purchase = n % 2 * 100;
    coupon->max_discount = n % 3 - 1;
    coupon->usage_limit = coupon->remaining = n % 3 ? n : -1;
    coupon->terms_rev = coupon->born = n;
    coupon->created_at = coupon->updated_at = NOON;
    coupon->rev = 1;
    return coupon;
}

int main(void)
{
    static const record_sample_t samples[] = {
        { &lamps, lamp_of },
        { &shop_user_record, user_of },
        { &shop_session_record, session_of },
        { &shop_coupon_record, coupon_of },
    };

    return record_contract_run(samples, (int)(sizeof(samples) / sizeof(samples[0])));
}
