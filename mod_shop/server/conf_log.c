/* SPDX-License-Identifier: MIT
 * ShopJsonLog: a file or a program, and whether each request has a line. */
#include <apr_strings.h>
#include <string.h>

#include "conf_own.h"

static const char *json_log_parse(shop_settings_t *settings, const shop_directive_t *directive,
                                  int argc, char *const argv[], shop_parse_t *parse)
{
    const char *requests = argc == 2 ? shop_argument_named(argv[1], "requests") : "Off";

    (void)directive;
    SHOP_ARGUMENTS(1, 2);
    SHOP_CHECK(*argv[0] && strcmp(argv[0], "|") ? NULL : "names neither a file nor a program",
               argv[0]);
    SHOP_CHECK(requests ? NULL : "is not requests=", argv[1]);
    SHOP_CHECK(
        shop_kind_row(SHOP_KIND_ON_OFF)->parse(&settings->json_log_requests, requests, 0, 1, parse),
        requests);
    settings->json_log = strcasecmp(argv[0], "off") ? argv[0] : NULL;
    return NULL;
}

/* Quoted as httpd.conf wants a program with arguments. */
static const char *json_log_dump(const shop_settings_t *settings, int i, apr_pool_t *pool)
{
    const char *target = settings->json_log ? settings->json_log : "off";
    const char *quote = strpbrk(target, " \t") ? "\"" : "";

    return i ? NULL
             : apr_pstrcat(pool, quote, target, quote,
                           settings->json_log_requests ? " requests=On" : "", NULL);
}

const shop_own_t shop_own_json_log = { json_log_parse, NULL, json_log_dump, NULL };
