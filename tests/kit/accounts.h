/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_KIT_ACCOUNTS_H
#define SHOP_TESTS_KIT_ACCOUNTS_H

/* Users of the kit who really register and sign in. */

#include "tests/kit/account_mem.h"
#include "tests/kit/kit.h"

#define PASSWORD "correct horse battery"

typedef struct pair_t {
    const char *access, *refresh; /* as kit_send wants them: "Bearer ..." */
} pair_t;

/* Registers name@example.com with PASSWORD; the id. */
const char *account_register(const char *name);
pair_t account_login(const char *name, const char *password);
/* The pair in the last reply. */
pair_t account_pair(void);
/* Changes what the store holds behind the shop's back; NULL: stays. */
void account_alter(const char *id, const char *role, bool disabled, const char *hash);

#endif
