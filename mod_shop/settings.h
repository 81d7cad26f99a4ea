/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SETTINGS_H
#define SHOP_SETTINGS_H

/* What a shop is configured with, as plain values: the httpd skin fills it from directives,
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
} shop_rate_policy_t;

#define SHOP_MAX_RATE_POLICIES 8
#define SHOP_MAX_JWT_KEYS 8

typedef struct shop_jwt_key_t {
    const char *kid;
    const char *alg; /* "HS256" (RS256 and ES256 follow) */
    const unsigned char *secret;
    int secret_size; /* bytes, at least 32 for HS256 */
    bool sign;       /* exactly one key signs; the others only verify */
} shop_jwt_key_t;

typedef struct shop_settings_t {
    const char *instance;     /* tenant: key prefix in Redis, label */
    const char *public_url;   /* NULL: links are relative to the request */
    const char *problem_base; /* prefix of problem types; the code with hyphens follows */

    const char *mongo_uri;
    int mongo_pool_max; /* 0: the skin's default */
    int mongo_wait_ms;
    int mongo_connect_ms, mongo_select_ms, mongo_socket_ms;

    const char *redis_url; /* NULL: no Redis */
    const char *redis_password;
    int redis_pool_max;
    int redis_connect_ms, redis_command_ms;

    int cache_products_s;   /* seconds, 0 = off */
    int cache_categories_s; /* seconds, 0 = off */
    int64_t cache_bytes;    /* of each child; 0 = no local level */
    unsigned codings;       /* bits of http/coding.h: replies are kept in these as well; what was
                             * not built in does not count */

    shop_jwt_key_t jwt_keys[SHOP_MAX_JWT_KEYS];
    int jwt_key_count;
    const char *jwt_issuer, *jwt_audience;
    int jwt_access_s, jwt_refresh_s, jwt_absolute_s, jwt_leeway_s;

    int64_t hash_memory_kib; /* Argon2id m */
    int hash_passes;         /* Argon2id t */
    int hash_slots;          /* hashes at once per child */
    int password_min, password_max;
    const char *bootstrap_token; /* NULL: none */
    bool open_admin;             /* ShopInsecureOpenAdmin */

    int login_limit, login_window_s;
    shop_rate_policy_t rates[SHOP_MAX_RATE_POLICIES];
    int rate_count;
    bool rate_headers;
    int nodes; /* hosts sharing the limits when Redis is away */

    int page_default, page_max;
    const char *currency;     /* ISO 4217 */
    int currency_exponent;    /* decimals */
    shop_rounding_t rounding; /* of discounts */
    bool jobs;                /* background work on this host */
    int jobs_interval_s;
    bool require_if_match;
    bool trust_request_id;
    bool status;       /* in mod_status' page */
    int max_in_flight; /* requests at once per child, 0 = no bound */
    int deadline_ms;   /* per request */
} shop_settings_t;

/* Fills in every default (decisions: see docs/directives.md). */
void shop_settings_defaults(shop_settings_t *settings);

#endif
