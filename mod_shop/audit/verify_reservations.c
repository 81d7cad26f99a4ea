/* SPDX-License-Identifier: MIT
 * Reservations whose order is placed or will never be, and return markers without an order. Only
 * old ones are judged: until its insert an order that is being placed is not there. */
#include "verify_reservations.h"

#include <apr_strings.h>

/* ---- which are reported ---- */

/* An order that is placed and has no line of the object does not account for a reservation, so it
 * is as wrong as one without an order. */
static shop_verify_standing_t standing_of(const shop_verify_entry_t *hold, apr_time_t now)
{
    shop_verify_standing_t standing = shop_verify_reservation(hold->status, hold->at, now);

    return standing == SHOP_VERIFY_LEFTOVER && !hold->known ? SHOP_VERIFY_WRONG : standing;
}

/* Tombstones have no lines and are not found with the orders of the object. */
static shop_error_t *read_statuses(const shop_verify_run_t *run,
                                   const shop_verify_reserved_t *reserved, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const apr_array_header_t *holds = reserved->object->holds;
    apr_array_header_t *asked = apr_array_make(pool, 4, sizeof(shop_verify_entry_t));
    int *statuses, next = 0;

    for (int i = 0; i < holds->nelts; i++) {
        const shop_verify_entry_t *hold = &APR_ARRAY_IDX(holds, i, shop_verify_entry_t);

        if (!hold->known && standing_of(hold, reserved->now) != SHOP_VERIFY_RIGHT) {
            APR_ARRAY_PUSH(asked, shop_verify_entry_t) = *hold;
        }
    }
    if (!asked->nelts) {
        return NULL;
    }
    statuses = apr_palloc(pool, sizeof(*statuses) * (size_t)asked->nelts);
    SHOP_TRY(store->statuses(statuses, store, asked, pool));
    for (int i = 0; i < holds->nelts; i++) {
        shop_verify_entry_t *hold = &APR_ARRAY_IDX(holds, i, shop_verify_entry_t);

        if (!hold->known && standing_of(hold, reserved->now) != SHOP_VERIFY_RIGHT) {
            hold->status = statuses[next++];
        }
    }
    return NULL;
}

shop_error_t *shop_verify_look_at_reservations(bool *found, const shop_verify_run_t *run,
                                               const shop_verify_reserved_t *reserved,
                                               apr_pool_t *pool)
{
    const shop_verify_reservable_t *object = reserved->object;

    *found = false;
    SHOP_TRY(read_statuses(run, reserved, pool));
    for (int i = 0; i < object->holds->nelts; i++) {
        const shop_verify_entry_t *hold = &APR_ARRAY_IDX(object->holds, i, shop_verify_entry_t);

        *found = *found || standing_of(hold, reserved->now) != SHOP_VERIFY_RIGHT;
    }
    for (int i = 0; i < object->backs->nelts; i++) {
        *found = *found || !APR_ARRAY_IDX(object->backs, i, shop_verify_entry_t).known;
    }
    return NULL;
}

/* ---- repairs ---- */

/* Decides the order first, whatever is late of it. A reservation without a user is of the previous
 * protocol, where an order was inserted before it reserved: if it is not there, nobody is placing
 * it. */
static shop_error_t *repair_hold(shop_verify_finding_t *finding, const shop_verify_run_t *run,
                                 const shop_verify_reserved_t *reserved,
                                 const shop_verify_entry_t *hold, apr_pool_t *pool)
{
    shop_reservations_t *reservations = reserved->reservations;
    shop_order_repo_t *orders = run->ports->orders;
    const shop_reservation_line_t line = { reserved->object->id, hold->amount, 0 };
    const shop_reservation_t made = { hold->id, hold->user_id, &line, 1 };
    const shop_unit_orders_t placed = { reserved->object->id, &hold->id, 1 };
    bool is_placed = shop_verify_is_committed(hold->status);
    shop_tombstone_t result = is_placed ? SHOP_TOMBSTONE_PLACED : SHOP_TOMBSTONE_SET;
    shop_order_t *order;

    if (hold->user_id) {
        SHOP_TRY(orders->tombstone(&result, &order, orders, hold->id, hold->user_id, reserved->now,
                                   pool));
    }
    if (result != (is_placed ? SHOP_TOMBSTONE_PLACED : SHOP_TOMBSTONE_SET)) {
        shop_verify_set_busy(finding); /* not durable, or placed since: the next run knows */
        finding->leftover = false;
        return NULL;
    }
    if (finding->leftover) {
        SHOP_TRY(reservations->confirm(reservations, &placed, 1, pool));
    } else {
        if (!is_placed) {
            SHOP_TRY(reservations->void_order(reservations, &made, reserved->now, pool));
        }
        SHOP_TRY(reservations->release(reservations, &made, pool));
    }
    finding->repaired = true;
    return NULL;
}

static const char *detail_of(const shop_verify_entry_t *hold, apr_pool_t *pool)
{
    if (hold->status == SHOP_VERIFY_ABSENT) {
        return apr_psprintf(pool, "names order %s, which is not there", hold->id);
    }
    if (!shop_verify_is_committed(hold->status)) {
        return apr_psprintf(pool, "names order %s, which was not placed", hold->id);
    }
    return hold->known ? apr_psprintf(pool, "order %s is placed and not confirmed", hold->id)
                       : apr_psprintf(pool, "names order %s, which has no such line", hold->id);
}

static shop_error_t *report_holds(const shop_verify_run_t *run,
                                  const shop_verify_reserved_t *reserved, apr_pool_t *pool)
{
    const apr_array_header_t *holds = reserved->object->holds;

    for (int i = 0; i < holds->nelts; i++) {
        const shop_verify_entry_t *hold = &APR_ARRAY_IDX(holds, i, shop_verify_entry_t);
        shop_verify_standing_t standing = standing_of(hold, reserved->now);
        shop_verify_finding_t finding = { .kind = reserved->kind,
                                          .id = reserved->object->id,
                                          .member = "holds",
                                          .leftover = standing == SHOP_VERIFY_LEFTOVER };

        if (standing == SHOP_VERIFY_RIGHT) {
            continue;
        }
        finding.detail = detail_of(hold, pool);
        if (run->repair) {
            SHOP_TRY(repair_hold(&finding, run, reserved, hold, pool));
        }
        shop_verify_report(run, &finding);
    }
    return NULL;
}

static shop_error_t *report_backs(const shop_verify_run_t *run,
                                  const shop_verify_reserved_t *reserved, apr_pool_t *pool)
{
    const apr_array_header_t *backs = reserved->object->backs;
    shop_reservations_t *reservations = reserved->reservations;

    for (int i = 0; i < backs->nelts; i++) {
        const shop_verify_entry_t *back = &APR_ARRAY_IDX(backs, i, shop_verify_entry_t);
        const shop_reservation_line_t line = { reserved->object->id, back->amount, 0 };
        const shop_reservation_t made = { back->id, NULL, &line, 1 };
        shop_verify_finding_t finding = { .kind = reserved->kind,
                                          .id = reserved->object->id,
                                          .member = "backs" };

        if (back->known) {
            continue;
        }
        finding.detail = apr_psprintf(pool, "names order %s, which is not there", back->id);
        if (run->repair) {
            SHOP_TRY(reservations->drop_markers(reservations, &made, pool));
            finding.repaired = true;
        }
        shop_verify_report(run, &finding);
    }
    return NULL;
}

shop_error_t *shop_verify_report_reservations(const shop_verify_run_t *run,
                                              const shop_verify_reserved_t *reserved,
                                              apr_pool_t *pool)
{
    SHOP_TRY(report_holds(run, reserved, pool));
    return report_backs(run, reserved, pool);
}
