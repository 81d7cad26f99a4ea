/* SPDX-License-Identifier: MIT
 * The accounts' HTTP interface over fakes: registration, profile, password. */
#include "tests/kit/accounts.h"

#define BOOTSTRAP "the right word for the first admin"
#define ANN "{\"username\":\"ann\",\"email\":\"Ann@Example.com\",\"password\":\"" PASSWORD "\""

static void registering_makes_a_user(void)
{
    kit_begin();
    T_SEND(201, NULL, "POST", "/auth/register", ANN "}");
    T_STR(kit_text("username"), "ann");
    T_STR(kit_text("email"), "Ann@Example.com");
    T_STR(kit_text("role"), "user");
    T_STR(kit_text("created_at"), "2026-09-21T14:13:20Z");
    T_TRUE(json_is_false(json_object_get(kit.json, "email_verified")));
    T_STR(kit_reply_header("Location"), apr_pstrcat(t_pool, "/api/users/", kit_text("id"), NULL));
    T_STR(kit_reply_header("Cache-Control"), "no-store");
    T_INT(json_object_size(kit.json), 7);
    T_TRUE(!strstr(kit.res->body, "password") && !strstr(kit.res->body, "argon2"));
    T_SEND(201, NULL, "POST", "/auth/register",
           "{\"username\":\"bob\",\"email\":\"bob@example.com\",\"password\":\"" PASSWORD
           "\",\"role\":\"user\"}");
}

static void known_names_are_refused(void)
{
    kit_begin();
    T_SEND(201, NULL, "POST", "/auth/register", ANN "}");
    T_PROBLEM(409, "email_taken", NULL, "POST", "/auth/register",
              "{\"username\":\"other\",\"email\":\"aNN@eXAMPLE.COM\",\"password\":\"" PASSWORD
              "\"}");
    T_PROBLEM(409, "username_taken", NULL, "POST", "/auth/register",
              "{\"username\":\"ANN\",\"email\":\"other@example.com\",\"password\":\"" PASSWORD
              "\"}");
}

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void the_same_name_is_known_however_it_is_spelled(void)
{
    static const struct {
        const char *username, *email;
        int status;
        const char *code;
    } cases[] = {
        { "  Ann\xc3\xa9 ",
          " ann@stra\xc3\x9f"
          "e.example ",
          201, NULL },
        { "ANNE\xcc\x81", "b@example.com", 409, "username_taken" },
        { "Ann\xc3\xa9\xe2\x80\x89", "b@example.com", 409, "username_taken" },
        { "An\xcd\x8fn\xc3\xa9", "b@example.com", 409, "username_taken" },
        { "b1", "ANN@xn--strae-oqa.example", 409, "email_taken" },
        { "b2", "ann@strasse.example", 201, NULL },
        { "\xe6\x9d\x8e\xe6\x98\x8e",
          "c@b\xc3\xbc"
          "cher.example",
          201, NULL },
        { "b3",
          "c@bu\xcc\x88"
          "cher.example",
          409, "email_taken" },
    };

    kit_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kit_expect(kit_send(NULL, "POST", "/auth/register",
                            apr_psprintf(t_pool,
                                         "{\"username\":\"%s\",\"email\":\"%s\","
                                         "\"password\":\"" PASSWORD "\"}",
                                         cases[i].username, cases[i].email)),
                   cases[i].status, cases[i].code, __LINE__, __FILE__);
        if (i == 0) {
            T_STR(kit_text("username"), "Ann\xc3\xa9");
            T_STR(kit_text("email"), "ann@stra\xc3\x9f"
                                     "e.example");
        }
    }
}

static void fields_are_checked(void)
{
    static const struct {
        const char *username, *email, *password, *role, *pointer;
    } cases[] = {
        { "\"a\"", NULL, NULL, NULL, "/username" },
        { "\" a \"", NULL, NULL, NULL, "/username" },
        { "\"" LONG "a\"", NULL, NULL, NULL, "/username" },
        { "\"a\\u001bb\"", NULL, NULL, NULL, "/username" },
        { "\"a\\u202eb\"", NULL, NULL, NULL, "/username" },
        { "\"a\\u200bb\"", NULL, NULL, NULL, "/username" },
        { "\"ann smith\"", NULL, NULL, NULL, "/username" },
        { "\"\\u200bann\"", NULL, NULL, NULL, "/username" },
        { "\"ann\\n\"", NULL, NULL, NULL, "/username" },
        { "{\"$gt\":\"\"}", NULL, NULL, NULL, "/username" },
        { "null", NULL, NULL, NULL, "/username" },
        { NULL, "\"a@b\"", NULL, NULL, "/email" },
        { NULL, "\"a@b.c\\r\\nBcc:x@y\"", NULL, NULL, "/email" },
        { NULL, "\"\\u00e4@example.com\"", NULL, NULL, "/email" },
        { NULL, "\"ann@1\\u05d0.example\"", NULL, NULL, "/email" },
        { NULL, "[\"ann@example.com\"]", NULL, NULL, "/email" },
        { NULL, NULL, "\"seven77\"", NULL, "/password" },
        { NULL, NULL, "\"password\"", NULL, "/password" },
        { NULL, NULL, "\"PassWord123\"", NULL, "/password" },
        { NULL, NULL, "\"" LONG LONG LONG LONG "a\"", NULL, "/password" },
        { NULL, NULL, "12345678", NULL, "/password" },
        { NULL, NULL, NULL, "\"Admin\"", "/role" },
        { NULL, NULL, NULL, "\"root\"", "/role" },
        { NULL, NULL, NULL, "[\"admin\"]", "/role" },
        { NULL, NULL, NULL, "null", "/role" },
        { NULL, NULL, NULL, "\"user\",\"is_admin\":true", "/is_admin" },
        { NULL, NULL, NULL, "\"user\",\"password_hash\":\"x\"", "/password_hash" },
        { NULL, NULL, NULL, "\"user\",\"email_verified\":true", "/email_verified" },
        { NULL, NULL, NULL, "\"user\",\"id\":\"65a0000000000000000000ab\"", "/id" },
    };

    kit_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        T_PROBLEM(422, "validation_failed", NULL, "POST", "/auth/register",
                  apr_psprintf(t_pool, "{\"username\":%s,\"email\":%s,\"password\":%s,\"role\":%s}",
                               cases[i].username ? cases[i].username : "\"ann\"",
                               cases[i].email ? cases[i].email : "\"ann@example.com\"",
                               cases[i].password ? cases[i].password : "\"" PASSWORD "\"",
                               cases[i].role ? cases[i].role : "\"user\""));
        T_STR(kit_pointer(), cases[i].pointer);
    }
    T_PROBLEM(422, "validation_failed", NULL, "POST", "/auth/register", "{}");
    T_INT(json_array_size(json_object_get(kit.json, "errors")), 3);
    T_INT(shop_account_mem_calls(kit.accounts.accounts), 0);
    T_SEND(201, NULL, "POST", "/auth/register",
           "{\"username\":\"" LONG "\",\"email\":\"x@example.com\",\"password\":\"" LONG "\"}");
}

static int admins(const char *email)
{
    shop_user_t *user = NULL;

    T_OK(kit.accounts.accounts->find_by_email(&user, kit.accounts.accounts, email, t_pool));
    return user && !strcmp(user->role, "admin") ? 1 : user ? -1 : 0;
}

static void send_admin(int status, const char *code, const char *name, const char *token,
                       const char *bootstrap)
{
    if (bootstrap) {
        kit_header("X-Shop-Bootstrap-Token", bootstrap);
    }
    T_PROBLEM(status, code, token, "POST", "/auth/register",
              apr_psprintf(t_pool,
                           "{\"username\":\"%s\",\"email\":\"%s@example.com\",\"password\":"
                           "\"" PASSWORD "\",\"role\":\"admin\"}",
                           name, name));
}

static void a_dead_token_keeps_nobody_from_registering(void)
{
    const char *no_token = kit_bearer("no token at all");
    pair_t ann;

    kit_begin();
    kit.settings.bootstrap_token = BOOTSTRAP;
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    T_SEND(200, ann.access, "POST", "/auth/logout", NULL);
    T_SEND(201, ann.access, "POST", "/auth/register",
           "{\"username\":\"bob\",\"email\":\"b@example.com\",\"password\":\"" PASSWORD "\"}");
    T_SEND(201, no_token, "POST", "/auth/register",
           "{\"username\":\"cat\",\"email\":\"c@example.com\",\"password\":\"" PASSWORD "\","
           "\"role\":\"user\"}");
    send_admin(401, "token_revoked", "root", ann.access, NULL);
    send_admin(401, "token_invalid", "root", no_token, NULL);
    T_TRUE(kit_reply_header("WWW-Authenticate") != NULL);
    T_INT(admins("root@example.com"), 0);
    send_admin(201, NULL, "root", ann.access, BOOTSTRAP);
}

static void an_admin_is_made_by_who_may(void)
{
    pair_t ann, root;

    kit_begin();
    kit.settings.bootstrap_token = BOOTSTRAP;
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    send_admin(403, "role_not_allowed", "root", NULL, NULL);
    send_admin(403, "role_not_allowed", "root", ann.access, NULL);
    send_admin(403, "role_not_allowed", "root", NULL, "");
    send_admin(403, "role_not_allowed", "root", NULL, "a guess");
    send_admin(403, "role_not_allowed", "root", NULL, BOOTSTRAP "x");
    send_admin(401, "token_invalid", "root", ann.refresh, NULL);
    T_INT(admins("root@example.com"), 0);
    /* A taken name does not use the right up. */
    send_admin(409, "email_taken", "ann", NULL, BOOTSTRAP);
    send_admin(201, NULL, "root", NULL, BOOTSTRAP);
    T_STR(kit_text("role"), "admin");
    T_INT(admins("root@example.com"), 1);
    send_admin(403, "role_not_allowed", "second", NULL, BOOTSTRAP);
    T_INT(admins("second@example.com"), 0);
    root = account_login("root", PASSWORD);
    send_admin(201, NULL, "second", root.access, NULL);
    T_INT(admins("second@example.com"), 1);
}

static void without_a_bootstrap_token_nobody_has_it(void)
{
    static const char *const unset[] = { NULL, "" };

    for (size_t i = 0; i < 2; i++) {
        kit_begin();
        kit.settings.bootstrap_token = unset[i];
        send_admin(403, "role_not_allowed", "root", NULL, BOOTSTRAP);
        send_admin(403, "role_not_allowed", "root", NULL, "");
    }
    kit.settings.open_admin = true;
    send_admin(201, NULL, "root", NULL, NULL);
}

/* ---- profile ---- */

static void me_is_the_caller(void)
{
    const char *id, *etag;
    pair_t ann;

    kit_begin();
    account_register("bob");
    id = account_register("ann");
    ann = account_login("ann", PASSWORD);
    T_SEND(200, ann.access, "GET", "/auth/me", NULL);
    T_STR(kit_text("id"), id);
    T_STR(kit_text("username"), "ann");
    etag = kit.res->etag;
    T_TRUE(etag && etag[0] == '"');
    kit_header("If-None-Match", etag);
    T_SEND(304, ann.access, "GET", "/auth/me", NULL);
    T_PROBLEM(401, "token_missing", NULL, "GET", "/auth/me", NULL);
}

static void a_profile_is_edited(void)
{
    const char *etag;
    pair_t ann;

    kit_begin();
    account_register("bob");
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    T_SEND(200, ann.access, "GET", "/auth/me", NULL);
    etag = kit.res->etag;
    T_SEND(200, ann.access, "PATCH", "/auth/me", "{}");
    T_STR(kit.res->etag, etag);
    kit.clock.fixed += apr_time_from_sec(10);
    kit_header("If-Match", etag);
    T_SEND(200, ann.access, "PATCH", "/auth/me", "{\"username\":\"anna\"}");
    T_STR(kit_text("username"), "anna");
    T_STR(kit_text("email"), "ann@example.com");
    T_STR(kit_text("updated_at"), "2026-09-21T14:13:30Z");
    T_TRUE(strcmp(kit.res->etag, etag) != 0);
    kit_header("If-Match", etag);
    T_PROBLEM(412, "precondition_failed", ann.access, "PATCH", "/auth/me",
              "{\"username\":\"x y\"}");
    T_PROBLEM(409, "username_taken", ann.access, "PATCH", "/auth/me", "{\"username\":\"BOB\"}");
    T_PROBLEM(409, "email_taken", ann.access, "PATCH", "/auth/me",
              "{\"email\":\"Bob@example.com\"}");
    T_PROBLEM(422, "validation_failed", ann.access, "PATCH", "/auth/me", "{\"role\":\"admin\"}");
    T_STR(kit_pointer(), "/role");
    T_PROBLEM(422, "validation_failed", ann.access, "PATCH", "/auth/me", "{\"username\":null}");
    T_SEND(200, ann.access, "GET", "/auth/me", NULL);
    T_STR(kit_text("username"), "anna");
    T_STR(kit_text("role"), "user");
}

static void a_new_address_is_unverified(void)
{
    shop_user_t *user = NULL;
    const char *id;
    bool done;
    pair_t ann;

    kit_begin();
    id = account_register("ann");
    ann = account_login("ann", PASSWORD);
    T_OK(kit.accounts.accounts->find(&user, kit.accounts.accounts, id, t_pool));
    user->email_verified = true;
    user->rev++;
    T_OK(kit.accounts.accounts->update(&done, kit.accounts.accounts, user, t_pool));
    T_SEND(200, ann.access, "PATCH", "/auth/me", "{\"email\":\"ANN@example.com\"}");
    T_TRUE(json_is_true(json_object_get(kit.json, "email_verified")));
    T_SEND(200, ann.access, "PATCH", "/auth/me", "{\"email\":\"new@example.com\"}");
    T_TRUE(json_is_false(json_object_get(kit.json, "email_verified")));
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
              "{\"email\":\"ann@example.com\",\"password\":\"" PASSWORD "\"}");
    account_login("new", PASSWORD);
}

static void a_closed_account_is_signed_out(void)
{
    const char *id;
    pair_t ann;

    kit_begin();
    id = account_register("ann");
    ann = account_login("ann", PASSWORD);
    account_alter(id, NULL, true, NULL);
    T_PROBLEM(401, "token_revoked", ann.access, "GET", "/auth/me", NULL);
    T_PROBLEM(401, "token_revoked", ann.access, "PATCH", "/auth/me", "{\"username\":\"anna\"}");
    T_PROBLEM(401, "token_revoked", ann.refresh, "POST", "/auth/refresh", NULL);
}

/* ---- password ---- */

static const char *change(const char *from, const char *to)
{
    return apr_psprintf(t_pool, "{\"current_password\":\"%s\",\"new_password\":\"%s\"}", from, to);
}

static void a_new_password_ends_the_other_sessions(void)
{
    pair_t here, there;

    kit_begin();
    account_register("ann");
    here = account_login("ann", PASSWORD);
    there = account_login("ann", PASSWORD);
    T_SEND(200, here.access, "POST", "/auth/me/password",
           change(PASSWORD, "another horse battery"));
    T_STR(kit_text("username"), "ann");
    T_INT(kit.announced->nelts, 1);
    T_SEND(200, here.access, "GET", "/auth/me", NULL);
    T_PROBLEM(401, "token_revoked", there.access, "GET", "/auth/me", NULL);
    T_PROBLEM(401, "token_revoked", there.refresh, "POST", "/auth/refresh", NULL);
    T_SEND(200, here.refresh, "POST", "/auth/refresh", NULL);
    T_PROBLEM(401, "invalid_credentials", NULL, "POST", "/auth/login",
              "{\"email\":\"ann@example.com\",\"password\":\"" PASSWORD "\"}");
    account_login("ann", "another horse battery");
}

static void a_password_change_is_checked(void)
{
    pair_t ann;

    kit_begin();
    account_register("ann");
    ann = account_login("ann", PASSWORD);
    T_PROBLEM(422, "validation_failed", ann.access, "POST", "/auth/me/password",
              change("not the password", "another horse battery"));
    T_STR(kit_pointer(), "/current_password");
    T_PROBLEM(422, "validation_failed", ann.access, "POST", "/auth/me/password",
              change(PASSWORD, "short"));
    T_STR(kit_pointer(), "/new_password");
    T_PROBLEM(422, "validation_failed", ann.access, "POST", "/auth/me/password",
              change(PASSWORD, "qwertyuiop"));
    T_STR(kit_pointer(), "/new_password");
    account_login("ann", PASSWORD);
    for (int i = 1; i < kit.settings.login_limit; i++) {
        T_PROBLEM(422, "validation_failed", ann.access, "POST", "/auth/me/password",
                  change("not the password", "another horse battery"));
    }
    T_PROBLEM(429, "rate_limited", ann.access, "POST", "/auth/me/password",
              change(PASSWORD, "another horse battery"));
}

static const shop_test_t tests[] = {
    SHOP_TEST(registering_makes_a_user, "registering makes a user, and shows no secret"),
    SHOP_TEST(known_names_are_refused, "known names are refused, in capitals too"),
    SHOP_TEST(the_same_name_is_known_however_it_is_spelled,
              "the same name or address is known however it is spelled"),
    SHOP_TEST(fields_are_checked, "each bad member is named, and nothing is asked of the store"),
    SHOP_TEST(a_dead_token_keeps_nobody_from_registering,
              "a dead token keeps nobody from registering, but makes no admin"),
    SHOP_TEST(an_admin_is_made_by_who_may, "an admin is made by an admin or once by the token"),
    SHOP_TEST(without_a_bootstrap_token_nobody_has_it, "without a bootstrap token nobody has it"),
    SHOP_TEST(me_is_the_caller, "me is the caller"),
    SHOP_TEST(a_profile_is_edited, "a profile is edited, under If-Match"),
    SHOP_TEST(a_new_address_is_unverified, "a new address is unverified"),
    SHOP_TEST(a_closed_account_is_signed_out, "a closed account is signed out"),
    SHOP_TEST(a_new_password_ends_the_other_sessions, "a new password ends all other sessions"),
    SHOP_TEST(a_password_change_is_checked,
              "a password change is checked, and failed attempts are counted"),
    SHOP_TEST_END,
};
SHOP_SUITE("accounts over HTTP", tests)
