/* SPDX-License-Identifier: MIT
 * Orders and tombstones that are stored and not durable yet: nobody was told that they are, and an
 * election may take them back. That lasts a few seconds: then the node that has them is no primary
 * any more, or they are durable. */
#include "storm.h"

#define UNSEEN_TICKS 50 /* at most; the lease is 60 */

bool storm_is_unseen(const storm_t *storm, const char *order_id)
{
    const storm_order_t *order = storm_order(storm, order_id);

    return order && order->unseen > storm->tick && !(storm->weakness & STORM_READS_ANY);
}

bool storm_stores_order(const storm_op_t *op)
{
    return op->traits & (STORM_INSERT | STORM_TOMBSTONE);
}

shop_error_t *storm_is_new(bool *is_new, const storm_t *storm, const storm_args_t *args,
                           apr_pool_t *pool)
{
    shop_order_t *stored;

    SHOP_TRY(storm->real.orders->find(&stored, storm->real.orders, args->order_id, pool));
    *is_new = stored == NULL;
    return NULL;
}

/* Half of those that are not durable meet an election; of some the writer is gone. */
static void begin_unseen(storm_t *storm, storm_order_t *order)
{
    storm_worker_t *writer = storm->running;

    order->unseen = storm->tick + 1 + storm_random(storm, UNSEEN_TICKS);
    storm_trace(storm, "o%d is not durable until %" APR_INT64_T_FMT,
                storm_order_of(storm, order->id), order->unseen);
    if (storm_chance(storm, 50)) {
        storm->election = storm->tick + 1 + storm_random(storm, order->unseen - storm->tick);
    }
    if (writer && storm_chance(storm, 30)) {
        storm_trace(storm, "%s crashes", writer->name);
        writer->crashed = true;
    }
}

void storm_note_stored(storm_t *storm, const storm_args_t *args, bool is_new, bool heard)
{
    storm_order_t *order = storm_order(storm, args->order_id);

    if (!order) {
        return;
    }
    if (heard) {
        order->unseen = 0;
    } else if (is_new && !storm->calm && storm_chance(storm, 75)) {
        begin_unseen(storm, order);
    }
}

void storm_hide(const storm_t *storm, shop_order_t **order)
{
    if (*order && storm_is_unseen(storm, (*order)->id)) {
        *order = NULL;
    }
}

void storm_elect_orders(storm_t *storm)
{
    for (int i = 0; i < storm->orders->nelts; i++) {
        storm_order_t *order = &APR_ARRAY_IDX(storm->orders, i, storm_order_t);

        if (order->unseen > storm->tick) {
            storm_trace(storm, "an election takes o%d back", i);
            order->unseen = order->placed = 0;
            storm_is_there(storm, storm->store->remove_order(&storm->real, order->id, storm->pool));
        }
    }
}
