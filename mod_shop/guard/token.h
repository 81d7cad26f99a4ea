/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_TOKEN_H
#define SHOP_GUARD_TOKEN_H

/* Access and refresh tokens: JWTs (RFC 7519) behind the guards of RFC 8725. guard/token.c parses
 * header and claims itself, strictly, and lets drivers/jwt.c do nothing but sign and verify bytes.
 */

#include <apr_pools.h>
#include <apr_time.h>

#include "../base/error.h"
#include "../settings.h"
#include "../http/res.h"

typedef enum { SHOP_TOKEN_ACCESS, SHOP_TOKEN_REFRESH } shop_token_use_t;

typedef struct shop_claims_t {
    shop_token_use_t use;
    const char *subject; /* user id */
    const char *session; /* sid */
    const char *id;      /* jti */
    const char *role;    /* access tokens: as of issuing; authority is the session's */
    apr_time_t issued_at, expires_at;
} shop_claims_t;

typedef struct shop_tokens_t shop_tokens_t;

/* INTERNAL when no key signs. Keys are copied into pool. */
shop_error_t *shop_tokens_create(const shop_tokens_t **tokens, const shop_settings_t *settings,
                                 apr_pool_t *pool);
/* claims->id is made when NULL. *token in pool. */
shop_error_t *shop_token_sign(const char **token, const shop_tokens_t *tokens,
                              shop_claims_t *claims, apr_pool_t *pool);
/* TOKEN_INVALID for everything that is not a live token of this use, TOKEN_EXPIRED when only the
 * time is over (leeway respected). Touches no store. */
shop_error_t *shop_token_verify(shop_claims_t **claims, const shop_tokens_t *tokens,
                                const char *token, shop_token_use_t use, apr_time_t now,
                                apr_pool_t *pool);

/* Fast look at ended sessions (Redis). */
typedef enum { SHOP_REVOKED_NO, SHOP_REVOKED_YES, SHOP_REVOKED_UNKNOWN } shop_revoked_answer_t;

typedef struct shop_revoked_t shop_revoked_t;
struct shop_revoked_t {
    /* UNKNOWN when Redis is away, was flushed (its sentinel is missing) or holds no verdict one
     * can trust: the caller asks the store. */
    shop_revoked_answer_t (*look)(shop_revoked_t *revoked, const char *session_id,
                                  apr_pool_t *pool);
    /* Told after the store has it. Failure is harmless but for the sentinel, which it removes when
     * it can. ttl_s: the longest life of an access token. */
    void (*tell)(shop_revoked_t *revoked, const char *session_id, int ttl_s, apr_pool_t *pool);
};
/* Always UNKNOWN. */
shop_revoked_t *shop_revoked_none(apr_pool_t *pool);

#endif
