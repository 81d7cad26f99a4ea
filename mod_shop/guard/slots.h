/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_SLOTS_H
#define SHOP_GUARD_SLOTS_H

/* A table in memory that the processes of one host share: fixed-size slots of 64-bit words, open
 * addressing, no locks. A process that dies in the middle of anything leaves a table that is as
 * good as before. What stands behind the memory may be anything that was zeroed once.
 *
 * The first word of a slot is the tag of the key that owns it (0: free), the second its state; no
 * instruction changes both. Hence the state's top bits repeat ten bits of the tag: after a slot
 * changed hands, what its former owner left is recognised and dropped. The state's lowest bits say
 * when it ends, in ticks of the table's owner. */

#include <apr_pools.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SHOP_SLOT_CHECK_SHIFT 54 /* ten bits of the tag, in the state as in the tag */

enum { SHOP_SLOT_TAG, SHOP_SLOT_STATE, SHOP_SLOT_MORE };

typedef _Atomic uint64_t shop_slot_t; /* the first word of a slot */

typedef struct shop_slots_t {
    shop_slot_t *secret; /* two words, drawn once: nobody can compute which keys share a slot */
    shop_slot_t *words;
    uint64_t count;    /* of slots */
    uint64_t end_mask; /* the bits of the state that say when it ends */
    unsigned size;     /* words of a slot */
} shop_slots_t;

/* Over `bytes` zeroed bytes at memory; memory NULL or too small: a table of this process' own. */
void shop_slots_open(shop_slots_t *slots, void *memory, apr_size_t bytes, unsigned words,
                     unsigned end_bits, apr_pool_t *pool);
/* A keyed hash (SipHash-2-4), never 0. */
uint64_t shop_slots_tag(const shop_slots_t *slots, const char *key);
/* The slot of tag; with claim, one is taken for it: a free one, else the one that ends or ended
 * first. NULL only without claim. */
shop_slot_t *shop_slots_find(const shop_slots_t *slots, uint64_t tag, bool claim);

#endif
