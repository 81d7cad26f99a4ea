/* SPDX-License-Identifier: MIT
 * A table of sets: a token may lie in any place of the one set its digest names. */
#include "token_memory.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/id.h"

enum {
    PLACES = 4, /* of a set */
    SETS = SHOP_TOKEN_MEMORY / PLACES,
    LOCKS = 16,  /* so that threads seldom wait for one another */
    DIGEST = 64, /* hexadecimal digits of SHA-256 */
    ID_ROOM = 25,
    ROLE_ROOM = 6
};

typedef struct entry_t {
    char digest[DIGEST]; /* begins with 0: nothing is kept here */
    char subject[ID_ROOM], session[ID_ROOM], id[ID_ROOM];
    char role[ROLE_ROOM]; /* empty: none */
    shop_token_use_t use;
    apr_time_t issued_at, not_before, expires_at;
} entry_t;

struct shop_token_memory_t {
    entry_t (*sets)[PLACES]; /* from the heap: what was never used is never touched */
    pthread_mutex_t locks[LOCKS];
};

static apr_status_t destroy(void *baton)
{
    shop_token_memory_t *memory = baton;

    for (int i = 0; i < LOCKS; i++) {
        pthread_mutex_destroy(&memory->locks[i]);
    }
    free(memory->sets);
    return APR_SUCCESS;
}

shop_error_t *shop_token_memory_create(shop_token_memory_t **memory, apr_pool_t *pool)
{
    shop_token_memory_t *made = apr_pcalloc(pool, sizeof(*made));

    made->sets = calloc(SETS, sizeof(*made->sets));
    if (!made->sets) {
        return shop_err(pool, INTERNAL, "there is no memory for tokens");
    }
    for (int i = 0; i < LOCKS; i++) {
        pthread_mutex_init(&made->locks[i], NULL);
    }
    apr_pool_cleanup_register(pool, made, destroy, apr_pool_cleanup_null);
    *memory = made;
    return NULL;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* By the first digits: SHA-256 spreads them evenly. */
static int set_of(const char *digest)
{
    return (((digit(digest[0]) * 16 + digit(digest[1])) * 16 + digit(digest[2])) * 16 +
            digit(digest[3])) %
           SETS;
}

static entry_t *find(entry_t *set, const char *digest)
{
    for (int i = 0; i < PLACES; i++) {
        if (!CRYPTO_memcmp(set[i].digest, digest, DIGEST)) {
            return &set[i];
        }
    }
    return NULL;
}

bool shop_token_memory_recall(shop_claims_t *claims, apr_time_t *not_before,
                              shop_token_memory_t *memory, const char *token, apr_pool_t *pool)
{
    const char *digest = shop_id_sha256(token, strlen(token), pool);
    int set = set_of(digest);
    const entry_t *entry;
    bool found;

    pthread_mutex_lock(&memory->locks[set % LOCKS]);
    entry = find(memory->sets[set], digest);
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
    pthread_mutex_unlock(&memory->locks[set % LOCKS]);
    return found;
}

static bool fits(const char *text, size_t room)
{
    return !text || strlen(text) < room;
}

static entry_t *first_to_expire(entry_t *set)
{
    entry_t *first = set;

    for (int i = 1; i < PLACES; i++) {
        first = set[i].expires_at < first->expires_at ? &set[i] : first;
    }
    return first;
}

void shop_token_memory_keep(shop_token_memory_t *memory, const char *token,
                            const shop_claims_t *claims, apr_time_t not_before, apr_pool_t *pool)
{
    const char *digest = shop_id_sha256(token, strlen(token), pool);
    int set = set_of(digest);
    entry_t *entry;

    if (!fits(claims->subject, ID_ROOM) || !fits(claims->session, ID_ROOM) ||
        !fits(claims->id, ID_ROOM) || !fits(claims->role, ROLE_ROOM)) {
        return;
    }
    pthread_mutex_lock(&memory->locks[set % LOCKS]);
    entry = find(memory->sets[set], digest);
    entry = entry ? entry : first_to_expire(memory->sets[set]);
    memcpy(entry->digest, digest, DIGEST);
    entry->use = claims->use;
    apr_cpystrn(entry->subject, claims->subject, ID_ROOM);
    apr_cpystrn(entry->session, claims->session, ID_ROOM);
    apr_cpystrn(entry->id, claims->id, ID_ROOM);
    apr_cpystrn(entry->role, claims->role ? claims->role : "", ROLE_ROOM);
    entry->issued_at = claims->issued_at;
    entry->not_before = not_before;
    entry->expires_at = claims->expires_at;
    pthread_mutex_unlock(&memory->locks[set % LOCKS]);
}
