/* SPDX-License-Identifier: MIT
 * Leased permits in memory that the processes of one host share (slots.h), so that a hit costs an
 * atomic decrement and not a round trip. The lessor counts a permit before it is used: permits may
 * be lost (slot reused, window ended, process ended), but never created. */
#include <apr_strings.h>

#include "../base/clock.h"
#include "limiter.h"
#include "rate.h"
#include "slots.h"

/* State: 10 bits of the tag, 3 bits step, 17 bits permits, 34 bits end of the window in 1/64 s (8
 * years of uptime). A lease has at most 4^step permits: a key that is hit once in a window leases
 * no further permit, so none is lost when its slot is reused. */
#define END_BITS 34
#define PERMIT (UINT64_C(1) << END_BITS)
#define MAX_PERMITS 0x1ffff
#define STEP_SHIFT 51
#define MAX_STEP 5 /* 1,024 permits */
#define PARTS 32   /* of the limit; a larger lease would leave too many permits on one host */
#define TICKS 64   /* per second */

/* Tally: 10 bits that identify the window of the state, 27 bits hits as last known by the lessor,
 * 27 bits hits allowed here since and not yet reported. Void when its window is not the state's. */
enum { TALLY = SHOP_SLOT_MORE, WORDS = 4 };
#define COUNT_BITS 27
#define MAX_COUNT ((UINT64_C(1) << COUNT_BITS) - 1)

typedef struct lease_limiter_t {
    shop_limiter_t port; /* first: the port is this object */
    shop_limiter_t *lessor;
    shop_slots_t slots;
    int nodes;
} lease_limiter_t;

typedef struct hit_t {
    lease_limiter_t *limiter;
    const char *key;
    uint64_t tag;
    int limit, window_s;
    apr_pool_t *pool;
} hit_t;

typedef struct lease_t {
    bool live; /* else all is 0 */
    uint64_t step, permits, end;
} lease_t;

typedef struct tally_t {
    uint64_t counted, unreported;
} tally_t;

static uint64_t to_ticks(apr_time_t time)
{
    return (uint64_t)time * TICKS / APR_USEC_PER_SEC;
}

static int64_t ms_until(uint64_t end, uint64_t now)
{
    return end > now ? (int64_t)(end - now) * 1000 / TICKS : 0;
}

static lease_t lease_of(uint64_t state, uint64_t tag, uint64_t now)
{
    lease_t lease = { false, 0, 0, 0 };
    uint64_t end = state & (PERMIT - 1);

    if (state >> SHOP_SLOT_CHECK_SHIFT == tag >> SHOP_SLOT_CHECK_SHIFT && end > now) {
        lease = (lease_t){ true, state >> STEP_SHIFT & 7, state / PERMIT & MAX_PERMITS, end };
    }
    return lease;
}

static uint64_t make_state(uint64_t tag, const lease_t *lease)
{
    return tag >> SHOP_SLOT_CHECK_SHIFT << SHOP_SLOT_CHECK_SHIFT | lease->step << STEP_SHIFT |
           lease->permits * PERMIT | lease->end;
}

/* State and tally are two words, so they do not change together; the tally of an earlier window
 * must not be taken for this one's. */
static uint64_t window_id(uint64_t tag, uint64_t end)
{
    return ((tag ^ end) * UINT64_C(0x9e3779b97f4a7c15)) >> (2 * COUNT_BITS);
}

static tally_t tally_of(uint64_t word, uint64_t tag, uint64_t end)
{
    tally_t tally = { 0, 0 };

    if (word >> (2 * COUNT_BITS) == window_id(tag, end)) {
        tally = (tally_t){ word >> COUNT_BITS & MAX_COUNT, word & MAX_COUNT };
    }
    return tally;
}

static uint64_t make_tally(uint64_t tag, uint64_t end, tally_t tally)
{
    uint64_t counted = tally.counted < MAX_COUNT ? tally.counted : MAX_COUNT;
    uint64_t unreported = tally.unreported < MAX_COUNT ? tally.unreported : MAX_COUNT;

    return window_id(tag, end) << (2 * COUNT_BITS) | counted << COUNT_BITS | unreported;
}

/* Before a window begins: clears a tally of an earlier window that has the same id by chance (1 in
 * 1,024). */
static void clear_tally(shop_slot_t *slot, uint64_t seen, uint64_t tag, uint64_t end)
{
    uint64_t word = atomic_load(&slot[TALLY]);

    if (word >> (2 * COUNT_BITS) == window_id(tag, end) &&
        atomic_load(&slot[SHOP_SLOT_STATE]) == seen) {
        atomic_compare_exchange_strong(&slot[TALLY], &word, 0);
    }
}

/* Hits of all hosts. While the lessor is unavailable, the other hosts are assumed to allow as many
 * as this one: the estimate may be too high, never too low. */
static int64_t known_count(tally_t tally, const hit_t *hit)
{
    int nodes = hit->limiter->nodes > 1 ? hit->limiter->nodes : 1;
    int64_t count = (int64_t)tally.counted + (int64_t)tally.unreported * nodes;

    return count < hit->limit ? count : hit->limit;
}

static shop_limit_state_t allowed(int64_t count, const hit_t *hit, int64_t left_ms)
{
    return shop_rate_state(count < 1 ? 1 : count, hit->limit, left_ms, 1);
}

static shop_limit_state_t refused(const hit_t *hit, int64_t left_ms)
{
    return shop_rate_state((int64_t)hit->limit + 1, hit->limit, left_ms, 1);
}

/* Decides with the permits of this host; false when permits must be acquired. */
static bool use_permit(shop_limit_state_t *state, const hit_t *hit, shop_slot_t *slot)
{
    uint64_t now = to_ticks(shop_clock_monotonic());
    uint64_t seen = atomic_load(&slot[SHOP_SLOT_STATE]);
    int64_t count;
    lease_t lease;

    do {
        lease = lease_of(seen, hit->tag, now);
        if (!lease.live) {
            return false;
        }
    } while (lease.permits &&
             !atomic_compare_exchange_weak(&slot[SHOP_SLOT_STATE], &seen, seen - PERMIT));
    count = known_count(tally_of(atomic_load(&slot[TALLY]), hit->tag, lease.end), hit);
    if (lease.permits) {
        *state = allowed(count - (int64_t)(lease.permits - 1), hit, ms_until(lease.end, now));
        return true;
    }
    if (count < hit->limit) {
        return false;
    }
    *state = refused(hit, ms_until(lease.end, now));
    return true;
}

/* The lessor has counted the unreported hits of `reported` in total. before and end: the window's
 * end before and after this lease. */
static void update_tally(shop_slot_t *slot, uint64_t tag, uint64_t before, uint64_t end,
                         tally_t reported, int64_t total)
{
    uint64_t word = atomic_load(&slot[TALLY]);
    tally_t tally;

    do {
        tally = tally_of(word, tag, end);
        if (!tally.counted && !tally.unreported) {
            tally = tally_of(word, tag, before);
        }
        /* Several threads may have reported the same hits; only one subtracts them. */
        if (tally.counted == reported.counted && tally.unreported >= reported.unreported) {
            tally.unreported -= reported.unreported;
        }
        if ((int64_t)tally.counted < total) {
            tally.counted = (uint64_t)total;
        }
    } while (!atomic_compare_exchange_weak(&slot[TALLY], &word, make_tally(tag, end, tally)));
}

/* Adds the permits of a lease that was requested at `sent` with the tally `reported`. */
static void add_permits(const hit_t *hit, const shop_lease_t *granted, tally_t reported,
                        apr_time_t sent)
{
    shop_slot_t *slot = shop_slots_find(&hit->limiter->slots, hit->tag, true);
    uint64_t now = to_ticks(shop_clock_monotonic());
    /* From before the request, so that no permit outlives its window at the lessor. */
    uint64_t end = to_ticks(sent + granted->window_ms * 1000);
    uint64_t seen = atomic_load(&slot[SHOP_SLOT_STATE]);
    lease_t old, next;

    if (end <= now) {
        return;
    }
    do {
        old = lease_of(seen, hit->tag, now);
        /* Neither end is too late; with the earlier one the tally stays valid. */
        next.end = old.live && old.end < end ? old.end : end;
        next.step = old.step < MAX_STEP ? old.step + 1 : MAX_STEP;
        next.permits = old.permits + (granted->granted > 0 ? (uint64_t)granted->granted - 1 : 0);
        next.permits = next.permits < MAX_PERMITS ? next.permits : MAX_PERMITS;
        if (!old.live) {
            clear_tally(slot, seen, hit->tag, end);
        }
    } while (
        !atomic_compare_exchange_weak(&slot[SHOP_SLOT_STATE], &seen, make_state(hit->tag, &next)));
    update_tally(slot, hit->tag, old.live ? old.end : next.end, next.end, reported, granted->total);
}

static int lease_size(int limit, uint64_t step)
{
    int most = 1 << 2 * step;
    int part = limit / PARTS;

    return part < 1 ? 1 : part < most ? part : most;
}

/* Leases permits and uses one. false: the lessor is unavailable. */
static bool acquire(shop_limit_state_t *state, const hit_t *hit, shop_slot_t *slot)
{
    shop_limiter_t *lessor = hit->limiter->lessor;
    apr_time_t sent = shop_clock_monotonic();
    uint64_t now = to_ticks(sent);
    lease_t lease = lease_of(atomic_load(&slot[SHOP_SLOT_STATE]), hit->tag, now);
    tally_t reported = { 0, 0 };
    shop_lease_t request = { .limit = hit->limit,
                             .window_s = hit->window_s,
                             .wanted = lease_size(hit->limit, lease.step) };

    if (lease.live) {
        reported = tally_of(atomic_load(&slot[TALLY]), hit->tag, lease.end);
        request.counted = known_count(reported, hit);
        request.left_ms = ms_until(lease.end, now);
    }
    if (!lessor->acquire(&request, lessor, hit->key, hit->pool)) {
        return false;
    }
    add_permits(hit, &request, reported, sent);
    *state = request.granted > 0
                 ? allowed(request.total - request.granted + 1, hit, request.window_ms)
                 : refused(hit, request.window_ms);
    return true;
}

/* Without the lessor: within this host's share. */
static shop_limit_state_t use_share(const hit_t *hit)
{
    shop_slot_t *slot = shop_slots_find(&hit->limiter->slots, hit->tag, true);
    uint64_t now = to_ticks(shop_clock_monotonic());
    uint64_t seen = atomic_load(&slot[SHOP_SLOT_STATE]);
    lease_t lease = lease_of(seen, hit->tag, now);
    uint64_t word;
    int64_t left;
    int share;
    tally_t tally;

    while (!lease.live) {
        lease_t fresh = { true, 0, 0, now + (uint64_t)hit->window_s * TICKS };

        clear_tally(slot, seen, hit->tag, fresh.end);
        if (atomic_compare_exchange_weak(&slot[SHOP_SLOT_STATE], &seen,
                                         make_state(hit->tag, &fresh))) {
            lease = fresh;
        } else {
            lease = lease_of(seen, hit->tag, now);
        }
    }
    left = ms_until(lease.end, now);
    word = atomic_load(&slot[TALLY]);
    do {
        tally = tally_of(word, hit->tag, lease.end);
        if ((int64_t)tally.counted >= hit->limit) {
            return refused(hit, left);
        }
        share = shop_rate_share(hit->limit - (int)tally.counted, hit->limiter->nodes);
        if ((int64_t)tally.unreported >= share) {
            return refused(hit, left);
        }
        tally.unreported++;
    } while (
        !atomic_compare_exchange_weak(&slot[TALLY], &word, make_tally(hit->tag, lease.end, tally)));
    return allowed(hit->limit - (share - (int64_t)tally.unreported), hit, left);
}

static void lease_hit(shop_limit_state_t *state, shop_limiter_t *port, const char *key, int limit,
                      int window_s, int cost, apr_pool_t *pool)
{
    lease_limiter_t *limiter = (lease_limiter_t *)port;
    hit_t hit = { limiter, key, 0, limit, window_s, pool };
    shop_slot_t *slot;

    if (cost != 1) {
        limiter->lessor->hit(state, limiter->lessor, key, limit, window_s, cost, pool);
        return;
    }
    hit.tag = shop_slots_tag(&limiter->slots, key);
    slot = shop_slots_find(&limiter->slots, hit.tag, true);
    if (!use_permit(state, &hit, slot) && !acquire(state, &hit, slot)) {
        *state = use_share(&hit);
    }
}

static void lease_reset(shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    lease_limiter_t *limiter = (lease_limiter_t *)port;
    shop_slot_t *slot =
        shop_slots_find(&limiter->slots, shop_slots_tag(&limiter->slots, key), false);

    limiter->lessor->reset(limiter->lessor, key, pool);
    if (slot) {
        atomic_store(&slot[SHOP_SLOT_STATE], 0);
    }
}

shop_limiter_t *shop_limiter_lease(shop_limiter_t *lessor, void *memory, apr_size_t size, int nodes,
                                   apr_pool_t *pool)
{
    lease_limiter_t *limiter = apr_pcalloc(pool, sizeof(*limiter));

    limiter->port.hit = lease_hit;
    limiter->port.reset = lease_reset;
    limiter->lessor = lessor;
    limiter->nodes = nodes;
    shop_slots_open(&limiter->slots, memory, size, WORDS, END_BITS, pool);
    return &limiter->port;
}
