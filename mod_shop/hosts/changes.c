/* SPDX-License-Identifier: MIT
 * One sequence, one cell per hashed subject, one cell for all subjects. A cell's number only grows,
 * so that a slower writer cannot hide a later change. */
#include "changes.h"

#include <apr_general.h>
#include <stdatomic.h>
#include <string.h>

#include "../base/clock.h"

#define CELLS 16384
#define LIVE_FOR apr_time_from_sec(1) /* after the latest proof that the connection works */

typedef struct block_t {
    _Atomic uint64_t sequence;
    _Atomic uint64_t all_cell;
    _Atomic uint64_t origin;     /* 0: not drawn yet */
    _Atomic apr_time_t alive_at; /* 0: not subscribed */
    char padding[64];            /* the members above change often, the cells are read often */
    _Atomic uint64_t cells[CELLS];
} block_t;

struct shop_changes_t {
    block_t *block;
    bool subscribes;
};

apr_size_t shop_changes_size(void)
{
    return sizeof(block_t);
}

shop_changes_t *shop_changes_attach(void *memory, bool subscribes, apr_pool_t *pool)
{
    shop_changes_t *changes = apr_pcalloc(pool, sizeof(*changes));

    changes->block = memory ? memory : apr_pcalloc(pool, sizeof(block_t));
    changes->subscribes = subscribes;
    return changes;
}

uint64_t shop_changes_sequence(const shop_changes_t *changes)
{
    return atomic_load(&changes->block->sequence);
}

/* FNV-1a: clients do not choose subjects, and a collision only costs one more read. */
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

    raise_to(subject ? &block->cells[shop_changes_cell(subject)] : &block->all_cell, number);
}

bool shop_changes_is_live(const shop_changes_t *changes, apr_time_t now)
{
    return !changes->subscribes || now - atomic_load(&changes->block->alive_at) < LIVE_FOR;
}

bool shop_changes_is_fresh(const shop_changes_t *changes, uint64_t as_of, apr_time_t read_at,
                           const uint32_t *cells, int count, apr_time_t now)
{
    const block_t *block = changes->block;
    /* Read first: a new subscription notes a change of all subjects before it is called live. */
    bool live = shop_changes_is_live(changes, now);

    if (atomic_load(&block->all_cell) > as_of) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (atomic_load(&block->cells[cells[i]]) > as_of) {
            return false;
        }
    }
    return live || now - read_at < SHOP_CHANGES_MAX_AGE;
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

void shop_changes_subscribed(shop_changes_t *changes, apr_time_t now)
{
    shop_changes_note(changes, NULL);
    shop_changes_alive(changes, now);
}

void shop_changes_alive(shop_changes_t *changes, apr_time_t now)
{
    atomic_store(&changes->block->alive_at, now);
}

void shop_changes_disconnected(shop_changes_t *changes)
{
    atomic_store(&changes->block->alive_at, 0);
}
