/* SPDX-License-Identifier: MIT
 * Guards that count requests. Policies by address run before the token is verified, so that invalid
 * tokens are limited too; policies by user run after it. */
#include <apr_strings.h>

#include "../http/route.h"
#include "guards.h"

static void set_headers(shop_res_t *res, const shop_rate_rule_t *rule,
                        const shop_limit_state_t *state)
{
    /* With several policies the fields are lists. */
    apr_table_mergen(res->headers, "RateLimit-Policy", rule->text);
    apr_table_mergen(res->headers, "RateLimit", shop_rate_state_text(rule, state, res->pool));
}

static const char *address_of(const shop_req_t *req)
{
    return req->client_ip ? shop_rate_address(req->client_ip, req->pool) : "unknown";
}

static shop_error_t *count(const shop_guards_t *ports, const shop_rate_rule_t *rule,
                           shop_req_t *req, shop_res_t *res, const char *user)
{
    const shop_rate_policy_t *policy = rule->policy;
    const char *key = apr_pstrcat(req->pool, rule->key,
                                  user ? "user:" : "ip:", user ? user : address_of(req), NULL);
    shop_limit_state_t state;
    shop_error_t *err;

    ports->rate_limiter->hit(&state, ports->rate_limiter, key, policy->limit, policy->window, 1,
                             req->pool);
    if (ports->settings->rate_headers) {
        set_headers(res, rule, &state);
    }
    if (state.allowed) {
        return NULL;
    }
    err = shop_err(req->pool, RATE_LIMITED, "%d requests in %d seconds are allowed (%s)",
                   policy->limit, policy->window, policy->name);
    err->retry_after = state.reset_s;
    return err;
}

static shop_error_t *count_by(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res,
                              shop_rate_by_t by, const char *user)
{
    if (req->route && req->route->rate == SHOP_RATE_CLASS_EXEMPT) {
        return NULL;
    }
    for (int i = 0; i < ports->settings->rate_count; i++) {
        if (shop_rate_applies(&ports->settings->rates[i], by, req->method)) {
            SHOP_TRY(count(ports, &ports->rate_rules[i], req, res, user));
        }
    }
    return NULL;
}

shop_error_t *shop_guard_rate_ip(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    return count_by(ports, req, res, SHOP_RATE_IP, NULL);
}

shop_error_t *shop_guard_rate_user(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    return count_by(ports, req, res, SHOP_RATE_USER, req->caller.user_id);
}
