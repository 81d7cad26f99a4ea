/* SPDX-License-Identifier: MIT
 * Wrong coupon codes are counted per customer, so that codes cannot be guessed. */
#include "order_guess_api.h"

#include <apr_strings.h>
#include <string.h>

#include "../guard/guards.h"

#define WRONG_CODES 20 /* in WRONG_CODES_S seconds per customer: codes must not be guessed */
#define WRONG_CODES_S 600

static const char *guess_key(const shop_req_t *req)
{
    return apr_pstrcat(req->pool, "coupon:", req->caller.user_id, NULL);
}

static shop_error_t *too_many_guesses(const shop_req_t *req, const shop_limit_state_t *state)
{
    shop_error_t *err = shop_err(req->pool, RATE_LIMITED, "too many wrong coupon codes");

    err->retry_after = state->reset_s;
    return err;
}

shop_error_t *shop_order_may_guess(const shop_app_t *app, const shop_req_t *req, const char *code)
{
    shop_limit_state_t state;

    if (!code) {
        return NULL;
    }
    app->guards->limiter->hit(&state, app->guards->limiter, guess_key(req), WRONG_CODES,
                              WRONG_CODES_S, 0, req->pool);
    return state.allowed && state.remaining > 0 ? NULL : too_many_guesses(req, &state);
}

const char *shop_order_coupon_reason(const shop_error_t *err)
{
    if (err && err->code == SHOP_COUPON_NOT_APPLICABLE) {
        return json_string_value(json_object_get(err->extra, "reason"));
    }
    return err && err->code == SHOP_COUPON_EXHAUSTED ? "exhausted" : NULL;
}

shop_error_t *shop_order_count_guess(const shop_app_t *app, const shop_req_t *req,
                                     shop_error_t *refusal)
{
    const char *reason = shop_order_coupon_reason(refusal);
    shop_limit_state_t state;

    if (!reason || strcmp(reason, "unknown") != 0) {
        return refusal;
    }
    app->guards->limiter->hit(&state, app->guards->limiter, guess_key(req), WRONG_CODES,
                              WRONG_CODES_S, 1, req->pool);
    return state.allowed ? refusal : too_many_guesses(req, &state);
}
