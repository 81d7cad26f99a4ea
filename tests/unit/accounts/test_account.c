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
    T_STR(one.username, "Stra\xc3\x9f"
                        "e");
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

static void a_token_of_another_user_renews_nothing(void)
{
    shop_session_grant_t grant = { 0 }, next = { 0 };
    shop_session_t *kept = NULL;
    bool reused = true;

    begin();
    T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
    T_ERR(shop_session_renew(&next, &reused, repo, grant.session->id, "65a0000000000000000000cd",
                             grant.refresh_id, &times, t_pool),
          TOKEN_REVOKED);
    T_TRUE(!reused);
    T_OK(repo->session_find(&kept, repo, grant.session->id, t_pool));
    T_TRUE(!kept->revoked);
    T_ERR(
        shop_session_renew(&next, &reused, repo, "none", ann.id, grant.refresh_id, &times, t_pool),
        TOKEN_REVOKED);
    T_TRUE(!reused);
}

enum { CROWD = 20 };

typedef struct runner_t {
    const char *session, *refresh;
    shop_code_t code;
    bool reused;
} runner_t;

static void *APR_THREAD_FUNC renew_once(apr_thread_t *thread, void *data)
{
    runner_t *runner = data;
    shop_session_grant_t grant = { 0 };
    shop_error_t *err = shop_session_renew(&grant, &runner->reused, repo, runner->session, ann.id,
                                           runner->refresh, &times, apr_thread_pool_get(thread));

    runner->code = err ? err->code : SHOP_OK;
    return NULL;
}

static void of_twenty_with_one_token_at_most_one_wins(void)
{
    for (int round = 0; round < 20; round++) {
        apr_thread_t *threads[CROWD];
        runner_t runners[CROWD];
        shop_session_grant_t grant = { 0 };
        shop_session_t *kept = NULL;
        apr_status_t status;
        int won = 0, reused = 0;

        begin();
        T_OK(shop_session_open(&grant, repo, &ann, &times, t_pool));
        for (int i = 0; i < CROWD; i++) {
            runners[i] = (runner_t){ grant.session->id, grant.refresh_id, SHOP_INTERNAL, false };
            if (apr_thread_create(&threads[i], NULL, renew_once, &runners[i], t_pool)) {
                abort();
            }
        }
        for (int i = 0; i < CROWD; i++) {
            apr_thread_join(&status, threads[i]);
            won += runners[i].code == SHOP_OK;
            reused += runners[i].reused;
            T_TRUE(runners[i].code == SHOP_OK || runners[i].code == SHOP_TOKEN_REVOKED);
        }
        T_INT(won, 1);
        T_TRUE(reused >= 1);
        T_OK(repo->session_find(&kept, repo, grant.session->id, t_pool));
        T_TRUE(kept->revoked);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_password_is_neither_short_long_nor_common,
              "a password is neither short, long nor common"),
    SHOP_TEST(the_bounds_of_a_password_are_the_shops, "the bounds of a password are the shop's"),
    SHOP_TEST(names_are_compared_folded, "names are compared folded and shown as given"),
    SHOP_TEST(a_session_ends_three_ways, "a session ends three ways"),
    SHOP_TEST(the_store_never_sees_a_refresh_token, "the store never sees a refresh token"),
    SHOP_TEST(a_login_beside_a_password_change_fails,
              "a login beside a password change or a ban leaves no session"),
    SHOP_TEST(a_token_of_another_user_renews_nothing, "a token of another user renews nothing"),
    SHOP_TEST(of_twenty_with_one_token_at_most_one_wins,
              "of twenty with one refresh token one wins, and the family is dead"),
    SHOP_TEST_END,
};
SHOP_SUITE("accounts", tests)
