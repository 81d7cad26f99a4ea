/* SPDX-License-Identifier: MIT
 * Argon2id by libsodium. Each hash takes tens of MiB, so a counting semaphore limits how many run
 * at once in this process. Too many logins wait, then get 503; other requests are not affected.
 * Each process has its own semaphore, so that a crashed child holds no slot. */
#include "password.h"

#include <apr_strings.h>
#include <errno.h>
#include <semaphore.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "../base/log.h"
#include "../base/text.h"
#include "password_werkzeug.h"

enum { SLOT_WAIT_S = 2 };

struct shop_hasher_t {
    size_t memory; /* bytes */
    unsigned long long passes;
    char dummy[crypto_pwhash_STRBYTES];
    sem_t slots;
};

static apr_status_t destroy_slots(void *data)
{
    shop_hasher_t *hasher = data;

    sem_destroy(&hasher->slots);
    return APR_SUCCESS;
}

/* Monotonic: setting the clock must not change how long a request waits. */
static shop_error_t *take_slot(shop_hasher_t *hasher, apr_pool_t *pool)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SLOT_WAIT_S;
    while (sem_clockwait(&hasher->slots, CLOCK_MONOTONIC, &until) != 0) {
        if (errno != EINTR) {
            shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_HASH_BUSY,
                            "no password hashing slot became free within %d s (ShopHashSlots)",
                            SLOT_WAIT_S);
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
    apr_pool_cleanup_register(pool, made, destroy_slots, apr_pool_cleanup_null);
    *hasher = made;
    return NULL;
}

shop_error_t *shop_hasher_hash(const char **hash, shop_hasher_t *hasher, const char *password,
                               apr_pool_t *pool)
{
    char text[crypto_pwhash_STRBYTES];
    const char *opaque = shop_text_opaque(password, pool);
    int failed;

    SHOP_TRY(take_slot(hasher, pool));
    failed = crypto_pwhash_str_alg(text, opaque, strlen(opaque), hasher->passes, hasher->memory,
                                   crypto_pwhash_ALG_ARGON2ID13);
    sem_post(&hasher->slots);
    if (failed) {
        return no_memory(pool);
    }
    *hash = apr_pstrdup(pool, text);
    return NULL;
}

typedef enum { MATCH_NO, MATCH_YES, MATCH_NO_MEMORY } match_t;

static match_t argon2(const char *hash, const char *password)
{
    char text[crypto_pwhash_STRBYTES] = ""; /* libsodium reads a buffer of this size */

    if (strlen(hash) >= sizeof(text)) {
        return MATCH_NO;
    }
    memcpy(text, hash, strlen(hash));
    errno = 0;
    if (crypto_pwhash_str_verify(text, password, strlen(password)) == 0) {
        return MATCH_YES;
    }
    /* libsodium returns -1 for both; lack of memory must not look like a wrong password. */
    return errno == ENOMEM ? MATCH_NO_MEMORY : MATCH_NO;
}

/* The caller holds a slot. */
static match_t check(bool *rehash, const shop_hasher_t *hasher, const char *hash,
                     const char *password)
{
    if (hash && strncmp(hash, crypto_pwhash_STRPREFIX, strlen(crypto_pwhash_STRPREFIX)) != 0) {
        *rehash = true;
        switch (shop_werkzeug_verify(hash, password)) {
        case SHOP_WERKZEUG_YES: return MATCH_YES;
        case SHOP_WERKZEUG_NO: return MATCH_NO;
        case SHOP_WERKZEUG_NO_MEMORY: return MATCH_NO_MEMORY;
        case SHOP_WERKZEUG_FOREIGN: hash = NULL; break;
        }
    }
    if (!hash) {
        /* No such user, or an unknown hash: the same work, and never a match. */
        return argon2(hasher->dummy, password) == MATCH_NO_MEMORY ? MATCH_NO_MEMORY : MATCH_NO;
    }
    *rehash = crypto_pwhash_str_needs_rehash(hash, hasher->passes, hasher->memory) != 0;
    return argon2(hash, password);
}

shop_error_t *shop_hasher_verify(bool *matches, bool *rehash, shop_hasher_t *hasher,
                                 const char *hash, const char *password, apr_pool_t *pool)
{
    const char *opaque = shop_text_opaque(password, pool);
    match_t match;

    *matches = false;
    *rehash = false;
    SHOP_TRY(take_slot(hasher, pool));
    match = check(rehash, hasher, hash, opaque);
    if (match == MATCH_NO && opaque != password) {
        match = check(rehash, hasher, hash, password);
        *rehash = *rehash || match == MATCH_YES;
    }
    sem_post(&hasher->slots);
    if (match == MATCH_NO_MEMORY) {
        return no_memory(pool);
    }
    *matches = match == MATCH_YES;
    return NULL;
}
