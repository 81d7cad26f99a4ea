/* SPDX-License-Identifier: MIT
 * Signing in, refreshing and signing out over fakes: what a thief gains, what an outage does. */
#include "tests/kit/accounts.h"

#include "mod_shop/base/log.h"

#define LOGIN(name, password) "{\"email\":\"" name "@example.com\",\"password\":\"" password "\"}"

static void login_answers_with_a_pair(void)
{
    const char *id;

    kit_begin();
    id = account_register("ann");
    T_SEND(200, NULL, "POST", "/auth/login", LOGIN("ANN", PASSWORD));
    T_STR(kit_text("token_type"), "Bearer");
    T_INT(kit_int("expires_in"), 900);
    T_INT(kit_int("refresh_expires_in"), 604800);
    T_STR(kit_text("user.id"), id);
    T_STR(kit_text("user.email"), "ann@example.com");
    T_INT(json_object_size(kit.json), 6);
    T_INT(json_object_size(json_object_get(kit.json, "user")), 7);
    T_STR(kit_reply_header("Cache-Control"), "no-store");
    T_TRUE(!strstr(kit.res->body, "argon2") && !strstr(kit.res->body, "password"));
}

static void refused_logins_look_alike(void)
{
    static const char *const bodies[] = { LOGIN("ann", "wrong password 1"),
                                          LOGIN("nobody", "wrong password 1"),
                                          LOGIN("gone", PASSWORD),
                                          LOGIN("gone", "wrong password 1"), LOGIN("ann", "x") };
    const char *first = NULL, *id;

    kit_begin();
    account_register("ann");
    id = account_register("gone");
    account_alter(id, NULL, true, NULL);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login", bodies[i]);
        first = first ? first : kit.res->body;
        T_STR(kit.res->body, first);
    }
}

static void failures_are_counted_per_account(void)
{
    kit_begin();
    account_register("ann");
    account_register("bob");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < kit.settings.login_limit - 1; i++) {
            T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
                      LOGIN("ann", "wrong"));
        }
        /* The right password resets the count. */
        account_login("ann", PASSWORD);
        kit.ip = "192.0.2.2";
    }
    for (int i = 0; i < kit.settings.login_limit; i++) {
        kit.ip = apr_psprintf(t_pool, "192.0.2.%d", 10 + i);
        T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login", LOGIN("Ann", "wrong"));
    }
    T_PROBLEM(429, "rate_limited", NULL, "POST", "/auth/login", LOGIN("aNN", PASSWORD));
    T_TRUE(kit_reply_header("Retry-After") && apr_atoi64(kit_reply_header("Retry-After")) > 0);
    T_TRUE(apr_atoi64(kit_reply_header("Retry-After")) <= kit.settings.login_window_s);
    account_login("bob", PASSWORD);
}

static void unknown_accounts_are_counted_alike(void)
{
    kit_begin();
    for (int i = 0; i < kit.settings.login_limit; i++) {
        T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
                  LOGIN("nobody", "wrong"));
    }
    T_PROBLEM(429, "rate_limited", NULL, "POST", "/auth/login", LOGIN("nobody", "wrong"));
}

static void failures_are_counted_per_address(void)
{
    kit_begin();
    account_register("ann");
    for (int i = 0; i < 3 * kit.settings.login_limit; i++) {
        kit.ip = apr_psprintf(t_pool, "2001:db8::%x", i + 1);
        T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
                  apr_psprintf(t_pool, LOGIN("user%d", "Spring2026!"), i));
    }
    T_PROBLEM(429, "rate_limited", NULL, "POST", "/auth/login", LOGIN("ann", PASSWORD));
    kit.ip = "2001:db8:0:1::1";
    account_login("ann", PASSWORD);
}

static void a_limit_of_zero_is_none(void)
{
    kit_begin();
    kit.settings.login_limit = 0;
    for (int i = 0; i < 40; i++) {
        T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login", LOGIN("ann", "wrong"));
    }
}

static void an_old_hash_is_renewed_at_login(void)
{
    static const char werkzeug[] =
        "pbkdf2:sha256:1$s$"
        "372cc9815244c4a2b75955b1358cde090d9c122d1a7de302a904e04d35ba6b06";
    shop_user_t *user = NULL;
    const char *id;

    kit_begin();
    id = account_register("ann");
    account_alter(id, NULL, false, werkzeug);
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login", LOGIN("ann", "q"));
    T_OK(kit.accounts.accounts->find(&user, kit.accounts.accounts, id, t_pool));
    T_STR(user->password_hash, werkzeug);
    account_login("ann", "p");
    T_OK(kit.accounts.accounts->find(&user, kit.accounts.accounts, id, t_pool));
    T_TRUE(!strncmp(user->password_hash, "$argon2id$", 10));
    account_login("ann", "p");
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login", LOGIN("ann", "q"));
}

/* ---- refreshing ---- */

static pair_t refresh(const char *token)
{
    T_SEND(200, token, "POST", "/auth/refresh", NULL);
    return account_pair();
}

static void a_password_is_typed_in_any_normal_form(void)
{
    /* of the decomposed bytes, as an earlier version hashed them */
    static const char old[] = "pbkdf2:sha256:1000$salt$"
                              "4ead8c739ecebbbb3fdd45590da5691aec8ef9aee9e17aac4c6f0a8b5e837eee";
    shop_user_t *user = NULL;
    const char *id;

    kit_begin();
    id = account_register("ann");
    account_alter(id, NULL, false, old);
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
              LOGIN("ann", "p\xc3\xa4ssw\xc3\xb6rd xy"));
    account_login("ann", "pa\xcc\x88sswo\xcc\x88rd xy");
    T_OK(kit.accounts.accounts->find(&user, kit.accounts.accounts, id, t_pool));
    T_TRUE(!strncmp(user->password_hash, "$argon2id$", 10));
    account_login("ann", "p\xc3\xa4ssw\xc3\xb6rd xy");
    account_login("ann", "pa\xcc\x88sswo\xcc\x88rd\xc2\xa0xy");
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
              LOGIN("ann", "passwo\xcc\x88rd xy"));
}

#define LOGIN_AS(email) "{\"email\":\"" email "\",\"password\":\"" PASSWORD "\"}"

static shop_error_t *set_address(const char *id, const char *email, const char *key)
{
    shop_user_t *user = NULL;
    bool done = false;

    SHOP_TRY(kit.accounts.accounts->find(&user, kit.accounts.accounts, id, t_pool));
    user->email = email;
    user->email_key = key;
    user->rev++;
    return kit.accounts.accounts->update(&done, kit.accounts.accounts, user, t_pool);
}

static void an_address_signs_in_however_it_is_spelled(void)
{
    const char *ann, *bob, *eve;

    kit_begin();
    ann = account_register("ann");
    T_SEND(200, NULL, "POST", "/auth/login", LOGIN_AS(" ANN@Example.com\xc2\xa0"));
    T_OK(set_address(ann,
                     "ann@b\xc3\xbc"
                     "cher.example",
                     "ann@xn--bcher-kva.example"));
    T_SEND(200, NULL, "POST", "/auth/login",
           LOGIN_AS("ann@bu\xcc\x88"
                    "cher.example"));
    T_STR(kit_text("user.id"), ann);
    T_SEND(200, NULL, "POST", "/auth/login", LOGIN_AS("ann@XN--BCHER-KVA.example"));
    /* keys of an earlier version: not yet rewritten, and one that cannot be */
    bob = account_register("bob");
    T_OK(set_address(bob,
                     "bob@stra\xc3\x9f"
                     "e.example",
                     "bob@strasse.example"));
    T_SEND(200, NULL, "POST", "/auth/login",
           LOGIN_AS("Bob@stra\xc3\x9f"
                    "e.example"));
    T_STR(kit_text("user.id"), bob);
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
              LOGIN_AS("bob@xn--strae-oqa.example"));
    eve = account_register("eve");
    T_OK(set_address(eve,
                     "ann@b\xc3\xbc"
                     "cher.example",
                     "ann@b\xc3\xbc"
                     "cher.example"));
    T_OK(set_address(ann, "ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"));
    T_SEND(200, NULL, "POST", "/auth/login",
           LOGIN_AS("ann@b\xc3\xbc"
                    "cher.example"));
    T_STR(kit_text("user.id"), eve);
    T_SEND(200, NULL, "POST", "/auth/login", LOGIN_AS("ann@xn--bcher-kva.example"));
    T_STR(kit_text("user.id"), ann);
    /* no other mailbox's account */
    T_OK(set_address(bob, "bob@strasse.example", "bob@strasse.example"));
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
              LOGIN_AS("bob@stra\xc3\x9f"
                       "e.example"));
    /* an address of before IDNA was asked */
    T_OK(set_address(bob, "bob@1\xd7\x90.example", "bob@1\xd7\x90.example"));
    T_SEND(200, NULL, "POST", "/auth/login", LOGIN_AS("bob@1\xd7\x90.example"));
}

static void refreshing_gives_a_new_pair(void)
{
    pair_t one, two;

    kit_begin();
    account_register("ann");
    one = account_login("ann", PASSWORD);
    kit.clock.fixed += apr_time_from_sec(1000);
    T_PROBLEM(401, "token_expired", one.access, "GET", "/auth/me", NULL);
    two = refresh(one.refresh);
    T_TRUE(strcmp(one.refresh, two.refresh) != 0 && strcmp(one.access, two.access) != 0);
    T_INT(kit_int("expires_in"), 900);
    T_INT(kit_int("refresh_expires_in"), 604800);
    T_STR(kit_text("user.username"), "ann");
    T_SEND(200, two.access, "GET", "/auth/me", NULL);
}

static void a_spent_token_kills_the_family(void)
{
    for (int replayed = 0; replayed < 2; replayed++) {
        for (int grace_s = 0; grace_s <= 10; grace_s += 10) {
            pair_t pairs[3];

            kit_begin();
            kit.settings.jwt_reuse_grace_s = grace_s;
            account_register("ann");
            pairs[0] = account_login("ann", PASSWORD);
            pairs[1] = refresh(pairs[0].refresh);
            pairs[2] = refresh(pairs[1].refresh);
            T_SEND(200, pairs[2].access, "GET", "/auth/me", NULL);
            /* the one before is spent after the grace, the one before that at once */
            kit.clock.fixed += replayed ? apr_time_from_sec(grace_s) + 1 : 0;
            T_PROBLEM(401, "token_revoked", pairs[replayed].refresh, "POST", "/auth/refresh", NULL);
            T_INT(kit.log_number, SHOP_LOG_REFRESH_REUSED);
            T_INT(kit.announced->nelts, 1);
            T_PROBLEM(401, "token_revoked", pairs[2].refresh, "POST", "/auth/refresh", NULL);
            for (int i = 0; i < 3; i++) {
                T_PROBLEM(401, "token_revoked", pairs[i].access, "GET", "/auth/me", NULL);
            }
            account_login("ann", PASSWORD);
        }
    }
}

static void within_the_grace_a_spent_token_gets_the_same_pair(void)
{
    pair_t first, pair, again;

    kit_begin();
    account_alter(account_register("ann"), "admin", false, NULL);
    first = account_login("ann", PASSWORD);
    kit.clock.fixed += apr_time_from_sec(500) + 999;
    pair = refresh(first.refresh);
    for (int second = 0; second <= 10; second += 5) {
        again = refresh(first.refresh);
        T_STR(again.access, pair.access);
        T_STR(again.refresh, pair.refresh);
        T_INT(kit_int("expires_in"), 900 - second);
        T_INT(kit_int("refresh_expires_in"), 604800 - second);
        T_STR(kit_text("user.username"), "ann");
        T_INT(kit.log_number, 0);
        kit.clock.fixed += apr_time_from_sec(5);
    }
    T_INT(kit.announced->nelts, 0);
    again = refresh(pair.refresh);
    T_TRUE(strcmp(again.refresh, pair.refresh) != 0 && strcmp(again.access, pair.access) != 0);
}

static void after_logout_no_token_is_repeated(void)
{
    pair_t first, pair;

    kit_begin();
    account_register("ann");
    first = account_login("ann", PASSWORD);
    pair = refresh(first.refresh);
    T_SEND(200, pair.access, "POST", "/auth/logout", NULL);
    T_PROBLEM(401, "token_revoked", first.refresh, "POST", "/auth/refresh", NULL);
    T_INT(kit.log_number, 0);
}

static void kinds_of_token_are_not_exchanged(void)
{
    pair_t ann;

    kit_begin();
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    T_PROBLEM(401, "token_invalid", ann.access, "POST", "/auth/refresh", NULL);
    T_PROBLEM(401, "token_invalid", ann.refresh, "GET", "/auth/me", NULL);
    T_PROBLEM(401, "token_invalid", ann.refresh, "POST", "/auth/logout", NULL);
    T_PROBLEM(401, "token_missing", NULL, "POST", "/auth/refresh", NULL);
    refresh(ann.refresh);
}

static void a_family_ends_after_thirty_days(void)
{
    pair_t ann;
    int day = 0;

    kit_begin();
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    for (; day < 24; day += 6) {
        kit.clock.fixed += apr_time_from_sec(6 * 86400);
        ann = refresh(ann.refresh);
    }
    T_INT(kit_int("refresh_expires_in"), 6 * 86400);
    kit.clock.fixed += apr_time_from_sec(6 * 86400 - 60);
    ann = refresh(ann.refresh);
    T_INT(kit_int("refresh_expires_in"), 60);
    T_INT(kit_int("expires_in"), 60);
    kit.clock.fixed += apr_time_from_sec(60);
    T_PROBLEM(401, "token_revoked", ann.refresh, "POST", "/auth/refresh", NULL);
    kit.clock.fixed += apr_time_from_sec(60);
    T_PROBLEM(401, "token_expired", ann.refresh, "POST", "/auth/refresh", NULL);
}

static void an_idle_session_ends_after_a_week(void)
{
    pair_t ann;

    kit_begin();
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    kit.clock.fixed += apr_time_from_sec(7 * 86400 + 31);
    T_PROBLEM(401, "token_expired", ann.refresh, "POST", "/auth/refresh", NULL);
}

static void a_new_role_is_taken_over_at_refresh(void)
{
    const char *id;
    pair_t ann;

    kit_begin();
    id = account_register("ann");
    ann = account_login("ann", PASSWORD);
    account_alter(id, "admin", false, NULL);
    ann = refresh(ann.refresh);
    T_STR(kit_text("user.role"), "admin");
    T_SEND(201, ann.access, "POST", "/auth/register",
           "{\"username\":\"two\",\"email\":\"two@example.com\",\"password\":\"" PASSWORD
           "\",\"role\":\"admin\"}");
}

/* ---- signing out ---- */

static void signed_out_is_signed_out(void)
{
    pair_t here, there;

    kit_begin();
    account_register("ann");
    here = account_login("ann", PASSWORD);
    there = account_login("ann", PASSWORD);
    T_SEND(200, here.access, "POST", "/auth/logout", NULL);
    T_STR(kit.res->body, "{\"revoked\":true}");
    T_INT(kit.announced->nelts, 1);
    T_PROBLEM(401, "token_revoked", here.access, "POST", "/auth/logout", NULL);
    T_PROBLEM(401, "token_revoked", here.access, "GET", "/auth/me", NULL);
    T_PROBLEM(401, "token_revoked", here.refresh, "POST", "/auth/refresh", NULL);
    T_SEND(200, there.access, "GET", "/auth/me", NULL);
    kit.clock.fixed += apr_time_from_sec(931);
    T_PROBLEM(401, "token_expired", there.access, "POST", "/auth/logout", NULL);
}

static void without_the_store_no_session_is_called_alive_or_ended(void)
{
    static const shop_revoked_answer_t verdicts[] = { SHOP_REVOKED_NO, SHOP_REVOKED_UNKNOWN };
    pair_t ann;

    kit_begin();
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    shop_account_mem_away(kit.accounts.accounts, true);
    for (size_t i = 0; i < 2; i++) {
        kit.revoked = verdicts[i];
        T_PROBLEM(503, "unavailable", ann.access, "GET", "/auth/me", NULL);
        T_TRUE(kit_reply_header("Retry-After") != NULL);
        T_PROBLEM(503, "unavailable", ann.access, "POST", "/auth/logout", NULL);
        T_PROBLEM(503, "unavailable", ann.refresh, "POST", "/auth/refresh", NULL);
        T_PROBLEM(503, "unavailable", NULL, "POST", "/auth/login", LOGIN("ann", PASSWORD));
    }
    T_INT(kit.announced->nelts, 0);
    shop_account_mem_away(kit.accounts.accounts, false);
    T_SEND(200, ann.access, "GET", "/auth/me", NULL);
    T_SEND(200, ann.refresh, "POST", "/auth/refresh", NULL);
}

static const shop_test_t tests[] = {
    SHOP_TEST(login_answers_with_a_pair, "login answers with a pair of tokens and the user"),
    SHOP_TEST(refused_logins_look_alike, "refused logins look alike"),
    SHOP_TEST(failures_are_counted_per_account, "failures are counted per account"),
    SHOP_TEST(unknown_accounts_are_counted_alike, "unknown accounts are counted alike"),
    SHOP_TEST(failures_are_counted_per_address, "failures are counted per address, IPv6 by /64"),
    SHOP_TEST(a_limit_of_zero_is_none, "a limit of zero is none"),
    SHOP_TEST(an_old_hash_is_renewed_at_login, "an old hash is renewed at login"),
    SHOP_TEST(a_password_is_typed_in_any_normal_form, "a password is typed in any normal form"),
    SHOP_TEST(an_address_signs_in_however_it_is_spelled,
              "an address signs in however it is spelled, with old keys too"),
    SHOP_TEST(refreshing_gives_a_new_pair, "refreshing gives a new pair"),
    SHOP_TEST(a_spent_token_kills_the_family, "a spent refresh token kills the family"),
    SHOP_TEST(within_the_grace_a_spent_token_gets_the_same_pair,
              "within the grace a spent refresh token gets the same pair again"),
    SHOP_TEST(after_logout_no_token_is_repeated, "after logout no pair is given again"),
    SHOP_TEST(kinds_of_token_are_not_exchanged, "kinds of token are not exchanged"),
    SHOP_TEST(a_family_ends_after_thirty_days, "a family ends after thirty days"),
    SHOP_TEST(an_idle_session_ends_after_a_week, "an idle session ends after a week"),
    SHOP_TEST(a_new_role_is_taken_over_at_refresh, "a new role is taken over at refresh"),
    SHOP_TEST(signed_out_is_signed_out, "signed out is signed out, here and not there"),
    SHOP_TEST(without_the_store_no_session_is_called_alive_or_ended,
              "without the store no session is called alive or ended"),
    SHOP_TEST_END,
};
SHOP_SUITE("sessions over HTTP", tests)
