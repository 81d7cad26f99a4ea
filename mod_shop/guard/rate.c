/* SPDX-License-Identifier: MIT
 * The arithmetic of rate limits and the text of their header fields. */
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
    /* 0 would cause a retry within the same window. */
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
    const char *zone;

    if (!strchr(ip, ':')) {
        return ip;
    }
    zone = strchr(ip, '%');
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

/* An RFC 8941 string, without the characters that are not printable ASCII. */
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

const shop_rate_rule_t *shop_rate_rules(const shop_settings_t *settings, apr_pool_t *pool)
{
    shop_rate_rule_t *rules = apr_pcalloc(pool, sizeof(*rules) * SHOP_MAX_RATE_POLICIES);

    for (int i = 0; i < settings->rate_count; i++) {
        const shop_rate_policy_t *policy = &settings->rates[i];
        const char *name = quoted(policy->name, pool);

        rules[i] = (shop_rate_rule_t){
            .policy = policy,
            .key = apr_pstrcat(pool, "rate:", policy->name, ":", NULL),
            .text = apr_psprintf(pool, "%s;q=%d;w=%d", name, policy->limit, policy->window),
            .name = name,
            .name_size = strlen(name),
        };
    }
    return rules;
}

/* apr_psprintf would take longer than counting the request. */
static char *put_number(char *to, const char *label, int value)
{
    char digits[12];
    char *at = digits + sizeof(digits);

    for (; *label; label++) {
        *to++ = *label;
    }
    value = value < 0 ? 0 : value;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    memcpy(to, at, (apr_size_t)(digits + sizeof(digits) - at));
    return to + (digits + sizeof(digits) - at);
}

const char *shop_rate_state_text(const shop_rate_rule_t *rule, const shop_limit_state_t *state,
                                 apr_pool_t *pool)
{
    char *text = apr_palloc(pool, rule->name_size + 32);
    char *to = text + rule->name_size;

    memcpy(text, rule->name, rule->name_size);
    to = put_number(to, ";r=", state->remaining);
    to = put_number(to, ";t=", state->reset_s);
    *to = '\0';
    return text;
}
