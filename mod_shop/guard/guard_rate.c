/* SPDX-License-Identifier: MIT
 * The guards that count requests. Policies by address run before the token is looked at, so that
 * guessing tokens is limited too; policies by user run once the user is known. */
#include <apr_strings.h>

#include "../app.h"
#include "../http/route.h"
#include "limiter.h"
#include "rate.h"

static void show(shop_res_t *res, const shop_rate_policy_t *policy, const shop_limit_state_t *state)
{
    /* Several policies make one list field each. */
    apr_table_mergen(res->headers, "RateLimit-Policy", shop_rate_policy_text(policy, res->pool));
    apr_table_mergen(res->headers, "RateLimit", shop_rate_state_text(policy, state, res->pool));
}

static shop_error_t *count(const shop_app_t *app, shop_req_t *req, shop_res_t *res,
                           shop_rate_by_t by, const char *who)
{
    const shop_settings_t *settings = app->settings;

    if (req->route && req->route->rate == SHOP_RATE_CLASS_EXEMPT) {
        return NULL;
    }
    for (int i = 0; i < settings->rate_count; i++) {
        const shop_rate_policy_t *policy = &settings->rates[i];
        shop_limit_state_t state;

        if (!shop_rate_applies(policy, by, req->method)) {
            continue;
        }
        app->limiter->hit(&state, app->limiter,
                          apr_pstrcat(req->pool, "rate:", policy->name, ":", who, NULL),
                          policy->limit, policy->window, 1, req->pool);
        if (settings->rate_headers) {
            show(res, policy, &state);
        }
        if (!state.allowed) {
            shop_error_t *err =
                shop_err(req->pool, RATE_LIMITED, "%d requests in %d seconds are allowed (%s)",
                         policy->limit, policy->window, policy->name);

            err->retry_after = state.reset_s;
            return err;
        }
    }
    return NULL;
}

static const char *address_of(const shop_req_t *req)
{
    const char *ip = req->client_ip ? req->client_ip : "unknown";

    return apr_pstrcat(req->pool, "ip:", shop_rate_address(ip, req->pool), NULL);
}

shop_error_t *shop_guard_rate_ip(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    return count(app, req, res, SHOP_RATE_IP, address_of(req));
}

shop_error_t *shop_guard_rate_user(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const char *who = req->caller.user_id
                          ? apr_pstrcat(req->pool, "user:", req->caller.user_id, NULL)
                          : address_of(req);

    return count(app, req, res, SHOP_RATE_USER, who);
}
