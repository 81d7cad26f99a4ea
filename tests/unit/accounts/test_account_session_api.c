/* SPDX-License-Identifier: MIT
 * Signing in, refreshing and signing out over fakes: what a thief gains, what an outage does. */
#include "tests/kit/world.h"

#include "mod_shop/base/log.h"

#define LOGIN(name, password) "{\"email\":\"" name "@example.com\",\"password\":\"" password "\"}"

static int number(const char *name)
{
    return (int)json_integer_value(json_object_get(w.json, name));
}

static void login_answers_with_a_pair(void)
{
    const char *id;

    world_begin();
    id = world_register("ann");
    W_SEND(200, NULL, "POST", "/auth/login", NULL, LOGIN("ANN", W_PASSWORD));
    T_STR(world_text("token_type"), "Bearer");
    T_INT(number("expires_in"), 900);
    T_INT(number("refresh_expires_in"), 604800);
    T_STR(world_text_in("user", "id"), id);
    T_STR(world_text_in("user", "email"), "ann@example.com");
    T_INT(json_object_size(w.json), 6);
    T_INT(json_object_size(json_object_get(w.json, "user")), 7);
    T_STR(world_header("Cache-Control"), "no-store");
    T_TRUE(!strstr(w.res.body, "argon2") && !strstr(w.res.body, "password"));
}

static void refused_logins_look_alike(void)
{
    static const char *const bodies[] = { LOGIN("ann", "wrong password 1"),
                                          LOGIN("nobody", "wrong password 1"),
                                          LOGIN("gone", W_PASSWORD),
                                          LOGIN("gone", "wrong password 1"), LOGIN("ann", "x") };
    const char *first = NULL, *id;

    world_begin();
    world_register("ann");
    id = world_register("gone");
    world_alter_user(id, NULL, true, NULL);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, bodies[i]);
        first = first ? first : w.res.body;
        T_STR(w.res.body, first);
    }
}

static void failures_are_counted_per_account(void)
{
    world_begin();
    world_register("ann");
    world_register("bob");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < w.settings.login_limit - 1; i++) {
            W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, LOGIN("ann", "wrong"));
        }
        /* The right password forgets the failures. */
        world_login("ann", W_PASSWORD);
        w.ip = "192.0.2.2";
    }
    for (int i = 0; i < w.settings.login_limit; i++) {
        w.ip = apr_psprintf(t_pool, "192.0.2.%d", 10 + i);
        W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, LOGIN("Ann", "wrong"));
    }
    W_SEND(429, "rate_limited", "POST", "/auth/login", NULL, LOGIN("aNN", W_PASSWORD));
    T_TRUE(world_header("Retry-After") && apr_atoi64(world_header("Retry-After")) > 0);
    T_TRUE(apr_atoi64(world_header("Retry-After")) <= w.settings.login_window_s);
    world_login("bob", W_PASSWORD);
}

static void unknown_accounts_are_counted_alike(void)
{
    world_begin();
    for (int i = 0; i < w.settings.login_limit; i++) {
        W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, LOGIN("nobody", "wrong"));
    }
    W_SEND(429, "rate_limited", "POST", "/auth/login", NULL, LOGIN("nobody", "wrong"));
}

static void failures_are_counted_per_address(void)
{
    world_begin();
    world_register("ann");
    for (int i = 0; i < 3 * w.settings.login_limit; i++) {
        w.ip = apr_psprintf(t_pool, "2001:db8::%x", i + 1);
        W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL,
               apr_psprintf(t_pool, LOGIN("user%d", "Spring2026!"), i));
    }
    W_SEND(429, "rate_limited", "POST", "/auth/login", NULL, LOGIN("ann", W_PASSWORD));
    w.ip = "2001:db8:0:1::1";
    world_login("ann", W_PASSWORD);
}

static void a_limit_of_zero_is_none(void)
{
    world_begin();
    w.settings.login_limit = 0;
    for (int i = 0; i < 40; i++) {
        W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, LOGIN("ann", "wrong"));
    }
}

static void an_old_hash_is_renewed_at_login(void)
{
    static const char werkzeug[] =
        "pbkdf2:sha256:1$s$"
        "372cc9815244c4a2b75955b1358cde090d9c122d1a7de302a904e04d35ba6b06";
    shop_user_t *user = NULL;
    const char *id;

    world_begin();
    id = world_register("ann");
    world_alter_user(id, NULL, false, werkzeug);
    W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, LOGIN("ann", "q"));
    T_OK(w.accounts.accounts->find(&user, w.accounts.accounts, id, t_pool));
    T_STR(user->password_hash, werkzeug);
    world_login("ann", "p");
    T_OK(w.accounts.accounts->find(&user, w.accounts.accounts, id, t_pool));
    T_TRUE(!strncmp(user->password_hash, "$argon2id$", 10));
    world_login("ann", "p");
    W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL, LOGIN("ann", "q"));
}

/* ---- refreshing ---- */

static pair_t refresh(const char *token)
{
    pair_t pair;

    W_SEND(200, NULL, "POST", "/auth/refresh", token, NULL);
    pair.access = world_text("access_token");
    pair.refresh = world_text("refresh_token");
    return pair;
}

static void refreshing_gives_a_new_pair(void)
{
    pair_t one, two;

    world_begin();
    world_register("ann");
    one = world_login("ann", W_PASSWORD);
    w.now += apr_time_from_sec(1000);
    W_SEND(401, "token_expired", "GET", "/auth/me", one.access, NULL);
    two = refresh(one.refresh);
    T_TRUE(strcmp(one.refresh, two.refresh) != 0 && strcmp(one.access, two.access) != 0);
    T_INT(number("expires_in"), 900);
    T_INT(number("refresh_expires_in"), 604800);
    T_STR(world_text_in("user", "username"), "ann");
    W_SEND(200, NULL, "GET", "/auth/me", two.access, NULL);
}

static void a_spent_token_kills_the_family(void)
{
    for (int replayed = 0; replayed < 2; replayed++) {
        pair_t pairs[3];

        world_begin();
        world_register("ann");
        pairs[0] = world_login("ann", W_PASSWORD);
        pairs[1] = refresh(pairs[0].refresh);
        pairs[2] = refresh(pairs[1].refresh);
        W_SEND(200, NULL, "GET", "/auth/me", pairs[2].access, NULL);
        W_SEND(401, "token_revoked", "POST", "/auth/refresh", pairs[replayed].refresh, NULL);
        T_INT(w.log_number, SHOP_LOG_REFRESH_REUSED);
        T_INT(w.told->nelts, 1);
        W_SEND(401, "token_revoked", "POST", "/auth/refresh", pairs[2].refresh, NULL);
        for (int i = 0; i < 3; i++) {
            W_SEND(401, "token_revoked", "GET", "/auth/me", pairs[i].access, NULL);
        }
        world_login("ann", W_PASSWORD);
    }
}

static void kinds_of_token_are_not_exchanged(void)
{
    pair_t ann;

    world_begin();
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    W_SEND(401, "token_invalid", "POST", "/auth/refresh", ann.access, NULL);
    W_SEND(401, "token_invalid", "GET", "/auth/me", ann.refresh, NULL);
    W_SEND(401, "token_invalid", "POST", "/auth/logout", ann.refresh, NULL);
    W_SEND(401, "token_missing", "POST", "/auth/refresh", NULL, NULL);
    refresh(ann.refresh);
}

static void a_family_ends_after_thirty_days(void)
{
    pair_t ann;
    int day = 0;

    world_begin();
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    for (; day < 24; day += 6) {
        w.now += apr_time_from_sec(6 * 86400);
        ann = refresh(ann.refresh);
    }
    T_INT(number("refresh_expires_in"), 6 * 86400);
    w.now += apr_time_from_sec(6 * 86400 - 60);
    ann = refresh(ann.refresh);
    T_INT(number("refresh_expires_in"), 60);
    T_INT(number("expires_in"), 60);
    w.now += apr_time_from_sec(60);
    W_SEND(401, "token_revoked", "POST", "/auth/refresh", ann.refresh, NULL);
    w.now += apr_time_from_sec(60);
    W_SEND(401, "token_expired", "POST", "/auth/refresh", ann.refresh, NULL);
}

static void an_idle_session_ends_after_a_week(void)
{
    pair_t ann;

    world_begin();
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    w.now += apr_time_from_sec(7 * 86400 + 31);
    W_SEND(401, "token_expired", "POST", "/auth/refresh", ann.refresh, NULL);
}

static void a_new_role_is_taken_over_at_refresh(void)
{
    const char *id;
    pair_t ann;

    world_begin();
    id = world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    world_alter_user(id, "admin", false, NULL);
    ann = refresh(ann.refresh);
    T_STR(world_text_in("user", "role"), "admin");
    W_SEND(201, NULL, "POST", "/auth/register", ann.access,
           "{\"username\":\"two\",\"email\":\"two@example.com\",\"password\":\"" W_PASSWORD
           "\",\"role\":\"admin\"}");
}

/* ---- signing out ---- */

static void signed_out_is_signed_out(void)
{
    pair_t here, there;

    world_begin();
    world_register("ann");
    here = world_login("ann", W_PASSWORD);
    there = world_login("ann", W_PASSWORD);
    W_SEND(200, NULL, "POST", "/auth/logout", here.access, NULL);
    T_STR(w.res.body, "{\"revoked\":true}");
    T_INT(w.told->nelts, 1);
    W_SEND(401, "token_revoked", "POST", "/auth/logout", here.access, NULL);
    W_SEND(401, "token_revoked", "GET", "/auth/me", here.access, NULL);
    W_SEND(401, "token_revoked", "POST", "/auth/refresh", here.refresh, NULL);
    W_SEND(200, NULL, "GET", "/auth/me", there.access, NULL);
    w.now += apr_time_from_sec(931);
    W_SEND(401, "token_expired", "POST", "/auth/logout", there.access, NULL);
}

static void without_the_store_nobody_is_let_in_or_told_lies(void)
{
    static const shop_revoked_answer_t verdicts[] = { SHOP_REVOKED_NO, SHOP_REVOKED_UNKNOWN };
    pair_t ann;

    world_begin();
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    shop_account_mem_away(w.accounts.accounts, true);
    for (size_t i = 0; i < 2; i++) {
        w.verdict = verdicts[i];
        W_SEND(503, "unavailable", "GET", "/auth/me", ann.access, NULL);
        T_TRUE(world_header("Retry-After") != NULL);
        W_SEND(503, "unavailable", "POST", "/auth/logout", ann.access, NULL);
        W_SEND(503, "unavailable", "POST", "/auth/refresh", ann.refresh, NULL);
        W_SEND(503, "unavailable", "POST", "/auth/login", NULL, LOGIN("ann", W_PASSWORD));
    }
    T_INT(w.told->nelts, 0);
    shop_account_mem_away(w.accounts.accounts, false);
    W_SEND(200, NULL, "GET", "/auth/me", ann.access, NULL);
    W_SEND(200, NULL, "POST", "/auth/refresh", ann.refresh, NULL);
}

static const shop_test_t tests[] = {
    SHOP_TEST(login_answers_with_a_pair, "login answers with a pair of tokens and the user"),
    SHOP_TEST(refused_logins_look_alike, "refused logins look alike"),
    SHOP_TEST(failures_are_counted_per_account, "failures are counted per account"),
    SHOP_TEST(unknown_accounts_are_counted_alike, "unknown accounts are counted alike"),
    SHOP_TEST(failures_are_counted_per_address, "failures are counted per address, IPv6 by /64"),
    SHOP_TEST(a_limit_of_zero_is_none, "a limit of zero is none"),
    SHOP_TEST(an_old_hash_is_renewed_at_login, "an old hash is renewed at login"),
    SHOP_TEST(refreshing_gives_a_new_pair, "refreshing gives a new pair"),
    SHOP_TEST(a_spent_token_kills_the_family, "a spent refresh token kills the family"),
    SHOP_TEST(kinds_of_token_are_not_exchanged, "kinds of token are not exchanged"),
    SHOP_TEST(a_family_ends_after_thirty_days, "a family ends after thirty days"),
    SHOP_TEST(an_idle_session_ends_after_a_week, "an idle session ends after a week"),
    SHOP_TEST(a_new_role_is_taken_over_at_refresh, "a new role is taken over at refresh"),
    SHOP_TEST(signed_out_is_signed_out, "signed out is signed out, here and not there"),
    SHOP_TEST(without_the_store_nobody_is_let_in_or_told_lies,
              "without the store nobody is let in, and nobody told that he is out"),
    SHOP_TEST_END,
};
SHOP_SUITE("sessions over HTTP", tests)
