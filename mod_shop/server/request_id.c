/* SPDX-License-Identifier: MIT
 * The id of a request: sent by a trusted client, made by mod_unique_id, or by us. */
#include <httpd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "../base/id.h"
#include "conf.h"
#include "server.h"

static int clean_id(const char *id)
{
    apr_size_t size = strlen(id);

    for (const char *at = id; *at; at++) {
        if (!apr_isalnum(*at) && !strchr("._-@=+", *at)) {
            return 0;
        }
    }
    return size >= 8 && size <= 128;
}

const char *shop_request_id(request_rec *r)
{
    const char *sent, *id;
    shop_error_t *err;

    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    id = apr_table_get(r->notes, "SHOP_REQUEST_ID");
    if (id) {
        return id;
    }
    sent = shop_server_conf(r->server)->values.trust_request_id
               ? apr_table_get(r->headers_in, "X-Request-Id")
               : NULL;
    id = sent && clean_id(sent) ? sent : apr_table_get(r->subprocess_env, "UNIQUE_ID");
    if (!id) {
        err = shop_id_secret(&id, 16, r->pool);
        if (err) { /* no random bytes: an id must be distinct, but need not be secret */
            id = apr_psprintf(r->pool, "%" APR_TIME_T_FMT "-%" APR_PID_T_FMT, r->request_time,
                              getpid());
        }
    }
    apr_table_setn(r->notes, "SHOP_REQUEST_ID", id);
    return id;
}
