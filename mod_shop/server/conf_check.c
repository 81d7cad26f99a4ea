/* SPDX-License-Identifier: MIT
 * Checks that need the whole configuration. */
#include "conf.h"

#include <httpd.h>

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>

#include "../base/log.h"
#include "server.h"

APLOG_USE_MODULE(shop);

static bool all_loopback(void)
{
    for (ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        const char *address = NULL;

        for (apr_sockaddr_t *at = listener->bind_addr; at; at = at->next) {
            if (apr_sockaddr_ip_get((char **)&address, at) != APR_SUCCESS || !address ||
                (strncmp(address, "127.", 4) && strcmp(address, "::1"))) {
                return false;
            }
        }
    }
    return true;
}

static const char *shop_problem(const shop_settings_t *values)
{
    int signing = 0;

    for (int i = 0; i < values->jwt_key_count; i++) {
        signing += values->jwt_keys[i].sign;
    }
    if (values->jwt_key_count == 0) {
        return "ShopJwtKey: is missing, and ShopEngine On needs it. Make a key with `shopctl "
               "keygen > jwt.key; chmod 600 jwt.key` and write: ShopJwtKey main HS256 "
               "file:/path/to/jwt.key";
    }
    if (signing != 1) {
        return "ShopJwtKey: no key signs; leave `verify` out on one of them. For example: "
               "ShopJwtKey 2026 HS256 file:/etc/shop/jwt.key";
    }
    if (values->password_min > values->password_max) {
        return "ShopPasswordPolicy: min is more than max. Write: ShopPasswordPolicy min=8 max=256";
    }
    if (values->open_admin && !all_loopback()) {
        return "ShopInsecureOpenAdmin: On is refused while a Listen is not loopback. Write: Listen "
               "127.0.0.1:8080, or ShopInsecureOpenAdmin Off";
    }
    return NULL;
}

static bool serves_any(const server_rec *server)
{
    while (server && !shop_server_conf(server)->roots->nelts) {
        server = server->next;
    }
    return server != NULL;
}

static bool is_other_shop(const shop_settings_t *a, const shop_settings_t *b)
{
    return strcmp(a->instance, b->instance) != 0 || strcmp(a->currency, b->currency) != 0;
}

static bool is_one_database(const shop_settings_t *a, const shop_settings_t *b, apr_pool_t *pool)
{
    return !strcmp(shop_app_mongo_uri_database(a->mongo_uri, pool),
                   shop_app_mongo_uri_database(b->mongo_uri, pool));
}

/* Whoever changes a product announces it under his instance's name, and prices are stored in minor
 * units without a currency. */
static void warn_of_shared_database(const server_rec *servers, const server_rec *server,
                                    apr_pool_t *pool)
{
    const shop_settings_t *own = &shop_server_conf(server)->values;

    for (; servers != server; servers = servers->next) {
        const shop_server_conf_t *other = shop_server_conf(servers);

        if (other->roots->nelts && is_other_shop(&other->values, own) &&
            is_one_database(&other->values, own, pool)) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                         "SHOP%04d: the shops %s (%s) and %s (%s) use one database: each shows "
                         "old replies after a change made by the other, and prices have one "
                         "currency. Write the same ShopInstance and ShopCurrency for both, or a "
                         "ShopMongoURI with another database for one of them",
                         SHOP_LOG_SHARED_DATABASE, other->values.instance, other->values.currency,
                         own->instance, own->currency);
            return;
        }
    }
}

static bool shares_redis_keys(const shop_settings_t *a, const shop_settings_t *b, apr_pool_t *pool)
{
    return a->redis_url && b->redis_url && !strcmp(a->redis_url, b->redis_url) &&
           !strcmp(a->instance, b->instance) && !is_one_database(a, b, pool);
}

/* Cached replies are stored in Redis under the instance's name: with one name for two databases
 * each shop would serve the other's products. */
static bool mixes_caches(const server_rec *servers, const server_rec *server, apr_pool_t *pool)
{
    const shop_settings_t *own = &shop_server_conf(server)->values;

    for (; servers != server; servers = servers->next) {
        const shop_server_conf_t *other = shop_server_conf(servers);

        if (other->roots->nelts && shares_redis_keys(&other->values, own, pool)) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server,
                         "ShopInstance: two databases (%s and %s) have the instance %s in one "
                         "Redis, so each shop would serve the other's cached replies. Write "
                         "another ShopInstance, or another ShopRedis, for one of them",
                         shop_app_mongo_uri_database(other->values.mongo_uri, pool),
                         shop_app_mongo_uri_database(own->mongo_uri, pool), own->instance);
            return true;
        }
    }
    return false;
}

/* Directives within <IfModule> are skipped without a word where the module is missing. */
static void say_missing_modules(server_rec *server)
{
    static const struct {
        const char *file, *name, *loss;
    } wanted[] = {
        { "mod_headers.c", "headers",
          "no CORS headers are sent, so no browser may call the API "
          "from another origin" },
        { "mod_setenvif.c", "setenvif", "the CORS lines of conf/mod_shop.conf have no effect" },
        { "mod_reqtimeout.c", "reqtimeout",
          "a slow client holds a worker for as long as Timeout "
          "says" },
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (!ap_find_linked_module(wanted[i].file)) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_NOTICE, 0, server,
                         "SHOP%04d: mod_%s is not loaded: %s. On Debian: a2enmod %s",
                         SHOP_LOG_MODULE_MISSING, wanted[i].name, wanted[i].loss, wanted[i].name);
        }
    }
}

/* At start httpd reads its configuration twice: the second time follows at once, before the log is
 * open, and would print every warning again where httpd stays in the foreground. */
static bool is_checked_again(void)
{
    return ap_state_query(AP_SQ_CONFIG_GEN) == 1;
}

/* Is there a shop with the same settings before this one? */
static bool is_repeated(const server_rec *servers, const server_rec *server)
{
    while (servers != server && (!shop_server_conf(servers)->roots->nelts ||
                                 !shop_settings_same(&shop_server_conf(servers)->values,
                                                     &shop_server_conf(server)->values))) {
        servers = servers->next;
    }
    return servers != server;
}

static void warn_of(server_rec *servers, server_rec *server, apr_pool_t *pool)
{
    if (is_checked_again() || is_repeated(servers, server)) {
        return;
    }
    warn_of_shared_database(servers, server, pool);
    if (shop_server_conf(server)->values.open_admin) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                     "SHOP%04d: ShopInsecureOpenAdmin is on: anybody may register as admin (the "
                     "shop of %s)",
                     SHOP_LOG_OPEN_ADMIN, shop_server_place(server, pool));
    }
}

int shop_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    server_rec *servers;
    const char *problem;

    (void)pconf;
    (void)plog;
    servers = server;
    /* a reminder for whoever runs configtest, start or graceful; no line in the log of each night's
     * rotation */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG && serves_any(server)) {
        say_missing_modules(server);
    }
    problem = shop_json_log_problem(shop_server_conf(server)->values.json_log, ptemp);
    if (problem) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server, "%s", problem);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (; server; server = server->next) {
        shop_server_conf_t *conf = shop_server_conf(server);

        if (!conf->roots->nelts) {
            continue;
        }
        if (!conf->values.instance) {
            conf->values.instance = server->server_hostname ? server->server_hostname : "shop";
        }
        problem = shop_problem(&conf->values);
        if (problem) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server, "%s (the shop of %s)",
                         problem, shop_server_place(server, ptemp));
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (mixes_caches(servers, server, ptemp)) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        warn_of(servers, server, ptemp);
    }
    return OK;
}
