/* SPDX-License-Identifier: MIT
 * No locks, and no order of events that turns doubt into "not revoked": a process that dies in the
 * middle of anything leaves a table that knows too much, never too little.
 *
 * A slot is free when its time is over. It is taken by one exchange of that time, so that nobody
 * else finds it free, and named afterwards; in between it speaks of its former owner, whose tokens
 * are over. */
#include "revoked_shm.h"

#include <apr_strings.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "../base/id.h"
#include "../hosts/pending_sync.h"

#define SLOTS 8192
#define NEIGHBOURS 32 /* slots that may hold an entry, beginning at the one its hash names */
#define MARGIN_S 60   /* as in revoked_redis.c */
#define NEARLY apr_time_from_sec(2) /* the same revocation, told with seconds rounded */

typedef struct slot_t {
    _Atomic uint64_t tag;
    _Atomic apr_time_t until;
} slot_t;

typedef struct block_t {
    _Atomic uint64_t hearing;    /* numbered from 1; 0: nobody ever listened */
    _Atomic uint64_t whole;      /* the hearing before which nothing is missing */
    _Atomic apr_time_t began;    /* that hearing */
    _Atomic apr_time_t latest;   /* every slot is free after it */
    _Atomic apr_time_t doubtful; /* something may be missing until then */
    char apart[64];
    slot_t slots[SLOTS];
} block_t;

typedef struct shm_revoked_t {
    shop_revoked_t port; /* first: the port is this object */
    shop_revoked_t *next;
    const shop_changes_t *changes;
    const unsigned *owed;
    block_t *block;
    int token_s;
} shm_revoked_t;

apr_size_t shop_revoked_shm_size(void)
{
    return sizeof(block_t);
}

static void raise_to(_Atomic apr_time_t *time, apr_time_t wanted)
{
    apr_time_t seen = atomic_load(time);

    while (seen < wanted && !atomic_compare_exchange_weak(time, &seen, wanted)) {
    }
}

/* Session ids are 128 random bits of our own drawing: nobody can make two share a slot or a tag,
 * so the hash needs no key. */
static uint64_t tag_of(const char *session_id, apr_pool_t *pool)
{
    const char *digest = shop_id_sha256(session_id, strlen(session_id), pool);

    return strtoull(apr_pstrmemdup(pool, digest, 16), NULL, 16);
}

static slot_t *slot_at(block_t *block, uint64_t tag, int neighbour)
{
    return &block->slots[(tag + (uint64_t)neighbour) % SLOTS];
}

static bool is_listed(block_t *block, uint64_t tag, apr_time_t until)
{
    for (int i = 0; i < NEIGHBOURS; i++) {
        slot_t *slot = slot_at(block, tag, i);

        if (atomic_load(&slot->tag) == tag && atomic_load(&slot->until) > until) {
            return true;
        }
    }
    return false;
}

/* An entry that is listed for a shorter time is not prolonged but listed again. */
static void list(block_t *block, uint64_t tag, apr_time_t until, apr_time_t now)
{
    raise_to(&block->latest, until);
    if (is_listed(block, tag, until - NEARLY)) {
        return;
    }
    for (int i = 0; i < NEIGHBOURS; i++) {
        slot_t *slot = slot_at(block, tag, i);
        apr_time_t seen = atomic_load(&slot->until);

        if (seen <= now && atomic_compare_exchange_strong(&slot->until, &seen, until)) {
            atomic_store(&slot->tag, tag);
            return;
        }
    }
    raise_to(&block->doubtful, until);
}

static int kept_s(const shm_revoked_t *revoked, int ttl_s)
{
    return (ttl_s > revoked->token_s ? ttl_s : revoked->token_s) + MARGIN_S;
}

/* ---- the port ---- */

/* In this order. One that begins to hear takes the trust away before it says that it hears; what
 * fills the table says what it had to leave out before it says that the table is whole. */
bool shop_revoked_shm_is_whole(const shop_revoked_t *port, apr_time_t now)
{
    const shm_revoked_t *revoked = (const shm_revoked_t *)port;
    block_t *block = revoked->block;
    apr_time_t long_ago = now - apr_time_from_sec(revoked->token_s + MARGIN_S);
    uint64_t hearing;

    if (!shop_changes_is_live(revoked->changes, now)) {
        return false;
    }
    hearing = atomic_load(&block->hearing);
    if (!hearing ||
        (atomic_load(&block->whole) != hearing && atomic_load(&block->began) > long_ago)) {
        return false;
    }
    return now >= atomic_load(&block->doubtful) &&
           !(revoked->owed && shop_pending_any(shop_pending_read(revoked->owed)));
}

/* Whether the table is whole is asked before it is searched: it may be filled in between. */
static shop_revoked_answer_t shm_look(shop_revoked_t *port, const char *session_id,
                                      apr_pool_t *pool)
{
    shm_revoked_t *revoked = (shm_revoked_t *)port;
    apr_time_t now = shop_clock_monotonic();
    bool whole = shop_revoked_shm_is_whole(port, now);

    if (now < atomic_load(&revoked->block->latest) &&
        is_listed(revoked->block, tag_of(session_id, pool), now)) {
        return SHOP_REVOKED_YES;
    }
    return whole ? SHOP_REVOKED_NO : revoked->next->look(revoked->next, session_id, pool);
}

/* Own table first: this host refuses at once, whatever Redis says. */
static void shm_tell(shop_revoked_t *port, const char *session_id, int ttl_s, apr_pool_t *pool)
{
    shm_revoked_t *revoked = (shm_revoked_t *)port;

    shop_revoked_shm_hear(port, session_id, kept_s(revoked, ttl_s), pool);
    revoked->next->tell(revoked->next, session_id, ttl_s, pool);
}

shop_revoked_t *shop_revoked_shm(void *memory, shop_revoked_t *next, const shop_changes_t *changes,
                                 int token_s, const unsigned *owed, apr_pool_t *pool)
{
    shm_revoked_t *revoked = apr_pcalloc(pool, sizeof(*revoked));

    revoked->port.look = shm_look;
    revoked->port.tell = shm_tell;
    revoked->next = next;
    revoked->changes = changes;
    revoked->owed = owed;
    revoked->block = memory ? memory : apr_pcalloc(pool, sizeof(block_t));
    revoked->token_s = token_s;
    return &revoked->port;
}

/* ---- the listener ---- */

uint64_t shop_revoked_shm_begin(shop_revoked_t *port, apr_time_t now)
{
    block_t *block = ((shm_revoked_t *)port)->block;

    atomic_store(&block->began, now);
    return atomic_fetch_add(&block->hearing, 1) + 1;
}

void shop_revoked_shm_whole(shop_revoked_t *port, uint64_t hearing)
{
    atomic_store(&((shm_revoked_t *)port)->block->whole, hearing);
}

void shop_revoked_shm_hear(shop_revoked_t *port, const char *session_id, int ttl_s,
                           apr_pool_t *pool)
{
    apr_time_t now = shop_clock_monotonic();

    list(((shm_revoked_t *)port)->block, tag_of(session_id, pool), now + apr_time_from_sec(ttl_s),
         now);
}

void shop_revoked_shm_doubt(shop_revoked_t *port, apr_time_t now)
{
    shm_revoked_t *revoked = (shm_revoked_t *)port;

    raise_to(&revoked->block->doubtful, now + apr_time_from_sec(revoked->token_s + MARGIN_S));
}
