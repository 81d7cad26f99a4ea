/* SPDX-License-Identifier: MIT
 * One sequence, one cell per hashed subject, one cell for everything. A cell only ever rises: a
 * slower writer must not hide a later change. */
#include "changes.h"

#include <apr_general.h>
#include <stdatomic.h>
#include <string.h>

#include "../base/clock.h"

#define CELLS 16384
#define SILENCE apr_time_from_sec(1) /* after it the listener counts as deaf */

typedef struct block_t {
    _Atomic uint64_t sequence;
    _Atomic uint64_t everything;
    _Atomic uint64_t origin;  /* 0: not drawn yet */
    _Atomic apr_time_t heard; /* 0: nobody listens */
    char apart[64];           /* the words above change often, the cells are read often */
    _Atomic uint64_t cells[CELLS];
} block_t;

struct shop_changes_t {
    block_t *block;
    bool listens;
};

apr_size_t shop_changes_size(void)
{
    return sizeof(block_t);
}

shop_changes_t *shop_changes_attach(void *memory, bool listens, apr_pool_t *pool)
{
    shop_changes_t *changes = apr_pcalloc(pool, sizeof(*changes));

    changes->block = memory ? memory : apr_pcalloc(pool, sizeof(block_t));
    changes->listens = listens;
    return changes;
}

uint64_t shop_changes_now(const shop_changes_t *changes)
{
    return atomic_load(&changes->block->sequence);
}

/* FNV-1a: subjects are ids of our own making, nobody gains by making two collide. */
uint32_t shop_changes_cell(const char *subject)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (; *subject; subject++) {
        hash = (hash ^ (unsigned char)*subject) * 0x100000001b3U;
    }
    return (uint32_t)((hash ^ hash >> 32) % CELLS);
}

uint32_t shop_changes_cells(void)
{
    return CELLS;
}

static void raise_to(_Atomic uint64_t *cell, uint64_t number)
{
    uint64_t seen = atomic_load(cell);

    while (seen < number && !atomic_compare_exchange_weak(cell, &seen, number)) {
    }
}

void shop_changes_note(shop_changes_t *changes, const char *subject)
{
    block_t *block = changes->block;
    uint64_t number = atomic_fetch_add(&block->sequence, 1) + 1;

    raise_to(subject ? &block->cells[shop_changes_cell(subject)] : &block->everything, number);
}

bool shop_changes_hears(const shop_changes_t *changes, apr_time_t now)
{
    return !changes->listens || now - atomic_load(&changes->block->heard) < SILENCE;
}

bool shop_changes_is_good(const shop_changes_t *changes, uint64_t as_of, apr_time_t read_at,
                          const uint32_t *cells, int count, apr_time_t now)
{
    const block_t *block = changes->block;
    /* First: a listener that begins to hear notes that everything changed before it says so. */
    bool hears = shop_changes_hears(changes, now);

    if (atomic_load(&block->everything) > as_of) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (atomic_load(&block->cells[cells[i]]) > as_of) {
            return false;
        }
    }
    return hears || now - read_at < SHOP_CHANGES_BOUND;
}

uint64_t shop_changes_origin(shop_changes_t *changes)
{
    _Atomic uint64_t *origin = &changes->block->origin;
    uint64_t seen = atomic_load(origin);
    uint64_t mine = 0;

    if (seen) {
        return seen;
    }
    if (apr_generate_random_bytes((unsigned char *)&mine, sizeof(mine)) != APR_SUCCESS || !mine) {
        mine = (uint64_t)apr_time_now() | 1;
    }
    return atomic_compare_exchange_strong(origin, &seen, mine) ? mine : seen;
}

void shop_changes_begin_hearing(shop_changes_t *changes, apr_time_t now)
{
    shop_changes_note(changes, NULL);
    shop_changes_heard(changes, now);
}

void shop_changes_heard(shop_changes_t *changes, apr_time_t now)
{
    atomic_store(&changes->block->heard, now);
}

void shop_changes_lost(shop_changes_t *changes)
{
    atomic_store(&changes->block->heard, 0);
}
