/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_TOKEN_H
#define SHOP_GUARD_TOKEN_H

/* Access and refresh tokens: JWTs (RFC 7519) with the precautions of RFC 8725. guard/token.c parses
 * header and claims itself, strictly; drivers/jwt.c only signs and verifies bytes. */

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
    const char *role; /* of access tokens; as issued, the session in the store is authoritative */
    apr_time_t issued_at, expires_at;
} shop_claims_t;

typedef struct shop_tokens_t shop_tokens_t;

/* Keys are copied into pool. INTERNAL when there is no signing key. */
shop_error_t *shop_tokens_create(const shop_tokens_t **tokens, const shop_settings_t *settings,
                                 apr_pool_t *pool);
/* *token: in pool. claims->id is set when NULL. */
shop_error_t *shop_token_sign(const char **token, const shop_tokens_t *tokens,
                              shop_claims_t *claims, apr_pool_t *pool);
/* The ids that the refresh token after `id` of this session may have, NULL-terminated: by the key
 * that signs first, then by each other key. The same on every host with these keys. */
shop_error_t *shop_token_next_ids(const char *const **ids, const shop_tokens_t *tokens,
                                  const char *session, const char *id, apr_pool_t *pool);
/* The id of the access token issued with a refresh token. It reveals nothing about the latter's. */
shop_error_t *shop_token_access_id(const char **id, const char *refresh_id, apr_pool_t *pool);
/* TOKEN_EXPIRED for a valid token that is past its time (with leeway); TOKEN_INVALID for everything
 * else that is not a valid token of this use. No I/O. */
shop_error_t *shop_token_verify(shop_claims_t **claims, const shop_tokens_t *tokens,
                                const char *token, shop_token_use_t use, apr_time_t now,
                                apr_pool_t *pool);

/* Port: ended sessions, so that most reads need not ask the store. */
typedef enum { SHOP_REVOKED_NO, SHOP_REVOKED_YES, SHOP_REVOKED_UNKNOWN } shop_revoked_answer_t;

typedef struct shop_revoked_t shop_revoked_t;
struct shop_revoked_t {
    /* UNKNOWN when it cannot be determined: Redis is unavailable or was emptied, or the list may be
     * incomplete. The caller then reads the session from the store. */
    shop_revoked_answer_t (*lookup)(shop_revoked_t *revoked, const char *session_id,
                                    apr_pool_t *pool);
    /* Adds an ended session, after the store has acknowledged it. Never fails: while the entry
     * cannot be stored, lookups give UNKNOWN. ttl_s: the longest life of an access token. */
    void (*add)(shop_revoked_t *revoked, const char *session_id, int ttl_s, apr_pool_t *pool);
};
/* Lookups are always UNKNOWN. */
shop_revoked_t *shop_revoked_none(apr_pool_t *pool);

#endif
