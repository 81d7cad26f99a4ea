/* SPDX-License-Identifier: MIT
 * Counters in memory that the processes of one host share; see slots.h. */
#include "../base/clock.h"
#include "limiter.h"
#include "rate.h"
#include "slots.h"

/* State: 10 bits of the tag, 22 bits count, 32 bits end of the window in sixteenths of a second
 * (8 years of uptime). */
#define WORDS 2
#define END_BITS 32
#define MAX_COUNT 0x3fffff
#define TICK (APR_USEC_PER_SEC / 16)

typedef struct shm_limiter_t {
    shop_limiter_t port; /* first: the port is this object */
    shop_slots_t slots;
    int nodes;
} shm_limiter_t;

static uint64_t make_state(uint64_t tag, uint64_t count, uint32_t end)
{
    return tag >> SHOP_SLOT_CHECK_SHIFT << SHOP_SLOT_CHECK_SHIFT | count << END_BITS | end;
}

static uint32_t end_of(uint64_t state)
{
    return (uint32_t)state;
}

/* Hits of tag in a window that is still open; 0 when there is none. */
static uint64_t live_count(uint64_t state, uint64_t tag, uint32_t now)
{
    bool ours = state >> SHOP_SLOT_CHECK_SHIFT == tag >> SHOP_SLOT_CHECK_SHIFT;

    return ours && end_of(state) > now ? state >> END_BITS & MAX_COUNT : 0;
}

static void shm_hit(shop_limit_state_t *state, shop_limiter_t *port, const char *key, int limit,
                    int window_s, int cost, apr_pool_t *pool)
{
    shm_limiter_t *limiter = (shm_limiter_t *)port;
    uint64_t tag = shop_slots_tag(&limiter->slots, key);
    uint32_t now = (uint32_t)(shop_clock_monotonic() / TICK);
    uint32_t end = now + (uint32_t)window_s * 16;
    uint64_t most = (uint64_t)shop_rate_share(limit, limiter->nodes);
    shop_slot_t *slot = shop_slots_find(&limiter->slots, tag, cost > 0);
    uint64_t seen = slot ? atomic_load(&slot[SHOP_SLOT_STATE]) : 0;
    uint64_t count;

    (void)pool;
    most = most > MAX_COUNT - 1 ? MAX_COUNT - 1 : most;
    for (;;) {
        count = live_count(seen, tag, now);
        if (count) {
            end = end_of(seen);
        }
        /* The count stops at one above the limit, because further hits change nothing. */
        count = cost > 0 && count <= most ? count + (uint64_t)cost : count;
        count = count > most + 1 ? most + 1 : count;
        if (cost <= 0 || atomic_compare_exchange_weak(&slot[SHOP_SLOT_STATE], &seen,
                                                      make_state(tag, count, end))) {
            break;
        }
        if (atomic_load(&slot[SHOP_SLOT_TAG]) != tag) { /* another key took the slot */
            slot = shop_slots_find(&limiter->slots, tag, true);
            seen = atomic_load(&slot[SHOP_SLOT_STATE]);
        }
        end = now + (uint32_t)window_s * 16;
    }
    *state = shop_rate_state((int64_t)count, (int)most, ((int64_t)end - now) * 1000 / 16, cost);
}

static void shm_reset(shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    shm_limiter_t *limiter = (shm_limiter_t *)port;
    shop_slot_t *slot =
        shop_slots_find(&limiter->slots, shop_slots_tag(&limiter->slots, key), false);

    (void)pool;
    if (slot) {
        atomic_store(&slot[SHOP_SLOT_STATE], 0);
    }
}

shop_limiter_t *shop_limiter_shm(void *memory, apr_size_t size, int nodes, apr_pool_t *pool)
{
    shm_limiter_t *limiter = apr_pcalloc(pool, sizeof(*limiter));

    limiter->port.hit = shm_hit;
    limiter->port.reset = shm_reset;
    limiter->nodes = nodes;
    shop_slots_open(&limiter->slots, memory, size, WORDS, END_BITS, pool);
    return &limiter->port;
}
