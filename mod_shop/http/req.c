/* SPDX-License-Identifier: MIT
 * Accessors of a request for handlers. */
#include "req.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "route.h"

const char *shop_req_arg(const shop_req_t *req, const char *name)
{
    for (int i = 0; i < SHOP_MAX_PATH_ARGS && req->arg_names[i]; i++) {
        if (!strcmp(req->arg_names[i], name)) {
            return req->arg_values[i];
        }
    }
    return NULL;
}

shop_error_t *shop_req_id(const char **id, const shop_req_t *req, const char *name)
{
    const char *value = shop_req_arg(req, name);
    char *lower;

    if (!value || !shop_id_valid(value)) {
        return shop_err(req->pool, NOT_FOUND, "there is no object with this identifier");
    }
    lower = apr_pstrdup(req->pool, value);
    for (char *at = lower; *at; at++) {
        *at = (char)apr_tolower(*at); /* identifiers are compared as text */
    }
    *id = lower;
    return NULL;
}

const char *shop_req_header(const shop_req_t *req, const char *name)
{
    return req->headers ? apr_table_get(req->headers, name) : NULL;
}

void shop_req_merge(void *record, const shop_req_t *req)
{
    shop_fields_merge(record, req->record, req->route->body,
                      req->route->partial ? req->present : SHOP_PRESENT_ALL);
}
