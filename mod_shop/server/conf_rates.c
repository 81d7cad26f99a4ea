/* SPDX-License-Identifier: MIT
 * ShopRateLimit: a list of policies by name. */
#include <apr_strings.h>
#include <string.h>

#include "conf_own.h"

/* Adds the policy, or replaces the one with the same name. false: the table is full. */
static bool put_rate(shop_settings_t *settings, const shop_rate_policy_t *policy)
{
    int at = 0;

    while (at < settings->rate_count && strcmp(settings->rates[at].name, policy->name)) {
        at++;
    }
    if (at == SHOP_MAX_RATE_POLICIES) {
        return false;
    }
    settings->rates[at] = *policy;
    settings->rate_count += at == settings->rate_count;
    return true;
}

/* "600/1min" */
static const char *parse_quota(shop_rate_policy_t *policy, const char *text, shop_parse_t *parse)
{
    const char *slash = strchr(text, '/');
    const char *problem;

    if (!slash) {
        return "is no quota such as 10/15min";
    }
    problem =
        shop_kind_row(SHOP_KIND_WHOLE)
            ->parse(&policy->limit, apr_pstrmemdup(parse->pool, text, (apr_size_t)(slash - text)),
                    1, 100000000, parse);
    return problem ? problem
                   : shop_kind_row(SHOP_KIND_SECONDS)
                         ->parse(&policy->window, slash + 1, 1, SHOP_DAYS(1), parse);
}

static const char *parse_option(shop_rate_policy_t *policy, const char *argument)
{
    const char *text;

    if ((text = shop_argument_named(argument, "by"))) {
        policy->by = !strcasecmp(text, "ip")     ? SHOP_RATE_IP
                     : !strcasecmp(text, "user") ? SHOP_RATE_USER
                                                 : SHOP_RATE_NONE;
        return policy->by == SHOP_RATE_NONE ? "is neither by=ip nor by=user" : NULL;
    }
    if ((text = shop_argument_named(argument, "methods"))) {
        policy->methods = text;
        return *text && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ,") == strlen(text)
                   ? NULL
                   : "lists no methods such as GET,POST";
    }
    return "is neither by= nor methods=";
}

static const char *parse_rate(shop_settings_t *settings, const shop_directive_t *directive,
                              int argc, char *const argv[], shop_parse_t *parse)
{
    shop_rate_policy_t policy = { .by = SHOP_RATE_IP, .where = parse->where };

    (void)directive;
    SHOP_ARGUMENTS(2, 4);
    SHOP_CHECK(shop_token_problem(argv[0], 32), argv[0]);
    policy.name = argv[0];
    SHOP_CHECK(parse_quota(&policy, argv[1], parse), argv[1]);
    for (int i = 2; i < argc; i++) {
        SHOP_CHECK(parse_option(&policy, argv[i]), argv[i]);
    }
    SHOP_CHECK(put_rate(settings, &policy) ? NULL : "is one policy too many; 8 is the most",
               argv[0]);
    return NULL;
}

static void merge_rates(shop_settings_t *into, const shop_settings_t *add)
{
    for (int i = 0; i < add->rate_count; i++) {
        (void)put_rate(into, &add->rates[i]);
    }
}

static const char *dump_rate(const shop_settings_t *settings, int i, apr_pool_t *pool)
{
    const shop_rate_policy_t *policy = &settings->rates[i];

    return i < settings->rate_count
               ? apr_psprintf(pool, "%s %d/%s by=%s%s%s", policy->name, policy->limit,
                              shop_kind_row(SHOP_KIND_SECONDS)->text(&policy->window, pool),
                              policy->by == SHOP_RATE_USER ? "user" : "ip",
                              policy->methods ? " methods=" : "",
                              policy->methods ? policy->methods : "")
               : NULL;
}

static const char *where_rate(const shop_settings_t *settings, int i)
{
    return settings->rates[i].where;
}

const shop_own_t shop_own_rate_limit = { parse_rate, merge_rates, dump_rate, where_rate };
