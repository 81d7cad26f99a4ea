/* SPDX-License-Identifier: MIT
 * The phases between the address and the handler. They are answered here, so that httpd looks at no
 * file system for an address of the API, also after mod_rewrite changed it. */
#include <httpd.h>

#include <http_config.h>
#include <http_request.h>

#include "conf.h"
#include "server.h"

extern module AP_MODULE_DECLARE_DATA shop_module;

int shop_pre_translate_name(request_rec *r)
{
    if (shop_engine_on(r)) {
        shop_no_error_document(r);
    }
    return DECLINED;
}

/* The <Location> was chosen before mod_rewrite changed the path: choose it again. */
static int rewritten_engine_on(request_rec *r)
{
    ap_conf_vector_t *found = r->per_dir_config;
    int on;

    r->per_dir_config = r->server->lookup_defaults;
    on = ap_location_walk(r) == OK && shop_engine_on(r);
    if (on) {
        shop_no_error_document(r);
    }
    r->per_dir_config = found;
    return on;
}

static int is_rewritten(const request_rec *r)
{
    return r->parsed_uri.path && r->uri != r->parsed_uri.path &&
           strcmp(r->uri, r->parsed_uri.path) != 0;
}

int shop_translate_name(request_rec *r)
{
    if (!(is_rewritten(r) ? rewritten_engine_on(r) : shop_engine_on(r))) {
        return DECLINED;
    }
    r->filename = r->uri;
    /* httpd drops the <Location> before map_to_storage and finds it again after it */
    ap_set_module_config(r->request_config, &shop_module, r);
    return OK;
}

int shop_map_to_storage(request_rec *r)
{
    return ap_get_module_config(r->request_config, &shop_module) ? OK : DECLINED;
}

int shop_type_checker(request_rec *r)
{
    if (!shop_engine_on(r)) {
        return DECLINED;
    }
    r->handler = "shop-api"; /* without a handler, mod_dir would serve its FallbackResource */
    return OK;
}
