/* SPDX-License-Identifier: MIT
 * What a user and a session are: the keys names are compared by, and when a session is over.
 * Pure; must never read a clock or a store. */
#include "account.h"

#include <string.h>

#include "../base/text.h"

void shop_user_set_username(shop_error_t **err, shop_user_t *user, const char *pointer,
                            const char *username, apr_pool_t *pool)
{
    size_t length = strlen(username);
    const char *key = shop_text_fold(username, pool);

    /* "bob" and "bob " would be two accounts nobody can tell apart. */
    if (!key || !length || username[0] == ' ' || username[length - 1] == ' ') {
        shop_error_violate(err, pool, pointer, "format",
                           "must not begin or end with a space and must be normal text");
        return;
    }
    user->username = username;
    user->username_key = key;
}

void shop_user_set_email(shop_error_t **err, shop_user_t *user, const char *pointer,
                         const char *email, apr_pool_t *pool)
{
    const char *key = shop_text_email_key(email, pool);

    if (!key) {
        shop_error_violate(err, pool, pointer, "format", "is not an e-mail address");
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
