/* SPDX-License-Identifier: MIT
 * Wires the accounts' routes and guards to fakes, and talks to them as a client would. */
#include "tests/kit/world.h"

#include "mod_shop/accounts/account_sessions.h"
#include "mod_shop/base/log.h"

extern const shop_route_t shop_account_routes[];

world_t w;

static const shop_route_t *tables[] = { shop_account_routes, NULL, NULL };
static const shop_guard_t guards[] = { shop_guard_authn, shop_guard_access, NULL };

static shop_revoked_answer_t revoked_look(shop_revoked_t *revoked, const char *id, apr_pool_t *pool)
{
    (void)revoked;
    (void)id;
    (void)pool;
    return w.verdict;
}

static void revoked_tell(shop_revoked_t *revoked, const char *id, int ttl_s, apr_pool_t *pool)
{
    (void)revoked;
    (void)pool;
    T_TRUE(ttl_s >= w.settings.jwt_access_s);
    APR_ARRAY_PUSH(w.told, const char *) = apr_pstrdup(t_pool, id);
}

static void keep_number(shop_log_level_t level, int number, const char *request_id,
                        const char *text)
{
    (void)level;
    (void)request_id;
    (void)text;
    w.log_number = number ? number : w.log_number;
}

void world_begin_with(const shop_route_t *routes)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";
    static shop_revoked_t revoked = { revoked_look, revoked_tell };

    memset(&w, 0, sizeof(w));
    tables[1] = routes;
    shop_log_set_sink(keep_number);
    w.now = apr_time_from_sec(1790000000);
    w.ip = "192.0.2.1";
    w.verdict = SHOP_REVOKED_UNKNOWN;
    w.told = apr_array_make(t_pool, 4, sizeof(const char *));
    shop_settings_defaults(&w.settings);
    w.settings.hash_memory_kib = 8;
    w.settings.hash_passes = 1;
    w.settings.bootstrap_token = W_BOOTSTRAP;
    w.settings.jwt_key_count = 1;
    w.settings.jwt_keys[0] =
        (shop_jwt_key_t){ "main", "HS256", (const unsigned char *)key, 32, true };
    w.app.settings = &w.settings;
    w.accounts.accounts = shop_account_repo_mem(t_pool);
    w.app.accounts = &w.accounts;
    w.guards.settings = &w.settings;
    w.guards.sessions = shop_account_session_reader(w.accounts.accounts, t_pool);
    w.guards.limiter = shop_limiter_shm(NULL, 0, 1, t_pool);
    w.guards.revoked = &revoked;
    T_OK(shop_tokens_create(&w.guards.tokens, &w.settings, t_pool));
    w.app.guards = &w.guards;
    T_OK(shop_hasher_create(&w.app.hasher, w.settings.hash_memory_kib, w.settings.hash_passes, 2,
                            t_pool));
    w.dispatch = (shop_dispatch_t){
        .routes = tables, .guards = guards, .ports = &w.guards, .settings = &w.settings
    };
}

void world_begin(void)
{
    world_begin_with(NULL);
}

typedef struct source_t {
    const char *at;
    apr_size_t left;
} source_t;

static shop_error_t *read_body(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool)
{
    source_t *source = baton;

    (void)pool;
    if (*size > source->left) {
        *size = source->left;
    }
    memcpy(buffer, source->at, *size);
    source->at += *size;
    source->left -= *size;
    return NULL;
}

int world_send(const char *method, const char *path, const char *token, const char *body)
{
    source_t source = { body, body ? strlen(body) : 0 };
    shop_req_t req = { .pool = t_pool,
                       .id = "request",
                       .method = method,
                       .path = path,
                       .root = "/api",
                       .client_ip = w.ip,
                       .content_length = body ? (apr_off_t)source.left : -1,
                       .body_read = read_body,
                       .body_baton = &source,
                       .now = w.now };
    shop_json_doc_t doc = { 0 };

    req.headers = apr_table_make(t_pool, 4);
    if (body) {
        apr_table_setn(req.headers, "Content-Type",
                       strcmp(method, "PATCH") ? "application/json"
                                               : "application/merge-patch+json");
    }
    if (token) {
        apr_table_setn(req.headers, "Authorization", apr_pstrcat(t_pool, "Bearer ", token, NULL));
    }
    for (int i = 0; w.headers[i]; i += 2) {
        apr_table_setn(req.headers, w.headers[i], w.headers[i + 1]);
    }
    memset(w.headers, 0, sizeof(w.headers));
    w.log_number = 0;
    shop_http_dispatch(&w.app, &w.dispatch, &req, &w.res);
    w.json = w.res.size && !shop_json_parse(&doc, w.res.body, w.res.size, t_pool) ? doc.root : NULL;
    return w.res.status;
}

void world_expect(int is, int status, const char *code, int line, const char *file)
{
    const char *seen = is >= 400 ? world_text("code") : NULL;

    t_assert(is == status && (!code || (seen && !strcmp(seen, code))), line, file,
             "wanted %d %s, got %d %.*s", status, code ? code : "", is, (int)w.res.size,
             w.res.body ? w.res.body : "");
}

const char *world_text(const char *name)
{
    return json_string_value(json_object_get(w.json, name));
}

const char *world_text_in(const char *object, const char *name)
{
    return json_string_value(json_object_get(json_object_get(w.json, object), name));
}

const char *world_header(const char *name)
{
    return apr_table_get(w.res.headers, name);
}

const char *world_pointer(void)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(w.json, "errors"), 0), "pointer"));
}

const char *world_register(const char *name)
{
    W_SEND(201, NULL, "POST", "/auth/register", NULL,
           apr_psprintf(t_pool,
                        "{\"username\":\"%s\",\"email\":\"%s@example.com\","
                        "\"password\":\"" W_PASSWORD "\"}",
                        name, name));
    return world_text("id");
}

pair_t world_login(const char *name, const char *password)
{
    pair_t pair;

    W_SEND(
        200, NULL, "POST", "/auth/login", NULL,
        apr_psprintf(t_pool, "{\"email\":\"%s@example.com\",\"password\":\"%s\"}", name, password));
    pair.access = world_text("access_token");
    pair.refresh = world_text("refresh_token");
    T_TRUE(pair.access && pair.refresh);
    return pair;
}

void world_alter_user(const char *id, const char *role, bool disabled, const char *hash)
{
    shop_user_t *user = NULL;
    bool done = false;

    T_OK(w.accounts.accounts->find(&user, w.accounts.accounts, id, t_pool));
    user->role = role ? role : user->role;
    user->disabled = disabled;
    user->password_hash = hash ? hash : user->password_hash;
    user->rev++;
    T_OK(w.accounts.accounts->update(&done, w.accounts.accounts, user, t_pool));
    T_TRUE(done);
}
