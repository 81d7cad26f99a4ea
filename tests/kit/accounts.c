/* SPDX-License-Identifier: MIT
 * Users of the kit. */
#include "tests/kit/accounts.h"

const char *account_register(const char *name)
{
    T_SEND(201, NULL, "POST", "/auth/register",
           apr_psprintf(t_pool,
                        "{\"username\":\"%s\",\"email\":\"%s@example.com\","
                        "\"password\":\"" PASSWORD "\"}",
                        name, name));
    return kit_text("id");
}

pair_t account_pair(void)
{
    pair_t pair = { kit_bearer(kit_text("access_token")), kit_bearer(kit_text("refresh_token")) };

    T_TRUE(pair.access && pair.refresh);
    return pair;
}

pair_t account_login(const char *name, const char *password)
{
    T_SEND(
        200, NULL, "POST", "/auth/login",
        apr_psprintf(t_pool, "{\"email\":\"%s@example.com\",\"password\":\"%s\"}", name, password));
    return account_pair();
}

void account_alter(const char *id, const char *role, bool disabled, const char *hash)
{
    shop_user_t *user = NULL;
    bool done = false;

    T_OK(kit.accounts.accounts->find(&user, kit.accounts.accounts, id, t_pool));
    user->role = role ? role : user->role;
    user->disabled = disabled;
    user->password_hash = hash ? hash : user->password_hash;
    user->rev++;
    T_OK(kit.accounts.accounts->update(&done, kit.accounts.accounts, user, t_pool));
    T_TRUE(done);
}
