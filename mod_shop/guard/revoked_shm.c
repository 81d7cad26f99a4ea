/* SPDX-License-Identifier: MIT
 * No locks, and no order of events in which an incomplete table answers "not ended": a process that
 * ends at any point leaves a table with entries too many, never too few.
 *
 * A slot is free when it has expired. It is taken by exchanging its expiry, so that no other
 * process finds it free, and its tag is set afterwards. In between it holds the tag of the former
 * session, whose tokens have expired. */
#include "revoked_shm.h"

#include <apr_strings.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "../base/id.h"
#include "../hosts/pending_sync.h"

#define SLOTS 8192
#define NEIGHBOURS 32 /* slots that may hold an entry, from the one that its hash selects */
#define MARGIN_S 60   /* as in revoked_redis.c */
#define TOLERANCE apr_time_from_sec(2) /* the same revocation with a rounded expiry */

typedef struct slot_t {
    _Atomic uint64_t tag;
    _Atomic apr_time_t until;
} slot_t;

typedef struct block_t {
    _Atomic uint64_t subscription;       /* number of the present one; 0: there was none yet */
    _Atomic uint64_t complete;           /* subscription before which no entry is missing */
    _Atomic apr_time_t subscribed_at;    /* of the present subscription */
    _Atomic apr_time_t latest_expiry;    /* of all slots */
    _Atomic apr_time_t incomplete_until; /* entries may be missing until then */
    char padding[64];
    slot_t slots[SLOTS];
} block_t;

typedef struct shm_revoked_t {
    shop_revoked_t port; /* first: the port is this object */
    shop_revoked_t *next;
    const shop_changes_t *changes;
    const unsigned *pending;
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

/* Session ids are 128 random bits drawn by the shop: clients cannot produce collisions, so the hash
 * needs no key. */
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

/* An entry with an earlier expiry is not changed; a second one is added. */
static void add_entry(block_t *block, uint64_t tag, apr_time_t until, apr_time_t now)
{
    raise_to(&block->latest_expiry, until);
    if (is_listed(block, tag, until - TOLERANCE)) {
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
    raise_to(&block->incomplete_until, until);
}

static int entry_ttl_s(const shm_revoked_t *revoked, int ttl_s)
{
    return (ttl_s > revoked->token_s ? ttl_s : revoked->token_s) + MARGIN_S;
}

/* ---- the port ---- */

/* The order matters. A new subscription is numbered before it is called live, and incomplete_until
 * is set before a table is called complete. */
bool shop_revoked_shm_is_complete(const shop_revoked_t *port, apr_time_t now)
{
    const shm_revoked_t *revoked = (const shm_revoked_t *)port;
    block_t *block = revoked->block;
    apr_time_t oldest = now - apr_time_from_sec(revoked->token_s + MARGIN_S);
    uint64_t subscription;

    if (!shop_changes_is_live(revoked->changes, now)) {
        return false;
    }
    subscription = atomic_load(&block->subscription);
    if (!subscription || (atomic_load(&block->complete) != subscription &&
                          atomic_load(&block->subscribed_at) > oldest)) {
        return false;
    }
    return now >= atomic_load(&block->incomplete_until) &&
           !(revoked->pending && shop_pending_any(shop_pending_read(revoked->pending)));
}

/* Completeness is read before the table is searched, because entries may be added in between. */
static shop_revoked_answer_t shm_lookup(shop_revoked_t *port, const char *session_id,
                                        apr_pool_t *pool)
{
    shm_revoked_t *revoked = (shm_revoked_t *)port;
    apr_time_t now = shop_clock_monotonic();
    bool complete = shop_revoked_shm_is_complete(port, now);

    if (now < atomic_load(&revoked->block->latest_expiry) &&
        is_listed(revoked->block, tag_of(session_id, pool), now)) {
        return SHOP_REVOKED_YES;
    }
    return complete ? SHOP_REVOKED_NO : revoked->next->lookup(revoked->next, session_id, pool);
}

/* The table first: this host refuses the session at once, also when Redis is unavailable. */
static void shm_add(shop_revoked_t *port, const char *session_id, int ttl_s, apr_pool_t *pool)
{
    shm_revoked_t *revoked = (shm_revoked_t *)port;

    shop_revoked_shm_add(port, session_id, entry_ttl_s(revoked, ttl_s), pool);
    revoked->next->add(revoked->next, session_id, ttl_s, pool);
}

shop_revoked_t *shop_revoked_shm(void *memory, shop_revoked_t *next, const shop_changes_t *changes,
                                 int token_s, const unsigned *pending, apr_pool_t *pool)
{
    shm_revoked_t *revoked = apr_pcalloc(pool, sizeof(*revoked));

    revoked->port.lookup = shm_lookup;
    revoked->port.add = shm_add;
    revoked->next = next;
    revoked->changes = changes;
    revoked->pending = pending;
    revoked->block = memory ? memory : apr_pcalloc(pool, sizeof(block_t));
    revoked->token_s = token_s;
    return &revoked->port;
}

/* ---- the listener ---- */

uint64_t shop_revoked_shm_subscribed(shop_revoked_t *port, apr_time_t now)
{
    block_t *block = ((shm_revoked_t *)port)->block;

    atomic_store(&block->subscribed_at, now);
    return atomic_fetch_add(&block->subscription, 1) + 1;
}

void shop_revoked_shm_complete(shop_revoked_t *port, uint64_t subscription)
{
    atomic_store(&((shm_revoked_t *)port)->block->complete, subscription);
}

void shop_revoked_shm_add(shop_revoked_t *port, const char *session_id, int ttl_s, apr_pool_t *pool)
{
    apr_time_t now = shop_clock_monotonic();

    add_entry(((shm_revoked_t *)port)->block, tag_of(session_id, pool),
              now + apr_time_from_sec(ttl_s), now);
}

void shop_revoked_shm_incomplete(shop_revoked_t *port, apr_time_t now)
{
    shm_revoked_t *revoked = (shm_revoked_t *)port;

    raise_to(&revoked->block->incomplete_until,
             now + apr_time_from_sec(revoked->token_s + MARGIN_S));
}
