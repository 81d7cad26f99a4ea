/* SPDX-License-Identifier: MIT
 * The accounts' HTTP interface over fakes: registration, profile, password. */
#include "tests/kit/world.h"

#define ANN "{\"username\":\"ann\",\"email\":\"Ann@Example.com\",\"password\":\"" W_PASSWORD "\""

static void registering_makes_a_user(void)
{
    world_begin();
    W_SEND(201, NULL, "POST", "/auth/register", NULL, ANN "}");
    T_STR(world_text("username"), "ann");
    T_STR(world_text("email"), "Ann@Example.com");
    T_STR(world_text("role"), "user");
    T_STR(world_text("created_at"), "2026-09-21T14:13:20Z");
    T_TRUE(json_is_false(json_object_get(w.json, "email_verified")));
    T_STR(world_header("Location"), apr_pstrcat(t_pool, "/api/users/", world_text("id"), NULL));
    T_STR(world_header("Cache-Control"), "no-store");
    T_INT(json_object_size(w.json), 7);
    T_TRUE(!strstr(w.res.body, "password") && !strstr(w.res.body, "argon2"));
    W_SEND(201, NULL, "POST", "/auth/register", NULL,
           "{\"username\":\"bob\",\"email\":\"bob@example.com\",\"password\":\"" W_PASSWORD
           "\",\"role\":\"user\"}");
}

static void known_names_are_refused(void)
{
    world_begin();
    W_SEND(201, NULL, "POST", "/auth/register", NULL, ANN "}");
    W_SEND(409, "email_taken", "POST", "/auth/register", NULL,
           "{\"username\":\"other\",\"email\":\"aNN@eXAMPLE.COM\",\"password\":\"" W_PASSWORD
           "\"}");
    W_SEND(409, "username_taken", "POST", "/auth/register", NULL,
           "{\"username\":\"ANN\",\"email\":\"other@example.com\",\"password\":\"" W_PASSWORD
           "\"}");
}

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void fields_are_checked(void)
{
    static const struct {
        const char *username, *email, *password, *role, *pointer;
    } cases[] = {
        { "\"ab\"", NULL, NULL, NULL, "/username" },
        { "\"" LONG "a\"", NULL, NULL, NULL, "/username" },
        { "\"a\\u001bb\"", NULL, NULL, NULL, "/username" },
        { "\"a\\u202eb\"", NULL, NULL, NULL, "/username" },
        { "\"a\\u200bb\"", NULL, NULL, NULL, "/username" },
        { "\" ann\"", NULL, NULL, NULL, "/username" },
        { "\"ann \"", NULL, NULL, NULL, "/username" },
        { "{\"$gt\":\"\"}", NULL, NULL, NULL, "/username" },
        { "null", NULL, NULL, NULL, "/username" },
        { NULL, "\"a@b\"", NULL, NULL, "/email" },
        { NULL, "\"a@b.c\\r\\nBcc:x@y\"", NULL, NULL, "/email" },
        { NULL, "\"\\u00e4@example.com\"", NULL, NULL, "/email" },
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

    world_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        W_SEND(422, "validation_failed", "POST", "/auth/register", NULL,
               apr_psprintf(t_pool, "{\"username\":%s,\"email\":%s,\"password\":%s,\"role\":%s}",
                            cases[i].username ? cases[i].username : "\"ann\"",
                            cases[i].email ? cases[i].email : "\"ann@example.com\"",
                            cases[i].password ? cases[i].password : "\"" W_PASSWORD "\"",
                            cases[i].role ? cases[i].role : "\"user\""));
        T_STR(world_pointer(), cases[i].pointer);
    }
    W_SEND(422, "validation_failed", "POST", "/auth/register", NULL, "{}");
    T_INT(json_array_size(json_object_get(w.json, "errors")), 3);
    T_INT(shop_account_mem_calls(w.accounts.accounts), 0);
    W_SEND(201, NULL, "POST", "/auth/register", NULL,
           "{\"username\":\"" LONG "\",\"email\":\"x@example.com\",\"password\":\"" LONG "\"}");
}

static int admins(const char *email)
{
    shop_user_t *user = NULL;

    T_OK(w.accounts.accounts->find_by_email(&user, w.accounts.accounts, email, t_pool));
    return user && !strcmp(user->role, "admin") ? 1 : user ? -1 : 0;
}

static void send_admin(int status, const char *code, const char *name, const char *token,
                       const char *bootstrap)
{
    if (bootstrap) {
        w.headers[0] = "X-Shop-Bootstrap-Token";
        w.headers[1] = bootstrap;
    }
    W_SEND(status, code, "POST", "/auth/register", token,
           apr_psprintf(t_pool,
                        "{\"username\":\"%s\",\"email\":\"%s@example.com\",\"password\":"
                        "\"" W_PASSWORD "\",\"role\":\"admin\"}",
                        name, name));
}

static void an_admin_is_made_by_who_may(void)
{
    pair_t ann, root;

    world_begin();
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    send_admin(403, "role_not_allowed", "root", NULL, NULL);
    send_admin(403, "role_not_allowed", "root", ann.access, NULL);
    send_admin(403, "role_not_allowed", "root", NULL, "");
    send_admin(403, "role_not_allowed", "root", NULL, "a guess");
    send_admin(403, "role_not_allowed", "root", NULL, W_BOOTSTRAP "x");
    send_admin(401, "token_invalid", "root", ann.refresh, NULL);
    T_INT(admins("root@example.com"), 0);
    /* A taken name does not use the right up. */
    send_admin(409, "email_taken", "ann", NULL, W_BOOTSTRAP);
    send_admin(201, NULL, "root", NULL, W_BOOTSTRAP);
    T_STR(world_text("role"), "admin");
    T_INT(admins("root@example.com"), 1);
    send_admin(403, "role_not_allowed", "second", NULL, W_BOOTSTRAP);
    T_INT(admins("second@example.com"), 0);
    root = world_login("root", W_PASSWORD);
    send_admin(201, NULL, "second", root.access, NULL);
    T_INT(admins("second@example.com"), 1);
}

static void without_a_bootstrap_token_nobody_has_it(void)
{
    static const char *const unset[] = { NULL, "" };

    for (size_t i = 0; i < 2; i++) {
        world_begin();
        w.settings.bootstrap_token = unset[i];
        send_admin(403, "role_not_allowed", "root", NULL, W_BOOTSTRAP);
        send_admin(403, "role_not_allowed", "root", NULL, "");
    }
    w.settings.open_admin = true;
    send_admin(201, NULL, "root", NULL, NULL);
}

/* ---- profile ---- */

static void me_is_the_caller(void)
{
    const char *id, *etag;
    pair_t ann;

    world_begin();
    world_register("bob");
    id = world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    W_SEND(200, NULL, "GET", "/auth/me", ann.access, NULL);
    T_STR(world_text("id"), id);
    T_STR(world_text("username"), "ann");
    etag = w.res.etag;
    T_TRUE(etag && etag[0] == '"');
    w.headers[0] = "If-None-Match";
    w.headers[1] = etag;
    W_SEND(304, NULL, "GET", "/auth/me", ann.access, NULL);
    W_SEND(401, "token_missing", "GET", "/auth/me", NULL, NULL);
}

static void a_profile_is_edited(void)
{
    const char *etag;
    pair_t ann;

    world_begin();
    world_register("bob");
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    W_SEND(200, NULL, "GET", "/auth/me", ann.access, NULL);
    etag = w.res.etag;
    W_SEND(200, NULL, "PATCH", "/auth/me", ann.access, "{}");
    T_STR(w.res.etag, etag);
    w.now += apr_time_from_sec(10);
    w.headers[0] = "If-Match";
    w.headers[1] = etag;
    W_SEND(200, NULL, "PATCH", "/auth/me", ann.access, "{\"username\":\"anna\"}");
    T_STR(world_text("username"), "anna");
    T_STR(world_text("email"), "ann@example.com");
    T_STR(world_text("updated_at"), "2026-09-21T14:13:30Z");
    T_TRUE(strcmp(w.res.etag, etag) != 0);
    w.headers[0] = "If-Match";
    w.headers[1] = etag;
    W_SEND(412, "precondition_failed", "PATCH", "/auth/me", ann.access, "{\"username\":\"x y\"}");
    W_SEND(409, "username_taken", "PATCH", "/auth/me", ann.access, "{\"username\":\"BOB\"}");
    W_SEND(409, "email_taken", "PATCH", "/auth/me", ann.access, "{\"email\":\"Bob@example.com\"}");
    W_SEND(422, "validation_failed", "PATCH", "/auth/me", ann.access, "{\"role\":\"admin\"}");
    T_STR(world_pointer(), "/role");
    W_SEND(422, "validation_failed", "PATCH", "/auth/me", ann.access, "{\"username\":null}");
    W_SEND(200, NULL, "GET", "/auth/me", ann.access, NULL);
    T_STR(world_text("username"), "anna");
    T_STR(world_text("role"), "user");
}

static void a_new_address_is_unverified(void)
{
    shop_user_t *user = NULL;
    const char *id;
    bool done;
    pair_t ann;

    world_begin();
    id = world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    T_OK(w.accounts.accounts->find(&user, w.accounts.accounts, id, t_pool));
    user->email_verified = true;
    user->rev++;
    T_OK(w.accounts.accounts->update(&done, w.accounts.accounts, user, t_pool));
    W_SEND(200, NULL, "PATCH", "/auth/me", ann.access, "{\"email\":\"ANN@example.com\"}");
    T_TRUE(json_is_true(json_object_get(w.json, "email_verified")));
    W_SEND(200, NULL, "PATCH", "/auth/me", ann.access, "{\"email\":\"new@example.com\"}");
    T_TRUE(json_is_false(json_object_get(w.json, "email_verified")));
    W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL,
           "{\"email\":\"ann@example.com\",\"password\":\"" W_PASSWORD "\"}");
    world_login("new", W_PASSWORD);
}

static void a_closed_account_is_signed_out(void)
{
    const char *id;
    pair_t ann;

    world_begin();
    id = world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    world_alter_user(id, NULL, true, NULL);
    W_SEND(401, "token_revoked", "GET", "/auth/me", ann.access, NULL);
    W_SEND(401, "token_revoked", "PATCH", "/auth/me", ann.access, "{\"username\":\"anna\"}");
    W_SEND(401, "token_revoked", "POST", "/auth/refresh", ann.refresh, NULL);
}

/* ---- password ---- */

static const char *change(const char *from, const char *to)
{
    return apr_psprintf(t_pool, "{\"current_password\":\"%s\",\"new_password\":\"%s\"}", from, to);
}

static void a_new_password_ends_the_other_sessions(void)
{
    pair_t here, there;

    world_begin();
    world_register("ann");
    here = world_login("ann", W_PASSWORD);
    there = world_login("ann", W_PASSWORD);
    W_SEND(200, NULL, "POST", "/auth/me/password", here.access,
           change(W_PASSWORD, "another horse battery"));
    T_STR(world_text("username"), "ann");
    T_INT(w.told->nelts, 1);
    W_SEND(200, NULL, "GET", "/auth/me", here.access, NULL);
    W_SEND(401, "token_revoked", "GET", "/auth/me", there.access, NULL);
    W_SEND(401, "token_revoked", "POST", "/auth/refresh", there.refresh, NULL);
    W_SEND(200, NULL, "POST", "/auth/refresh", here.refresh, NULL);
    W_SEND(401, "invalid_credentials", "POST", "/auth/login", NULL,
           "{\"email\":\"ann@example.com\",\"password\":\"" W_PASSWORD "\"}");
    world_login("ann", "another horse battery");
}

static void a_password_change_is_checked(void)
{
    pair_t ann;

    world_begin();
    world_register("ann");
    ann = world_login("ann", W_PASSWORD);
    W_SEND(422, "validation_failed", "POST", "/auth/me/password", ann.access,
           change("not the password", "another horse battery"));
    T_STR(world_pointer(), "/current_password");
    W_SEND(422, "validation_failed", "POST", "/auth/me/password", ann.access,
           change(W_PASSWORD, "short"));
    T_STR(world_pointer(), "/new_password");
    W_SEND(422, "validation_failed", "POST", "/auth/me/password", ann.access,
           change(W_PASSWORD, "qwertyuiop"));
    T_STR(world_pointer(), "/new_password");
    world_login("ann", W_PASSWORD);
    for (int i = 1; i < w.settings.login_limit; i++) {
        W_SEND(422, "validation_failed", "POST", "/auth/me/password", ann.access,
               change("not the password", "another horse battery"));
    }
    W_SEND(429, "rate_limited", "POST", "/auth/me/password", ann.access,
           change(W_PASSWORD, "another horse battery"));
}

static const shop_test_t tests[] = {
    SHOP_TEST(registering_makes_a_user, "registering makes a user, and shows no secret"),
    SHOP_TEST(known_names_are_refused, "known names are refused, in capitals too"),
    SHOP_TEST(fields_are_checked, "each bad member is named, and nothing is asked of the store"),
    SHOP_TEST(an_admin_is_made_by_who_may, "an admin is made by an admin or once by the token"),
    SHOP_TEST(without_a_bootstrap_token_nobody_has_it, "without a bootstrap token nobody has it"),
    SHOP_TEST(me_is_the_caller, "me is the caller"),
    SHOP_TEST(a_profile_is_edited, "a profile is edited, under If-Match"),
    SHOP_TEST(a_new_address_is_unverified, "a new address is unverified"),
    SHOP_TEST(a_closed_account_is_signed_out, "a closed account is signed out"),
    SHOP_TEST(a_new_password_ends_the_other_sessions, "a new password ends all other sessions"),
    SHOP_TEST(a_password_change_is_checked, "a password change is checked, and guesses counted"),
    SHOP_TEST_END,
};
SHOP_SUITE("accounts over HTTP", tests)
