/* SPDX-License-Identifier: MIT
 * Parses ShopRedis. No I/O: it also runs at configtest. */
#include "redis_url.h"

#include <apr_strings.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "redis.h"

#define FORM "redis://[user@]host[:port][/db] or unix:/path/of/socket"

static bool read_number(int *number, const char *text, int min, int max)
{
    char *end;
    long value;

    if (*text < '0' || *text > '9') {
        return false;
    }
    value = strtol(text, &end, 10);
    if (*end || value < min || value > max) {
        return false;
    }
    *number = (int)value;
    return true;
}

/* host, host:port, [v6] or [v6]:port */
static const char *read_address(shop_redis_url_t *url, char *text)
{
    char *port = NULL;

    if (*text == '[') {
        char *end = strchr(text, ']');

        if (!end || (end[1] && end[1] != ':')) {
            return "an IPv6 address must be in brackets: redis://[::1]:6379";
        }
        *end = '\0';
        url->host = text + 1;
        port = end[1] ? end + 2 : NULL;
    } else {
        url->host = text;
        port = strchr(text, ':');
        if (port) {
            *port++ = '\0';
        }
    }
    if (!*url->host || strcspn(url->host, " \t\r\n?#") != strlen(url->host)) {
        return "the host is missing or has an invalid character; the form is " FORM;
    }
    if (port && !read_number(&url->port, port, 1, 65535)) {
        return "the port must be a number from 1 to 65535";
    }
    return NULL;
}

const char *shop_redis_url_parse(shop_redis_url_t *url, const char *text, apr_pool_t *pool)
{
    char *rest;
    char *mark;

    memset(url, 0, sizeof(*url));
    url->port = 6379;
    if (!strncmp(text, "unix:", 5)) {
        url->path = apr_pstrdup(pool, text + 5);
        return *url->path == '/' ? NULL : "unix: needs an absolute path: unix:/run/redis.sock";
    }
    if (!strncmp(text, "rediss://", 9)) {
        return "TLS to Redis is not supported: use redis://, unix:, or a TLS tunnel (stunnel) on "
               "this host";
    }
    if (strncmp(text, "redis://", 8) != 0) {
        return "is not of the form " FORM;
    }
    rest = apr_pstrdup(pool, text + 8);
    mark = strrchr(rest, '@');
    if (mark) {
        *mark = '\0';
        if (strchr(rest, ':')) {
            return "the URL must not hold a password: use ShopRedisPassword";
        }
        url->user = *rest ? rest : NULL;
        rest = mark + 1;
    }
    mark = strchr(rest, '/');
    if (mark) {
        *mark = '\0';
        if (mark[1] && !read_number(&url->db, mark + 1, 0, 65535)) {
            return "the path must be the number of the database: redis://host/3";
        }
    }
    return read_address(url, rest);
}

const char *shop_redis_url_problem(const char *url, apr_pool_t *pool)
{
    shop_redis_url_t parts;

    return shop_redis_url_parse(&parts, url, pool);
}
