/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_SLOTS_H
#define SHOP_GUARD_SLOTS_H

/* A table in memory that the processes of one host share: fixed-size slots of 64-bit words, open
 * addressing, no locks. A process that ends at any point leaves the table consistent. The memory
 * only has to be zeroed once.
 *
 * The first word of a slot is the tag of its key (0: free), the second its state. They cannot be
 * changed in one instruction, so the top bits of the state repeat ten bits of the tag: the state of
 * a former key is recognised and ignored. The lowest bits of the state are its expiry, in ticks of
 * the table's user. */

#include <apr_pools.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SHOP_SLOT_CHECK_SHIFT 54 /* ten bits of the tag, in the state as in the tag */

enum { SHOP_SLOT_TAG, SHOP_SLOT_STATE, SHOP_SLOT_MORE };

typedef _Atomic uint64_t shop_slot_t; /* the first word of a slot */

typedef struct shop_slots_t {
    shop_slot_t *secret; /* two random words: clients cannot compute which keys share a slot */
    shop_slot_t *words;
    uint64_t count;    /* of slots */
    uint64_t end_mask; /* the expiry bits of the state */
    unsigned size;     /* words of a slot */
} shop_slots_t;

/* In `bytes` zeroed bytes at memory. NULL or too small: a table of this process, in pool. */
void shop_slots_open(shop_slots_t *slots, void *memory, apr_size_t bytes, unsigned words,
                     unsigned end_bits, apr_pool_t *pool);
/* A keyed hash (SipHash-2-4), never 0. */
uint64_t shop_slots_tag(const shop_slots_t *slots, const char *key);
/* The slot of tag. With claim, one is taken for it when it has none: a free one, else the one that
 * expires first. NULL only without claim. */
shop_slot_t *shop_slots_find(const shop_slots_t *slots, uint64_t tag, bool claim);

#endif
