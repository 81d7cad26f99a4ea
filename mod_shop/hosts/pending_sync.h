/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_PENDING_SYNC_H
#define SHOP_HOSTS_PENDING_SYNC_H

/* A word in shared memory that says whether an update is still to be sent to Redis. The upper half
 * counts updates that failed, the lower half those that were sent since. A plain flag could be
 * cleared by a process that had not seen the latest failure. Zero: nothing is pending. */

#include <stdbool.h>

#define SHOP_PENDING_SHIFT 16
#define SHOP_PENDING_SENT_MASK 0xffffu

static inline unsigned shop_pending_read(const unsigned *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline bool shop_pending_any(unsigned seen)
{
    return seen >> SHOP_PENDING_SHIFT != (seen & SHOP_PENDING_SENT_MASK);
}

/* An update failed. */
static inline void shop_pending_add(unsigned *word)
{
    __atomic_fetch_add(word, 1u << SHOP_PENDING_SHIFT, __ATOMIC_SEQ_CST);
}

/* What was pending when seen was read has been sent. No effect when another update failed since. */
static inline void shop_pending_sent(unsigned *word, unsigned seen)
{
    unsigned clean = (seen & ~SHOP_PENDING_SENT_MASK) | seen >> SHOP_PENDING_SHIFT;

    __atomic_compare_exchange_n(word, &seen, clean, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#endif
