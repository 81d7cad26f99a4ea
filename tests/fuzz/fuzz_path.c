/* SPDX-License-Identifier: MIT
 * Any bytes as method and path: the router finds a route or refuses, and what it takes as an
 * argument is clean text. The first byte picks the method. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/http/route.h"
#include "mod_shop/http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const shop_route_t routes[] = {
    { .method = "GET", .path = "/products" },
    { .method = "POST", .path = "/products" },
    { .method = "GET", .path = "/products/featured" },
    { .method = "GET", .path = "/products/{id}" },
    { .method = "DELETE", .path = "/products/{id}" },
    { .method = "POST", .path = "/products/{id}/stock" },
    { .method = "GET", .path = "/orders/{id}/refunds/{rid}" },
    { .method = "GET", .path = "/{a}/{b}/{c}/{d}" },
    { .method = NULL },
};

static const shop_route_t *const tables[] = { routes, NULL };

static void check_args(const shop_req_t *req)
{
    for (int i = 0; i < SHOP_MAX_PATH_ARGS && req->arg_names[i]; i++) {
        const char *value = shop_req_arg(req, req->arg_names[i]);

        if (!value || !*value || strpbrk(value, "/\r\n\x1b") || !shop_uri_is_utf8(value)) {
            abort();
        }
    }
}

static void check(const char *raw, const char *method, apr_pool_t *pool)
{
    shop_req_t req = { .pool = pool, .method = method };
    shop_error_t *err;

    req.path = shop_uri_decode(raw, strlen(raw), false, pool);
    if (!req.path) {
        return;
    }
    if (strpbrk(shop_uri_path(req.path, pool), " <>\"\r\n")) {
        abort();
    }
    err = shop_router_match(&req, tables);
    if (!err) {
        check_args(&req);
    } else if (err->code == SHOP_METHOD_NOT_ALLOWED ? !err->allow : err->code != SHOP_NOT_FOUND) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = { "GET", "HEAD", "POST", "DELETE", "FOO" };
    static apr_pool_t *root;
    apr_pool_t *pool;

    if (!size) {
        return 0;
    }
    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&pool, root);
    check(apr_pstrmemdup(pool, (const char *)data + 1, size - 1), methods[data[0] % 5], pool);
    apr_pool_destroy(pool);
    return 0;
}
