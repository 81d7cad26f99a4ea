/* SPDX-License-Identifier: MIT
 * Stored replies. Location is stored without the API root, which may have changed before the
 * replay. The ETag is stored and not computed again, so that a replay equals the first reply. */
#include "idempotency.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "../base/id.h"
#include "route.h"

const char *shop_idempotency_fingerprint(const shop_req_t *req)
{
    char *body = json_dumps(req->doc.root, JSON_SORT_KEYS | JSON_COMPACT);
    const char *text = apr_pstrcat(req->pool, req->route->method, " ", req->route->path, "\n",
                                   body ? body : "", NULL);

    free(body);
    return shop_id_sha256(text, strlen(text), req->pool);
}

const char *shop_idempotency_pack(apr_size_t *size, const shop_res_t *res, const char *location,
                                  apr_pool_t *pool)
{
    const char *head = apr_pstrcat(pool, "ETag: ", res->etag, location ? "\nLocation: " : "",
                                   location ? location : "", "\n\n", NULL);
    size_t length = strlen(head);
    char *bytes = apr_palloc(pool, length + res->size + 1);

    memcpy(bytes, head, length);
    memcpy(bytes + length, res->body, res->size);
    *size = length + res->size;
    bytes[*size] = '\0';
    return bytes;
}

/* The value of the line at *at if it has this name; then advances *at past the line. */
static const char *head_line(const char **at, const char *end, const char *name, apr_pool_t *pool)
{
    size_t size = strlen(name);
    const char *line = *at;
    const char *stop = memchr(line, '\n', (size_t)(end - line));

    if (!stop || (size_t)(stop - line) < size || memcmp(line, name, size) != 0) {
        return NULL;
    }
    *at = stop + 1;
    return apr_pstrmemdup(pool, line + size, (size_t)(stop - line) - size);
}

shop_error_t *shop_idempotency_send(shop_res_t *res, const shop_req_t *req, const char *bytes,
                                    apr_size_t size, bool replayed, const char *what)
{
    const char *at = bytes ? bytes : "";
    const char *end = at + (bytes ? size : 0);
    const char *etag = head_line(&at, end, "ETag: ", req->pool);
    const char *location = etag ? head_line(&at, end, "Location: ", req->pool) : NULL;

    if (!etag || at == end || *at != '\n') {
        return shop_error_cause(shop_err(req->pool, INTERNAL, "internal error"), req->pool,
                                "the stored reply of %s cannot be read", what);
    }
    at++;
    shop_res_bytes(res, req->route->status, at, (apr_size_t)(end - at));
    if (location) {
        shop_res_location(res, req, "%s", location);
    }
    if (replayed) {
        apr_table_setn(res->headers, "Idempotent-Replayed", "true");
    }
    res->etag = etag;
    return NULL;
}
