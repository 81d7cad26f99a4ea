/* SPDX-License-Identifier: MIT
 * Who may pass which route: the whole matrix, and what happens when Redis or the store is away. */
#include "tests/kit/accounts.h"

/* Says who it was called by. */
static shop_error_t *echo(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const char *text = apr_psprintf(req->pool, "{\"role\":\"%s\",\"user\":\"%s\"}",
                                    req->caller.role == SHOP_ROLE_ADMIN  ? "admin"
                                    : req->caller.role == SHOP_ROLE_USER ? "user"
                                                                         : "none",
                                    req->caller.user_id ? req->caller.user_id : "");

    (void)app;
    shop_res_bytes(res, 200, text, strlen(text));
    return NULL;
}

#define ROUTE(method_, path_, access_)                                              \
    {                                                                               \
        .method = (method_), .path = (path_), .handler = echo, .operation = "echo", \
        .access = (access_), .status = 200, .reply_kind = SHOP_REPLY_RAW            \
    }

static const shop_route_t routes[] = {
    ROUTE("GET", "/t/public", SHOP_ACCESS_PUBLIC),
    ROUTE("GET", "/t/optional", SHOP_ACCESS_OPTIONAL),
    ROUTE("GET", "/t/customer", SHOP_ACCESS_CUSTOMER),
    ROUTE("POST", "/t/customer", SHOP_ACCESS_CUSTOMER),
    ROUTE("GET", "/t/admin", SHOP_ACCESS_ADMIN),
    ROUTE("POST", "/t/admin", SHOP_ACCESS_ADMIN),
    ROUTE("POST", "/t/refresh", SHOP_ACCESS_REFRESH),
    ROUTE("GET", "/t/unset", SHOP_ACCESS_UNSET),
    { .method = NULL },
};

#define RAW(bearer) ((bearer) + strlen("Bearer "))

static pair_t user, admin, ended, over;

static void people(void)
{
    kit_begin_with(routes);
    account_alter(account_register("root"), "admin", false, NULL);
    account_register("ann");
    kit.clock.fixed -= apr_time_from_sec(2000);
    over = account_login("ann", PASSWORD);
    kit.clock.fixed += apr_time_from_sec(2000);
    user = account_login("ann", PASSWORD);
    admin = account_login("root", PASSWORD);
    ended = account_login("root", PASSWORD);
    T_SEND(200, ended.access, "POST", "/auth/logout", NULL);
}

static void every_caller_meets_every_rule(void)
{
    enum { NOBODY, USER, ADMIN, EXPIRED, REVOKED, REFRESH, GARBAGE, CALLERS };
    static const struct {
        const char *method, *path, *codes[CALLERS];
    } rows[] = {
        { "GET", "/t/public", { "none", "none", "none", "none", "none", "none", "none" } },
        { "GET", "/t/optional", { "none", "user", "admin", "none", "none", "none", "none" } },
        { "GET",
          "/t/customer",
          { "token_missing", "user", "admin", "token_expired", "token_revoked", "token_invalid",
            "token_invalid" } },
        { "HEAD", "/t/customer", { "401", "200", "200", "401", "401", "401", "401" } },
        { "POST",
          "/t/customer",
          { "token_missing", "user", "admin", "token_expired", "token_revoked", "token_invalid",
            "token_invalid" } },
        { "GET",
          "/t/admin",
          { "token_missing", "forbidden", "admin", "token_expired", "token_revoked",
            "token_invalid", "token_invalid" } },
        { "POST",
          "/t/admin",
          { "token_missing", "forbidden", "admin", "token_expired", "token_revoked",
            "token_invalid", "token_invalid" } },
        { "POST",
          "/t/refresh",
          { "token_missing", "token_invalid", "token_invalid", "token_invalid", "token_invalid",
            "none", "token_invalid" } },
        { "GET",
          "/t/unset",
          { "forbidden", "forbidden", "forbidden", "forbidden", "forbidden", "forbidden",
            "forbidden" } },
    };
    const char *tokens[CALLERS];

    people();
    tokens[NOBODY] = NULL;
    tokens[USER] = user.access;
    tokens[ADMIN] = admin.access;
    tokens[EXPIRED] = over.access;
    tokens[REVOKED] = ended.access;
    tokens[REFRESH] = user.refresh;
    tokens[GARBAGE] = "Bearer e30.e30.AAAA";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int who = 0; who < CALLERS; who++) {
            int status = kit_send(tokens[who], rows[i].method, rows[i].path, NULL)->status;
            const char *is = strcmp(rows[i].method, "HEAD") == 0
                                 ? apr_itoa(t_pool, status)
                                 : kit_text(status == 200 ? "role" : "code");

            t_assert(is && !strcmp(is, rows[i].codes[who]), __LINE__, __FILE__,
                     "%s %s as %d: wanted %s, got %s", rows[i].method, rows[i].path, who,
                     rows[i].codes[who], is ? is : "nothing");
            T_TRUE(status != 401 || kit_reply_header("WWW-Authenticate") != NULL);
        }
    }
}

/* A code is none where the reply is no problem. */
static void with_header(int status, const char *code, const char *value, const char *path)
{
    kit_header("Authorization", value);
    T_PROBLEM(status, code, NULL, "GET", path, NULL);
}

static void the_header_holds_one_bearer_token(void)
{
    static const struct {
        const char *before, *after;
        int status;
        const char *code;
    } cases[] = {
        { "Bearer ", "", 200, NULL },
        { "bearer ", "", 200, NULL },
        { "BEARER   ", " ", 200, NULL },
        { "", "", 401, "token_missing" },
        { "Basic ", "", 401, "token_missing" },
        { "Bearer", "", 401, "token_missing" },
        { "BearerX ", "", 401, "token_missing" },
        { "Token ", "", 401, "token_missing" },
        { "Bearer Bearer ", "", 401, "token_invalid" },
        { "Bearer ", " x", 401, "token_invalid" },
        { "Bearer \t", "", 401, "token_invalid" },
        { "Bearer ", ", Bearer x", 400, "bad_request" },
        { "Bearer x, Bearer ", "", 400, "bad_request" },
        { "Basic x, Bearer ", "", 400, "bad_request" },
        { "Bearer ", ",", 400, "bad_request" },
        { "Bearer,", "", 400, "bad_request" },
        { "Digest a=\"b\", bearer ", "", 400, "bad_request" },
        { ", Bearer ", "", 400, "bad_request" },
        /* a comma in another scheme is its own business, quoted or not */
        { "Digest username=\"ann\", realm=\"shop\", nonce=\"", "\"", 401, "token_missing" },
        { "Digest realm=\"a \\\", Bearer ", ", Bearer x\"", 401, "token_missing" },
        { "Negotiate x, ", "", 401, "token_missing" },
        { "BearerX x, ", ", BearerX y", 401, "token_missing" },
    };

    people();
    T_SEND(200, user.access, "GET", "/t/customer", NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *value =
            apr_pstrcat(t_pool, cases[i].before, RAW(user.access), cases[i].after, NULL);

        with_header(cases[i].status, cases[i].code, value, "/t/customer");
    }
    with_header(401, "token_missing", "Bearer", "/t/customer");
    with_header(401, "token_missing", "Bearer ", "/t/customer");
    with_header(401, "token_missing", "", "/t/customer");
    with_header(200, NULL, "Basic x", "/t/optional");
    T_STR(kit_text("role"), "none");
    with_header(200, NULL, "Digest a, b", "/t/optional");
    T_STR(kit_text("role"), "none");
    with_header(200, NULL, "a, b", "/t/public");
}

static void redis_may_answer_only_for_reads(void)
{
    int calls;

    people();
    kit.revoked = SHOP_REVOKED_NO;
    calls = shop_account_mem_calls(kit.accounts.accounts);
    T_SEND(200, user.access, "GET", "/t/customer", NULL);
    T_SEND(200, user.access, "HEAD", "/t/customer", NULL);
    T_INT(shop_account_mem_calls(kit.accounts.accounts), calls);
    T_SEND(200, user.access, "POST", "/t/customer", NULL);
    T_INT(shop_account_mem_calls(kit.accounts.accounts), calls + 1);
    T_SEND(200, admin.access, "GET", "/t/admin", NULL);
    T_INT(shop_account_mem_calls(kit.accounts.accounts), calls + 2);
    /* Redis does not know of the logout yet: writes and admin routes refuse all the same. */
    T_PROBLEM(401, "token_revoked", ended.access, "POST", "/t/customer", NULL);
    T_PROBLEM(401, "token_revoked", ended.access, "GET", "/t/admin", NULL);
    kit.revoked = SHOP_REVOKED_YES;
    calls = shop_account_mem_calls(kit.accounts.accounts);
    T_PROBLEM(401, "token_revoked", user.access, "GET", "/t/customer", NULL);
    T_INT(shop_account_mem_calls(kit.accounts.accounts), calls);
    kit.revoked = SHOP_REVOKED_UNKNOWN;
    T_SEND(200, user.access, "GET", "/t/customer", NULL);
    T_PROBLEM(401, "token_revoked", ended.access, "GET", "/t/customer", NULL);
    T_INT(shop_account_mem_calls(kit.accounts.accounts), calls + 2);
}

static void when_nobody_can_say_the_answer_is_503(void)
{
    people();
    shop_account_mem_away(kit.accounts.accounts, true);
    T_PROBLEM(503, "unavailable", user.access, "GET", "/t/customer", NULL);
    T_PROBLEM(503, "unavailable", user.access, "GET", "/t/optional", NULL);
    T_PROBLEM(503, "unavailable", user.access, "POST", "/t/customer", NULL);
    T_PROBLEM(503, "unavailable", admin.access, "GET", "/t/admin", NULL);
    T_SEND(200, user.access, "GET", "/t/public", NULL);
    T_SEND(200, NULL, "GET", "/t/optional", NULL);
    kit.revoked = SHOP_REVOKED_NO;
    T_SEND(200, user.access, "GET", "/t/customer", NULL);
    T_PROBLEM(503, "unavailable", user.access, "POST", "/t/customer", NULL);
    T_PROBLEM(503, "unavailable", admin.access, "GET", "/t/admin", NULL);
}

static void the_sessions_role_counts(void)
{
    shop_claims_t *claims = NULL;
    shop_session_t *session = NULL;
    bool rotated = false;

    people();
    T_OK(shop_token_verify(&claims, kit.guards.tokens, RAW(admin.access), SHOP_TOKEN_ACCESS,
                           kit.clock.fixed, t_pool));
    T_STR(claims->role, "admin");
    T_OK(kit.accounts.accounts->session_find(&session, kit.accounts.accounts, claims->session,
                                             t_pool));
    T_OK(kit.accounts.accounts->session_rotate(
        &rotated, kit.accounts.accounts, session->id,
        &(shop_rotation_t){ .old = session->current,
                            .next = "x",
                            .role = "user",
                            .rotated_at = kit.clock.fixed,
                            .expires_at = session->expires_at },
        t_pool));
    T_TRUE(rotated);
    T_PROBLEM(403, "forbidden", admin.access, "GET", "/t/admin", NULL);
    T_PROBLEM(403, "forbidden", admin.access, "POST", "/t/admin", NULL);
    T_SEND(200, admin.access, "POST", "/t/customer", NULL);
    T_STR(kit_text("role"), "user");
}

static void a_token_is_good_for_its_own_session_only(void)
{
    shop_claims_t *ann = NULL, *root = NULL, mixed;
    const char *token = NULL;

    people();
    T_OK(shop_token_verify(&ann, kit.guards.tokens, RAW(user.access), SHOP_TOKEN_ACCESS,
                           kit.clock.fixed, t_pool));
    T_OK(shop_token_verify(&root, kit.guards.tokens, RAW(admin.access), SHOP_TOKEN_ACCESS,
                           kit.clock.fixed, t_pool));
    mixed = *ann;
    mixed.session = root->session;
    T_OK(shop_token_sign(&token, kit.guards.tokens, &mixed, t_pool));
    T_PROBLEM(401, "token_revoked", kit_bearer(token), "GET", "/t/admin", NULL);
    mixed.session = "c2Vzc2lvbg";
    T_OK(shop_token_sign(&token, kit.guards.tokens, &mixed, t_pool));
    T_PROBLEM(401, "token_revoked", kit_bearer(token), "POST", "/t/customer", NULL);
}

static const shop_test_t tests[] = {
    SHOP_TEST(every_caller_meets_every_rule, "every caller meets every rule"),
    SHOP_TEST(the_header_holds_one_bearer_token, "the header holds exactly one bearer token"),
    SHOP_TEST(redis_may_answer_only_for_reads, "Redis may answer only for reads of customers"),
    SHOP_TEST(when_nobody_can_say_the_answer_is_503, "when nobody can say, the answer is 503"),
    SHOP_TEST(the_sessions_role_counts, "the session's role counts, not the token's"),
    SHOP_TEST(a_token_is_good_for_its_own_session_only, "a token is good for its own session only"),
    SHOP_TEST_END,
};
SHOP_SUITE("callers", tests)
