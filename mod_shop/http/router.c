/* SPDX-License-Identifier: MIT
 * Finds the route for a path. Segments are compared exactly: no case folding, no empty segment, no
 * trailing slash. So access rules need to cover one spelling only. */
#include "route.h"

#include <apr_strings.h>
#include <string.h>

#include "uri.h"

/* One bit per segment, the first segment in the most significant bit; set for a literal. The
 * greater shape wins. */
typedef uint32_t shape_t;
#define SHAPE_FIRST (UINT32_C(1) << 31)
#define SHAPE_NONE UINT32_C(0)
#define SHAPE_MATCHED UINT32_C(1) /* set in every match, so that the shape of "/{x}" is not 0 */

typedef struct match_t {
    int count;
    const char *names[SHOP_MAX_PATH_ARGS];
    apr_size_t name_sizes[SHOP_MAX_PATH_ARGS];
    const char *values[SHOP_MAX_PATH_ARGS];
    apr_size_t value_sizes[SHOP_MAX_PATH_ARGS];
} match_t;

static shape_t match_path(match_t *match, const char *template, const char *path)
{
    shape_t shape = SHAPE_MATCHED;

    match->count = 0;
    for (shape_t bit = SHAPE_FIRST; *template == '/' && *path == '/' && bit > 1; bit >>= 1) {
        apr_size_t wanted = strcspn(++template, "/");
        apr_size_t given = strcspn(++path, "/");

        if (*template == '{') {
            if (!given || match->count == SHOP_MAX_PATH_ARGS) {
                return SHAPE_NONE;
            }
            match->names[match->count] = template + 1;
            match->name_sizes[match->count] = wanted - 2;
            match->values[match->count] = path;
            match->value_sizes[match->count++] = given;
        } else if (wanted == given && !memcmp(template, path, given)) {
            shape |= bit;
        } else {
            return SHAPE_NONE;
        }
        template += wanted;
        path += given;
    }
    return *template || *path ? SHAPE_NONE : shape;
}

/* The greatest shape of the templates that match path. */
static shape_t best_shape(const char *path, const shop_route_t *const *tables)
{
    shape_t best = SHAPE_NONE;
    match_t match;

    for (; *tables; tables++) {
        for (const shop_route_t *route = *tables; route->method; route++) {
            shape_t shape = match_path(&match, route->path, path);

            best = shape > best ? shape : best;
        }
    }
    return best;
}

static const shop_route_t *find_route(match_t *match, shape_t shape, const char *path,
                                      const char *method, const shop_route_t *const *tables)
{
    for (; *tables; tables++) {
        for (const shop_route_t *route = *tables; route->method; route++) {
            if (!strcmp(route->method, method) && match_path(match, route->path, path) == shape) {
                return route;
            }
        }
    }
    return NULL;
}

const char *shop_router_allow(const char *path, const shop_route_t *const *tables, apr_pool_t *pool)
{
    static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", NULL };
    shape_t shape = best_shape(path, tables);
    const char *allow = "";
    match_t match;

    if (!shape) {
        return NULL;
    }
    for (const char *const *method = methods; *method; method++) {
        if (find_route(&match, shape, path, *method, tables)) {
            allow = apr_pstrcat(pool, allow, *method, ", ", NULL);
            if (method == methods) {
                allow = apr_pstrcat(pool, allow, "HEAD, ", NULL);
            }
        }
    }
    return apr_pstrcat(pool, allow, "OPTIONS", NULL);
}

/* Arguments are safe for logs and headers: valid UTF-8 without control characters. */
static bool is_clean(const char *value)
{
    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return false;
        }
    }
    return shop_uri_is_utf8(value);
}

static bool take_args(shop_req_t *req, const match_t *match)
{
    for (int i = 0; i < match->count; i++) {
        req->arg_names[i] = apr_pstrmemdup(req->pool, match->names[i], match->name_sizes[i]);
        req->arg_values[i] = apr_pstrmemdup(req->pool, match->values[i], match->value_sizes[i]);
        if (!is_clean(req->arg_values[i])) {
            return false;
        }
    }
    return true;
}

shop_error_t *shop_router_match(shop_req_t *req, const shop_route_t *const *tables)
{
    const char *method = strcmp(req->method, "HEAD") ? req->method : "GET";
    shape_t shape = best_shape(req->path, tables);
    match_t match;
    shop_error_t *err;

    if (!shape) {
        return shop_err(req->pool, NOT_FOUND, "there is no such route");
    }
    req->route = find_route(&match, shape, req->path, method, tables);
    if (!req->route) {
        err = shop_err(req->pool, METHOD_NOT_ALLOWED, "this resource does not have the method");
        err->allow = shop_router_allow(req->path, tables, req->pool);
        return err;
    }
    if (!take_args(req, &match)) {
        req->route = NULL;
        return shop_err(req->pool, NOT_FOUND, "there is no such object");
    }
    return NULL;
}
