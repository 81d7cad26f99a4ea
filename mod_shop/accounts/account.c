/* SPDX-License-Identifier: MIT
 * Users and sessions: field tables, keys for comparing names, validity of sessions. No I/O, no
 * clock. */
#include "account.h"

#include <string.h>

#include "../base/text.h"
#include "../base/text_pattern.h"

const char *const shop_role_names[] = { SHOP_ROLE_NAME_USER, SHOP_ROLE_NAME_ADMIN, NULL };

const shop_field_t shop_user_fields[] = {
    SHOP_FIELD(shop_user_t, id, ID, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0, "User id"),
    SHOP_FIELD_PATTERN(shop_user_t, username, SHOP_REQUIRED | SHOP_TRIMMED, 2, 64,
                       "Name shown to other users: " SHOP_USERNAME_HELP,
                       SHOP_TEXT_USERNAME_PATTERN),
    SHOP_FIELD(shop_user_t, email, EMAIL, SHOP_REQUIRED, 0, 254,
               "E-mail address for signing in. A changed address is unverified."),
    SHOP_FIELD_ENUM_OF(shop_user_t, role, SHOP_READ_ONLY | SHOP_REQUIRED, shop_role_names,
                       "Role of the user"),
    SHOP_FIELD(shop_user_t, email_verified, BOOL, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0,
               "The e-mail address was confirmed"),
    SHOP_FIELD(shop_user_t, created_at, TIME, SHOP_READ_ONLY | SHOP_REQUIRED | SHOP_ON_CREATE, 0, 0,
               "Time of registration"),
    SHOP_FIELD(shop_user_t, updated_at, TIME, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0,
               "Time of the last change"),
    SHOP_FIELD(shop_user_t, username_key, STRING, SHOP_FOR_NOBODY | SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_user_t, email_key, STRING, SHOP_FOR_NOBODY | SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_user_t, password_hash, SECRET, SHOP_FOR_NOBODY | SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_user_t, disabled, BOOL, SHOP_FOR_NOBODY, 0, 0, NULL),
    SHOP_FIELD(shop_user_t, rev, INT, SHOP_FOR_NOBODY, 0, 0, NULL),
    SHOP_FIELDS_END,
};

static const shop_record_unique_t user_unique[] = {
    { "email_key", SHOP_EMAIL_TAKEN, "e-mail address" },
    { "username_key", SHOP_USERNAME_TAKEN, "username" },
    { .member = NULL },
};

static const char *const no_lists[] = { NULL };

const shop_record_t shop_user_record = { .collection = "users",
                                         .noun = "account",
                                         .fields = shop_user_fields,
                                         .size = sizeof(shop_user_t),
                                         .id = "id",
                                         .unique = user_unique,
                                         .sorts = no_lists };

static const shop_field_t session_fields[] = {
    SHOP_FIELD(shop_session_t, id, STRING, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, user_id, ID, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, role, STRING, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, current, STRING, SHOP_REQUIRED, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, previous, STRING, 0, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, created_at, TIME, 0, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, rotated_at, TIME, 0, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, expires_at, TIME, 0, 0, 0, NULL),
    SHOP_FIELD(shop_session_t, absolute_at, TIME, 0, 0, 0, NULL),
    /* Anything but false ends the session: a corrupt document must not grant access. */
    SHOP_FIELD_DEFAULT(shop_session_t, revoked, BOOL, 0, 0, 0, NULL, true),
    SHOP_FIELDS_END,
};

const shop_record_t shop_session_record = { .collection = "sessions",
                                            .noun = "session",
                                            .fields = session_fields,
                                            .size = sizeof(shop_session_t),
                                            .id = "id",
                                            .sorts = no_lists };

void shop_user_set_username(shop_error_t **err, shop_user_t *user, const char *pointer,
                            const char *username, apr_pool_t *pool)
{
    const char *key = shop_text_username_key(username, pool);

    if (user->username && !strcmp(user->username, username)) {
        return; /* it was valid when it was chosen */
    }
    if (!key || !shop_text_is_username(username)) {
        shop_error_violate(err, pool, pointer, "format",
                           "must be letters, digits or marks of any script, _ . or -");
        return;
    }
    user->username = username;
    user->username_key = key;
}

void shop_user_set_email(shop_error_t **err, shop_user_t *user, const char *pointer,
                         const char *email, apr_pool_t *pool)
{
    const char *key = shop_text_email_key(email, pool);

    if (user->email && !strcmp(user->email, email)) {
        return;
    }
    if (!key) {
        shop_error_violate(err, pool, pointer, "format", "must be an e-mail address");
        return;
    }
    if (!user->email_key || strcmp(user->email_key, key) != 0) {
        user->email_verified = false;
    }
    user->email = email;
    user->email_key = key;
}

bool shop_session_is_live(const shop_session_t *session, apr_time_t now)
{
    return !session->revoked && session->expires_at > now && session->absolute_at > now;
}

bool shop_session_may_repeat(const shop_session_t *session, const char *spent, apr_time_t now,
                             int grace_s)
{
    apr_time_t grace = apr_time_from_sec(grace_s), since = now - session->rotated_at;

    /* In both directions: another host's clock may be slightly behind, but a rotation time far in
     * the future must not keep the grace period open until then. */
    return grace && session->rotated_at && session->previous && !strcmp(session->previous, spent) &&
           since <= grace && since >= -grace;
}
