/* SPDX-License-Identifier: MIT
 * What can be judged only when the whole configuration was read. */
#include "conf.h"

#include <httpd.h>

#include <ap_listen.h>
#include <http_log.h>

#include "../base/log.h"

APLOG_USE_MODULE(shop);

static bool all_loopback(void)
{
    for (ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        const char *address = NULL;

        for (apr_sockaddr_t *at = listener->bind_addr; at; at = at->next) {
            if (apr_sockaddr_ip_get((char **)&address, at) != APR_SUCCESS || !address ||
                (strncmp(address, "127.", 4) && strcmp(address, "::1"))) {
                return false;
            }
        }
    }
    return true;
}

static const char *shop_problem(const shop_settings_t *values)
{
    int signing = 0;

    for (int i = 0; i < values->jwt_key_count; i++) {
        signing += values->jwt_keys[i].sign;
    }
    if (values->jwt_key_count == 0) {
        return "ShopJwtKey: is missing, and ShopEngine On needs it. Make a key with `openssl rand "
               "-base64 48 > jwt.key; chmod 600 jwt.key` and write: ShopJwtKey main HS256 "
               "file:/path/to/jwt.key";
    }
    if (signing != 1) {
        return "ShopJwtKey: no key signs; leave `verify` out on one of them, for example: "
               "ShopJwtKey 2026 HS256 file:/etc/shop/jwt.key";
    }
    if (values->password_min > values->password_max) {
        return "ShopPasswordPolicy: min is more than max. Write: ShopPasswordPolicy min=8 max=256";
    }
    if (values->open_admin && !all_loopback()) {
        return "ShopInsecureOpenAdmin: On is refused while a Listen is not loopback. Write: Listen "
               "127.0.0.1:8080, or ShopInsecureOpenAdmin Off";
    }
    return NULL;
}

int shop_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    for (; server; server = server->next) {
        shop_server_conf_t *conf = shop_server_conf(server);
        const char *problem;

        if (!conf->roots->nelts) {
            continue;
        }
        if (!conf->values.instance) {
            conf->values.instance = server->server_hostname ? server->server_hostname : "shop";
        }
        problem = shop_problem(&conf->values);
        if (problem) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, 0, server, "%s", problem);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (conf->values.open_admin) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
                         "SHOP%04d: ShopInsecureOpenAdmin is on: anybody may register as admin",
                         SHOP_LOG_OPEN_ADMIN);
        }
    }
    return OK;
}
