/* SPDX-License-Identifier: MIT
 * Which addresses are the API's. The guard against other spellings compares what the client wrote
 * with what httpd read. */
#include <httpd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "conf.h"
#include "server.h"

int shop_engine_on(const request_rec *r)
{
    const shop_dir_conf_t *conf = shop_dir_conf(r);

    return conf && conf->engine == 1;
}

int shop_is_api(const request_rec *r)
{
    const shop_server_conf_t *conf = shop_server_conf(r->server);

    if (shop_engine_on(r)) {
        return 1;
    }
    /* Without a path the request cannot be assigned to another handler, so it is treated as the
     * API's. */
    if (!r->uri || (r->uri[0] != '/' && strcmp(r->uri, "*") != 0)) {
        return conf->roots->nelts > 0;
    }
    for (int i = 0; i < conf->roots->nelts; i++) {
        const char *root = APR_ARRAY_IDX(conf->roots, i, const char *);
        apr_size_t size = strlen(root);

        if (!strncmp(r->uri, root, size) && (r->uri[size] == '/' || !r->uri[size])) {
            return 1;
        }
    }
    return 0;
}

/* ---- the guard against other spellings ---- */

/* The path in a request target, as it was sent: "/a/b?c", or "http://host/a/b?c". */
static const char *written_path(const request_rec *r)
{
    const char *at = r->unparsed_uri ? r->unparsed_uri : "";
    const char *authority = *at == '/' ? NULL : strstr(at, "://");

    if (authority) {
        at = authority + 3;
        at += strcspn(at, "/?#");
    }
    return apr_pstrmemdup(r->pool, at, strcspn(at, "?#"));
}

static int hex_value(char c)
{
    return apr_isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Is the target's path equal to path after percent-decoding? An encoded slash does not equal a
 * slash. */
static int spells(const char *written, const char *path)
{
    for (; *written; written++, path++) {
        char c = *written;

        if (c == '%' && apr_isxdigit(written[1]) && apr_isxdigit(written[2])) {
            c = (char)(hex_value(written[1]) << 4 | hex_value(written[2]));
            written += 2;
            if (c == '/') {
                return 0;
            }
        }
        if (c != *path) {
            return 0;
        }
    }
    return !*path;
}

/* The common case of the same: nothing is encoded and the target is the path itself. It runs for
 * each cached read, so it compares with memcmp and not byte by byte. */
static int is_plain(const request_rec *r, const char *path)
{
    apr_size_t size = strlen(path);
    const char *target = r->unparsed_uri;

    return target && !strncmp(target, path, size) &&
           (!target[size] || target[size] == '?' || target[size] == '#') &&
           !memchr(path, '%', size);
}

const char *shop_path_below(const request_rec *r, const char *root)
{
    const char *path = r->uri + strlen(root);

    for (const request_rec *at = r; at; at = at->prev) {
        const char *read = at->parsed_uri.path ? at->parsed_uri.path : "";

        if (!is_plain(at, read) && !spells(written_path(at), read)) {
            return NULL;
        }
    }
    return *path ? path : "/";
}
