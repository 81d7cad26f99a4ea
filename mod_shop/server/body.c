/* SPDX-License-Identifier: MIT
 * Reads a request body through httpd's input filters. ap_get_client_block turns a timeout into a
 * 400; with brigades and ap_map_http_request_error the status is right. */
#include <httpd.h>

#include <apr_buckets.h>
#include <http_protocol.h>

#include "server.h"

static shop_error_t *refused(apr_status_t status, apr_pool_t *pool)
{
    switch (ap_map_http_request_error(status, HTTP_BAD_REQUEST)) {
    case HTTP_REQUEST_TIME_OUT:
        return shop_err(pool, REQUEST_TIMEOUT, "the body did not arrive in time");
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return shop_err(pool, PAYLOAD_TOO_LARGE, "the body is larger than this server takes");
    default: return shop_err(pool, BAD_REQUEST, "the body could not be read");
    }
}

/* Moves at most room bytes from the brigade into buffer. */
static shop_error_t *drain(shop_server_body_t *body, char *buffer, apr_size_t room,
                           apr_size_t *size, apr_pool_t *pool)
{
    while (!APR_BRIGADE_EMPTY(body->brigade) && *size < room) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(body->brigade);
        const char *bytes;
        apr_size_t length;
        apr_status_t status;

        if (APR_BUCKET_IS_EOS(bucket)) {
            body->done = 1;
            break;
        }
        if (!APR_BUCKET_IS_METADATA(bucket)) {
            status = apr_bucket_read(bucket, &bytes, &length, APR_BLOCK_READ);
            if (status != APR_SUCCESS) {
                return refused(status, pool);
            }
            if (length > room - *size) {
                apr_bucket_split(bucket, room - *size);
                length = room - *size;
            }
            memcpy(buffer + *size, bytes, length);
            *size += length;
        }
        apr_bucket_delete(bucket);
    }
    return NULL;
}

shop_error_t *shop_server_body_read(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool)
{
    shop_server_body_t *body = baton;
    apr_size_t room = *size;

    *size = 0;
    if (!body->brigade) {
        body->brigade = apr_brigade_create(body->r->pool, body->r->connection->bucket_alloc);
    }
    while (*size == 0 && !body->done && room) {
        if (APR_BRIGADE_EMPTY(body->brigade)) {
            apr_status_t status =
                ap_get_brigade(body->r->input_filters, body->brigade, AP_MODE_READBYTES,
                               APR_BLOCK_READ, (apr_off_t)room);

            if (status != APR_SUCCESS) {
                body->done = 1;
                return refused(status, pool);
            }
        }
        SHOP_TRY(drain(body, buffer, room, size, pool));
    }
    return NULL;
}
