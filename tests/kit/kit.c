/* SPDX-License-Identifier: MIT
 * The shop of fakes behind the dispatcher. */
#include "tests/kit/kit.h"

#include <apr_hash.h>

#include "mod_shop/accounts/account_sessions.h"
#include "mod_shop/base/log.h"
#include "mod_shop/cache/cache.h"
#include "mod_shop/drivers/password.h"
#include "tests/kit/account_mem.h"
#include "tests/kit/cart_mem.h"
#include "tests/kit/coupon_mem.h"
#include "tests/kit/order_mem.h"
#include "tests/kit/product_mem.h"
#include "tests/kit/stock_mem.h"

kit_t kit;

static const shop_route_t *tables[32];
static apr_table_t *headers;
static const char *sender; /* of the request being sent */

/* ---- the guards ---- */

static shop_error_t *set_caller(const struct shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    bool admin = sender && !strcmp(sender, "admin");

    if (!sender || req->route->access == SHOP_ACCESS_PUBLIC ||
        req->route->access == SHOP_ACCESS_REFRESH) { /* a token is ignored, or is another one */
        return shop_guard_authn(ports, req, res);
    }
    req->caller.role = admin ? SHOP_ROLE_ADMIN : SHOP_ROLE_USER;
    req->caller.user_id = admin ? KIT_ADMIN : strcmp(sender, "user") ? sender : KIT_USER;
    return NULL;
}

static const shop_guard_t guards[] = { set_caller, shop_guard_access, NULL };

static shop_revoked_answer_t revoked_look(shop_revoked_t *revoked, const char *id, apr_pool_t *pool)
{
    (void)revoked;
    (void)id;
    (void)pool;
    return kit.revoked;
}

static void revoked_tell(shop_revoked_t *revoked, const char *id, int ttl_s, apr_pool_t *pool)
{
    (void)revoked;
    (void)pool;
    T_TRUE(ttl_s >= kit.settings.jwt_access_s);
    APR_ARRAY_PUSH(kit.announced, const char *) = apr_pstrdup(t_pool, id);
}

static void open_guards(void)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";
    static shop_revoked_t revoked = { revoked_look, revoked_tell };

    kit.settings.jwt_key_count = 1;
    kit.settings.jwt_keys[0] =
        (shop_jwt_key_t){ "main", "HS256", (const unsigned char *)key, 32, true, NULL };
    kit.guards.settings = &kit.settings;
    kit.guards.sessions = shop_account_session_reader(kit.accounts.accounts, t_pool);
    kit.guards.limiter = shop_limiter_shm(NULL, 0, 1, t_pool);
    kit.guards.revoked = &revoked;
    T_OK(shop_tokens_create(&kit.guards.tokens, &kit.settings, t_pool));
    kit.app.guards = &kit.guards;
}

/* ---- a cache that keeps everything until something changed ---- */

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
    kit.hits += page != NULL;
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
    kit.invalidated++;
}

/* ---- the shop ---- */

static void keep_number(shop_log_level_t level, int number, const char *request_id,
                        const char *text)
{
    (void)level;
    (void)request_id;
    (void)text;
    kit.log_number = number ? number : kit.log_number;
}

static void open_repos(void)
{
    kit.accounts = (shop_accounts_repos_t){ shop_account_repo_mem(t_pool) };
    kit.catalogue.products = shop_product_repo_mem(t_pool);
    kit.inventory.stock = shop_stock_repo_mem(kit.catalogue.products, t_pool);
    kit.inventory.units = shop_product_mem_stock(kit.catalogue.products);
    kit.cart = (shop_cart_repos_t){ shop_cart_repo_mem(t_pool) };
    kit.orders = (shop_orders_repos_t){ .orders = shop_order_repo_mem(t_pool) };
    kit.coupons.coupons = shop_coupon_repo_mem(t_pool);
    kit.coupons.uses = shop_coupon_mem_uses(kit.coupons.coupons);
    kit.app.accounts = &kit.accounts;
    kit.app.catalogue = &kit.catalogue;
    kit.app.inventory = &kit.inventory;
    kit.app.cart = &kit.cart;
    kit.app.orders = &kit.orders;
    kit.app.coupons = &kit.coupons;
}

static void list_routes(const shop_route_t *routes)
{
    const shop_route_t *const *modules = shop_app_routes();
    int count = 0;

    for (; modules[count]; count++) {
        tables[count] = modules[count];
    }
    tables[count] = routes;
    tables[count + 1] = NULL;
}

void kit_begin_with(const shop_route_t *routes)
{
    static shop_cache_t cache = { .get = cache_get,
                                  .put = cache_put,
                                  .invalidate = cache_invalidate };

    memset(&kit, 0, sizeof(kit));
    shop_log_set_sink(keep_number);
    kit.ip = "192.0.2.1";
    kit.revoked = SHOP_REVOKED_UNKNOWN;
    kit.announced = apr_array_make(t_pool, 4, sizeof(const char *));
    kit.clock = (shop_clock_t){ .now = shop_clock_fixed_now, .fixed = KIT_NOON };
    shop_settings_defaults(&kit.settings);
    kit.settings.currency = "USD";
    kit.settings.currency_exponent = 2;
    kit.settings.cache_products_s = 60;
    kit.settings.cache_categories_s = 60;
    kit.settings.hash_memory_kib = 8; /* cheap */
    kit.settings.hash_passes = 1;
    kit.app.settings = &kit.settings;
    kit.app.clock = &kit.clock;
    kit.app.cache = &cache;
    open_repos();
    open_guards();
    T_OK(shop_hasher_create(&kit.app.hasher, kit.settings.hash_memory_kib, kit.settings.hash_passes,
                            2, t_pool));
    list_routes(routes);
    kit.dispatch = (shop_dispatch_t){
        .routes = tables, .guards = guards, .ports = &kit.guards, .settings = &kit.settings
    };
    kit.app.dispatch = &kit.dispatch;
    pages = apr_hash_make(t_pool);
    headers = apr_table_make(t_pool, 4);
}

void kit_begin(void)
{
    kit_begin_with(NULL);
}

/* ---- requests ---- */

void kit_header(const char *name, const char *value)
{
    apr_table_setn(headers, name, value);
}

const char *kit_bearer(const char *token)
{
    return token ? apr_pstrcat(t_pool, "Bearer ", token, NULL) : NULL;
}

const shop_res_t *kit_send(const char *as, const char *method, const char *target, const char *body)
{
    shop_res_t *res = apr_pcalloc(t_pool, sizeof(*res));
    shop_req_t *req = t_request(method, target);
    bool bearer = as && !strncmp(as, "Bearer ", 7);

    if (body) {
        t_body(req, body);
        if (!strcmp(method, "PATCH")) {
            apr_table_setn(req->headers, "Content-Type", "application/merge-patch+json");
        }
    }
    if (bearer) {
        apr_table_setn(req->headers, "Authorization", as);
    }
    apr_table_overlap(req->headers, headers, APR_OVERLAP_TABLES_SET);
    headers = apr_table_make(t_pool, 4);
    sender = bearer ? NULL : as;
    req->client_ip = kit.ip;
    req->now = kit.app.clock->now(kit.app.clock);
    kit.log_number = 0;
    shop_http_dispatch(&kit.app, kit.app.dispatch, req, res);
    kit.res = res;
    kit.json = t_json(res);
    return res;
}

const shop_res_t *kit_expect(const shop_res_t *res, int status, const char *code, int line,
                             const char *file)
{
    const char *seen = code ? kit_text("code") : NULL;

    t_assert(res->status == status && (!code || (seen && !strcmp(seen, code))), line, file,
             "wanted %d %s, got %d %.*s", status, code ? code : "", res->status, (int)res->size,
             res->body ? res->body : "");
    return res;
}

static const json_t *member(const char *names)
{
    const json_t *json = kit.json;
    char *rest = apr_pstrdup(t_pool, names), *name, *state = NULL;

    while ((name = apr_strtok(rest, ".", &state)) != NULL) {
        json = json_object_get(json, name);
        rest = NULL;
    }
    return json;
}

const char *kit_text(const char *names)
{
    return json_string_value(member(names));
}

int64_t kit_int(const char *names)
{
    return json_integer_value(member(names));
}

int kit_count(const char *names)
{
    return (int)json_array_size(member(names));
}

const char *kit_reply_header(const char *name)
{
    return apr_table_get(kit.res->headers, name);
}

const char *kit_pointer(void)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(kit.json, "errors"), 0), "pointer"));
}

const char *kit_product(const char *name, const char *price, int stock)
{
    T_SEND(201, "admin", "POST", "/products",
           apr_psprintf(t_pool,
                        "{\"name\":\"%s\",\"price\":%s,\"category\":\"Things\",\"stock\":%d}", name,
                        price, stock));
    return kit_text("id");
}
