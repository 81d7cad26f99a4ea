/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_PENDING_SYNC_H
#define SHOP_HOSTS_PENDING_SYNC_H

/* One shared word that remembers that Redis was not told something. Failures are counted in the
 * upper half, how many of them were made good in the lower: a plain flag could be cleared by a
 * process that knew nothing of the latest failure. Zero is clean. */

#include <stdbool.h>

#define SHOP_OWED_HALF 16
#define SHOP_OWED_LOWER 0xffffu

static inline unsigned shop_owed_read(const unsigned *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline bool shop_owed_any(unsigned seen)
{
    return seen >> SHOP_OWED_HALF != (seen & SHOP_OWED_LOWER);
}

static inline void shop_owed_add(unsigned *word)
{
    __atomic_fetch_add(word, 1u << SHOP_OWED_HALF, __ATOMIC_SEQ_CST);
}

/* Everything owed when seen was read is made good; does nothing when more came since. */
static inline void shop_owed_paid(unsigned *word, unsigned seen)
{
    unsigned clean = (seen & ~SHOP_OWED_LOWER) | seen >> SHOP_OWED_HALF;

    __atomic_compare_exchange_n(word, &seen, clean, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#endif
