/* SPDX-License-Identifier: MIT
 * Requests without a server, and replies read back. */
#include "tests/kit/request.h"

typedef struct source_t {
    const char *text;
    apr_size_t size, taken, chunk;
} source_t;

static shop_error_t *read_body(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool)
{
    source_t *source = baton;
    apr_size_t left = source->size - source->taken;

    (void)pool;
    *size = *size > source->chunk ? source->chunk : *size;
    *size = *size > left ? left : *size;
    memcpy(buffer, source->text + source->taken, *size);
    source->taken += *size;
    return NULL;
}

shop_req_t *t_request(const char *method, const char *target)
{
    shop_req_t *req = apr_pcalloc(t_pool, sizeof(*req));
    const char *query = strchr(target, '?');

    req->pool = t_pool;
    req->id = "req-1";
    req->method = method;
    req->path = query ? apr_pstrmemdup(t_pool, target, (apr_size_t)(query - target)) : target;
    req->query = query ? query + 1 : NULL;
    req->root = "/api";
    req->headers = apr_table_make(t_pool, 4);
    req->content_length = -1;
    return req;
}

static void set_source(shop_req_t *req, const char *text, apr_size_t size, apr_size_t chunk)
{
    source_t *source = apr_pcalloc(t_pool, sizeof(*source));

    source->text = text;
    source->size = size;
    source->chunk = chunk;
    req->body_baton = source;
    req->body_read = read_body;
    apr_table_setn(req->headers, "Content-Type", "application/json");
}

void t_body(shop_req_t *req, const char *text)
{
    req->content_length = (apr_off_t)strlen(text);
    set_source(req, text, strlen(text), 1000);
}

void t_chunks(shop_req_t *req, const char *text, apr_size_t size, apr_size_t chunk)
{
    req->content_length = -2;
    set_source(req, text, size, chunk);
}

apr_size_t t_body_taken(const shop_req_t *req)
{
    const source_t *source = req->body_baton;

    return source->taken;
}

json_t *t_json(const shop_res_t *res)
{
    return res->body ? shop_json_own(json_loadb(res->body, res->size, 0, NULL), t_pool) : NULL;
}

bool t_says(const shop_res_t *res, const char *fragment)
{
    return res->body && strstr(apr_pstrmemdup(t_pool, res->body, res->size), fragment) != NULL;
}
