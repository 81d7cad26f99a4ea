/* SPDX-License-Identifier: MIT
 * Limits on failed sign-ins, per account and per address. The reply must not reveal whether the
 * account exists, so unknown ones are counted too. */
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../base/log.h"
#include "guards.h"

enum { ADDRESS_FACTOR = 3 }; /* several people may share one address */

void shop_attempts_begin(shop_attempts_t *attempts, const shop_guards_t *ports,
                         const shop_req_t *req, const char *kind, const char *what)
{
    apr_pool_t *pool = req->pool;

    attempts->ports = ports;
    attempts->req = req;
    attempts->account =
        apr_pstrcat(pool, kind, ":account:", shop_id_sha256(what, strlen(what), pool), NULL);
    attempts->address = apr_pstrcat(
        pool, kind,
        ":address:", req->client_ip ? shop_rate_address(req->client_ip, pool) : "unknown", NULL);
}

static shop_error_t *too_many(const shop_attempts_t *attempts, const shop_limit_state_t *state,
                              const char *which)
{
    shop_error_t *err =
        shop_err(attempts->req->pool, RATE_LIMITED, "too many failed attempts; try again later");

    shop_log_seldom(SHOP_LOG_NOTICE, SHOP_LOG_LOGIN_LIMIT,
                    "ShopLoginLimit reached for one %s, last attempt from %s", which,
                    attempts->req->client_ip ? attempts->req->client_ip : "unknown");
    err->retry_after = state->reset_s > 0 ? state->reset_s : 1;
    return err;
}

/* cost 0 counts nothing and says whether one more attempt is within the limit. */
static bool is_allowed(shop_limit_state_t *state, const shop_attempts_t *attempts, const char *key,
                       int limit, int cost)
{
    const shop_guards_t *ports = attempts->ports;

    ports->limiter->hit(state, ports->limiter, key, limit, ports->settings->login_window_s, cost,
                        attempts->req->pool);
    return state->allowed && (cost > 0 || state->remaining > 0);
}

static shop_error_t *check(const shop_attempts_t *attempts, int cost)
{
    int limit = attempts->ports->settings->login_limit;
    shop_limit_state_t account, address;
    bool account_ok, address_ok;

    if (limit <= 0) {
        return NULL;
    }
    account_ok = is_allowed(&account, attempts, attempts->account, limit, cost);
    address_ok = is_allowed(&address, attempts, attempts->address, limit * ADDRESS_FACTOR, cost);
    if (!account_ok) {
        return too_many(attempts, &account, "account");
    }
    return address_ok ? NULL : too_many(attempts, &address, "address");
}

shop_error_t *shop_attempts_check(const shop_attempts_t *attempts)
{
    return check(attempts, 0);
}

shop_error_t *shop_attempts_failed(const shop_attempts_t *attempts)
{
    return check(attempts, 1);
}

void shop_attempts_reset(const shop_attempts_t *attempts)
{
    attempts->ports->limiter->reset(attempts->ports->limiter, attempts->account,
                                    attempts->req->pool);
}
