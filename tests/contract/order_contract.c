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
    static shop_address_t address = { "1 Main St", "Town", "", "Country", "12345" };
    shop_order_t *order = apr_pcalloc(t_pool, sizeof(*order));
    shop_order_line_t *line = apr_pcalloc(t_pool, sizeof(*line));

    *line = (shop_order_line_t){ "b00000000000000000000001", "Thing", 1000, 3, 3000, 300 };
    order->id = ID(n);
    order->number = apr_psprintf(t_pool, "SH-0000-%04d", n);
    order->user_id = user_id;
    order->status = SHOP_ORDER_PLACING;
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
    order->returned = apr_array_make(t_pool, 1, sizeof(char *));
    order->created_at = order->updated_at = NOON + apr_time_from_sec(n);
    order->cart_gen = n;
    order->cart_slot = apr_psprintf(t_pool, "g:%d", n);
    order->key_slot = apr_psprintf(t_pool, "k:%d", n);
    order->fingerprint = "fp";
    order->lease_at = NOON + SHOP_ORDER_LEASE;
    order->unfinished = true;
    return order;
}

static bool claim(const shop_order_t *order)
{
    bool claimed = false;

    T_OK(repo->claim(&claimed, repo, order, t_pool));
    return claimed;
}

static void commit(shop_order_t *order)
{
    static shop_order_event_t event = { "pending", NOON, BUYER, NULL };

    APR_ARRAY_PUSH(order->history, shop_order_event_t *) = &event;
    order->reply = "re\0ply";
    order->reply_size = 6;
    order->rev = 1;
    T_OK(repo->commit(&yes, repo, order, t_pool));
    T_TRUE(yes);
}

static void placed(int n, const char *user_id)
{
    shop_order_t *order = order_of(n, user_id);

    T_TRUE(claim(order));
    commit(order);
    T_OK(repo->finish(repo, order->id, t_pool));
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
    T_TRUE(claim(order_of(1, BUYER)));
    T_TRUE(claim(order_of(1, BUYER))); /* the same id again is our own claim */
    twin->cart_slot = "g:1";
    T_TRUE(!claim(twin));
    twin->cart_slot = "g:2";
    twin->key_slot = "k:1";
    T_TRUE(!claim(twin));
    twin->user_id = OTHER;
    twin->cart_slot = "g:1";
    T_TRUE(claim(twin)); /* slots are a customer's own */
    twin = order_of(3, BUYER);
    twin->number = "SH-0000-0001";
    T_ERR(repo->claim(&yes, repo, twin, t_pool), CONFLICT);
    T_OK(repo->find(&found, repo, ID(3), t_pool));
    T_TRUE(!found);
    T_OK(repo->find_by_key(&found, repo, BUYER, "k:1", t_pool));
    T_STR(found->id, ID(1));
    T_OK(repo->find_by_key(&found, repo, BUYER, "k:9", t_pool));
    T_TRUE(!found);
    T_OK(repo->find_by_cart(&found, repo, BUYER, "g:1", t_pool));
    T_STR(found->id, ID(1));
    T_OK(repo->find_by_cart(&found, repo, BUYER, "g:9", t_pool));
    T_TRUE(!found);
}

static void what_goes_in_comes_out(void)
{
    shop_order_t *order = order_of(1, BUYER);
    const shop_order_line_t *line;

    repo = shop_order_contract_store();
    T_TRUE(claim(order));
    T_INT(stored(1)->status, SHOP_ORDER_PLACING);
    T_TRUE(found->unfinished && found->lease_at == order->lease_at);
    commit(order);
    T_OK(repo->commit(&yes, repo, order, t_pool));
    T_TRUE(yes); /* again is no error */
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

static void a_failed_order_frees_its_slots(void)
{
    shop_order_t *order = order_of(1, BUYER), *twin = order_of(2, BUYER);

    repo = shop_order_contract_store();
    T_TRUE(claim(order));
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_ABORTING, SHOP_ORDER_FAILED, -1, NULL, NULL, NOON,
                    t_pool));
    T_TRUE(!yes); /* it is not aborting */
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_PLACING, SHOP_ORDER_ABORTING, -1, NULL, NULL,
                    NOON + 5000, t_pool));
    T_TRUE(yes);
    T_TRUE(stored(1)->lease_at == NOON + 5000 + SHOP_ORDER_LEASE);
    order->reply = "late";
    order->reply_size = 4;
    T_OK(repo->commit(&yes, repo, order, t_pool));
    T_TRUE(!yes); /* a commit that comes late finds no placing order */
    T_OK(repo->move(&yes, repo, ID(1), SHOP_ORDER_ABORTING, SHOP_ORDER_FAILED, -1, NULL, NULL, NOON,
                    t_pool));
    T_TRUE(yes);
    T_TRUE(!stored(1)->unfinished);
    T_STR(found->key_slot, apr_pstrcat(t_pool, "o:", ID(1), NULL));
    twin->cart_slot = "g:1";
    twin->key_slot = "k:1";
    T_TRUE(claim(twin));
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
        shop_order_t *order = order_of(n, BUYER);

        order->lease_at = NOON + apr_time_from_sec(n == 2 ? 1 : n == 3 ? 2 : 3);
        T_TRUE(claim(order));
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
    T_TRUE(claim(order_of(5, BUYER)));
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
    SHOP_TEST(what_goes_in_comes_out, "what goes in comes out, the reply byte for byte"),
    SHOP_TEST(a_failed_order_frees_its_slots, "a failed order frees its slots and is never placed"),
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
