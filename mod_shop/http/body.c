/* SPDX-License-Identifier: MIT
 * Reads a whole body. Memory is allocated for received bytes, not for the announced length. */
#include "body.h"

#include <string.h>

#include "route.h"

#define FIRST_ROOM 4096

static shop_error_t *too_large(const shop_req_t *req, apr_size_t limit)
{
    return shop_err(req->pool, PAYLOAD_TOO_LARGE, "the body may have %" APR_SIZE_T_FMT " bytes",
                    limit);
}

shop_error_t *shop_body_check_announced(const shop_req_t *req, apr_size_t limit)
{
    return req->content_length > (apr_off_t)limit ? too_large(req, limit) : NULL;
}

static char *grown(const char *bytes, apr_size_t size, apr_size_t room, apr_pool_t *pool)
{
    char *more = apr_palloc(pool, room + 1);

    memcpy(more, bytes, size);
    return more;
}

shop_error_t *shop_body_read(shop_req_t *req, apr_size_t limit)
{
    apr_size_t room = limit < FIRST_ROOM ? limit + 1 : FIRST_ROOM;
    char *bytes = apr_palloc(req->pool, room + 1);
    apr_size_t size = 0;
    apr_size_t came = 0;

    if (req->body_read && req->content_length != 0 && req->content_length != -1) {
        do {
            if (size == room) {
                room = 2 * room > limit ? limit + 1 : 2 * room;
                bytes = grown(bytes, size, room, req->pool);
            }
            came = room - size;
            SHOP_TRY(req->body_read(req->body_baton, bytes + size, &came, req->pool));
            size += came;
            if (size > limit) {
                return too_large(req, limit);
            }
        } while (came);
    }
    bytes[size] = '\0';
    req->body = bytes;
    req->body_size = size;
    return NULL;
}

bool shop_body_is_left(const shop_req_t *req, bool done)
{
    return !done && (req->content_length > SHOP_BODY_LIMIT || req->content_length == -2);
}
