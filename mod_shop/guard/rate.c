/* SPDX-License-Identifier: MIT
 * Pure rules of rate limiting: who is allowed what, and how it is said. */
#include "rate.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

shop_limit_state_t shop_rate_state(int64_t count, int limit, int64_t left_ms, int cost)
{
    shop_limit_state_t state;
    int64_t left_s = (left_ms + 999) / 1000;

    state.allowed = cost > 0 ? count <= limit : count < limit;
    state.remaining = count >= limit ? 0 : (int)(limit - count);
    /* "0 seconds" would invite a retry within the same window. */
    state.reset_s = left_s < 1 ? 1 : left_s > INT_MAX ? INT_MAX : (int)left_s;
    return state;
}

int shop_rate_share(int limit, int nodes)
{
    int share = nodes > 1 ? limit / nodes : limit;

    return share < 1 ? 1 : share;
}

bool shop_rate_applies(const shop_rate_policy_t *policy, shop_rate_by_t by, const char *method)
{
    apr_size_t size = strlen(method);
    const char *at = policy->methods;

    if (policy->by != by || policy->limit <= 0 || policy->window <= 0) {
        return false;
    }
    if (!at) {
        return true;
    }
    while (*at) {
        apr_size_t word;

        at += strspn(at, ", ");
        word = strcspn(at, ", ");
        if (word == size && !strncmp(at, method, size)) {
            return true;
        }
        at += word;
    }
    return false;
}

const char *shop_rate_address(const char *ip, apr_pool_t *pool)
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    unsigned char bytes[16];
    char text[INET6_ADDRSTRLEN];
    const char *zone = strchr(ip, '%');

    if (inet_pton(AF_INET6, zone ? apr_pstrmemdup(pool, ip, (apr_size_t)(zone - ip)) : ip, bytes) !=
        1) {
        return ip;
    }
    if (!memcmp(bytes, mapped, sizeof(mapped))) {
        return inet_ntop(AF_INET, bytes + 12, text, sizeof(text)) ? apr_pstrdup(pool, text) : ip;
    }
    memset(bytes + 8, 0, 8);
    return inet_ntop(AF_INET6, bytes, text, sizeof(text)) ? apr_pstrcat(pool, text, "/64", NULL)
                                                          : ip;
}

/* An RFC 8941 string; a name with other characters than printable ASCII loses them. */
static const char *quoted(const char *name, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, 2 * strlen(name) + 3);
    char *to = text;

    *to++ = '"';
    for (; *name; name++) {
        if (*name == '"' || *name == '\\') {
            *to++ = '\\';
        }
        if (*name >= ' ' && *name <= '~') {
            *to++ = *name;
        }
    }
    *to++ = '"';
    *to = '\0';
    return text;
}

const char *shop_rate_policy_text(const shop_rate_policy_t *policy, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s;q=%d;w=%d", quoted(policy->name, pool), policy->limit,
                        policy->window);
}

const char *shop_rate_state_text(const shop_rate_policy_t *policy, const shop_limit_state_t *state,
                                 apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s;r=%d;t=%d", quoted(policy->name, pool), state->remaining,
                        state->reset_s);
}
