/* SPDX-License-Identifier: MIT
 * ShopMongoURI and ShopRedis: connection strings. The drivers validate them. */
#include <string.h>

#include "../app.h"
#include "conf_own.h"

static bool has_password(const char *uri)
{
    const char *user = strstr(uri, "://");
    const char *at = user ? strchr(user, '@') : NULL;

    return at && memchr(user + 3, ':', (size_t)(at - user - 3));
}

static const char *mongo_parse(shop_settings_t *settings, const shop_directive_t *directive,
                               int argc, char *const argv[], shop_parse_t *parse)
{
    const char *uri = NULL;

    (void)directive;
    SHOP_ARGUMENTS(1, 1);
    SHOP_CHECK(shop_secret_parse(&uri, argv[0], parse), shop_secret_shown(argv[0]));
    /* A URI may contain a password, so messages quote no part of it. */
    SHOP_CHECK(shop_app_mongo_uri_problem(uri, parse->pool), strchr(uri, '@') ? NULL : argv[0]);
    parse->literal = parse->literal && has_password(uri);
    settings->mongo_uri = uri;
    return NULL;
}

static const char *mongo_dump(const shop_settings_t *settings, int i, apr_pool_t *pool)
{
    const char *uri = settings->mongo_uri;

    (void)pool;
    return i ? NULL : strchr(uri, '@') ? "(masked)" : uri;
}

const shop_own_t shop_own_mongo_uri = { mongo_parse, NULL, mongo_dump, NULL };

static const char *redis_parse(shop_settings_t *settings, const shop_directive_t *directive,
                               int argc, char *const argv[], shop_parse_t *parse)
{
    bool off;

    (void)directive;
    SHOP_ARGUMENTS(1, 1);
    off = !strcasecmp(argv[0], "off");
    SHOP_CHECK(off ? NULL : shop_app_redis_url_problem(argv[0], parse->pool), argv[0]);
    settings->redis_url = off ? NULL : argv[0];
    return NULL;
}

static const char *redis_dump(const shop_settings_t *settings, int i, apr_pool_t *pool)
{
    (void)pool;
    return i ? NULL : settings->redis_url ? settings->redis_url : "off";
}

const shop_own_t shop_own_redis = { redis_parse, NULL, redis_dump, NULL };
