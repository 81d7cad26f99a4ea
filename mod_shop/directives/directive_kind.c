/* SPDX-License-Identifier: MIT
 * One row per kind of value, and what it needs. */
#include "directive_kind.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#include "../settings.h"

/* ---- numbers ---- */

/* Digits, then what *end points at; -1: there are none or too many. */
static int64_t digits(const char **end, const char *text)
{
    int64_t number = 0;

    *end = text;
    while (apr_isdigit(**end) && *end - text < 15) {
        number = number * 10 + *(*end)++ - '0';
    }
    return *end == text || apr_isdigit(**end) ? -1 : number;
}

static const char *whole_parse(void *value, const char *text, int64_t min, int64_t max,
                               shop_parse_t *parse)
{
    const char *end;
    int64_t number = digits(&end, text);

    if (number < min || number > max || *end) {
        return apr_psprintf(parse->pool,
                            "is no whole number from %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT,
                            min, max);
    }
    *(int *)value = (int)number;
    return NULL;
}

static const char *whole_text(const void *value, apr_pool_t *pool)
{
    return apr_itoa(pool, *(const int *)value);
}

/* ---- times ---- */

static const struct {
    const char *name;
    int64_t ms;
    bool printed;
} units[] = {
    { "d", 86400000, true }, { "h", 3600000, true }, { "min", 60000, true }, { "mi", 60000, false },
    { "s", 1000, true },     { "sec", 1000, false }, { "", 1000, false },    { "ms", 1, true },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

/* -1: text is no time. */
static int64_t ms_of(const char *text)
{
    const char *end;
    int64_t number = digits(&end, text);

    for (size_t i = 0; i < UNITS && number >= 0; i++) {
        if (!strcmp(end, units[i].name)) {
            return number > INT64_MAX / units[i].ms ? -1 : number * units[i].ms;
        }
    }
    return -1;
}

/* By the largest unit that leaves nothing over. */
static const char *time_text(int64_t ms, apr_pool_t *pool)
{
    for (size_t i = 0; i < UNITS && ms; i++) {
        if (units[i].printed && ms % units[i].ms == 0) {
            return apr_psprintf(pool, "%" APR_INT64_T_FMT "%s", ms / units[i].ms, units[i].name);
        }
    }
    return "0";
}

static const char *unit_hint(const char *text)
{
    return text[strspn(text, "0123456789")] ? "" : "; a number without a unit is in seconds";
}

/* min and max in units of unit_ms. */
static const char *time_parse(int *value, const char *text, int64_t unit_ms, int64_t min,
                              int64_t max, apr_pool_t *pool)
{
    int64_t ms = ms_of(text);

    if (ms < 0) {
        return "is no time such as 500ms, 30s, 15min or 7d";
    }
    if (ms < min * unit_ms || ms > max * unit_ms) {
        return apr_psprintf(pool, "is not within %s and %s%s", time_text(min * unit_ms, pool),
                            time_text(max * unit_ms, pool), unit_hint(text));
    }
    if (ms % unit_ms) {
        return "is no whole number of seconds";
    }
    *value = (int)(ms / unit_ms);
    return NULL;
}

static const char *ms_parse(void *value, const char *text, int64_t min, int64_t max,
                            shop_parse_t *parse)
{
    return time_parse(value, text, 1, min, max, parse->pool);
}

static const char *ms_text(const void *value, apr_pool_t *pool)
{
    return time_text(*(const int *)value, pool);
}

static const char *seconds_parse(void *value, const char *text, int64_t min, int64_t max,
                                 shop_parse_t *parse)
{
    return time_parse(value, text, 1000, min, max, parse->pool);
}

static const char *seconds_text(const void *value, apr_pool_t *pool)
{
    return time_text(*(const int *)value * INT64_C(1000), pool);
}

/* ---- sizes ---- */

static const char *size_text(const void *value, apr_pool_t *pool)
{
    int64_t bytes = *(const int64_t *)value;
    bool mib = bytes && bytes % SHOP_MIB(1) == 0;
    bool kib = bytes && bytes % SHOP_KIB(1) == 0;

    return apr_psprintf(pool, "%" APR_INT64_T_FMT "%s",
                        bytes / (mib   ? SHOP_MIB(1)
                                 : kib ? SHOP_KIB(1)
                                       : 1),
                        mib   ? "M"
                        : kib ? "K"
                              : "");
}

static const char *size_parse(void *value, const char *text, int64_t min, int64_t max,
                              shop_parse_t *parse)
{
    const char *end;
    int64_t number = digits(&end, text);
    int64_t unit = !strcasecmp(end, "k")   ? SHOP_KIB(1)
                   : !strcasecmp(end, "m") ? SHOP_MIB(1)
                   : !*end                 ? 1
                                           : 0;

    if (number < 0 || !unit) {
        return "is no size such as 16M or 512K";
    }
    if (number && (number > max / unit || number * unit < min)) {
        return apr_psprintf(parse->pool, "is neither 0 nor within %s and %s",
                            size_text(&min, parse->pool), size_text(&max, parse->pool));
    }
    *(int64_t *)value = number * unit;
    return NULL;
}

/* ---- words ---- */

static const char *on_off_parse(void *value, const char *text, int64_t min, int64_t max,
                                shop_parse_t *parse)
{
    (void)min;
    (void)max;
    (void)parse;
    if (strcasecmp(text, "on") && strcasecmp(text, "off")) {
        return "is neither On nor Off";
    }
    *(bool *)value = !strcasecmp(text, "on");
    return NULL;
}

static const char *on_off_text(const void *value, apr_pool_t *pool)
{
    (void)pool;
    return *(const bool *)value ? "On" : "Off";
}

static const char *rounding_parse(void *value, const char *text, int64_t min, int64_t max,
                                  shop_parse_t *parse)
{
    (void)min;
    (void)max;
    (void)parse;
    return shop_rounding_of(value, text) ? NULL : "is none of down, half-up, half-even";
}

static const char *rounding_text(const void *value, apr_pool_t *pool)
{
    (void)pool;
    return shop_rounding_name(*(const shop_rounding_t *)value);
}

/* ---- texts ---- */

static const char *text_text(const void *value, apr_pool_t *pool)
{
    (void)pool;
    return *(const char *const *)value;
}

static bool equal(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool text_same(const void *a, const void *b)
{
    return equal(*(const char *const *)a, *(const char *const *)b);
}

const char *shop_token_problem(const char *text, int64_t max)
{
    apr_size_t size = strlen(text);

    for (const char *at = text; *at; at++) {
        if (!apr_isalnum(*at) && !strchr("._-:/@", *at)) {
            return "holds a character other than letters, digits and . _ - : / @";
        }
    }
    return size && size <= (apr_size_t)max ? NULL : "is empty or too long";
}

static const char *token_parse(void *value, const char *text, int64_t min, int64_t max,
                               shop_parse_t *parse)
{
    (void)min;
    (void)parse;
    *(const char **)value = text;
    return shop_token_problem(text, max);
}

static const char *url_parse(void *value, const char *text, int64_t min, int64_t max,
                             shop_parse_t *parse)
{
    apr_uri_t uri;

    (void)min;
    (void)max;
    if (apr_uri_parse(parse->pool, text, &uri) != APR_SUCCESS || !uri.scheme || !uri.hostname ||
        (strcmp(uri.scheme, "http") && strcmp(uri.scheme, "https")) || uri.user ||
        (uri.path && strcmp(uri.path, "/")) || uri.query) {
        return "is no http or https URL without a path";
    }
    *(const char **)value = apr_pstrcat(parse->pool, uri.scheme, "://", uri.hostinfo, NULL);
    return NULL;
}

const char *shop_secret_parse(const char **secret, const char *text, shop_parse_t *parse)
{
    if (parse->resolve) {
        return parse->resolve(secret, &parse->literal, text, parse->pool);
    }
    parse->literal = true;
    *secret = text;
    return NULL;
}

const char *shop_secret_shown(const char *text)
{
    return !strncmp(text, "file:", 5) || !strncmp(text, "env:", 4) || !strncmp(text, "exec:", 5)
               ? text
               : NULL;
}

static const char *secret_parse(void *value, const char *text, int64_t min, int64_t max,
                                shop_parse_t *parse)
{
    const char *secret = NULL;
    const char *problem = shop_secret_parse(&secret, text, parse);

    (void)max;
    if (problem) {
        return problem;
    }
    if (strlen(secret) < (apr_size_t)min) {
        return apr_psprintf(parse->pool, "is shorter than %" APR_INT64_T_FMT " characters", min);
    }
    *(const char **)value = secret;
    return NULL;
}

static const char *secret_text(const void *value, apr_pool_t *pool)
{
    (void)pool;
    return *(const char *const *)value ? "(masked)" : NULL;
}

/* ---- lists ---- */

/* Both keys come from the configuration, as text: nobody can measure this. */
static bool key_same(const shop_jwt_key_t *a, const shop_jwt_key_t *b)
{
    return equal(a->kid, b->kid) && equal(a->alg, b->alg) && a->sign == b->sign &&
           a->secret_size == b->secret_size &&
           equal((const char *)a->secret, (const char *)b->secret);
}

static bool keys_same(const void *a, const void *b)
{
    int i = 0;

    while (i < SHOP_MAX_JWT_KEYS &&
           key_same((const shop_jwt_key_t *)a + i, (const shop_jwt_key_t *)b + i)) {
        i++;
    }
    return i == SHOP_MAX_JWT_KEYS;
}

static bool rate_same(const shop_rate_policy_t *a, const shop_rate_policy_t *b)
{
    return equal(a->name, b->name) && a->limit == b->limit && a->window == b->window &&
           a->by == b->by && equal(a->methods, b->methods);
}

static bool rates_same(const void *a, const void *b)
{
    int i = 0;

    while (i < SHOP_MAX_RATE_POLICIES &&
           rate_same((const shop_rate_policy_t *)a + i, (const shop_rate_policy_t *)b + i)) {
        i++;
    }
    return i == SHOP_MAX_RATE_POLICIES;
}

#define KIND(name, ...) [SHOP_KIND_##name] = { sizeof(SHOP_TYPE_##name), __VA_ARGS__ }

static const shop_kind_row_t kinds[SHOP_KIND_COUNT] = {
    KIND(WHOLE, whole_parse, whole_text, NULL),
    KIND(MS, ms_parse, ms_text, NULL),
    KIND(SECONDS, seconds_parse, seconds_text, NULL),
    KIND(ON_OFF, on_off_parse, on_off_text, NULL),
    KIND(TOKEN, token_parse, text_text, text_same),
    KIND(URL, url_parse, text_text, text_same),
    KIND(SIZE, size_parse, size_text, NULL),
    KIND(SECRET, secret_parse, secret_text, text_same),
    KIND(ROUNDING, rounding_parse, rounding_text, NULL),
    KIND(TEXT, NULL, text_text, text_same),
    KIND(BITS, NULL, NULL, NULL),
    KIND(KEYS, NULL, NULL, keys_same),
    KIND(RATES, NULL, NULL, rates_same),
};

const shop_kind_row_t *shop_kind_row(shop_kind_t kind)
{
    return &kinds[kind];
}

bool shop_kind_same(shop_kind_t kind, const void *a, const void *b)
{
    return kinds[kind].same ? kinds[kind].same(a, b) : !memcmp(a, b, kinds[kind].size);
}
