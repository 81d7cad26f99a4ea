/* SPDX-License-Identifier: MIT
 * The order protocol in memory, to the letter: holds that are consumed, returns that are fenced. */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/product_mem_inner.h"

#define HOLDS_MAX 200

static int seek_entry(const entries_t *entries, const char *order_id)
{
    for (int i = 0; i < entries->count; i++) {
        if (!strcmp(entries->rows[i].order_id, order_id)) {
            return i;
        }
    }
    return -1;
}

static void push_entry(entries_t *entries, const char *order_id, int64_t quantity, apr_time_t at)
{
    entry_t *entry = &entries->rows[entries->count++];

    if (entries->count > ENTRIES_MAX) {
        abort();
    }
    apr_cpystrn(entry->order_id, order_id, sizeof(entry->order_id));
    entry->quantity = quantity;
    entry->at = at;
}

static bool pull_entry(entries_t *entries, const char *order_id)
{
    int at = seek_entry(entries, order_id);

    if (at < 0) {
        return false;
    }
    entries->count--;
    memmove(&entries->rows[at], &entries->rows[at + 1],
            (size_t)(entries->count - at) * sizeof(entry_t));
    return true;
}

static shop_error_t *mem_take(int *taken, shop_product_repo_t *port, const char *order_id,
                              const shop_take_t *lines, int count, apr_time_t now, apr_pool_t *pool)
{
    shop_product_mem_t *mem;

    *taken = 0;
    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    for (int i = 0; i < count; i++) {
        stored_t *stored = shop_product_mem_seek(mem, lines[i].product_id);

        if (stored && !stored->deleted && stored->product.price == lines[i].price &&
            stored->product.stock >= lines[i].quantity && stored->holds.count < HOLDS_MAX &&
            seek_entry(&stored->holds, order_id) < 0) {
            stored->product.stock -= lines[i].quantity;
            push_entry(&stored->holds, order_id, lines[i].quantity, now);
            ++*taken;
        }
    }
    shop_product_mem_leave(mem);
    return NULL;
}

static shop_error_t *mem_states(shop_stock_state_t *states, shop_product_repo_t *port,
                                const char *order_id, const shop_take_t *lines, int count,
                                apr_pool_t *pool)
{
    shop_product_mem_t *mem;

    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    for (int i = 0; i < count; i++) {
        const stored_t *stored = shop_product_mem_seek(mem, lines[i].product_id);

        states[i] = (shop_stock_state_t){ .product_id = lines[i].product_id };
        if (stored) {
            states[i].exists = !stored->deleted;
            states[i].stock = stored->product.stock;
            states[i].price = stored->product.price;
            states[i].holds = stored->holds.count;
            states[i].held = seek_entry(&stored->holds, order_id) >= 0;
            states[i].backed = seek_entry(&stored->backs, order_id) >= 0;
            states[i].back_rev = stored->back_rev;
        }
    }
    shop_product_mem_leave(mem);
    return NULL;
}

static shop_error_t *mem_release(shop_product_repo_t *port, const char *order_id,
                                 const shop_take_t *lines, int count, apr_pool_t *pool)
{
    shop_product_mem_t *mem;

    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    for (int i = 0; i < count; i++) {
        stored_t *stored = shop_product_mem_seek(mem, lines[i].product_id);

        if (stored && pull_entry(&stored->holds, order_id)) {
            stored->product.stock += lines[i].quantity;
        }
    }
    shop_product_mem_leave(mem);
    return NULL;
}

static shop_error_t *mem_spend(shop_product_repo_t *port, const char *order_id,
                               const shop_take_t *lines, int count, apr_pool_t *pool)
{
    shop_product_mem_t *mem;

    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    for (int i = 0; i < count; i++) {
        stored_t *stored = shop_product_mem_seek(mem, lines[i].product_id);

        if (stored) {
            pull_entry(&stored->holds, order_id);
        }
    }
    shop_product_mem_leave(mem);
    return NULL;
}

static shop_error_t *mem_give_back(bool *done, shop_product_repo_t *port, const char *order_id,
                                   const shop_take_t *line, int64_t back_rev, apr_time_t now,
                                   apr_pool_t *pool)
{
    stored_t *stored;
    shop_product_mem_t *mem;

    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    stored = shop_product_mem_seek(mem, line->product_id);
    *done = stored && stored->back_rev == back_rev && seek_entry(&stored->backs, order_id) < 0;
    if (*done) {
        stored->product.stock += line->quantity;
        stored->back_rev++;
        push_entry(&stored->backs, order_id, line->quantity, now);
    }
    shop_product_mem_leave(mem);
    return NULL;
}

static shop_error_t *mem_forget_back(shop_product_repo_t *port, const char *order_id,
                                     const shop_take_t *lines, int count, apr_pool_t *pool)
{
    shop_product_mem_t *mem;

    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    for (int i = 0; i < count; i++) {
        stored_t *stored = shop_product_mem_seek(mem, lines[i].product_id);

        if (stored && pull_entry(&stored->backs, order_id)) {
            stored->back_rev++;
        }
    }
    shop_product_mem_leave(mem);
    return NULL;
}

static shop_error_t *mem_old_holds(apr_array_header_t **left, shop_product_repo_t *port, bool backs,
                                   apr_time_t before, int limit, apr_pool_t *pool)
{
    shop_product_mem_t *mem;

    *left = apr_array_make(pool, 8, sizeof(shop_leftover_t *));
    SHOP_TRY(shop_product_mem_enter(&mem, port, pool));
    for (int i = 0; i < mem->count; i++) {
        const stored_t *stored = mem->products[i];
        const entries_t *entries = backs ? &stored->backs : &stored->holds;

        for (int k = 0; k < entries->count && (*left)->nelts < limit; k++) {
            if (entries->rows[k].at < before) {
                shop_leftover_t *leftover = apr_pcalloc(pool, sizeof(*leftover));

                leftover->id = apr_pstrdup(pool, stored->product.id);
                leftover->order_id = apr_pstrdup(pool, entries->rows[k].order_id);
                leftover->quantity = entries->rows[k].quantity;
                APR_ARRAY_PUSH(*left, shop_leftover_t *) = leftover;
            }
        }
    }
    shop_product_mem_leave(mem);
    return NULL;
}

void shop_product_mem_protocol(shop_product_repo_t *port)
{
    port->take = mem_take;
    port->states = mem_states;
    port->release = mem_release;
    port->spend = mem_spend;
    port->give_back = mem_give_back;
    port->forget_back = mem_forget_back;
    port->old_holds = mem_old_holds;
}
