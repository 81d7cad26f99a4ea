/* SPDX-License-Identifier: MIT
 * The library's log lines into httpd's error log, under LogLevel shop:. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_log.h>

#include "../base/log.h"
#include "server.h"

APLOG_USE_MODULE(shop);

static server_rec *main_server;
static _Thread_local request_rec *current;

void shop_log_current(request_rec *r)
{
    current = r;
}

static void sink(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    static const int levels[] = { APLOG_ERR, APLOG_WARNING, APLOG_NOTICE, APLOG_INFO, APLOG_DEBUG };
    int wanted = levels[level];
    char prefix[16] = "";

    if (!request_id && current) {
        request_id = shop_request_id(current);
    }
    if (number) {
        apr_snprintf(prefix, sizeof(prefix), "SHOP%04d: ", number);
    }
    if (current) {
        ap_log_rerror(APLOG_MARK, wanted, 0, current, "%s%s [%s]", prefix, text, request_id);
    } else {
        ap_log_error(APLOG_MARK, wanted, 0, main_server, "%s%s%s%s%s", prefix, text,
                     request_id ? " [" : "", request_id ? request_id : "", request_id ? "]" : "");
    }
}

void shop_log_sink_install(server_rec *server)
{
    main_server = server;
    shop_log_set_sink(sink);
}
