/* SPDX-License-Identifier: MIT
 * The reservation protocol in memory: reservations that are consumed, restocks that are fenced. */
#include "tests/kit/reservation_mem.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <limits.h>
#include <string.h>

typedef struct reservations_mem_t {
    shop_reservations_t port; /* first, so that a pointer to it is a pointer to this */
    apr_pool_t *pool;         /* its own: the caller's may be used by its own thread meanwhile */
    apr_thread_mutex_t *lock;
    apr_array_header_t *units; /* shop_unit_mem_t * */
    bool away;
    bool sweeps;
    int calls;
} reservations_mem_t;

static reservations_mem_t *mem_of(const shop_reservations_t *port)
{
    return (reservations_mem_t *)port;
}

shop_error_t *shop_reservations_mem_enter(shop_reservations_t *port, apr_pool_t *pool)
{
    reservations_mem_t *mem = mem_of(port);

    apr_thread_mutex_lock(mem->lock);
    mem->calls++;
    if (mem->away) {
        apr_thread_mutex_unlock(mem->lock);
        return shop_err(pool, UNAVAILABLE, "the store is away");
    }
    return NULL;
}

void shop_reservations_mem_leave(shop_reservations_t *port)
{
    apr_thread_mutex_unlock(mem_of(port)->lock);
}

static int index_of(const shop_reservations_t *port, const char *id)
{
    const apr_array_header_t *units = mem_of(port)->units;

    for (int i = 0; i < units->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(units, i, shop_unit_mem_t *)->id, id)) {
            return i;
        }
    }
    return -1;
}

shop_unit_mem_t *shop_reservations_mem_seek(const shop_reservations_t *port, const char *id)
{
    int at = index_of(port, id);

    return at < 0 ? NULL : APR_ARRAY_IDX(mem_of(port)->units, at, shop_unit_mem_t *);
}

shop_unit_mem_t *shop_reservations_mem_add(shop_reservations_t *port, const char *id)
{
    reservations_mem_t *mem = mem_of(port);
    shop_unit_mem_t *unit = apr_pcalloc(mem->pool, sizeof(*unit));

    unit->id = apr_pstrdup(mem->pool, id);
    unit->holds = apr_array_make(mem->pool, 4, sizeof(shop_entry_mem_t));
    unit->voids = apr_array_make(mem->pool, 4, sizeof(shop_entry_mem_t));
    unit->backs = apr_array_make(mem->pool, 4, sizeof(shop_entry_mem_t));
    APR_ARRAY_PUSH(mem->units, shop_unit_mem_t *) = unit;
    return unit;
}

static void remove_at(apr_array_header_t *array, int at)
{
    char *elts = array->elts;
    size_t size = (size_t)array->elt_size;

    array->nelts--;
    memmove(elts + (size_t)at * size, elts + ((size_t)at + 1) * size,
            (size_t)(array->nelts - at) * size);
}

void shop_reservations_mem_remove(shop_reservations_t *port, const char *id)
{
    int at = index_of(port, id);

    if (at >= 0) {
        remove_at(mem_of(port)->units, at);
    }
}

/* ---- entries ---- */

static int entry_of(const apr_array_header_t *entries, const char *order_id)
{
    for (int i = 0; i < entries->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(entries, i, shop_entry_mem_t).order_id, order_id)) {
            return i;
        }
    }
    return -1;
}

static void push_entry(apr_array_header_t *entries, const char *order_id, const char *user_id,
                       int64_t quantity, apr_time_t at)
{
    shop_entry_mem_t *entry = apr_array_push(entries);

    apr_cpystrn(entry->order_id, order_id, sizeof(entry->order_id));
    apr_cpystrn(entry->user_id, user_id ? user_id : "", sizeof(entry->user_id));
    entry->quantity = quantity;
    entry->at = at;
}

static bool pull_entry(apr_array_header_t *entries, const char *order_id)
{
    int at = entry_of(entries, order_id);

    if (at >= 0) {
        remove_at(entries, at);
    }
    return at >= 0;
}

/* A unit without a limit has nothing to add to. */
static void add_units(shop_unit_mem_t *unit, int64_t quantity)
{
    if (unit->available != SHOP_UNLIMITED) {
        unit->available += quantity;
        unit->sold_out = false;
    }
}

/* ---- the port ---- */

/* Whether the line's unit changed. */
typedef bool (*line_step_t)(shop_unit_mem_t *unit, const shop_reservation_t *order,
                            const shop_reservation_line_t *line, apr_time_t now);

/* Does the step for each line whose unit was ever there; *changed: how many of them. */
static shop_error_t *each_line(int *changed, shop_reservations_t *port, line_step_t step,
                               const shop_reservation_t *lines, apr_time_t now, apr_pool_t *pool)
{
    *changed = 0;
    if (lines->count == 0) {
        return NULL;
    }
    SHOP_TRY(shop_reservations_mem_enter(port, pool));
    for (int i = 0; i < lines->count; i++) {
        shop_unit_mem_t *unit = shop_reservations_mem_seek(port, lines->lines[i].unit_id);

        *changed += unit && step(unit, lines, &lines->lines[i], now);
    }
    shop_reservations_mem_leave(port);
    return NULL;
}

static bool reserve_line(shop_unit_mem_t *unit, const shop_reservation_t *order,
                         const shop_reservation_line_t *line, apr_time_t now)
{
    if (unit->deleted || unit->terms != line->terms || unit->available < line->quantity ||
        unit->holds->nelts >= SHOP_RESERVATIONS_MAX ||
        entry_of(unit->holds, order->order_id) >= 0 ||
        entry_of(unit->voids, order->order_id) >= 0) {
        return false;
    }
    unit->available -= line->quantity;
    push_entry(unit->holds, order->order_id, order->user_id, line->quantity, now);
    return true;
}

static bool release_line(shop_unit_mem_t *unit, const shop_reservation_t *order,
                         const shop_reservation_line_t *line, apr_time_t now)
{
    (void)now;
    if (!pull_entry(unit->holds, order->order_id)) {
        return false;
    }
    add_units(unit, line->quantity);
    return true;
}

static bool void_line(shop_unit_mem_t *unit, const shop_reservation_t *order,
                      const shop_reservation_line_t *line, apr_time_t now)
{
    (void)line;
    if (entry_of(unit->voids, order->order_id) >= 0) {
        return false;
    }
    push_entry(unit->voids, order->order_id, NULL, 0, now);
    if (unit->voids->nelts > SHOP_VOIDS_MAX) {
        remove_at(unit->voids, 0);
    }
    return true;
}

static bool drop_marker(shop_unit_mem_t *unit, const shop_reservation_t *order,
                        const shop_reservation_line_t *line, apr_time_t now)
{
    (void)line;
    (void)now;
    if (!pull_entry(unit->backs, order->order_id)) {
        return false;
    }
    unit->back_rev++;
    return true;
}

static shop_error_t *mem_reserve(int *reserved, shop_reservations_t *port,
                                 const shop_reservation_t *wanted, apr_time_t now, apr_pool_t *pool)
{
    return each_line(reserved, port, reserve_line, wanted, now, pool);
}

static shop_error_t *mem_release(shop_reservations_t *port, const shop_reservation_t *made,
                                 apr_pool_t *pool)
{
    int changed;

    return each_line(&changed, port, release_line, made, 0, pool);
}

static shop_error_t *mem_void_order(shop_reservations_t *port, const shop_reservation_t *made,
                                    apr_time_t now, apr_pool_t *pool)
{
    int changed;

    return each_line(&changed, port, void_line, made, now, pool);
}

static shop_error_t *mem_confirm(shop_reservations_t *port, const shop_unit_orders_t *units,
                                 int count, apr_pool_t *pool)
{
    if (count == 0) {
        return NULL;
    }
    SHOP_TRY(shop_reservations_mem_enter(port, pool));
    for (int i = 0; i < count; i++) {
        shop_unit_mem_t *unit = shop_reservations_mem_seek(port, units[i].unit_id);

        for (int k = 0; unit && k < units[i].count; k++) {
            pull_entry(unit->holds, units[i].order_ids[k]);
        }
        if (unit && unit->available <= 0 && unit->available != SHOP_UNLIMITED) {
            unit->sold_out = true;
        }
    }
    shop_reservations_mem_leave(port);
    return NULL;
}

static shop_error_t *mem_drop_markers(shop_reservations_t *port, const shop_reservation_t *made,
                                      apr_pool_t *pool)
{
    int changed;

    return each_line(&changed, port, drop_marker, made, 0, pool);
}

static shop_error_t *mem_states(shop_unit_state_t *states, shop_reservations_t *port,
                                const shop_reservation_t *asked, apr_pool_t *pool)
{
    if (asked->count == 0) {
        return NULL;
    }
    SHOP_TRY(shop_reservations_mem_enter(port, pool));
    for (int i = 0; i < asked->count; i++) {
        const shop_unit_mem_t *unit = shop_reservations_mem_seek(port, asked->lines[i].unit_id);

        states[i] = (shop_unit_state_t){ .unit_id = asked->lines[i].unit_id };
        if (unit) {
            states[i].exists = !unit->deleted;
            states[i].available = unit->available;
            states[i].terms = unit->terms;
            states[i].born = unit->born;
            states[i].reservations = unit->holds->nelts;
            states[i].reserved = entry_of(unit->holds, asked->order_id) >= 0;
            states[i].voided = entry_of(unit->voids, asked->order_id) >= 0;
            states[i].restocked = entry_of(unit->backs, asked->order_id) >= 0;
            states[i].back_rev = unit->back_rev;
        }
    }
    shop_reservations_mem_leave(port);
    return NULL;
}

static shop_error_t *mem_restock(bool *done, shop_reservations_t *port, const char *order_id,
                                 const shop_reservation_line_t *line, int64_t back_rev,
                                 apr_time_t now, apr_pool_t *pool)
{
    shop_unit_mem_t *unit;

    SHOP_TRY(shop_reservations_mem_enter(port, pool));
    unit = shop_reservations_mem_seek(port, line->unit_id);
    *done = unit && unit->back_rev == back_rev && entry_of(unit->backs, order_id) < 0;
    if (*done) {
        add_units(unit, line->quantity);
        unit->back_rev++;
        push_entry(unit->backs, order_id, NULL, line->quantity, now);
    }
    shop_reservations_mem_leave(port);
    return NULL;
}

static void collect_old(apr_array_header_t *left, const char *id, const apr_array_header_t *entries,
                        apr_time_t before, int limit, apr_pool_t *pool)
{
    for (int i = 0; i < entries->nelts && left->nelts < limit; i++) {
        const shop_entry_mem_t *entry = &APR_ARRAY_IDX(entries, i, shop_entry_mem_t);

        if (entry->at < before) {
            shop_leftover_t *leftover = apr_pcalloc(pool, sizeof(*leftover));

            leftover->id = apr_pstrdup(pool, id);
            leftover->order_id = apr_pstrdup(pool, entry->order_id);
            leftover->user_id = *entry->user_id ? apr_pstrdup(pool, entry->user_id) : NULL;
            leftover->quantity = entry->quantity;
            APR_ARRAY_PUSH(left, shop_leftover_t *) = leftover;
        }
    }
}

int shop_reservations_mem_stale(apr_array_header_t *left, const shop_unit_mem_t *unit,
                                apr_time_t before, apr_pool_t *pool)
{
    collect_old(left, unit->id, unit->holds, before, INT_MAX, pool);
    return unit->holds->nelts;
}

static shop_error_t *mem_drop_voids(shop_reservations_t *port, apr_time_t before, apr_pool_t *pool)
{
    const apr_array_header_t *units = mem_of(port)->units;

    SHOP_TRY(shop_reservations_mem_enter(port, pool));
    for (int i = 0; i < units->nelts; i++) {
        apr_array_header_t *voids = APR_ARRAY_IDX(units, i, shop_unit_mem_t *)->voids;

        for (int k = voids->nelts - 1; k >= 0; k--) {
            if (APR_ARRAY_IDX(voids, k, shop_entry_mem_t).at < before) {
                remove_at(voids, k);
            }
        }
    }
    shop_reservations_mem_leave(port);
    return NULL;
}

static shop_error_t *mem_sweep(apr_array_header_t **left, shop_reservations_t *port,
                               shop_sweep_t what, apr_time_t before, int limit, apr_pool_t *pool)
{
    const apr_array_header_t *units = mem_of(port)->units;
    bool marked = what == SHOP_SWEEP_MARKERS;

    *left = apr_array_make(pool, 8, sizeof(shop_leftover_t *));
    SHOP_TRY(shop_reservations_mem_enter(port, pool));
    for (int i = 0; i < units->nelts && (marked || mem_of(port)->sweeps); i++) {
        const shop_unit_mem_t *unit = APR_ARRAY_IDX(units, i, shop_unit_mem_t *);

        collect_old(*left, unit->id, marked ? unit->backs : unit->holds, before, limit, pool);
    }
    shop_reservations_mem_leave(port);
    return NULL;
}

shop_reservations_t *shop_reservations_mem(apr_pool_t *pool)
{
    reservations_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    apr_pool_create(&mem->pool, pool);
    apr_thread_mutex_create(&mem->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    mem->units = apr_array_make(mem->pool, 8, sizeof(shop_unit_mem_t *));
    mem->port = (shop_reservations_t){ .reserve = mem_reserve,
                                       .states = mem_states,
                                       .void_order = mem_void_order,
                                       .release = mem_release,
                                       .confirm = mem_confirm,
                                       .restock = mem_restock,
                                       .drop_markers = mem_drop_markers,
                                       .drop_voids = mem_drop_voids,
                                       .sweep = mem_sweep };
    return &mem->port;
}

void shop_reservations_mem_away(shop_reservations_t *port, bool away)
{
    mem_of(port)->away = away;
}

void shop_reservations_mem_claims_open(shop_reservations_t *port, bool open)
{
    mem_of(port)->sweeps = open;
}

int shop_reservations_mem_calls(const shop_reservations_t *port)
{
    return mem_of(port)->calls;
}
