/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_H
#define SHOP_ACCOUNTS_ACCOUNT_H

/* Users and sessions: structs, stored records and validation. No I/O. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"
#include "../base/fields.h"
#include "../store/record.h"

typedef struct shop_user_t {
    const char *id;
    const char *username;
    const char *username_key; /* folded; unique */
    const char *email;
    const char *email_key; /* folded; unique */
    const char *password_hash;
    const char *role; /* "user" or "admin" */
    bool email_verified;
    bool disabled;
    apr_time_t created_at;
    apr_time_t updated_at;
    int64_t rev; /* one higher after each write; writers compare it */
} shop_user_t;

/* A session is one document per token family (RFC 9700 section 4.14). `role` and `disabled` of the
 * user are copied into it, so that a request needs one read. */
typedef struct shop_session_t {
    const char *id; /* sid: 128 random bits, base64url */
    const char *user_id;
    const char *role;
    const char *current;   /* SHA-256 of the current refresh token's jti */
    const char *previous;  /* of the previous one; NULL at first */
    apr_time_t rotated_at; /* when current replaced previous; 0 at first */
    apr_time_t created_at;
    apr_time_t expires_at;  /* sliding */
    apr_time_t absolute_at; /* never extended */
    bool revoked;
} shop_session_t;

#define SHOP_ROLE_NAME_USER "user"
#define SHOP_ROLE_NAME_ADMIN "admin"
extern const char *const shop_role_names[]; /* both, NULL-terminated */

extern const shop_field_t shop_user_fields[];
extern const shop_record_t shop_user_record;
extern const shop_record_t shop_session_record;

#define SHOP_USERNAME_HELP "letters, digits and marks of any script, `_`, `.` and `-`"

/* Set the username or the address together with its key. Violation "format" on pointer when it is
 * invalid; nothing is changed then. The stored value is always accepted again. A changed address
 * becomes unverified. */
void shop_user_set_username(shop_error_t **err, shop_user_t *user, const char *pointer,
                            const char *username, apr_pool_t *pool);
void shop_user_set_email(shop_error_t **err, shop_user_t *user, const char *pointer,
                         const char *email, apr_pool_t *pool);

/* Is it not revoked and not expired? */
bool shop_session_is_live(const shop_session_t *session, apr_time_t now);
/* May the used refresh token with the digest `spent` be exchanged again for the same pair? Only the
 * last one, for grace_s seconds after its rotation; grace_s 0: never. */
bool shop_session_may_repeat(const shop_session_t *session, const char *spent, apr_time_t now,
                             int grace_s);

/* Checks the password policy (length in code points; the most common passwords are refused).
 * violation on pointer. */
void shop_account_check_password(shop_error_t **err, const char *pointer, const char *password,
                                 int min, int max, apr_pool_t *pool);

#endif
