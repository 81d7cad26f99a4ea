/* SPDX-License-Identifier: MIT
 * One parser per directive: arguments to settings, or the clause that says what is wrong. */
#include <httpd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <http_core.h>
#include <http_log.h>
#include <limits.h>
#include <stdlib.h>
#include <util_mutex.h>

#include "../base/log.h"
#include "../base/money.h"
#include "../cache/cache_encode.h"
#include "conf.h"
#include "conf_words.h"

APLOG_USE_MODULE(shop);

#define PARSER(name)                                                                     \
    const char *shop_parse_##name(shop_settings_t *values, int argc, char *const argv[], \
                                  const char **bad, cmd_parms *cmd)

static const char *arguments(int argc, int min, int max, apr_pool_t *pool)
{
    if (argc >= min && argc <= max) {
        return NULL;
    }
    return min == max ? apr_psprintf(pool, "takes %d argument%s", min, min == 1 ? "" : "s")
                      : apr_psprintf(pool, "takes %d to %d arguments", min, max);
}

/* Returns when expr names a problem; the bad argument is text. */
#define CHECK(expr, text)              \
    do {                               \
        const char *problem_ = (expr); \
        if (problem_) {                \
            *bad = (text);             \
            return problem_;           \
        }                              \
    } while (0)
#define ARGUMENTS(min, max) CHECK(arguments(argc, (min), (max), cmd->pool), NULL)

static const char *token_text(const char *text, apr_size_t max)
{
    apr_size_t size = strlen(text);

    for (const char *at = text; *at; at++) {
        if (!apr_isalnum(*at) && !strchr("._-:/@", *at)) {
            return "holds a character other than letters, digits and . _ - : / @";
        }
    }
    return size && size <= max ? NULL : "is empty or too long";
}

static void warn_literal(cmd_parms *cmd)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, cmd->server,
                 "SHOP%04d: %s holds its secret in clear; use file:, env: or exec:",
                 SHOP_LOG_SECRET_LITERAL, cmd->cmd->name);
}

static const char *secret(const char **value, const char *text, cmd_parms *cmd)
{
    bool literal;
    const char *problem = shop_secret_resolve(value, &literal, text, cmd->pool);

    if (!problem && literal) {
        warn_literal(cmd);
    }
    return problem;
}

/* What may be shown of a secret's argument: where it comes from, never the value. */
static const char *shown(const char *text)
{
    return !strncmp(text, "file:", 5) || !strncmp(text, "env:", 4) || !strncmp(text, "exec:", 5)
               ? text
               : NULL;
}

#define SIMPLE(name, min, max, expr) \
    PARSER(name)                     \
    {                                \
        ARGUMENTS(min, max);         \
        CHECK(expr, argv[0]);        \
        return NULL;                 \
    }

SIMPLE(hash_slots, 1, 1, shop_word_whole(&values->hash_slots, argv[0], 1, 64, cmd->pool))
SIMPLE(redis_pool, 1, 1, shop_word_whole(&values->redis_pool_max, argv[0], 1, 1024, cmd->pool))
SIMPLE(nodes, 1, 1, shop_word_whole(&values->nodes, argv[0], 1, 10000, cmd->pool))
SIMPLE(max_in_flight, 1, 1, shop_word_whole(&values->max_in_flight, argv[0], 0, 100000, cmd->pool))
SIMPLE(jwt_leeway, 1, 1, shop_word_seconds(&values->jwt_leeway_s, argv[0], 0, 300, cmd->pool))
SIMPLE(deadline, 1, 1, shop_word_duration(&values->deadline_ms, argv[0], 1000, 20000, cmd->pool))
SIMPLE(open_admin, 1, 1, shop_word_on_off(&values->open_admin, argv[0]))
SIMPLE(rate_headers, 1, 1, shop_word_on_off(&values->rate_headers, argv[0]))
SIMPLE(require_if_match, 1, 1, shop_word_on_off(&values->require_if_match, argv[0]))
SIMPLE(status, 1, 1, shop_word_on_off(&values->status, argv[0]))
SIMPLE(trust_request_id, 1, 1, shop_word_on_off(&values->trust_request_id, argv[0]))

#define TEXT(name, max)                           \
    PARSER(name)                                  \
    {                                             \
        ARGUMENTS(1, 1);                          \
        CHECK(token_text(argv[0], max), argv[0]); \
        values->name = argv[0];                   \
        return NULL;                              \
    }

TEXT(instance, 64)
TEXT(jwt_issuer, 256)
TEXT(jwt_audience, 256)
TEXT(problem_base, 256)

PARSER(public_url)
{
    apr_uri_t uri;

    ARGUMENTS(1, 1);
    if (apr_uri_parse(cmd->pool, argv[0], &uri) != APR_SUCCESS || !uri.scheme || !uri.hostname ||
        (strcmp(uri.scheme, "http") && strcmp(uri.scheme, "https")) || uri.user ||
        (uri.path && strcmp(uri.path, "/")) || uri.query) {
        *bad = argv[0];
        return "is no http or https URL without a path";
    }
    values->public_url = apr_pstrcat(cmd->pool, uri.scheme, "://", uri.hostinfo, NULL);
    return NULL;
}

PARSER(mongo_uri)
{
    const char *uri;
    bool literal;

    ARGUMENTS(1, 1);
    CHECK(shop_secret_resolve(&uri, &literal, argv[0], cmd->pool), shown(argv[0]));
    /* A URI with a password is a secret: nothing of it may be echoed. */
    CHECK(shop_app_mongo_uri_problem(uri, cmd->pool), strchr(uri, '@') ? NULL : argv[0]);
    if (literal && strchr(uri, '@')) {
        warn_literal(cmd);
    }
    values->mongo_uri = uri;
    return NULL;
}

PARSER(mongo_pool)
{
    ARGUMENTS(1, 2);
    CHECK(shop_word_whole(&values->mongo_pool_max, argv[0], 1, 4096, cmd->pool), argv[0]);
    if (argc == 2) {
        const char *wait = shop_word_option(argv[1], "wait");

        CHECK(wait ? shop_word_duration(&values->mongo_wait_ms, wait, 1, 60000, cmd->pool)
                   : "is not wait=time",
              argv[1]);
    }
    return NULL;
}

PARSER(mongo_timeout)
{
    ARGUMENTS(1, 3);
    for (int i = 0; i < argc; i++) {
        const char *text;
        int *target = (text = shop_word_option(argv[i], "connect"))  ? &values->mongo_connect_ms
                      : (text = shop_word_option(argv[i], "select")) ? &values->mongo_select_ms
                      : (text = shop_word_option(argv[i], "socket")) ? &values->mongo_socket_ms
                                                                     : NULL;

        CHECK(target ? shop_word_duration(target, text, 1, 60000, cmd->pool)
                     : "is none of connect=, select=, socket=",
              argv[i]);
    }
    return NULL;
}

PARSER(redis_url)
{
    ARGUMENTS(1, 1);
    if (!strcasecmp(argv[0], "off")) {
        values->redis_url = NULL;
        return NULL;
    }
    CHECK(shop_app_redis_url_problem(argv[0], cmd->pool), argv[0]);
    values->redis_url = argv[0];
    return NULL;
}

PARSER(redis_password)
{
    ARGUMENTS(1, 1);
    CHECK(secret(&values->redis_password, argv[0], cmd), shown(argv[0]));
    return NULL;
}

PARSER(bootstrap_token)
{
    ARGUMENTS(1, 1);
    CHECK(secret(&values->bootstrap_token, argv[0], cmd), shown(argv[0]));
    if (strlen(values->bootstrap_token) < 16) {
        *bad = shown(argv[0]);
        return "is shorter than 16 characters";
    }
    return NULL;
}

PARSER(redis_timeout)
{
    ARGUMENTS(1, 2);
    CHECK(shop_word_duration(&values->redis_connect_ms, argv[0], 1, 10000, cmd->pool), argv[0]);
    if (argc == 2) {
        CHECK(shop_word_duration(&values->redis_command_ms, argv[1], 1, 10000, cmd->pool), argv[1]);
    }
    return NULL;
}

PARSER(cache_ttl)
{
    ARGUMENTS(1, 2);
    for (int i = 0; i < argc; i++) {
        const char *text;
        int *target = (text = shop_word_option(argv[i], "products")) ? &values->cache_products_s
                      : (text = shop_word_option(argv[i], "categories"))
                          ? &values->cache_categories_s
                          : NULL;

        CHECK(target ? shop_word_seconds(target, text, 0, 86400, cmd->pool)
                     : "is neither products= nor categories=",
              argv[i]);
    }
    return NULL;
}

PARSER(cache_size)
{
    ARGUMENTS(1, 1);
    CHECK(shop_word_size(&values->cache_bytes, argv[0], 64 * 1024, 1024LL * 1024 * 1024, cmd->pool),
          argv[0]);
    return NULL;
}

PARSER(compress)
{
    unsigned codings = 0;

    ARGUMENTS(1, SHOP_CODINGS - 1);
    if (argc == 1 && !strcasecmp(argv[0], "off")) {
        values->codings = 0;
        return NULL;
    }
    for (int i = 0; i < argc; i++) {
        shop_coding_t coding;

        CHECK(shop_coding_of(&coding, argv[i], strlen(argv[i])) && coding != SHOP_CODING_IDENTITY
                  ? NULL
                  : "is neither off alone nor one of gzip, br",
              argv[i]);
        CHECK(shop_cache_codings() & SHOP_CODING_BIT(coding)
                  ? NULL
                  : "was not built into this mod_shop: leave it out, or install libbrotli-dev and "
                    "build again",
              argv[i]);
        codings |= SHOP_CODING_BIT(coding);
    }
    values->codings = codings;
    return NULL;
}

/* A secret of random bytes comes as text, so its characters are the key. */
PARSER(jwt_key)
{
    shop_jwt_key_t key = { .sign = true };
    const char *text, *problem;
    int at = 0;

    ARGUMENTS(3, 4);
    CHECK(token_text(argv[0], 64), argv[0]);
    if (strcmp(argv[1], "HS256")) {
        *bad = argv[1];
        return "is no algorithm of this version";
    }
    if (argc == 4) {
        CHECK(strcmp(argv[3], "sign") && strcmp(argv[3], "verify") ? "is neither sign nor verify"
                                                                   : NULL,
              argv[3]);
        key.sign = !strcmp(argv[3], "sign");
    }
    problem = secret(&text, argv[2], cmd);
    if (problem) {
        *bad = shown(argv[2]);
        return apr_pstrcat(cmd->pool, problem,
                           " (make a key with: shopctl keygen > jwt.key; chmod 600 jwt.key)", NULL);
    }
    key.kid = argv[0];
    key.alg = "HS256";
    key.secret = (const unsigned char *)text;
    key.secret_size = (int)strlen(text);
    if (key.secret_size < 32) {
        *bad = shown(argv[2]);
        return apr_psprintf(cmd->pool,
                            "holds a key of %d bytes; HS256 needs at least 32 (make one "
                            "with: openssl rand -base64 48)",
                            key.secret_size);
    }
    while (at < values->jwt_key_count && strcmp(values->jwt_keys[at].kid, key.kid)) {
        at++;
    }
    if (at == SHOP_MAX_JWT_KEYS) {
        *bad = argv[0];
        return "is one key too many; 8 is the most";
    }
    for (int i = 0; key.sign && i < values->jwt_key_count; i++) {
        values->jwt_keys[i].sign = false; /* the last signing key signs */
    }
    values->jwt_keys[at] = key;
    values->jwt_key_count += at == values->jwt_key_count;
    return NULL;
}

PARSER(jwt_ttl)
{
    ARGUMENTS(1, 3);
    CHECK(shop_word_seconds(&values->jwt_access_s, argv[0], 1, 86400, cmd->pool), argv[0]);
    if (argc > 1) {
        CHECK(shop_word_seconds(&values->jwt_refresh_s, argv[1], 60, 20 * 86400, cmd->pool),
              argv[1]);
    }
    if (argc > 2) {
        CHECK(shop_word_seconds(&values->jwt_absolute_s, argv[2], 60, INT_MAX / 1000, cmd->pool),
              argv[2]);
    }
    return NULL;
}

PARSER(password_hash)
{
    int kib = (int)values->hash_memory_kib;

    ARGUMENTS(1, 3);
    CHECK(strcmp(argv[0], "argon2id") ? "is no algorithm of this version" : NULL, argv[0]);
    for (int i = 1; i < argc; i++) {
        const char *text;

        if ((text = shop_word_option(argv[i], "m"))) {
            CHECK(shop_word_whole(&kib, text, 8192, 1048576, cmd->pool), argv[i]);
        } else if ((text = shop_word_option(argv[i], "t"))) {
            CHECK(shop_word_whole(&values->hash_passes, text, 1, 16, cmd->pool), argv[i]);
        } else {
            CHECK("is neither m= nor t=", argv[i]);
        }
    }
    values->hash_memory_kib = kib;
    return NULL;
}

PARSER(password_policy)
{
    ARGUMENTS(1, 2);
    for (int i = 0; i < argc; i++) {
        const char *text;
        int *target = (text = shop_word_option(argv[i], "min"))   ? &values->password_min
                      : (text = shop_word_option(argv[i], "max")) ? &values->password_max
                                                                  : NULL;

        CHECK(target ? shop_word_whole(target, text, target == &values->password_min ? 8 : 64, 256,
                                       cmd->pool)
                     : "is neither min= nor max=",
              argv[i]);
    }
    return NULL;
}

/* "10/15min" */
static const char *quota(int *limit, int *window_s, const char *text, apr_pool_t *pool)
{
    const char *slash = strchr(text, '/');
    const char *problem;

    if (!slash) {
        return "is no quota such as 10/15min";
    }
    problem = shop_word_whole(limit, apr_pstrmemdup(pool, text, (apr_size_t)(slash - text)), 1,
                              100000000, pool);
    return problem ? problem : shop_word_seconds(window_s, slash + 1, 1, 86400, pool);
}

SIMPLE(login_limit, 1, 1, quota(&values->login_limit, &values->login_window_s, argv[0], cmd->pool))

static const char *rate_option(shop_rate_policy_t *policy, const char *argument)
{
    const char *text;

    if ((text = shop_word_option(argument, "by"))) {
        policy->by = !strcasecmp(text, "ip")     ? SHOP_RATE_IP
                     : !strcasecmp(text, "user") ? SHOP_RATE_USER
                                                 : SHOP_RATE_NONE;
        return policy->by == SHOP_RATE_NONE ? "is neither by=ip nor by=user" : NULL;
    }
    if ((text = shop_word_option(argument, "methods"))) {
        policy->methods = text;
        return *text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ,") == strlen(text)
                   ? NULL
                   : "lists no methods such as GET,POST";
    }
    return "is neither by= nor methods=";
}

PARSER(rate_limit)
{
    shop_rate_policy_t policy = { .by = SHOP_RATE_IP };
    int at = 0;

    ARGUMENTS(2, 4);
    CHECK(token_text(argv[0], 32), argv[0]);
    CHECK(quota(&policy.limit, &policy.window, argv[1], cmd->pool), argv[1]);
    for (int i = 2; i < argc; i++) {
        CHECK(rate_option(&policy, argv[i]), argv[i]);
    }
    policy.name = argv[0];
    while (at < values->rate_count && strcmp(values->rates[at].name, policy.name)) {
        at++;
    }
    if (at == SHOP_MAX_RATE_POLICIES) {
        *bad = argv[0];
        return "is one policy too many; 8 is the most";
    }
    values->rates[at] = policy;
    values->rate_count += at == values->rate_count;
    return NULL;
}

PARSER(page_size)
{
    ARGUMENTS(2, 2);
    CHECK(shop_word_whole(&values->page_default, argv[0], 1, 100, cmd->pool), argv[0]);
    CHECK(shop_word_whole(&values->page_max, argv[1], 1, 100, cmd->pool), argv[1]);
    CHECK(values->page_default > values->page_max ? "is more than the maximum behind it" : NULL,
          argv[0]);
    return NULL;
}

PARSER(currency)
{
    ARGUMENTS(1, 1);
    values->currency_exponent = shop_money_exponent(argv[0]);
    CHECK(values->currency_exponent < 0 ? "is no ISO 4217 currency code" : NULL, argv[0]);
    values->currency = argv[0];
    return NULL;
}

PARSER(rounding)
{
    ARGUMENTS(1, 1);
    *bad = argv[0];
    return shop_rounding_of(&values->rounding, *bad) ? NULL : "is none of down, half-up, half-even";
}

PARSER(jobs)
{
    ARGUMENTS(1, 2);
    CHECK(shop_word_on_off(&values->jobs, argv[0]), argv[0]);
    CHECK(argc == 2 ? shop_word_seconds(&values->jobs_interval_s, argv[1], 1, 3600, cmd->pool)
                    : NULL,
          argv[1]);
    return NULL;
}
