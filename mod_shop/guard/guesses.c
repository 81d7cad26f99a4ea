/* SPDX-License-Identifier: MIT
 * Bounds on guessing passwords, per account and per address. Must never say whether the account
 * exists: unknown ones are counted alike. */
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../base/log.h"
#include "guards.h"

enum { ADDRESS_FACTOR = 3 }; /* several people may share one address */

void shop_guesses_begin(shop_guesses_t *guesses, const shop_guards_t *ports, const shop_req_t *req,
                        const char *kind, const char *what)
{
    apr_pool_t *pool = req->pool;

    guesses->ports = ports;
    guesses->req = req;
    guesses->account =
        apr_pstrcat(pool, kind, ":account:", shop_id_sha256(what, strlen(what), pool), NULL);
    guesses->address = apr_pstrcat(
        pool, kind,
        ":address:", req->client_ip ? shop_rate_address(req->client_ip, pool) : "unknown", NULL);
}

static shop_error_t *too_many(const shop_guesses_t *guesses, const shop_limit_state_t *state,
                              const char *which)
{
    shop_error_t *err =
        shop_err(guesses->req->pool, RATE_LIMITED, "too many failed attempts; try again later");

    shop_log_seldom(SHOP_LOG_NOTICE, SHOP_LOG_LOGIN_LIMIT,
                    "too many failed sign-ins for one %s, last from %s", which,
                    guesses->req->client_ip ? guesses->req->client_ip : "unknown");
    err->retry_after = state->reset_s > 0 ? state->reset_s : 1;
    return err;
}

/* cost 0 looks: then what remains must leave room for one more. */
static bool passes(shop_limit_state_t *state, const shop_guesses_t *guesses, const char *key,
                   int limit, int cost)
{
    const shop_guards_t *ports = guesses->ports;

    ports->limiter->hit(state, ports->limiter, key, limit, ports->settings->login_window_s, cost,
                        guesses->req->pool);
    return state->allowed && (cost > 0 || state->remaining > 0);
}

static shop_error_t *ask(const shop_guesses_t *guesses, int cost)
{
    int limit = guesses->ports->settings->login_limit;
    shop_limit_state_t account, address;
    bool account_ok, address_ok;

    if (limit <= 0) {
        return NULL;
    }
    account_ok = passes(&account, guesses, guesses->account, limit, cost);
    address_ok = passes(&address, guesses, guesses->address, limit * ADDRESS_FACTOR, cost);
    if (!account_ok) {
        return too_many(guesses, &account, "account");
    }
    return address_ok ? NULL : too_many(guesses, &address, "address");
}

shop_error_t *shop_guesses_check(const shop_guesses_t *guesses)
{
    return ask(guesses, 0);
}

shop_error_t *shop_guesses_failed(const shop_guesses_t *guesses)
{
    return ask(guesses, 1);
}

void shop_guesses_forget(const shop_guesses_t *guesses)
{
    guesses->ports->limiter->forget(guesses->ports->limiter, guesses->account, guesses->req->pool);
}
