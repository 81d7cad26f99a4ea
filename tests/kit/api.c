/* SPDX-License-Identifier: MIT
 * A shop in memory behind the real dispatcher. */
#include "tests/kit/api.h"

#include <apr_hash.h>

#include "mod_shop/cart/cart_api.h"
#include "mod_shop/catalogue/product_api.h"

shop_app_t api_app;
static shop_catalogue_repos_t catalogue;
static shop_cart_repos_t cart;
static shop_dispatch_t dispatch;
shop_settings_t api_settings;
int api_invalidated;
int api_hits;

static const shop_route_t *const routes[] = { shop_product_routes, shop_cart_routes, NULL };
static apr_table_t *headers;
static const char *caller;

static shop_error_t *set_caller(const struct shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    (void)ports;
    (void)res;
    if (caller) {
        bool admin = !strcmp(caller, "admin");

        req->caller.role = admin ? SHOP_ROLE_ADMIN : SHOP_ROLE_USER;
        req->caller.user_id = admin ? API_ADMIN : API_USER;
    } else if (req->route->access != SHOP_ACCESS_PUBLIC) {
        return shop_err(req->pool, TOKEN_MISSING, "sign in");
    }
    return NULL;
}

static const shop_guard_t guards[] = { set_caller, shop_guard_access, NULL };

/* A cache that keeps everything until it is told. */
static apr_hash_t *pages;

static const shop_page_t *cache_get(shop_cache_t *cache, const char *key, shop_cache_slot_t *slot,
                                    int ttl_s, apr_pool_t *pool)
{
    const shop_page_t *page = apr_hash_get(pages, key, APR_HASH_KEY_STRING);

    (void)cache;
    (void)ttl_s;
    (void)pool;
    slot->key = key;
    slot->usable = true;
    api_hits += page != NULL;
    return page;
}

static void cache_put(shop_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                      int ttl_s, apr_pool_t *pool)
{
    (void)cache;
    (void)pool;
    T_TRUE(ttl_s > 0);
    apr_hash_set(pages, slot->key, APR_HASH_KEY_STRING, page);
}

static void cache_invalidate(shop_cache_t *cache, const char *const *subjects, int count,
                             apr_pool_t *pool)
{
    (void)subjects;
    (void)count;
    (void)cache;
    (void)pool;
    apr_hash_clear(pages);
    api_invalidated++;
}

static shop_cache_t cache = { .get = cache_get, .put = cache_put, .invalidate = cache_invalidate };

void api_begin(void)
{
    shop_settings_defaults(&api_settings);
    api_settings.currency = "USD";
    api_settings.currency_exponent = 2;
    api_settings.cache_products_s = 60;
    api_settings.cache_categories_s = 60;
    catalogue = (shop_catalogue_repos_t){ shop_product_repo_mem(t_pool) };
    cart = (shop_cart_repos_t){ shop_cart_repo_mem(t_pool) };
    dispatch = (shop_dispatch_t){ .routes = routes, .guards = guards, .settings = &api_settings };
    api_app = (shop_app_t){ .settings = &api_settings,
                            .clock = &shop_clock_shop,
                            .catalogue = &catalogue,
                            .cart = &cart,
                            .cache = &cache,
                            .dispatch = &dispatch };
    pages = apr_hash_make(t_pool);
    api_invalidated = api_hits = 0;
    headers = apr_table_make(t_pool, 4);
}

typedef struct source_t {
    const char *text;
    apr_size_t left;
} source_t;

static shop_error_t *read_body(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool)
{
    source_t *source = baton;

    (void)pool;
    *size = *size < source->left ? *size : source->left;
    memcpy(buffer, source->text, *size);
    source->text += *size;
    source->left -= *size;
    return NULL;
}

void api_header(const char *name, const char *value)
{
    apr_table_setn(headers, name, value);
}

const shop_res_t *api_call(const char *as, const char *method, const char *target, const char *body)
{
    shop_res_t *res = apr_pcalloc(t_pool, sizeof(*res));
    shop_req_t *req = apr_pcalloc(t_pool, sizeof(*req));
    source_t *source = apr_pcalloc(t_pool, sizeof(*source));
    const char *query = strchr(target, '?');

    caller = as;
    req->pool = t_pool;
    req->id = "r1";
    req->method = method;
    req->path = query ? apr_pstrmemdup(t_pool, target, (apr_size_t)(query - target)) : target;
    req->query = query ? query + 1 : NULL;
    req->root = "/api";
    req->client_ip = "192.0.2.1";
    req->headers = headers;
    req->now = shop_clock_shop.now(&shop_clock_shop);
    req->deadline = shop_clock_monotonic() + apr_time_from_sec(5);
    req->content_length = -1;
    if (body) {
        source->text = body;
        source->left = strlen(body);
        req->content_length = (apr_off_t)source->left;
        apr_table_setn(headers, "Content-Type", "application/json");
    }
    req->body_read = read_body;
    req->body_baton = source;
    shop_http_dispatch(&api_app, &dispatch, req, res);
    headers = apr_table_make(t_pool, 4);
    return res;
}

json_t *api_json(const shop_res_t *res)
{
    json_t *json = res->body ? json_loadb(res->body, res->size, 0, NULL) : NULL;

    T_TRUE(json != NULL);
    return shop_json_own(json, t_pool);
}

const char *api_product(const char *name, const char *price, int stock)
{
    const shop_res_t *res = api_call(
        "admin", "POST", "/products",
        apr_psprintf(t_pool, "{\"name\":\"%s\",\"price\":%s,\"category\":\"Things\",\"stock\":%d}",
                     name, price, stock));

    T_INT(res->status, 201);
    return json_string_value(json_object_get(api_json(res), "id"));
}

bool api_says(const shop_res_t *res, const char *fragment)
{
    return res->body && strstr(apr_pstrmemdup(t_pool, res->body, res->size), fragment) != NULL;
}
