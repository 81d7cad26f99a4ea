/* SPDX-License-Identifier: MIT
 * A set-associative table: a token may be in any way of the set that its digest selects. */
#include "token_cache.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/id.h"

enum {
    WAYS = 4, /* entries of a set */
    SETS = SHOP_TOKEN_CACHE_SIZE / WAYS,
    LOCKS = 16,   /* so that threads seldom wait for a lock */
    DIGEST = 64,  /* hexadecimal digits of SHA-256 */
    ID_SIZE = 25, /* with NUL */
    ROLE_SIZE = 6
};

typedef struct entry_t {
    char digest[DIGEST]; /* first byte 0: empty */
    char subject[ID_SIZE], session[ID_SIZE], id[ID_SIZE];
    char role[ROLE_SIZE]; /* empty: none */
    shop_token_use_t use;
    apr_time_t issued_at, not_before, expires_at;
} entry_t;

struct shop_token_cache_t {
    entry_t (*sets)[WAYS]; /* from calloc: pages that are never used take no memory */
    pthread_mutex_t locks[LOCKS];
};

static apr_status_t destroy(void *baton)
{
    shop_token_cache_t *cache = baton;

    for (int i = 0; i < LOCKS; i++) {
        pthread_mutex_destroy(&cache->locks[i]);
    }
    free(cache->sets);
    return APR_SUCCESS;
}

shop_error_t *shop_token_cache_create(shop_token_cache_t **cache, apr_pool_t *pool)
{
    shop_token_cache_t *made = apr_pcalloc(pool, sizeof(*made));

    made->sets = calloc(SETS, sizeof(*made->sets));
    if (!made->sets) {
        return shop_err(pool, INTERNAL, "there is no memory for the token cache");
    }
    for (int i = 0; i < LOCKS; i++) {
        pthread_mutex_init(&made->locks[i], NULL);
    }
    apr_pool_cleanup_register(pool, made, destroy, apr_pool_cleanup_null);
    *cache = made;
    return NULL;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* By the first digits, which SHA-256 distributes evenly. */
static int set_of(const char *digest)
{
    return (((digit(digest[0]) * 16 + digit(digest[1])) * 16 + digit(digest[2])) * 16 +
            digit(digest[3])) %
           SETS;
}

static entry_t *find(entry_t *set, const char *digest)
{
    for (int i = 0; i < WAYS; i++) {
        if (!CRYPTO_memcmp(set[i].digest, digest, DIGEST)) {
            return &set[i];
        }
    }
    return NULL;
}

bool shop_token_cache_get(shop_claims_t *claims, apr_time_t *not_before, shop_token_cache_t *cache,
                          const char *token, apr_pool_t *pool)
{
    const char *digest = shop_id_sha256(token, strlen(token), pool);
    int set = set_of(digest);
    const entry_t *entry;
    bool found;

    pthread_mutex_lock(&cache->locks[set % LOCKS]);
    entry = find(cache->sets[set], digest);
    found = entry && entry->use == claims->use;
    if (found) {
        claims->subject = apr_pstrdup(pool, entry->subject);
        claims->session = apr_pstrdup(pool, entry->session);
        claims->id = apr_pstrdup(pool, entry->id);
        claims->role = *entry->role ? apr_pstrdup(pool, entry->role) : NULL;
        claims->issued_at = entry->issued_at;
        claims->expires_at = entry->expires_at;
        *not_before = entry->not_before;
    }
    pthread_mutex_unlock(&cache->locks[set % LOCKS]);
    return found;
}

static bool fits(const char *text, size_t size)
{
    return !text || strlen(text) < size;
}

static entry_t *first_to_expire(entry_t *set)
{
    entry_t *first = set;

    for (int i = 1; i < WAYS; i++) {
        first = set[i].expires_at < first->expires_at ? &set[i] : first;
    }
    return first;
}

void shop_token_cache_put(shop_token_cache_t *cache, const char *token, const shop_claims_t *claims,
                          apr_time_t not_before, apr_pool_t *pool)
{
    const char *digest = shop_id_sha256(token, strlen(token), pool);
    int set = set_of(digest);
    entry_t *entry;

    if (!fits(claims->subject, ID_SIZE) || !fits(claims->session, ID_SIZE) ||
        !fits(claims->id, ID_SIZE) || !fits(claims->role, ROLE_SIZE)) {
        return;
    }
    pthread_mutex_lock(&cache->locks[set % LOCKS]);
    entry = find(cache->sets[set], digest);
    entry = entry ? entry : first_to_expire(cache->sets[set]);
    memcpy(entry->digest, digest, DIGEST);
    entry->use = claims->use;
    apr_cpystrn(entry->subject, claims->subject, ID_SIZE);
    apr_cpystrn(entry->session, claims->session, ID_SIZE);
    apr_cpystrn(entry->id, claims->id, ID_SIZE);
    apr_cpystrn(entry->role, claims->role ? claims->role : "", ROLE_SIZE);
    entry->issued_at = claims->issued_at;
    entry->not_before = not_before;
    entry->expires_at = claims->expires_at;
    pthread_mutex_unlock(&cache->locks[set % LOCKS]);
}
