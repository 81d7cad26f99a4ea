/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ACCOUNTS_WORLD_H
#define SHOP_TESTS_ACCOUNTS_WORLD_H

/* A shop of accounts alone, in process: fakes for the ports, cheap hashes, a clock that stands
 * still until moved. One per test, in t_pool. */

#include "mod_shop/accounts/accounts_module.h"
#include "mod_shop/app.h"
#include "mod_shop/drivers/password.h"
#include "mod_shop/guard/guards.h"
#include "mod_shop/http/dispatch.h"
#include "tests/kit/account_mem.h"
#include "tests/kit/harness.h"

#define W_BOOTSTRAP "the right word for the first admin"
#define W_PASSWORD "correct horse battery"

typedef struct world_t {
    shop_app_t app;
    shop_accounts_repos_t accounts;
    shop_guards_t guards;
    shop_dispatch_t dispatch;
    shop_settings_t settings;
    apr_time_t now;
    const char *ip;
    const char *headers[8];        /* names and values for the next request, NULL-terminated */
    shop_revoked_answer_t verdict; /* what Redis would say */
    apr_array_header_t *told;      /* sessions Redis was told of */
    int log_number;                /* last numbered line of the log */
    shop_res_t res;                /* last reply */
    json_t *json;                  /* its body, NULL when it has none */
} world_t;

extern world_t w;

void world_begin(void);
void world_begin_with(const shop_route_t *routes); /* the accounts' and these */
/* Sends a request; token and body may be NULL. Returns the status; the rest is in w. */
int world_send(const char *method, const char *path, const char *token, const char *body);
/* The same, and asserts status and, for problems, the code (NULL: any). */
#define W_SEND(status, code, ...) \
    world_expect(world_send(__VA_ARGS__), (status), (code), __LINE__, __FILE__)
void world_expect(int is, int status, const char *code, int line, const char *file);
/* A string member of the reply, by path of at most two names ("user", "id"). */
const char *world_text(const char *name);
const char *world_text_in(const char *object, const char *name);
const char *world_header(const char *name);
/* Pointer of the first violation. */
const char *world_pointer(void);

typedef struct pair_t {
    const char *access, *refresh;
} pair_t;

/* Registers name@example.com with W_PASSWORD; returns the id. */
const char *world_register(const char *name);
pair_t world_login(const char *name, const char *password);
/* Changes what the store holds behind the shop's back. */
void world_alter_user(const char *id, const char *role, bool disabled, const char *hash);

#endif
