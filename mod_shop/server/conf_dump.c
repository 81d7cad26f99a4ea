/* SPDX-License-Identifier: MIT
 * apachectl -t -D DUMP_SHOP: what each shop is configured with, on standard output, secrets
 * masked. */
#include <httpd.h>

#include <http_core.h>
#include <stdio.h>

#include "../cache/cache_encode.h"
#include "conf.h"

static void dump_codings(unsigned codings)
{
    printf("  ShopCompress%s", codings ? "" : " off");
    for (shop_coding_t coding = SHOP_CODING_GZIP; coding < SHOP_CODINGS; coding++) {
        if (codings & SHOP_CODING_BIT(coding)) {
            printf(" %s", shop_coding_name(coding));
        }
    }
    printf("\n");
}

static void dump_shop(const shop_settings_t *v, const char *root)
{
    printf("  root %s\n  ShopInstance %s\n  ShopCurrency %s\n", root, v->instance, v->currency);
    printf("  ShopRounding %s\n", shop_rounding_name(v->rounding));
    printf("  ShopMongoURI %s\n", strchr(v->mongo_uri, '@') ? "(masked)" : v->mongo_uri);
    printf("  ShopMongoPool %d wait=%dms\n", v->mongo_pool_max, v->mongo_wait_ms);
    printf("  ShopMongoTimeout connect=%dms select=%dms socket=%dms\n", v->mongo_connect_ms,
           v->mongo_select_ms, v->mongo_socket_ms);
    printf("  ShopRedis %s\n", v->redis_url ? v->redis_url : "off");
    dump_codings(v->codings & shop_cache_codings());
    for (int i = 0; i < v->jwt_key_count; i++) {
        printf("  ShopJwtKey %s %s (%d bytes) %s\n", v->jwt_keys[i].kid, v->jwt_keys[i].alg,
               v->jwt_keys[i].secret_size, v->jwt_keys[i].sign ? "sign" : "verify");
    }
    printf("  ShopJwtTTL %d %d %d\n", v->jwt_access_s, v->jwt_refresh_s, v->jwt_absolute_s);
    printf("  ShopLoginLimit %d/%d\n", v->login_limit, v->login_window_s);
    for (int i = 0; i < v->rate_count; i++) {
        printf("  ShopRateLimit %s %d/%d by=%s\n", v->rates[i].name, v->rates[i].limit,
               v->rates[i].window, v->rates[i].by == SHOP_RATE_USER ? "user" : "ip");
    }
}

void shop_dump_config(apr_pool_t *pool, server_rec *server)
{
    (void)pool;
    if (!ap_exists_config_define("DUMP_SHOP")) {
        return;
    }
    for (; server; server = server->next) {
        const shop_server_conf_t *conf = shop_server_conf(server);

        for (int i = 0; i < conf->roots->nelts; i++) {
            printf("Shop of %s:\n", server->server_hostname ? server->server_hostname : "main");
            dump_shop(&conf->values, APR_ARRAY_IDX(conf->roots, i, const char *));
        }
    }
}
