/* SPDX-License-Identifier: MIT
 * Defaults of every setting, in one place. */
#include "settings.h"

#include <string.h>

void shop_settings_defaults(shop_settings_t *settings)
{
    memset(settings, 0, sizeof(*settings));
    settings->instance = "shop";
    settings->problem_base = "urn:mod_shop:problem:";
    settings->mongo_uri = "mongodb://127.0.0.1/shop";
    settings->mongo_pool_max = 32;
    settings->mongo_wait_ms = 500;
    settings->mongo_connect_ms = 1000;
    settings->mongo_select_ms = 2000;
    settings->mongo_socket_ms = 5000;
    settings->redis_pool_max = 32;
    settings->redis_connect_ms = 100;
    settings->redis_command_ms = 50;
    settings->cache_products_s = 60;
    settings->cache_bytes = 16 * 1024 * 1024;
    settings->cache_categories_s = 300;
    settings->codings = ~0U; /* all that were built in */
    settings->jwt_issuer = "mod_shop";
    settings->jwt_audience = "shop";
    settings->jwt_access_s = 15 * 60;
    settings->jwt_refresh_s = 7 * 86400;
    settings->jwt_absolute_s = 30 * 86400;
    settings->jwt_leeway_s = 30;
    settings->hash_memory_kib = 19456;
    settings->hash_passes = 2;
    settings->hash_slots = 2;
    settings->password_min = 8;
    settings->password_max = 256;
    settings->login_limit = 10;
    settings->login_window_s = 15 * 60;
    settings->rate_headers = true;
    settings->nodes = 1;
    settings->page_default = 20;
    settings->page_max = 100;
    settings->currency = "USD";
    settings->currency_exponent = 2;
    settings->rounding = SHOP_ROUND_DOWN;
    settings->status = true;
    settings->deadline_ms = 5000;
    settings->jobs = true;
    settings->jobs_interval_s = 5;
}
