/* SPDX-License-Identifier: MIT
 * The orders' port over one array. Records are copied in and out, as a store would. */
#include "tests/kit/order_mem.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

typedef struct order_mem_t {
    shop_order_repo_t port;
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;
    apr_array_header_t *orders; /* shop_order_t * */
} order_mem_t;

static order_mem_t *enter(shop_order_repo_t *repo)
{
    order_mem_t *mem = (order_mem_t *)repo;

    apr_thread_mutex_lock(mem->lock);
    return mem;
}

static shop_error_t *leave(order_mem_t *mem, shop_error_t *err)
{
    apr_thread_mutex_unlock(mem->lock);
    return err;
}

static apr_time_t stored_time(apr_time_t time)
{
    return time / 1000 * 1000;
}

static apr_array_header_t *copy_items(const apr_array_header_t *from, apr_pool_t *pool)
{
    apr_array_header_t *items = apr_array_make(pool, from->nelts + 1, sizeof(void *));

    for (int i = 0; i < from->nelts; i++) {
        shop_order_line_t *line =
            apr_pmemdup(pool, APR_ARRAY_IDX(from, i, shop_order_line_t *), sizeof(*line));

        line->unit_id = apr_pstrdup(pool, line->unit_id);
        line->name = apr_pstrdup(pool, line->name);
        APR_ARRAY_PUSH(items, shop_order_line_t *) = line;
    }
    return items;
}

static shop_order_event_t *copy_event(const shop_order_event_t *from, apr_pool_t *pool)
{
    shop_order_event_t *event = apr_pmemdup(pool, from, sizeof(*from));

    event->status = apr_pstrdup(pool, from->status);
    event->at = stored_time(from->at);
    event->by = apr_pstrdup(pool, from->by);
    event->note = apr_pstrdup(pool, from->note);
    return event;
}

static apr_array_header_t *copy_history(const apr_array_header_t *from, apr_pool_t *pool)
{
    apr_array_header_t *history = apr_array_make(pool, from->nelts + 1, sizeof(void *));

    for (int i = 0; i < from->nelts; i++) {
        APR_ARRAY_PUSH(history, shop_order_event_t *) =
            copy_event(APR_ARRAY_IDX(from, i, shop_order_event_t *), pool);
    }
    return history;
}

static apr_array_header_t *copy_texts(const apr_array_header_t *from, apr_pool_t *pool)
{
    apr_array_header_t *texts = apr_array_make(pool, from->nelts + 1, sizeof(char *));

    for (int i = 0; i < from->nelts; i++) {
        APR_ARRAY_PUSH(texts, const char *) =
            apr_pstrdup(pool, APR_ARRAY_IDX(from, i, const char *));
    }
    return texts;
}

static shop_address_t *copy_address(const shop_address_t *from, apr_pool_t *pool)
{
    shop_address_t *address = apr_pcalloc(pool, sizeof(*address));

    address->street = apr_pstrdup(pool, from->street);
    address->city = apr_pstrdup(pool, from->city);
    address->state = apr_pstrdup(pool, from->state);
    address->country = apr_pstrdup(pool, from->country);
    address->zip_code = apr_pstrdup(pool, from->zip_code);
    return address;
}

shop_refund_t *shop_refund_mem_copy(const shop_refund_t *from, apr_pool_t *pool)
{
    shop_refund_t *refund = apr_pmemdup(pool, from, sizeof(*from));

    refund->id = apr_pstrdup(pool, from->id);
    refund->reason = apr_pstrdup(pool, from->reason);
    refund->by = apr_pstrdup(pool, from->by);
    refund->at = stored_time(from->at);
    refund->key = apr_pstrdup(pool, from->key);
    refund->fingerprint = apr_pstrdup(pool, from->fingerprint);
    refund->reply = from->reply ? apr_pstrmemdup(pool, from->reply, from->reply_size) : NULL;
    return refund;
}

static apr_array_header_t *copy_refunds(const apr_array_header_t *from, apr_pool_t *pool)
{
    apr_array_header_t *refunds = apr_array_make(pool, 2, sizeof(void *));

    for (int i = 0; from && i < from->nelts; i++) {
        APR_ARRAY_PUSH(refunds, shop_refund_t *) =
            shop_refund_mem_copy(APR_ARRAY_IDX(from, i, shop_refund_t *), pool);
    }
    return refunds;
}

shop_order_t *shop_order_mem_copy(const shop_order_t *from, apr_pool_t *pool)
{
    shop_order_t *order = apr_pmemdup(pool, from, sizeof(*from));

    order->id = apr_pstrdup(pool, from->id);
    order->number = apr_pstrdup(pool, from->number);
    order->user_id = apr_pstrdup(pool, from->user_id);
    order->items = copy_items(from->items, pool);
    order->currency = apr_pstrdup(pool, from->currency);
    order->coupon_code = apr_pstrdup(pool, from->coupon_code);
    order->shipping_address =
        from->shipping_address ? copy_address(from->shipping_address, pool) : NULL;
    order->payment_method = apr_pstrdup(pool, from->payment_method);
    order->tracking_number = apr_pstrdup(pool, from->tracking_number);
    order->history = copy_history(from->history, pool);
    order->refunds = copy_refunds(from->refunds, pool);
    order->created_at = stored_time(from->created_at);
    order->updated_at = stored_time(from->updated_at);
    order->lease_at = stored_time(from->lease_at);
    order->cart_slot = apr_pstrdup(pool, from->cart_slot);
    order->key_slot = apr_pstrdup(pool, from->key_slot);
    order->fingerprint = apr_pstrdup(pool, from->fingerprint);
    order->returned = copy_texts(from->returned, pool);
    order->reply = from->reply ? apr_pstrmemdup(pool, from->reply, from->reply_size) : NULL;
    return order;
}

static shop_order_t *by_id(const order_mem_t *mem, const char *id)
{
    for (int i = 0; i < mem->orders->nelts; i++) {
        shop_order_t *order = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (!strcmp(order->id, id)) {
            return order;
        }
    }
    return NULL;
}

static bool is_placed(const shop_order_t *order)
{
    return shop_order_status_name(order->status) != NULL;
}

/* What the unique indexes say to a new order. */
static shop_order_insert_t insert_result(const order_mem_t *mem, const shop_order_t *order)
{
    const shop_order_t *found = by_id(mem, order->id);

    if (found) {
        return found->status == SHOP_ORDER_FAILED ? SHOP_INSERT_GIVEN_UP : SHOP_INSERT_DONE;
    }
    for (int i = 0; i < mem->orders->nelts; i++) {
        const shop_order_t *other = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (!strcmp(other->user_id, order->user_id) &&
            (!strcmp(other->cart_slot, order->cart_slot) ||
             !strcmp(other->key_slot, order->key_slot))) {
            return SHOP_INSERT_SLOT;
        }
        if (!strcmp(other->number, order->number)) {
            return SHOP_INSERT_NUMBER;
        }
    }
    return SHOP_INSERT_DONE;
}

static shop_error_t *mem_may_insert(shop_order_repo_t *repo, apr_pool_t *pool)
{
    (void)repo;
    (void)pool;
    return NULL;
}

static shop_error_t *mem_insert(shop_order_insert_t *result, shop_order_repo_t *repo,
                                const shop_order_t *order, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);

    (void)pool;
    *result = insert_result(mem, order);
    if (*result == SHOP_INSERT_DONE && !by_id(mem, order->id)) {
        APR_ARRAY_PUSH(mem->orders, shop_order_t *) = shop_order_mem_copy(order, mem->pool);
    }
    return leave(mem, NULL);
}

static shop_order_t *tombstone_of(const char *id, const char *user_id, apr_pool_t *pool)
{
    shop_order_t *order = apr_pcalloc(pool, sizeof(*order));

    order->id = apr_pstrdup(pool, id);
    order->user_id = apr_pstrdup(pool, user_id);
    order->status = SHOP_ORDER_FAILED;
    order->number = apr_pstrcat(pool, "x:", id, NULL);
    order->cart_slot = order->key_slot = apr_pstrcat(pool, "o:", id, NULL);
    order->coupon_user_limit = -1;
    order->items = apr_array_make(pool, 1, sizeof(void *));
    order->history = apr_array_make(pool, 1, sizeof(void *));
    order->refunds = apr_array_make(pool, 1, sizeof(void *));
    order->returned = apr_array_make(pool, 1, sizeof(char *));
    return order;
}

static shop_error_t *mem_tombstone(shop_tombstone_t *result, shop_order_t **order,
                                   shop_order_repo_t *repo, const char *id, const char *user_id,
                                   apr_time_t now, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    const shop_order_t *found = by_id(mem, id);

    (void)now;
    *order = NULL;
    if (!found) {
        APR_ARRAY_PUSH(mem->orders, shop_order_t *) = tombstone_of(id, user_id, mem->pool);
        *result = SHOP_TOMBSTONE_SET;
    } else if (is_placed(found)) {
        *order = shop_order_mem_copy(found, pool);
        *result = SHOP_TOMBSTONE_PLACED;
    } else {
        *result = found->status == SHOP_ORDER_FAILED ? SHOP_TOMBSTONE_SET : SHOP_TOMBSTONE_UNSEEN;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_find(shop_order_t **order, shop_order_repo_t *repo, const char *id,
                              apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    const shop_order_t *found = by_id(mem, id);

    *order = found ? shop_order_mem_copy(found, pool) : NULL;
    return leave(mem, NULL);
}

static shop_error_t *mem_find_durable(shop_order_t **order, shop_order_repo_t *repo,
                                      const char *user_id, const char *id, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    const shop_order_t *found = by_id(mem, id);

    *order = found && !strcmp(found->user_id, user_id) ? shop_order_mem_copy(found, pool) : NULL;
    return leave(mem, NULL);
}

static shop_error_t *mem_find_by_key(shop_order_t **order, shop_order_repo_t *repo,
                                     const char *user_id, const char *key_slot, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);

    *order = NULL;
    for (int i = 0; i < mem->orders->nelts && !*order; i++) {
        const shop_order_t *other = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (!strcmp(other->user_id, user_id) && !strcmp(other->key_slot, key_slot)) {
            *order = shop_order_mem_copy(other, pool);
        }
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_find_by_cart(shop_order_t **order, shop_order_repo_t *repo,
                                      const char *user_id, const char *cart_slot, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);

    *order = NULL;
    for (int i = 0; i < mem->orders->nelts && !*order; i++) {
        const shop_order_t *other = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (!strcmp(other->user_id, user_id) && !strcmp(other->cart_slot, cart_slot)) {
            *order = shop_order_mem_copy(other, pool);
        }
    }
    return leave(mem, NULL);
}

static bool is_wanted(const shop_order_t *order, const shop_order_query_t *query)
{
    const char *name = shop_order_status_name(order->status);

    return name && (!query->user_id || !strcmp(query->user_id, order->user_id)) &&
           (query->status < 0 ||
            !strcmp(name, shop_order_status_name((shop_order_status_t)query->status)));
}

/* a before b: newest first, the greater id first among equals */
static bool is_before(apr_time_t at, const char *id, apr_time_t other_at, const char *other_id)
{
    return at != other_at ? at > other_at : strcmp(id, other_id) > 0;
}

/* The first wanted order that comes after the given place. */
static const shop_order_t *next_order(const order_mem_t *mem, const shop_order_query_t *query,
                                      const shop_cursor_t *after)
{
    const shop_order_t *best = NULL;

    for (int i = 0; i < mem->orders->nelts; i++) {
        const shop_order_t *order = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (is_wanted(order, query) &&
            (!after || is_before(after->number, after->id, order->created_at, order->id)) &&
            (!best || is_before(order->created_at, order->id, best->created_at, best->id))) {
            best = order;
        }
    }
    return best;
}

static shop_error_t *mem_list(apr_array_header_t **orders, shop_list_end_t *end,
                              shop_order_repo_t *repo, const shop_order_query_t *query,
                              apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    const shop_cursor_t *after = query->list.after;
    const shop_order_t *order;

    *orders = apr_array_make(pool, 8, sizeof(void *));
    *end = (shop_list_end_t){ NULL, -1 };
    while ((order = next_order(mem, query, after))) {
        shop_cursor_t *place = apr_pcalloc(pool, sizeof(*place));

        if ((*orders)->nelts == query->list.limit) {
            end->next = after;
            break;
        }
        APR_ARRAY_PUSH(*orders, shop_order_t *) = shop_order_mem_copy(order, pool);
        place->sort = "";
        place->number = order->created_at;
        place->id = apr_pstrdup(pool, order->id);
        after = place;
    }
    for (int i = 0; query->list.count && i < mem->orders->nelts; i++) {
        end->total = (end->total < 0 ? 0 : end->total) +
                     is_wanted(APR_ARRAY_IDX(mem->orders, i, shop_order_t *), query);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_move(bool *done, shop_order_repo_t *repo, const char *id,
                              shop_order_status_t from, shop_order_status_t to, int64_t rev,
                              const shop_order_event_t *event, const char *tracking_number,
                              apr_time_t now, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    shop_order_t *order = by_id(mem, id);

    (void)pool;
    *done = order && order->status == from && (rev < 0 || order->rev == rev);
    if (!*done) {
        return leave(mem, NULL);
    }
    order->status = to;
    order->rev++;
    order->updated_at = stored_time(now);
    if (tracking_number) {
        order->tracking_number = *tracking_number ? apr_pstrdup(mem->pool, tracking_number) : NULL;
    }
    order->restocking = order->restocking && to != SHOP_ORDER_CANCELLED;
    if (event) {
        APR_ARRAY_PUSH(order->history, shop_order_event_t *) = copy_event(event, mem->pool);
    }
    if (to == SHOP_ORDER_CANCELLING || to == SHOP_ORDER_ABORTING) {
        order->unfinished = true;
        order->lease_at = stored_time(now + SHOP_ORDER_LEASE);
    }
    if (to == SHOP_ORDER_FAILED) {
        order->cart_slot = order->key_slot = apr_pstrcat(mem->pool, "o:", id, NULL);
        order->unfinished = false;
        order->lease_at = 0;
    }
    return leave(mem, NULL);
}

static const char *corrected(const char *old, const char *value, apr_pool_t *pool)
{
    if (!value) {
        return old;
    }
    return *value ? apr_pstrdup(pool, value) : NULL;
}

static shop_error_t *mem_correct(bool *done, shop_order_repo_t *repo, const char *id, int64_t rev,
                                 const char *tracking_number, int event, const char *note,
                                 apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    shop_order_t *order = by_id(mem, id);

    (void)pool;
    *done = order && order->rev == rev;
    if (*done) {
        shop_order_event_t *noted = APR_ARRAY_IDX(order->history, event, shop_order_event_t *);

        order->rev++;
        order->tracking_number = corrected(order->tracking_number, tracking_number, mem->pool);
        noted->note = corrected(noted->note, note, mem->pool);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_refund(bool *done, shop_order_repo_t *repo, const char *id, int64_t rev,
                                const shop_refund_t *refund, shop_order_status_t status,
                                const shop_order_event_t *event, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    shop_order_t *order = by_id(mem, id);

    (void)pool;
    *done = order && order->rev == rev;
    for (int i = 0; *done && i < order->refunds->nelts; i++) {
        *done = strcmp(APR_ARRAY_IDX(order->refunds, i, shop_refund_t *)->id, refund->id) != 0;
    }
    if (!*done) {
        return leave(mem, NULL);
    }
    APR_ARRAY_PUSH(order->refunds, shop_refund_t *) = shop_refund_mem_copy(refund, mem->pool);
    order->refunded += refund->amount;
    order->status = status;
    order->rev++;
    order->updated_at = stored_time(refund->at);
    if (event) {
        APR_ARRAY_PUSH(order->history, shop_order_event_t *) = copy_event(event, mem->pool);
    }
    if (refund->restock) {
        order->restocking = order->unfinished = true;
        order->lease_at = stored_time(refund->at + SHOP_ORDER_LEASE);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_restocked(shop_order_repo_t *repo, const char *id, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    shop_order_t *order = by_id(mem, id);

    (void)pool;
    if (order) {
        order->restocking = false;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_mark_returned(shop_order_repo_t *repo, const char *id, const char *line,
                                       apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    shop_order_t *order = by_id(mem, id);

    (void)pool;
    for (int i = 0; order && i < order->returned->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(order->returned, i, const char *), line)) {
            return leave(mem, NULL);
        }
    }
    if (order) {
        APR_ARRAY_PUSH(order->returned, const char *) = apr_pstrdup(mem->pool, line);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_finish(shop_order_repo_t *repo, const char *id, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    shop_order_t *order = by_id(mem, id);

    (void)pool;
    if (order && order->status != SHOP_ORDER_PLACING && order->status != SHOP_ORDER_ABORTING &&
        !shop_order_restocks(order)) {
        order->unfinished = false;
        order->lease_at = 0;
    }
    return leave(mem, NULL);
}

/* The unfinished order whose lease ended first of those not in `orders` yet. */
static const shop_order_t *oldest(const order_mem_t *mem, apr_time_t before,
                                  const apr_array_header_t *orders)
{
    const shop_order_t *last =
        orders->nelts ? APR_ARRAY_IDX(orders, orders->nelts - 1, shop_order_t *) : NULL;
    const shop_order_t *best = NULL;

    for (int i = 0; i < mem->orders->nelts; i++) {
        const shop_order_t *order = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (order->unfinished && order->lease_at < before &&
            (!last || is_before(order->lease_at, order->id, last->lease_at, last->id)) &&
            (!best || is_before(best->lease_at, best->id, order->lease_at, order->id))) {
            best = order;
        }
    }
    return best;
}

static shop_error_t *mem_unfinished(apr_array_header_t **orders, shop_order_repo_t *repo,
                                    apr_time_t before, int limit, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);
    const shop_order_t *order;

    *orders = apr_array_make(pool, 8, sizeof(void *));
    while ((*orders)->nelts < limit && (order = oldest(mem, before, *orders))) {
        APR_ARRAY_PUSH(*orders, shop_order_t *) = shop_order_mem_copy(order, pool);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_coupon_uses(int64_t *uses, shop_order_repo_t *repo, const char *code,
                                     int64_t born, apr_pool_t *pool)
{
    order_mem_t *mem = enter(repo);

    (void)pool;
    *uses = 0;
    for (int i = 0; i < mem->orders->nelts; i++) {
        const shop_order_t *order = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);
        const char *name = shop_order_status_name(order->status);

        *uses += order->coupon_code && !strcmp(order->coupon_code, code) &&
                 order->coupon_born == born && name && strcmp(name, "cancelled") != 0;
    }
    return leave(mem, NULL);
}

void shop_order_mem_remove(shop_order_repo_t *repo, const char *id)
{
    order_mem_t *mem = enter(repo);
    int kept = 0;

    for (int i = 0; i < mem->orders->nelts; i++) {
        shop_order_t *order = APR_ARRAY_IDX(mem->orders, i, shop_order_t *);

        if (strcmp(order->id, id) != 0) {
            APR_ARRAY_IDX(mem->orders, kept++, shop_order_t *) = order;
        }
    }
    mem->orders->nelts = kept;
    leave(mem, NULL);
}

shop_order_repo_t *shop_order_repo_mem(apr_pool_t *pool)
{
    order_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    apr_pool_create(&mem->pool, pool);
    apr_thread_mutex_create(&mem->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    mem->orders = apr_array_make(mem->pool, 32, sizeof(shop_order_t *));
    mem->port.may_insert = mem_may_insert;
    mem->port.insert = mem_insert;
    mem->port.tombstone = mem_tombstone;
    mem->port.find_durable = mem_find_durable;
    mem->port.find = mem_find;
    mem->port.find_by_key = mem_find_by_key;
    mem->port.find_by_cart = mem_find_by_cart;
    mem->port.list = mem_list;
    mem->port.move = mem_move;
    mem->port.correct = mem_correct;
    mem->port.refund = mem_refund;
    mem->port.restocked = mem_restocked;
    mem->port.mark_returned = mem_mark_returned;
    mem->port.finish = mem_finish;
    mem->port.unfinished = mem_unfinished;
    mem->port.coupon_uses = mem_coupon_uses;
    return &mem->port;
}
