/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SETTINGS_H
#define SHOP_SETTINGS_H

/* What a shop is configured with, as plain values: the httpd layer fills it from directives,
 * shopctl from its options, tests by hand. Strings live as long as the configuration. */

#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/money.h"

typedef enum { SHOP_RATE_NONE, SHOP_RATE_IP, SHOP_RATE_USER } shop_rate_by_t;

typedef struct shop_rate_policy_t {
    const char *name;    /* as in RateLimit-Policy */
    int limit;           /* requests */
    int window;          /* seconds */
    shop_rate_by_t by;   /* IP, or USER: the signed-in user, else the address */
    const char *methods; /* "GET,HEAD" or NULL for all */
    const char *where;   /* as that of a key */
} shop_rate_policy_t;

#define SHOP_MAX_RATE_POLICIES 8
#define SHOP_MAX_JWT_KEYS 8

typedef struct shop_jwt_key_t {
    const char *kid;
    const char *alg; /* "HS256" (RS256 and ES256 follow) */
    const unsigned char *secret;
    int secret_size; /* bytes, at least 32 for HS256 */
    bool sign;       /* exactly one key signs; the others only verify */
    /* "file:line" of the directive, for messages only; NULL: from no configuration of httpd */
    const char *where;
} shop_jwt_key_t;

typedef shop_jwt_key_t shop_jwt_keys_t[SHOP_MAX_JWT_KEYS];
typedef shop_rate_policy_t shop_rate_policies_t[SHOP_MAX_RATE_POLICIES];

/* The C type of a member, by the kind of its directive. */
#define SHOP_TYPE_WHOLE int
#define SHOP_TYPE_MS int      /* milliseconds */
#define SHOP_TYPE_SECONDS int /* seconds */
#define SHOP_TYPE_ON_OFF bool
#define SHOP_TYPE_TOKEN const char *
#define SHOP_TYPE_URL const char *
#define SHOP_TYPE_SIZE int64_t /* bytes */
#define SHOP_TYPE_SECRET const char *
#define SHOP_TYPE_ROUNDING shop_rounding_t
#define SHOP_TYPE_TEXT const char *
#define SHOP_TYPE_BITS unsigned /* of http/coding.h; what was not built in does not count */
#define SHOP_TYPE_KEYS shop_jwt_keys_t
#define SHOP_TYPE_RATES shop_rate_policies_t

/* What a row may write its numbers with. */
#define SHOP_MINUTES(n) ((n)*60)
#define SHOP_DAYS(n) ((n)*86400)
#define SHOP_KIB(n) ((n)*INT64_C(1024))
#define SHOP_MIB(n) ((n)*INT64_C(1048576))

/* One member per argument of a directive, named and described in directives/directives.def. A text
 * that is not set is NULL. */
typedef struct shop_settings_t {
#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help) arguments
#define SHOP_ARGUMENT(form, label, kind, member, value, said, min, max) SHOP_TYPE_##kind member;
#define SHOP_WORD(word)
#include "directives/directives.def"
#undef SHOP_DIRECTIVE_OF
#undef SHOP_ARGUMENT
#undef SHOP_WORD
} shop_settings_t;

/* Fills in every default. In directives/directive.c, as the next. */
void shop_settings_defaults(shop_settings_t *settings);
/* Do both have equal values, wherever their strings lie? */
bool shop_settings_same(const shop_settings_t *a, const shop_settings_t *b);

#endif
