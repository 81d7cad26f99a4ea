/* SPDX-License-Identifier: MIT
 * The orders' port, promise by promise. */
#include "order_contract.h"

#define NOON apr_time_from_sec(1790000000)
#define ID(n) apr_psprintf(t_pool, "%024x", 0xc000 + (n))
#define BUYER "a00000000000000000000001"
#define OTHER "a00000000000000000000002"

shop_order_repo_t *(*shop_order_contract_store)(void);

static shop_order_repo_t *repo;
static shop_order_t *found;
static bool yes;

static shop_order_t *order_of(int n, const char *user_id)
{
    static shop_order_event_t event = { "pending", NOON, BUYER, NULL };
    static shop_address_t address = { "1 Main St", "Town", "", "Country", "12345" };
    shop_order_t *order = apr_pcalloc(t_pool, sizeof(*order));
    shop_order_line_t *line = apr_pcalloc(t_pool, sizeof(*line));

    *line = (shop_order_line_t){ "b00000000000000000000001", "Thing", 1000, 3, 3000, 300 };
    order->id = ID(n);
    order->number = apr_psprintf(t_pool, "SH-0000-%04d", n);
    order->user_id = user_id;
    order->status = SHOP_ORDER_PENDING;
    order->items = apr_array_make(t_pool, 1, sizeof(void *));
    APR_ARRAY_PUSH(order->items, shop_order_line_t *) = line;
    order->subtotal = 3000;
    order->discount = 300;
    order->total = 2700;
    order->currency = "USD";
    order->coupon_code = "TEN";
    order->coupon_limited = true;
    order->coupon_user_limit = 2;
    order->coupon_terms_rev = 7;
    order->coupon_born = 5;
    order->shipping_address = &address;
    order->payment_method = "paypal";
    order->history = apr_array_make(t_pool, 1, sizeof(void *));
    APR_ARRAY_PUSH(order->history, shop_order_event_t *) = &event;
    order->returned = apr_array_make(t_pool, 1, sizeof(char *));
    order->created_at = order->updated_at = NOON + apr_time_from_sec(n);
    order->cart_gen = n;
    order->cart_slot = apr_psprintf(t_pool, "g:%d", n);
    order->key_slot = apr_psprintf(t_pool, "k:%d", n);
    order->fingerprint = "fp";
    order->reply = "re\0ply";
    order->reply_size = 6;
    order->rev = 1;
    return order;
}

/* An order of the previous protocol, as it was inserted before its units were reserved. */
static shop_order_t *placing_of(int n, const char *user_id)
{
    shop_order_t *order = order_of(n, user_id);

    order->status = SHOP_ORDER_PLACING;
    order->history = apr_array_make(t_pool, 1, sizeof(void *));
    order->reply = NULL;
    order->reply_size = 0;
    order->rev = 0;
    order->lease_at = NOON + SHOP_ORDER_LEASE;
    order->unfinished = true;
    return order;
}

static shop_order_insert_t insert(const shop_order_t *order)
{
    shop_order_insert_t result = SHOP_INSERT_GIVEN_UP;

    T_OK(repo->insert(&result, repo, order, t_pool));
    return result;
}

static void placed(int n, const char *user_id)
{
    T_INT(insert(order_of(n, user_id)), SHOP_INSERT_DONE);
}

/* found: the order, with PLACED. */
static shop_tombstone_t tombstone(int n)
{
    shop_tombstone_t result = SHOP_TOMBSTONE_UNSEEN;

    T_OK(repo->tombstone(&result, &found, repo, ID(n), BUYER, NOON, t_pool));
    T_TRUE((found != NULL) == (result == SHOP_TOMBSTONE_PLACED));
    return result;
}

static shop_order_t *stored(int n)
{
    T_OK(repo->find(&found, repo, ID(n), t_pool));
    T_TRUE(found != NULL);
    return found ? found : order_of(n, BUYER);
}

static void one_slot_is_one_order(void)
{
    shop_order_t *twin = order_of(2, BUYER);

    repo = shop_order_contract_store();
    T_INT(insert(order_of(1, BUYER)), SHOP_INSERT_DONE);
    T_INT(insert(order_of(1, BUYER)), SHOP_INSERT_DONE); /* the same once more */
    twin->cart_slot = "g:1";
    T_INT(insert(twin), SHOP_INSERT_SLOT);
    twin->cart_slot = "g:2";
    twin->key_slot = "k:1";
    T_INT(insert(twin), SHOP_INSERT_SLOT);
    twin->user_id = OTHER;
    twin->cart_slot = "g:1";
    T_INT(insert(twin), SHOP_INSERT_DONE); /* slots are a customer's own */
    twin = order_of(3, BUYER);
    twin->number = "SH-0000-0001";
    T_INT(insert(twin), SHOP_INSERT_NUMBER);
    T_OK(repo->find(&found, repo, ID(3), t_pool));
    T_TRUE(!found);
    twin->number = "SH-0000-0003";
    T_INT(insert(twin), SHOP_INSERT_DONE);
    T_OK(repo->find_by_key(&found, repo, BUYER, "k:1", t_pool));
    T_STR(found->id, ID(1));
    T_OK(repo->find_by_key(&found, repo, BUYER, "k:9", t_pool));
    T_TRUE(!found);
    T_OK(repo->find_by_cart(&found, repo, BUYER, "g:1", t_pool));
    T_STR(found->id, ID(1));
    T_OK(repo->find_by_cart(&found, repo, BUYER, "g:9", t_pool));
    T_TRUE(!found);
}

/* The customer chooses his key; what the store says about it must not be taken for an index. */
static void a_key_that_looks_like_an_index_is_only_a_key(void)
{
    static const char *const keys[] = { "k:_id_", "k:index: _id_ dup key: { _id:", "k:number_1",
                                        "k:cart_slot" };

    repo = shop_order_contract_store();
    for (int i = 0; i < 4; i++) {
        shop_order_t *order = order_of(2 * i + 1, BUYER), *twin = order_of(2 * i + 2, BUYER);

        order->key_slot = twin->key_slot = keys[i];
        T_INT(insert(order), SHOP_INSERT_DONE);
        T_INT(insert(twin), SHOP_INSERT_SLOT);
    }
}

static void what_goes_in_comes_out(void)
{
    shop_order_t *order = order_of(1, BUYER);
    const shop_order_line_t *line;

    repo = shop_order_contract_store();
    T_INT(insert(order), SHOP_INSERT_DONE);
    T_TRUE(!stored(1)->unfinished && !found->lease_at && !found->restocking);
    T_INT(found->refunded, 0);
    T_INT(found->refunds->nelts, 0);
    T_INT(found->returned->nelts, 0);
    T_OK(repo->find_by_key(&found, repo, BUYER, "k:1", t_pool));
    T_INT(found->reply_size, 6);
    T_TRUE(found->reply && !memcmp(found->reply, "re\0ply", 6));
    T_INT(found->status, SHOP_ORDER_PENDING);
    T_INT(found->rev, 1);
    T_STR(found->number, order->number);
    T_INT(found->total, 2700);
    T_TRUE(found->coupon_limited);
    T_INT(found->coupon_user_limit, 2);
    T_INT(found->coupon_terms_rev, 7);
    T_INT(found->coupon_born, 5);
    T_STR(found->shipping_address->zip_code, "12345");
    T_STR(found->shipping_address->state, "");
    T_TRUE(found->created_at == order->created_at);
    T_INT(found->cart_gen, 1);
    T_STR(found->fingerprint, "fp");
    T_INT(found->history->nelts, 1);
    line = APR_ARRAY_IDX(found->items, 0, shop_order_line_t *);
    T_STR(line->unit_id, "b00000000000000000000001");
    T_INT(line->quantity, 3);
    T_INT(line->discount, 300);
}

/* The previous protocol's, which is rolled back but made no more. */
static void a_failed_order_frees_its_slots(void)
{
    shop_order_t *twin = order_of(2, BUYER);

    repo = shop_order_contract_store();
    T_INT(insert(placing_of(1, BUYER)), SHOP_INSERT_DONE);
    T_INT(insert(placing_of(1, BUYER)), SHOP_INSERT_DONE);
    T_INT(stored(1)->status, SHOP_ORDER_PLACING);
    T_TRUE(found->unfinished && found->lease_at == NOON + SHOP_ORDER_LEASE);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_ABORTING, SHOP_ORDER_FAILED, -1, NULL, NULL, NOON,
                    t_pool));
    T_TRUE(!yes); /* it is not aborting */
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PLACING, SHOP_ORDER_ABORTING, -1, NULL, NULL,
                    NOON + 5000, t_pool));
    T_TRUE(yes);
    T_TRUE(stored(1)->lease_at == NOON + 5000 + SHOP_ORDER_LEASE);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PLACING, SHOP_ORDER_PENDING, -1, NULL, NULL, NOON,
                    t_pool));
    T_TRUE(!yes); /* a commit that comes late finds no placing order */
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_ABORTING, SHOP_ORDER_FAILED, -1, NULL, NULL, NOON,
                    t_pool));
    T_TRUE(yes);
    T_TRUE(!stored(1)->unfinished);
    T_STR(found->key_slot, apr_pstrcat(t_pool, "o:", ID(1), NULL));
    twin->cart_slot = "g:1";
    twin->key_slot = "k:1";
    T_INT(insert(twin), SHOP_INSERT_DONE);
}

static void what_is_durable_is_found_for_its_customer(void)
{
    repo = shop_order_contract_store();
    placed(1, BUYER);
    T_OK(repo->find_durable(&found, repo, BUYER, ID(1), t_pool));
    T_TRUE(found != NULL);
    T_STR(found ? found->number : NULL, "SH-0000-0001");
    T_INT(found ? found->items->nelts : 0, 1);
    T_OK(repo->find_durable(&found, repo, OTHER, ID(1), t_pool));
    T_TRUE(!found);
    T_OK(repo->find_durable(&found, repo, BUYER, ID(2), t_pool));
    T_TRUE(!found);
    T_INT(tombstone(2), SHOP_TOMBSTONE_SET);
    T_OK(repo->find_durable(&found, repo, BUYER, ID(2), t_pool));
    T_INT(found ? found->status : SHOP_ORDER_PENDING, SHOP_ORDER_FAILED);
}

static void an_order_with_a_tombstone_is_never_placed(void)
{
    shop_order_t *order = order_of(1, BUYER);

    repo = shop_order_contract_store();
    T_INT(tombstone(1), SHOP_TOMBSTONE_SET);
    T_INT(tombstone(1), SHOP_TOMBSTONE_SET); /* any number of times */
    for (int turn = 0; turn < 2; turn++) {
        T_INT(insert(order), SHOP_INSERT_GIVEN_UP);
        order->number = "SH-0000-0009";
        order->cart_slot = "g:9";
        order->key_slot = "k:9";
    }
    T_INT(stored(1)->status, SHOP_ORDER_FAILED);
    T_STR(found->user_id, BUYER);
    T_STR(found->number, apr_pstrcat(t_pool, "x:", ID(1), NULL));
    T_STR(found->cart_slot, apr_pstrcat(t_pool, "o:", ID(1), NULL));
    T_STR(found->key_slot, found->cart_slot);
    T_INT(found->items->nelts, 0);
    T_TRUE(!found->unfinished && !found->lease_at);
    order = order_of(2, BUYER); /* the slots of what was given up are free */
    order->cart_slot = "g:1";
    order->key_slot = "k:1";
    order->number = "SH-0000-0001";
    T_INT(insert(order), SHOP_INSERT_DONE);
    T_INT(tombstone(3), SHOP_TOMBSTONE_SET); /* many of one customer */
}

static void a_placed_order_gets_no_tombstone(void)
{
    repo = shop_order_contract_store();
    placed(1, BUYER);
    T_INT(tombstone(1), SHOP_TOMBSTONE_PLACED);
    T_STR(found ? found->number : NULL, "SH-0000-0001");
    T_INT(found ? found->items->nelts : 0, 1);
    T_STR(found ? found->coupon_code : NULL, "TEN");
    T_INT(found ? found->cart_gen : 0, 1);
    T_INT(stored(1)->status, SHOP_ORDER_PENDING);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PENDING, SHOP_ORDER_CANCELLING, -1, NULL, NULL,
                    NOON, t_pool));
    T_INT(tombstone(1), SHOP_TOMBSTONE_PLACED);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_CANCELLING, SHOP_ORDER_CANCELLED, -1, NULL, NULL,
                    NOON, t_pool));
    T_INT(tombstone(1), SHOP_TOMBSTONE_PLACED);
    T_INT(insert(order_of(1, BUYER)), SHOP_INSERT_DONE); /* a copy that comes late */
    T_INT(stored(1)->status, SHOP_ORDER_CANCELLED);
}

static void an_order_of_the_previous_protocol_is_left_to_its_reaper(void)
{
    repo = shop_order_contract_store();
    T_INT(insert(placing_of(1, BUYER)), SHOP_INSERT_DONE);
    T_INT(tombstone(1), SHOP_TOMBSTONE_UNSEEN);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PLACING, SHOP_ORDER_ABORTING, -1, NULL, NULL,
                    NOON, t_pool));
    T_INT(tombstone(1), SHOP_TOMBSTONE_UNSEEN);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_ABORTING, SHOP_ORDER_FAILED, -1, NULL, NULL, NOON,
                    t_pool));
    T_INT(tombstone(1), SHOP_TOMBSTONE_SET);
}

static bool insert_it(void *baton, int i, apr_pool_t *pool)
{
    shop_order_insert_t result;

    (void)i;
    return !repo->insert(&result, repo, baton, pool) && result == SHOP_INSERT_DONE;
}

static void copies_of_an_insert_at_once_are_one_order(void)
{
    shop_order_query_t query = { .list = { .limit = 9, .count = true }, .status = -1 };
    apr_array_header_t *orders;
    shop_list_end_t end;

    repo = shop_order_contract_store();
    for (int n = 1; n <= 5; n++) {
        T_INT(shop_test_crowd(4, insert_it, order_of(n, BUYER)), 4);
    }
    T_OK(repo->list(&orders, &end, repo, &query, t_pool));
    T_INT(end.total, 5);
}

/* Of eight orders with one cart, key or number: the i-th has its own of the others. */
static bool insert_twin(void *baton, int i, apr_pool_t *pool)
{
    shop_order_t order = *(const shop_order_t *)baton;
    shop_order_insert_t result;

    order.id = apr_psprintf(pool, "%024x", 0xe000 + i);
    if (strcmp(order.cart_slot, "g:1") != 0) {
        order.cart_slot = apr_psprintf(pool, "g:%d", 100 + i);
    }
    if (strcmp(order.key_slot, "k:1") != 0) {
        order.key_slot = apr_psprintf(pool, "k:%d", 100 + i);
    }
    if (strcmp(order.number, "SH-0000-0001") != 0) {
        order.number = apr_psprintf(pool, "SH-0000-01%02d", i);
    }
    return !repo->insert(&result, repo, &order, pool) && result == SHOP_INSERT_DONE;
}

static void of_orders_with_one_slot_or_number_at_once_one_is_placed(void)
{
    for (int turn = 0; turn < 9; turn++) {
        shop_order_t *order = order_of(2, BUYER);

        repo = shop_order_contract_store();
        order->cart_slot = turn % 3 == 0 ? "g:1" : "g:own";
        order->key_slot = turn % 3 == 1 ? "k:1" : "k:own";
        order->number = turn % 3 == 2 ? "SH-0000-0001" : "own";
        T_INT(shop_test_crowd(8, insert_twin, order), 1);
    }
}

/* Even threads insert, odd ones set a tombstone; true: this one decided, or agrees with who did. */
static bool decide(void *baton, int i, apr_pool_t *pool)
{
    const shop_order_t *order = baton;
    shop_order_insert_t inserted;
    shop_tombstone_t tombstoned;
    shop_order_t *seen;

    if (i % 2 == 0) {
        return !repo->insert(&inserted, repo, order, pool) && inserted == SHOP_INSERT_DONE;
    }
    return !repo->tombstone(&tombstoned, &seen, repo, order->id, BUYER, NOON, pool) &&
           tombstoned == SHOP_TOMBSTONE_SET;
}

static void of_insert_and_tombstone_at_once_exactly_one_wins(void)
{
    int was_placed = 0;

    repo = shop_order_contract_store();
    for (int n = 1; n <= 40; n++) {
        int agreed = shop_test_crowd(2, decide, order_of(n, BUYER));

        T_INT(agreed, 1);
        was_placed += stored(n)->status == SHOP_ORDER_PENDING;
        T_TRUE(found->status == SHOP_ORDER_PENDING || found->status == SHOP_ORDER_FAILED);
    }
    for (int n = 41; n <= 50; n++) { /* four inserts and four tombstones: all agree */
        T_INT(shop_test_crowd(8, decide, order_of(n, BUYER)), 4);
    }
    printf("(%d of 40 placed) ", was_placed);
}

static void a_move_compares_and_appends(void)
{
    shop_order_event_t event = { "paid", NOON, "admin", "by wire" };

    repo = shop_order_contract_store();
    placed(1, BUYER);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PENDING, SHOP_ORDER_PAID, 7, &event, NULL, NOON,
                    t_pool));
    T_TRUE(!yes);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PENDING, SHOP_ORDER_PAID, 1, &event, "T1", NOON,
                    t_pool));
    T_TRUE(yes);
    T_INT(stored(1)->status, SHOP_ORDER_PAID);
    T_INT(found->rev, 2);
    T_STR(found->tracking_number, "T1");
    T_INT(found->history->nelts, 2);
    T_STR(APR_ARRAY_IDX(found->history, 1, shop_order_event_t *)->note, "by wire");
    T_TRUE(!found->unfinished);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PAID, SHOP_ORDER_PROCESSING, -1, NULL, "", NOON,
                    t_pool));
    T_TRUE(!stored(1)->tracking_number);
}

static void a_correction_is_fenced_by_the_revision(void)
{
    shop_order_event_t event = { "paid", NOON, "admin", "by wire" };

    repo = shop_order_contract_store();
    placed(1, BUYER);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PENDING, SHOP_ORDER_PAID, 1, &event, "T1", NOON,
                    t_pool));
    T_OK(repo->correct(&yes, repo, ID(1), 1, "T2", 1, "x", t_pool));
    T_TRUE(!yes);
    T_OK(repo->correct(&yes, repo, ID(1), 2, "T2", 1, NULL, t_pool));
    T_TRUE(yes);
    T_STR(stored(1)->tracking_number, "T2");
    T_INT(found->rev, 3);
    T_INT(found->status, SHOP_ORDER_PAID);
    T_STR(APR_ARRAY_IDX(found->history, 1, shop_order_event_t *)->note, "by wire");
    T_OK(repo->correct(&yes, repo, ID(1), 3, NULL, 1, "by cheque", t_pool));
    T_STR(stored(1)->tracking_number, "T2");
    T_STR(APR_ARRAY_IDX(found->history, 1, shop_order_event_t *)->note, "by cheque");
    T_OK(repo->correct(&yes, repo, ID(1), 4, "", 1, "", t_pool));
    T_TRUE(!stored(1)->tracking_number);
    T_TRUE(!APR_ARRAY_IDX(found->history, 1, shop_order_event_t *)->note);
    T_INT(found->history->nelts, 2);
}

static void finishing_does_not_hide_a_cancelling(void)
{
    apr_array_header_t *left;

    repo = shop_order_contract_store();
    placed(1, BUYER);
    T_TRUE(!stored(1)->unfinished);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PENDING, SHOP_ORDER_CANCELLING, -1, NULL, NULL,
                    NOON, t_pool));
    T_OK(repo->finish(repo, ID(1), t_pool)); /* a clean-up that comes late */
    T_TRUE(stored(1)->unfinished);
    for (int turn = 0; turn < 2; turn++) {
        T_OK(repo->mark_returned(repo, ID(1), "b00000000000000000000001", t_pool));
        T_OK(repo->mark_returned(repo, ID(1), "coupon", t_pool));
    }
    T_INT(stored(1)->returned->nelts, 2);
    T_OK(repo->unfinished(&left, repo, NOON + SHOP_ORDER_LEASE, 10, t_pool));
    T_INT(left->nelts, 0); /* its lease runs */
    T_OK(repo->unfinished(&left, repo, NOON + SHOP_ORDER_LEASE + 1000, 10, t_pool));
    T_INT(left->nelts, 1);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_CANCELLING, SHOP_ORDER_CANCELLED, -1, NULL, NULL,
                    NOON, t_pool));
    T_OK(repo->finish(repo, ID(1), t_pool));
    T_OK(repo->unfinished(&left, repo, NOON + 10 * SHOP_ORDER_LEASE, 10, t_pool));
    T_INT(left->nelts, 0);
}

static shop_refund_t refund_of(int n, int64_t amount)
{
    return (shop_refund_t){ .id = apr_psprintf(t_pool, "%024x", 0xd000 + n),
                            .amount = amount,
                            .reason = "broken",
                            .by = OTHER,
                            .at = NOON + apr_time_from_sec(60),
                            .key = n == 1 ? "admin:a" : NULL,
                            .fingerprint = n == 1 ? "fp" : NULL,
                            .reply = n == 1 ? "re\0ply" : NULL,
                            .reply_size = n == 1 ? 6 : 0 };
}

static void a_refund_is_fenced_by_the_revision(void)
{
    shop_order_event_t event = { "refunded", NOON, OTHER, NULL };
    shop_refund_t first = refund_of(1, 700), rest = refund_of(2, 2000);
    const shop_refund_t *kept;
    apr_array_header_t *left;

    repo = shop_order_contract_store();
    placed(1, BUYER);
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PENDING, SHOP_ORDER_PAID, 1, NULL, NULL, NOON,
                    t_pool));
    T_OK(repo->refund(&yes, repo, ID(1), 1, &first, SHOP_ORDER_PAID, NULL, t_pool));
    T_TRUE(!yes);
    T_INT(stored(1)->refunded, 0);
    T_OK(repo->refund(&yes, repo, ID(1), 2, &first, SHOP_ORDER_PAID, NULL, t_pool));
    T_TRUE(yes);
    T_OK(repo->refund(&yes, repo, ID(1), 2, &first, SHOP_ORDER_PAID, NULL, t_pool));
    T_TRUE(!yes); /* the same again */
    T_OK(repo->refund(&yes, repo, ID(1), 3, &first, SHOP_ORDER_PAID, NULL, t_pool));
    T_TRUE(!yes);
    T_INT(stored(1)->refunded, 700);
    T_INT(found->rev, 3);
    T_TRUE(!found->unfinished && !found->restocking);
    kept = APR_ARRAY_IDX(found->refunds, 0, shop_refund_t *);
    T_STR(kept->id, first.id);
    T_STR(kept->reason, "broken");
    T_STR(kept->key, "admin:a");
    T_INT(kept->reply_size, 6);
    T_TRUE(!memcmp(kept->reply, "re\0ply", 6));
    T_TRUE(kept->at == first.at && !kept->restock);
    rest.restock = true;
    T_OK(repo->refund(&yes, repo, ID(1), 3, &rest, SHOP_ORDER_REFUNDED, &event, t_pool));
    T_TRUE(yes);
    T_INT(stored(1)->status, SHOP_ORDER_REFUNDED);
    T_INT(found->refunded, 2700);
    T_INT(found->refunds->nelts, 2);
    T_TRUE(!APR_ARRAY_IDX(found->refunds, 1, shop_refund_t *)->key);
    T_STR(APR_ARRAY_IDX(found->history, 1, shop_order_event_t *)->status, "refunded");
    T_TRUE(found->restocking && found->unfinished);
    T_OK(repo->finish(repo, ID(1), t_pool)); /* a clean-up that comes late */
    T_OK(repo->unfinished(&left, repo, rest.at + SHOP_ORDER_LEASE + 1000, 10, t_pool));
    T_INT(left->nelts, 1);
    T_OK(repo->restocked(repo, ID(1), t_pool));
    T_OK(repo->restocked(repo, ID(1), t_pool));
    T_OK(repo->finish(repo, ID(1), t_pool));
    T_TRUE(!stored(1)->restocking && !found->unfinished);
}

static void the_reaper_is_given_the_oldest_first(void)
{
    apr_array_header_t *left;

    repo = shop_order_contract_store();
    for (int n = 1; n <= 3; n++) { /* the second is the oldest, the first the youngest */
        shop_order_t *order = placing_of(n, BUYER);

        order->lease_at = NOON + apr_time_from_sec(n == 2 ? 1 : n == 3 ? 2 : 3);
        T_INT(insert(order), SHOP_INSERT_DONE);
    }
    T_OK(repo->unfinished(&left, repo, NOON + SHOP_ORDER_LEASE, 2, t_pool));
    T_INT(left->nelts, 2);
    T_STR(APR_ARRAY_IDX(left, 0, shop_order_t *)->id, ID(2));
    T_STR(APR_ARRAY_IDX(left, 1, shop_order_t *)->id, ID(3));
}

static void the_list_is_newest_first_and_knows_no_internal_order(void)
{
    shop_order_query_t query = { .list = { .limit = 2, .count = true }, .status = -1 };
    apr_array_header_t *orders;
    shop_list_end_t end;
    int64_t uses;

    repo = shop_order_contract_store();
    for (int n = 1; n <= 3; n++) {
        placed(n, BUYER);
    }
    placed(4, OTHER);
    T_INT(insert(placing_of(5, BUYER)), SHOP_INSERT_DONE);
    T_INT(tombstone(6), SHOP_TOMBSTONE_SET);
    query.user_id = BUYER;
    T_OK(repo->list(&orders, &end, repo, &query, t_pool));
    T_INT(orders->nelts, 2);
    T_INT(end.total, 3);
    T_STR(APR_ARRAY_IDX(orders, 0, shop_order_t *)->id, ID(3));
    T_TRUE(end.next != NULL);
    query.list.after = end.next;
    T_OK(repo->list(&orders, &end, repo, &query, t_pool));
    T_INT(orders->nelts, 1);
    T_STR(APR_ARRAY_IDX(orders, 0, shop_order_t *)->id, ID(1));
    T_TRUE(!end.next);
    T_OK(repo->move(&yes, repo, ID(4), SHOP_ORDER_PENDING, SHOP_ORDER_CANCELLING, -1, NULL, NULL,
                    NOON, t_pool));
    query = (shop_order_query_t){ .list = { .limit = 9 }, .status = SHOP_ORDER_CANCELLED };
    T_OK(repo->list(&orders, &end, repo, &query, t_pool));
    T_INT(orders->nelts, 1); /* cancelling is shown as cancelled */
    query.status = SHOP_ORDER_PENDING;
    T_OK(repo->list(&orders, &end, repo, &query, t_pool));
    T_INT(orders->nelts, 3);
    T_OK(repo->coupon_uses(&uses, repo, "TEN", 5, t_pool));
    T_INT(uses, 3);
    T_OK(repo->coupon_uses(&uses, repo, "TEN", 6, t_pool));
    T_INT(uses, 0); /* those were of an earlier coupon of the code */
}

const shop_test_t shop_order_contract[] = {
    SHOP_TEST(one_slot_is_one_order, "one cart and one key are one order"),
    SHOP_TEST(a_key_that_looks_like_an_index_is_only_a_key,
              "a key that looks like an index's name is only a key"),
    SHOP_TEST(what_goes_in_comes_out, "what goes in comes out, the reply byte for byte"),
    SHOP_TEST(a_failed_order_frees_its_slots, "a failed order frees its slots and is never placed"),
    SHOP_TEST(what_is_durable_is_found_for_its_customer,
              "what is durable is found for its customer"),
    SHOP_TEST(an_order_with_a_tombstone_is_never_placed,
              "an order with a tombstone is never placed"),
    SHOP_TEST(a_placed_order_gets_no_tombstone, "a placed order gets no tombstone"),
    SHOP_TEST(an_order_of_the_previous_protocol_is_left_to_its_reaper,
              "an order of the previous protocol is left to its reaper"),
    SHOP_TEST(copies_of_an_insert_at_once_are_one_order,
              "copies of an insert at once are one order"),
    SHOP_TEST(of_orders_with_one_slot_or_number_at_once_one_is_placed,
              "of orders with one cart, key or number at once one is placed"),
    SHOP_TEST(of_insert_and_tombstone_at_once_exactly_one_wins,
              "of insert and tombstone at once exactly one wins"),
    SHOP_TEST(a_move_compares_and_appends, "a move compares status and revision"),
    SHOP_TEST(a_correction_is_fenced_by_the_revision,
              "a correction is fenced by the order's revision and leaves what it does not name"),
    SHOP_TEST(finishing_does_not_hide_a_cancelling, "a late finish does not hide a cancelling"),
    SHOP_TEST(a_refund_is_fenced_by_the_revision, "a refund is fenced by the order's revision"),
    SHOP_TEST(the_reaper_is_given_the_oldest_first, "the reaper is given the oldest first"),
    SHOP_TEST(the_list_is_newest_first_and_knows_no_internal_order,
              "the list is newest first and knows no internal order"),
    SHOP_TEST_END,
};
