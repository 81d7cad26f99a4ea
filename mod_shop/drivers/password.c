/* SPDX-License-Identifier: MIT
 * Argon2id by libsodium. Each hash takes tens of MiB, so a counting semaphore bounds how many run
 * at once in this process: a flood of logins waits, then gets 503, and the rest of the shop lives.
 * The semaphore is the process's own, so that a crashed child cannot take a slot with it. */
#include "password.h"

#include <apr_strings.h>
#include <errno.h>
#include <semaphore.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "../base/log.h"
#include "password_werkzeug.h"

enum { SLOT_WAIT_S = 2 };

struct shop_hasher_t {
    size_t memory; /* bytes */
    unsigned long long passes;
    char dummy[crypto_pwhash_STRBYTES];
    sem_t slots;
};

static apr_status_t drop_slots(void *data)
{
    shop_hasher_t *hasher = data;

    sem_destroy(&hasher->slots);
    return APR_SUCCESS;
}

/* Monotonic, because a corrected clock must neither hold a request for an hour nor refuse it. */
static shop_error_t *take_slot(shop_hasher_t *hasher, apr_pool_t *pool)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SLOT_WAIT_S;
    while (sem_clockwait(&hasher->slots, CLOCK_MONOTONIC, &until) != 0) {
        if (errno != EINTR) {
            shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_HASH_BUSY,
                            "no password slot became free within %d s", SLOT_WAIT_S);
            return shop_err(pool, UNAVAILABLE, "too many sign-ins at once; try again");
        }
    }
    return NULL;
}

static shop_error_t *no_memory(apr_pool_t *pool)
{
    return shop_error_cause(shop_err(pool, UNAVAILABLE, "the server is busy; try again"), pool,
                            "no memory for a password hash");
}

shop_error_t *shop_hasher_create(shop_hasher_t **hasher, int64_t memory_kib, int passes, int slots,
                                 apr_pool_t *pool)
{
    static const char nobody[] = "no account has this password";
    shop_hasher_t *made = apr_pcalloc(pool, sizeof(*made));

    if (sodium_init() < 0) {
        return shop_err(pool, INTERNAL, "libsodium could not be started");
    }
    if (memory_kib < 8 || memory_kib > INT64_C(4194304) || passes < 1 || slots < 1) {
        return shop_err(pool, INTERNAL, "password hashing needs memory, passes and slots");
    }
    made->memory = (size_t)memory_kib * 1024;
    made->passes = (unsigned long long)passes;
    if (crypto_pwhash_str_alg(made->dummy, nobody, sizeof(nobody) - 1, made->passes, made->memory,
                              crypto_pwhash_ALG_ARGON2ID13)) {
        return no_memory(pool);
    }
    if (sem_init(&made->slots, 0, (unsigned)slots) != 0) {
        return shop_err(pool, INTERNAL, "a semaphore could not be made");
    }
    apr_pool_cleanup_register(pool, made, drop_slots, apr_pool_cleanup_null);
    *hasher = made;
    return NULL;
}

shop_error_t *shop_hasher_hash(const char **hash, shop_hasher_t *hasher, const char *password,
                               apr_pool_t *pool)
{
    char text[crypto_pwhash_STRBYTES];
    int failed;

    SHOP_TRY(take_slot(hasher, pool));
    failed = crypto_pwhash_str_alg(text, password, strlen(password), hasher->passes, hasher->memory,
                                   crypto_pwhash_ALG_ARGON2ID13);
    sem_post(&hasher->slots);
    if (failed) {
        return no_memory(pool);
    }
    *hash = apr_pstrdup(pool, text);
    return NULL;
}

typedef enum { ANSWER_NO, ANSWER_YES, ANSWER_NO_MEMORY } answer_t;

static answer_t argon2(const char *hash, const char *password)
{
    char text[crypto_pwhash_STRBYTES] = ""; /* libsodium reads a buffer of this size */

    if (strlen(hash) >= sizeof(text)) {
        return ANSWER_NO;
    }
    memcpy(text, hash, strlen(hash));
    errno = 0;
    if (crypto_pwhash_str_verify(text, password, strlen(password)) == 0) {
        return ANSWER_YES;
    }
    /* The library answers -1 for both; out of memory must not look like a wrong password. */
    return errno == ENOMEM ? ANSWER_NO_MEMORY : ANSWER_NO;
}

/* Runs inside a slot. *known: the hash was one of ours or Werkzeug's. */
static answer_t check(bool *rehash, const shop_hasher_t *hasher, const char *hash,
                      const char *password)
{
    if (hash && strncmp(hash, crypto_pwhash_STRPREFIX, strlen(crypto_pwhash_STRPREFIX)) != 0) {
        *rehash = true;
        switch (shop_werkzeug_verify(hash, password)) {
        case SHOP_WERKZEUG_YES: return ANSWER_YES;
        case SHOP_WERKZEUG_NO: return ANSWER_NO;
        case SHOP_WERKZEUG_NO_MEMORY: return ANSWER_NO_MEMORY;
        case SHOP_WERKZEUG_FOREIGN: hash = NULL; break;
        }
    }
    if (!hash) {
        /* Nobody's: the work is done all the same, its answer does not count. */
        return argon2(hasher->dummy, password) == ANSWER_NO_MEMORY ? ANSWER_NO_MEMORY : ANSWER_NO;
    }
    *rehash = crypto_pwhash_str_needs_rehash(hash, hasher->passes, hasher->memory) != 0;
    return argon2(hash, password);
}

shop_error_t *shop_hasher_verify(bool *matches, bool *rehash, shop_hasher_t *hasher,
                                 const char *hash, const char *password, apr_pool_t *pool)
{
    answer_t answer;

    *matches = false;
    *rehash = false;
    SHOP_TRY(take_slot(hasher, pool));
    answer = check(rehash, hasher, hash, password);
    sem_post(&hasher->slots);
    if (answer == ANSWER_NO_MEMORY) {
        return no_memory(pool);
    }
    *matches = answer == ANSWER_YES;
    return NULL;
}
