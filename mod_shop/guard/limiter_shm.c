/* SPDX-License-Identifier: MIT
 * Counters in memory that the processes of one host share. No locks: a process that dies in the
 * middle of anything leaves a table that is as good as before. What stands behind the memory may be
 * anything that was zeroed once. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/id.h"
#include "limiter.h"
#include "rate.h"

/* A slot is two words that no instruction changes together. Hence the state repeats ten bits of
 * the tag: after a slot changed hands, the count of its former owner is recognised and dropped.
 * State: 10 bits of the tag, 22 bits count, 32 bits end of the window in sixteenths of a second
 * (8 years of uptime). */
typedef struct slot_t {
    _Atomic uint64_t tag; /* 0: free */
    _Atomic uint64_t state;
} slot_t;

#define NEIGHBOURS 8
#define OWN_SIZE (1024 * 1024)
#define MAX_COUNT 0x3fffff
#define TICK (APR_USEC_PER_SEC / 16)

typedef struct shm_limiter_t {
    shop_limiter_t port;    /* first: the port is this object */
    _Atomic uint64_t *seed; /* drawn once, so that nobody can compute which keys share a slot */
    slot_t *slots;
    uint64_t count; /* of slots */
    int nodes;
} shm_limiter_t;

static uint64_t check_of(uint64_t tag)
{
    return tag >> 54;
}

static uint64_t make_state(uint64_t tag, uint64_t count, uint32_t end)
{
    return check_of(tag) << 54 | count << 32 | end;
}

static uint32_t end_of(uint64_t state)
{
    return (uint32_t)state;
}

static uint64_t count_of(uint64_t state)
{
    return state >> 32 & MAX_COUNT;
}

/* Hits of tag in a window that is still open; 0 when there is none. */
static uint64_t live_count(uint64_t state, uint64_t tag, uint32_t now)
{
    return state >> 54 == check_of(tag) && end_of(state) > now ? count_of(state) : 0;
}

static uint64_t seed_of(shm_limiter_t *limiter)
{
    uint64_t seed = atomic_load(limiter->seed);
    uint64_t mine = 0;

    if (seed) {
        return seed;
    }
    if (apr_generate_random_bytes((unsigned char *)&mine, sizeof(mine)) != APR_SUCCESS || !mine) {
        mine = (uint64_t)shop_clock_monotonic() | 1;
    }
    return atomic_compare_exchange_strong(limiter->seed, &seed, mine) ? mine : seed;
}

/* Never 0. */
static uint64_t tag_of(shm_limiter_t *limiter, const char *key, apr_pool_t *pool)
{
    const char *text =
        apr_psprintf(pool, "%" APR_UINT64_T_HEX_FMT ":%s", (apr_uint64_t)seed_of(limiter), key);
    const char *digest = shop_id_sha256(text, strlen(text), pool);
    uint64_t tag = 0;

    for (int i = 0; i < 16; i++) {
        char c = digest[i];

        tag = tag << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return tag ? tag : 1;
}

/* The slot of tag; with claim, one is taken for it: a free one, else the one whose window ends or
 * ended first. NULL only without claim. */
static slot_t *find_slot(shm_limiter_t *limiter, uint64_t tag, bool claim)
{
    slot_t *first = limiter->slots + tag % (limiter->count / NEIGHBOURS) * NEIGHBOURS;

    for (;;) {
        slot_t *oldest = NULL;
        uint64_t owner = 0;
        uint64_t state = 0;
        uint32_t best = UINT32_MAX;

        for (int i = 0; i < NEIGHBOURS; i++) {
            uint64_t seen = atomic_load(&first[i].tag);
            uint64_t found = atomic_load(&first[i].state);
            uint32_t end = seen ? end_of(found) : 0;

            if (seen == tag) {
                return &first[i];
            }
            /* A free slot counts as the oldest of all, the first one before the others: then two
             * threads with the same new key want the same slot, and one of them finds it made. */
            if (!oldest || (owner && (!seen || end < best))) {
                oldest = &first[i];
                owner = seen;
                state = found;
                best = end;
            }
        }
        if (!claim) {
            return NULL;
        }
        if (atomic_compare_exchange_strong(&oldest->tag, &owner, tag)) {
            /* Of 1,024 former owners one has our ten bits. Only the state seen before the slot
             * became ours is wiped: what others counted for the same key since is kept. */
            atomic_compare_exchange_strong(&oldest->state, &state, 0);
            return oldest;
        }
    }
}

static void shm_hit(shop_limit_state_t *state, shop_limiter_t *port, const char *key, int limit,
                    int window_s, int cost, apr_pool_t *pool)
{
    shm_limiter_t *limiter = (shm_limiter_t *)port;
    uint64_t tag = tag_of(limiter, key, pool);
    uint32_t now = (uint32_t)(shop_clock_monotonic() / TICK);
    uint32_t end = now + (uint32_t)window_s * 16;
    uint64_t most = (uint64_t)shop_rate_share(limit, limiter->nodes);
    slot_t *slot = find_slot(limiter, tag, cost > 0);
    uint64_t seen = slot ? atomic_load(&slot->state) : 0;
    uint64_t count;

    most = most > MAX_COUNT - 1 ? MAX_COUNT - 1 : most;
    for (;;) {
        count = live_count(seen, tag, now);
        if (count) {
            end = end_of(seen);
        }
        /* Refused hits are not counted: the limit plus one says all that is to say. */
        count = cost > 0 && count <= most ? count + (uint64_t)cost : count;
        count = count > most + 1 ? most + 1 : count;
        if (cost <= 0 ||
            atomic_compare_exchange_weak(&slot->state, &seen, make_state(tag, count, end))) {
            break;
        }
        if (atomic_load(&slot->tag) != tag) { /* the slot was taken from us meanwhile */
            slot = find_slot(limiter, tag, true);
            seen = atomic_load(&slot->state);
        }
        end = now + (uint32_t)window_s * 16;
    }
    *state = shop_rate_state((int64_t)count, (int)most, ((int64_t)end - now) * 1000 / 16, cost);
}

static void shm_forget(shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    shm_limiter_t *limiter = (shm_limiter_t *)port;
    slot_t *slot = find_slot(limiter, tag_of(limiter, key, pool), false);

    if (slot) {
        atomic_store(&slot->state, 0);
    }
}

shop_limiter_t *shop_limiter_shm(void *memory, apr_size_t size, int nodes, apr_pool_t *pool)
{
    shm_limiter_t *limiter = apr_pcalloc(pool, sizeof(*limiter));
    /* Head and slots on cache lines of their own. */
    const apr_size_t line = 64;
    apr_size_t skip;

    if (!memory || size < 4 * line + NEIGHBOURS * sizeof(slot_t)) {
        size = OWN_SIZE;
        memory = apr_pcalloc(pool, size);
    }
    skip = (line - (uintptr_t)memory % line) % line;
    limiter->port.hit = shm_hit;
    limiter->port.forget = shm_forget;
    limiter->seed = (void *)((char *)memory + skip);
    limiter->slots = (void *)((char *)memory + skip + line);
    limiter->count = (size - skip - line) / sizeof(slot_t) / NEIGHBOURS * NEIGHBOURS;
    limiter->nodes = nodes;
    return &limiter->port;
}
