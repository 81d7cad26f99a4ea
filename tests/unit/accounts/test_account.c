/* SPDX-License-Identifier: MIT
 * The rules of accounts and sessions, without HTTP. */
#include <apr_thread_proc.h>
#include <stdlib.h>

#include "mod_shop/accounts/account.h"
#include "mod_shop/accounts/account_session.h"
#include "mod_shop/base/id.h"
#include "tests/kit/account_mem.h"
#include "tests/kit/harness.h"

#define NOW apr_time_from_sec(1790000000)

static const char *code_of(const shop_error_t *err)
{
    return err ? err->violations->code : NULL;
}

static void a_password_is_neither_short_long_nor_common(void)
{
    static const struct {
        const char *password, *code;
    } cases[] = {
        { "1234567", "length" },
        { "", "length" },
        { "correct horse", NULL },
        { "        ", NULL },
        { "12345678", "common" },
        { "password", "common" },
        { "PASSWORD", "common" },
        { "PassWord1", "common" },
        { "zxcvbnmz", "common" },
        { "zzzzzzzz", "common" },
        { "qwertyuiop", "common" },
        { "iloveyou", "common" },
        { "p@ssw0rd", "common" },
        { "correcthorsebatterystaple", "common" },
        { "0123456789", "common" },
        { "contrase\xc3\xb1"
          "a",
          "common" },
        { "password ", NULL },
        { "qwertyuioq", NULL },
        /* Seven and eight characters of more than one byte. */
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4", "length" },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", NULL },
        /* The same counts and is common however it is composed. */
        { "a\xcc\x88o\xcc\x88u\xcc\x88"
          "a\xcc\x88",
          "length" },
        { "contrasen\xcc\x83"
          "a",
          "common" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_error_t *err = NULL;

        shop_account_check_password(&err, "/password", cases[i].password, 8, 256, t_pool);
        T_STR(code_of(err), cases[i].code);
        T_TRUE(!err || !strcmp(err->violations->pointer, "/password"));
        T_TRUE(!err || !strstr(err->violations->detail, "12345678"));
    }
}

static void the_bounds_of_a_password_are_the_shops(void)
{
    char text[300];

    for (int length = 250; length < 260; length++) {
        shop_error_t *err = NULL;

        memset(text, 'q', sizeof(text));
        text[length] = '\0';
        shop_account_check_password(&err, "/p", text, 12, 256, t_pool);
        T_STR(code_of(err), length > 256 ? "length" : NULL);
        err = NULL;
        text[length - 239] = '\0';
        shop_account_check_password(&err, "/p", text, 12, 256, t_pool);
        T_STR(code_of(err), length - 239 < 12 ? "length" : NULL);
    }
}

static void names_are_compared_folded(void)
{
    shop_user_t one = { .email_verified = true }, two = { 0 };
    shop_error_t *err = NULL;

    shop_user_set_username(&err, &one, "/username",
                           "Stra\xc3\x9f"
                           "e",
                           t_pool);
    shop_user_set_username(&err, &two, "/username", "STRASSE", t_pool);
    T_STR(one.username_key, two.username_key);
    T_STR(one.username, "Stra\xc3\x9f"
                        "e");
    shop_user_set_email(&err, &one, "/email", "Ann@Example.com", t_pool);
    T_TRUE(!one.email_verified);
    one.email_verified = true;
    shop_user_set_email(&err, &one, "/email", "ann@example.COM", t_pool);
    T_TRUE(one.email_verified);
    T_OK(err);
    shop_user_set_username(&err, &one, "/username", "bob ", t_pool);
    T_STR(code_of(err), "format");
    err = NULL;
    shop_user_set_email(&err, &one, "/email", "ann@1\xd7\x90.example", t_pool);
    T_STR(code_of(err), "format");
    T_STR(one.email, "ann@example.COM");
    T_STR(one.username, "Stra\xc3\x9f"
                        "e");
}

static void a_name_that_was_allowed_stays(void)
{
    shop_user_t user = { .username = "Old Style & Co",
                         .username_key = "old style & co",
                         .email = "ann@1\xd7\x90.example",
                         .email_key = "ann@1\xd7\x90.example",
                         .email_verified = true };
    shop_error_t *err = NULL;

    shop_user_set_username(&err, &user, "/username", "Old Style & Co", t_pool);
    shop_user_set_email(&err, &user, "/email", "ann@1\xd7\x90.example", t_pool);
    T_OK(err);
    T_TRUE(user.email_verified);
    shop_user_set_username(&err, &user, "/username", "Old Style & Sons", t_pool);
    T_STR(code_of(err), "format");
}

static void a_session_ends_three_ways(void)
{
    static const struct {
        apr_time_t expires, absolute;
        bool revoked, live;
    } cases[] = {
        { NOW + 1, NOW + 1, false, true },
        { NOW, NOW + 1, false, false },
        { NOW + 1, NOW, false, false },
        { NOW + 1, NOW + 1, true, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_session_t session = { .expires_at = cases[i].expires,
                                   .absolute_at = cases[i].absolute,
                                   .revoked = cases[i].revoked };

        T_INT(shop_session_is_live(&session, NOW), cases[i].live);
    }
}

/* ---- sessions over the fake ---- */

static const shop_session_times_t times = { NOW, 600, 6000 };
static shop_account_repo_t *repo;
static shop_user_t ann;

static void begin(void)
{
    repo = shop_account_repo_mem(t_pool);
    ann = (shop_user_t){ .id = "65a0000000000000000000ab",
                         .username = "ann",
                         .username_key = "ann",
                         .email = "a@example.com",
                         .email_key = "a@example.com",
                         .password_hash = "old",
                         .role = "user",
                         .rev = 1 };
    T_OK(repo->insert(repo, &ann, t_pool));
}

static void the_store_never_sees_a_refresh_token(void)
{
    shop_session_grant_t grant = { 0 };
    shop_session_t *kept = NULL;

    begin();
    T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
    T_INT(strlen(grant.session->id), 22);
    T_INT(strlen(grant.refresh_id), 22);
    T_OK(repo->session_find(&kept, repo, grant.session->id, t_pool));
    T_STR(kept->current, shop_id_sha256(grant.refresh_id, 22, t_pool));
    T_TRUE(!strstr(kept->current, grant.refresh_id));
}

static void a_login_beside_a_password_change_fails(void)
{
    shop_session_grant_t grant = { 0 };
    shop_user_t changed;
    apr_array_header_t *left = NULL;
    bool done;

    begin();
    changed = ann;
    changed.password_hash = "new";
    changed.rev = 2;
    T_OK(repo->update(&done, repo, &changed, t_pool));
    T_ERR(shop_session_open(&grant, repo, &ann, &times, t_pool), INVALID_CREDENTIALS);
    T_OK(repo->session_revoke_user(&left, repo, ann.id, NULL, t_pool));
    T_INT(left->nelts, 0);
    changed.disabled = true;
    changed.rev = 3;
    T_OK(repo->update(&done, repo, &changed, t_pool));
    T_ERR(shop_session_open(&grant, repo, &changed, &times, t_pool), INVALID_CREDENTIALS);
    T_OK(repo->session_revoke_user(&left, repo, ann.id, NULL, t_pool));
    T_INT(left->nelts, 0);
}

static const char *const nexts[] = { "the next", "the next by another key", NULL };

static shop_session_spend_t spend_of(const shop_session_grant_t *grant, int grace_s)
{
    return (shop_session_spend_t){ .session_id = grant->session->id,
                                   .user_id = ann.id,
                                   .refresh_id = grant->refresh_id,
                                   .next_ids = nexts,
                                   .grace_s = grace_s };
}

static bool ended(const char *id)
{
    shop_session_t *kept = NULL;

    T_OK(repo->session_find(&kept, repo, id, t_pool));
    return kept->revoked;
}

static void a_token_of_another_user_renews_nothing(void)
{
    shop_session_grant_t grant = { 0 }, next = { 0 };
    shop_session_spend_t spend;
    bool reused = true;

    begin();
    T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
    spend = spend_of(&grant, 10);
    spend.user_id = "65a0000000000000000000cd";
    T_ERR(shop_session_renew(&next, &reused, repo, &spend, &times, t_pool), TOKEN_REVOKED);
    T_TRUE(!reused);
    T_TRUE(!ended(grant.session->id));
    spend = spend_of(&grant, 10);
    spend.session_id = "none";
    T_ERR(shop_session_renew(&next, &reused, repo, &spend, &times, t_pool), TOKEN_REVOKED);
    T_TRUE(!reused);
}

static void only_the_token_before_may_repeat_and_not_for_long(void)
{
    shop_session_t session = { .current = "c", .previous = "b", .rotated_at = times.now };
    shop_session_t first = { .current = "c" }, old = { .current = "c", .previous = "b" };
    static const struct {
        int after_ms, grace_s;
        bool may;
    } cases[] = {
        { 0, 10, true },         { 10000, 10, true }, { 10001, 10, false }, { 0, 0, false },
        { 1000, 1, true },       { 1001, 1, false },  { -10000, 10, true }, { -10001, 10, false },
        { 86400000, 10, false }, { -1000, 0, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_time_t now = times.now + apr_time_from_msec(cases[i].after_ms);

        T_INT(shop_session_may_repeat(&session, "b", now, cases[i].grace_s), cases[i].may);
        T_TRUE(!shop_session_may_repeat(&session, "a", now, cases[i].grace_s));
        T_TRUE(!shop_session_may_repeat(&session, "c", now, cases[i].grace_s));
    }
    T_TRUE(!shop_session_may_repeat(&first, "b", times.now, 10));
    T_TRUE(!shop_session_may_repeat(&old, "b", 0, 10));
}

static void a_repeat_is_told_from_the_session_alone(void)
{
    static const char *const others[] = { "of keys", "nobody shares", NULL };
    static const char *const swapped[] = { "the next by another key", "the next", NULL };
    shop_session_grant_t grant = { 0 }, one = { 0 }, two = { 0 };
    shop_session_times_t later = times;
    shop_session_spend_t spend;
    bool reused;

    begin();
    T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
    T_INT(grant.issued_at, times.now);
    spend = spend_of(&grant, 10);
    later.now += apr_time_from_sec(100);
    T_OK(shop_session_renew(&one, &reused, repo, &spend, &later, t_pool));
    T_STR(one.refresh_id, "the next");
    T_INT(one.issued_at, later.now);
    /* another host, with the same keys in another order, nine seconds later */
    later.now += apr_time_from_sec(9);
    spend.next_ids = swapped;
    T_OK(shop_session_renew(&two, &reused, repo, &spend, &later, t_pool));
    T_TRUE(!reused);
    T_STR(two.refresh_id, "the next");
    T_INT(two.issued_at, one.issued_at);
    T_INT(two.session->expires_at, one.session->expires_at);
    T_STR(two.user->id, ann.id);
    /* a host that has none of the keys cannot repeat it: that is a spent token */
    spend.next_ids = others;
    T_ERR(shop_session_renew(&two, &reused, repo, &spend, &later, t_pool), TOKEN_REVOKED);
    T_TRUE(reused && ended(grant.session->id));
}

static void a_repeat_needs_a_live_session_and_user(void)
{
    for (int banned = 0; banned < 2; banned++) {
        shop_session_grant_t grant = { 0 }, next = { 0 };
        shop_session_spend_t spend;
        bool reused, done;

        begin();
        T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
        spend = spend_of(&grant, 10);
        T_OK(shop_session_renew(&next, &reused, repo, &spend, &times, t_pool));
        if (banned) {
            ann.disabled = true;
            ann.rev++;
            T_OK(repo->update(&done, repo, &ann, t_pool));
        } else {
            T_OK(repo->session_revoke(repo, grant.session->id, t_pool));
        }
        T_ERR(shop_session_renew(&next, &reused, repo, &spend, &times, t_pool), TOKEN_REVOKED);
        T_TRUE(!reused);
        T_TRUE(ended(grant.session->id));
    }
}

enum { CROWD = 20 };

typedef struct runner_t {
    shop_session_spend_t spend;
    shop_code_t code;
    bool reused;
    const char *refresh_id;
} runner_t;

static void *APR_THREAD_FUNC renew_once(apr_thread_t *thread, void *data)
{
    runner_t *runner = data;
    shop_session_grant_t grant = { 0 };
    shop_error_t *err = shop_session_renew(&grant, &runner->reused, repo, &runner->spend, &times,
                                           apr_thread_pool_get(thread));

    runner->code = err ? err->code : SHOP_OK;
    runner->refresh_id = grant.refresh_id;
    return NULL;
}

/* Twenty hosts that prefer different keys; *won of them got tokens, *reused called it a theft. */
static void renew_in_a_crowd(runner_t runners[CROWD], int grace_s, int *won, int *reused)
{
    static const char *const swapped[] = { "the next by another key", "the next", NULL };
    apr_thread_t *threads[CROWD];
    shop_session_grant_t grant = { 0 };
    apr_status_t status;

    *won = *reused = 0;
    begin();
    T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
    for (int i = 0; i < CROWD; i++) {
        runners[i] = (runner_t){ spend_of(&grant, grace_s), SHOP_INTERNAL, false, NULL };
        runners[i].spend.next_ids = i % 2 ? swapped : nexts;
        if (apr_thread_create(&threads[i], NULL, renew_once, &runners[i], t_pool)) {
            abort();
        }
    }
    for (int i = 0; i < CROWD; i++) {
        apr_thread_join(&status, threads[i]);
        *won += runners[i].code == SHOP_OK;
        *reused += runners[i].reused;
        T_TRUE(runners[i].code == SHOP_OK || runners[i].code == SHOP_TOKEN_REVOKED);
    }
}

static void of_twenty_with_one_token_at_most_one_wins(void)
{
    for (int round = 0; round < 20; round++) {
        runner_t runners[CROWD];
        int won, reused;

        renew_in_a_crowd(runners, 0, &won, &reused);
        T_INT(won, 1);
        T_TRUE(reused >= 1);
        T_TRUE(ended(runners[0].spend.session_id));
    }
}

static void within_the_grace_twenty_get_one_pair(void)
{
    for (int round = 0; round < 20; round++) {
        runner_t runners[CROWD];
        int won, reused;

        renew_in_a_crowd(runners, 10, &won, &reused);
        T_INT(won, CROWD);
        T_INT(reused, 0);
        T_TRUE(!ended(runners[0].spend.session_id));
        for (int i = 1; i < CROWD; i++) {
            T_STR(runners[i].refresh_id, runners[0].refresh_id);
        }
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_password_is_neither_short_long_nor_common,
              "a password is neither short, long nor common"),
    SHOP_TEST(the_bounds_of_a_password_are_the_shops, "the bounds of a password are the shop's"),
    SHOP_TEST(names_are_compared_folded, "names are compared folded and shown as given"),
    SHOP_TEST(a_name_that_was_allowed_stays, "a name or address that was allowed stays"),
    SHOP_TEST(a_session_ends_three_ways, "a session ends three ways"),
    SHOP_TEST(the_store_never_sees_a_refresh_token, "the store never sees a refresh token"),
    SHOP_TEST(a_login_beside_a_password_change_fails,
              "a login beside a password change or a ban leaves no session"),
    SHOP_TEST(a_token_of_another_user_renews_nothing, "a token of another user renews nothing"),
    SHOP_TEST(only_the_token_before_may_repeat_and_not_for_long,
              "only the refresh token before may be sent again, and not for long"),
    SHOP_TEST(a_repeat_is_told_from_the_session_alone,
              "a repeated exchange is answered from the session alone, by any host with the keys"),
    SHOP_TEST(a_repeat_needs_a_live_session_and_user,
              "a repeated exchange needs a live session and user"),
    SHOP_TEST(within_the_grace_twenty_get_one_pair,
              "within the grace twenty with one refresh token get one pair"),
    SHOP_TEST(of_twenty_with_one_token_at_most_one_wins,
              "of twenty with one refresh token one wins, and the family is dead"),
    SHOP_TEST_END,
};
SHOP_SUITE("accounts", tests)
