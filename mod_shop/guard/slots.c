/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <apr_general.h>
#include <apr_siphash.h>
#include <string.h>

#include "../base/clock.h"

#define NEIGHBOURS 8
#define OWN_BYTES (1024 * 1024)
#define LINE 64 /* head and slots are on separate cache lines */

void shop_slots_open(shop_slots_t *slots, void *memory, apr_size_t bytes, unsigned words,
                     unsigned end_bits, apr_pool_t *pool)
{
    const apr_size_t slot = words * sizeof(shop_slot_t);
    apr_size_t skip;

    if (!memory || bytes < (apr_size_t)2 * LINE + NEIGHBOURS * slot) {
        bytes = OWN_BYTES;
        memory = apr_pcalloc(pool, bytes);
    }
    skip = (LINE - (uintptr_t)memory % LINE) % LINE;
    slots->secret = (void *)((char *)memory + skip);
    slots->words = (void *)((char *)memory + skip + LINE);
    slots->count = (bytes - skip - LINE) / slot / NEIGHBOURS * NEIGHBOURS;
    slots->size = words;
    slots->end_mask = (UINT64_C(1) << end_bits) - 1;
}

/* A random word, drawn by the first process; 0: not drawn yet. */
static uint64_t random_word(shop_slot_t *word)
{
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
    uint64_t mine = 0;

    if (seen) {
        return seen;
    }
    if (apr_generate_random_bytes((unsigned char *)&mine, sizeof(mine)) != APR_SUCCESS || !mine) {
        mine = (uint64_t)shop_clock_monotonic() | 1;
    }
    return atomic_compare_exchange_strong(word, &seen, mine) ? mine : seen;
}

uint64_t shop_slots_tag(const shop_slots_t *slots, const char *key)
{
    uint64_t secret[APR_SIPHASH_KSIZE / sizeof(uint64_t)];
    unsigned char bytes[APR_SIPHASH_KSIZE];
    uint64_t tag;

    secret[0] = random_word(&slots->secret[0]);
    secret[1] = random_word(&slots->secret[1]);
    memcpy(bytes, secret, sizeof(bytes));
    tag = apr_siphash24(key, strlen(key), bytes);
    return tag ? tag : 1;
}

/* The slot that a new key takes, or has taken. A free slot counts as the oldest, and the first free
 * one is used: so two threads with the same new key choose the same slot, and one finds it taken.
 */
static shop_slot_t *oldest_of(const shop_slots_t *slots, shop_slot_t *first, uint64_t tag,
                              uint64_t *owner, uint64_t *state)
{
    shop_slot_t *oldest = NULL;
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        shop_slot_t *slot = first + (apr_size_t)i * slots->size;
        uint64_t seen = atomic_load(&slot[SHOP_SLOT_TAG]);
        uint64_t found = atomic_load(&slot[SHOP_SLOT_STATE]);
        uint64_t end = seen ? found & slots->end_mask : 0;

        if (seen == tag) { /* taken by another thread */
            *owner = tag;
            return slot;
        }
        if (!oldest || (*owner && (!seen || end < best))) {
            oldest = slot;
            *owner = seen;
            *state = found;
            best = end;
        }
    }
    return oldest;
}

static shop_slot_t *owned_by(const shop_slots_t *slots, shop_slot_t *first, uint64_t tag)
{
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        shop_slot_t *slot = first + (apr_size_t)i * slots->size;

        if (atomic_load(&slot[SHOP_SLOT_TAG]) == tag) {
            return slot;
        }
    }
    return NULL;
}

shop_slot_t *shop_slots_find(const shop_slots_t *slots, uint64_t tag, bool claim)
{
    shop_slot_t *first =
        slots->words + tag % (slots->count / NEIGHBOURS) * NEIGHBOURS * slots->size;

    for (;;) {
        shop_slot_t *slot = owned_by(slots, first, tag);
        uint64_t owner = 0;
        uint64_t state = 0;

        if (slot || !claim) {
            return slot;
        }
        slot = oldest_of(slots, first, tag, &owner, &state);
        if (owner == tag) {
            return slot;
        }
        if (atomic_compare_exchange_strong(&slot[SHOP_SLOT_TAG], &owner, tag)) {
            /* One in 1,024 former keys has the same ten bits, so their state is cleared. Only the
             * state seen before the slot was taken: later hits of this key by others stay. */
            atomic_compare_exchange_strong(&slot[SHOP_SLOT_STATE], &state, 0);
            return slot;
        }
    }
}
