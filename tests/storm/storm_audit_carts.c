/* SPDX-License-Identifier: MIT
 * What must hold of every cart when a storm is over, and of what people were told. */
#include "storm.h"

#include <apr_strings.h>
#include <string.h>

/* ---- users ---- */

/* Each unit that was put into the cart is in it, or in one order of it. */
static void audit_units(storm_t *storm, const storm_books_t *books, int user,
                        const shop_cart_t *cart)
{
    for (int p = 0; p < STORM_PRODUCTS; p++) {
        const char *id = storm_product_id(p, storm->pool);
        const shop_cart_line_t *line = shop_cart_line(cart, id);
        int64_t there = line ? line->quantity : 0, put = storm->put[user][p];

        for (int i = 0; i < storm->orders->nelts; i++) {
            const storm_order_t *known = &APR_ARRAY_IDX(storm->orders, i, storm_order_t);
            const shop_order_t *order = books->orders[i];

            if (known->user != user || !storm_was_placed(order)) {
                continue;
            }
            put += known->taken_out[p];
            for (int k = 0; k < order->items->nelts; k++) {
                const shop_order_line_t *item =
                    APR_ARRAY_IDX(order->items, k, const shop_order_line_t *);

                there += strcmp(item->unit_id, id) ? 0 : item->quantity;
            }
        }
        if (put != there) {
            storm_bad(storm, put > there ? "cart unit lost" : "cart unit twice",
                      "u%d p%d: %d put into the cart, %d in it and in orders", user, p, (int)put,
                      (int)there);
        }
    }
}

static bool audit_user(storm_t *storm, storm_books_t *books, int user)
{
    const char *id = storm_user_id(user, storm->pool);
    shop_cart_t *cart;
    int64_t uses, placed = 0;

    if (!storm_is_there(storm, storm->real.coupons->uses(&uses, storm->real.coupons, STORM_CODE, 1,
                                                         id, storm->pool)) ||
        !storm_is_there(storm,
                        storm->real.carts->find(&cart, storm->real.carts, id, storm->pool))) {
        return false;
    }
    storm_say(storm, books,
              apr_psprintf(storm->pool, "u%d %d redemptions, cart of generation %d, %d lines%s",
                           user, (int)uses, (int)cart->gen, cart->lines->nelts,
                           cart->claim ? ", claimed" : ""));
    if (uses != books->used[user] || uses > 1) {
        storm_bad(storm, "coupon per user", "u%d: %d redemptions for %d standing orders", user,
                  (int)uses, (int)books->used[user]);
    }
    for (int i = 0; i < storm->orders->nelts; i++) {
        const shop_order_t *order = books->orders[i];

        if (storm_was_placed(order) && !strcmp(order->user_id, id)) {
            placed++;
            if (cart->gen <= order->cart_gen) {
                storm_bad(storm, "cart not cleared", "u%d of o%d", user, i);
            }
        }
    }
    if (cart->gen > placed) { /* then lines left it that nobody had ordered */
        storm_bad(storm, "cart cleared twice", "u%d: generation %d after %d orders", user,
                  (int)cart->gen, (int)placed);
    }
    if (cart->claim) {
        storm_bad(storm, "claim left", "u%d of o%d", user,
                  storm_order_of(storm, cart->claim->order_id));
    }
    audit_units(storm, books, user, cart);
    return true;
}

bool storm_audit_carts(storm_t *storm, storm_books_t *books)
{
    for (int user = 0; user < STORM_USERS; user++) {
        if (!audit_user(storm, books, user)) {
            return false;
        }
    }
    return true;
}

/* ---- what people were told ---- */

static void audit_answer(storm_t *storm, const storm_books_t *books, const storm_answer_t *answer)
{
    int at = storm_order_of(storm, answer->order_id);
    const shop_order_t *order = at < 0 ? NULL : books->orders[at];

    if (!storm_was_placed(order)) {
        storm_bad(storm, "acknowledged order lost", "o%d", at);
    } else if (!answer->reply && order->status != SHOP_ORDER_CANCELLED) {
        storm_bad(storm, "acknowledged cancelling lost", "o%d", at);
    }
}

/* The same key of the same user: the same order and the same bytes. */
static bool differs(const storm_answer_t *a, const storm_answer_t *b)
{
    return a->key && b->key && a->user == b->user && !strcmp(a->key, b->key) &&
           (strcmp(a->order_id, b->order_id) != 0 || strcmp(a->reply, b->reply) != 0);
}

static bool is_twin(const storm_order_t *order, const storm_refusal_t *refusal)
{
    const storm_worker_t *to = refusal->to;

    return order->user == to->user && order->key && to->key && !strcmp(order->key, to->key) &&
           order->claimed && order->claimed < refusal->decided;
}

/* Whoever is told no may send the request again, and must not get a second order by it. */
static void audit_refusal(storm_t *storm, const storm_books_t *books,
                          const storm_refusal_t *refusal)
{
    for (int i = 0; i < storm->orders->nelts; i++) {
        const storm_order_t *order = &APR_ARRAY_IDX(storm->orders, i, storm_order_t);

        if (!storm_was_placed(books->orders[i])) {
            continue;
        }
        if (order->by == refusal->to && order->attempt == refusal->attempt) {
            storm_bad(storm, "refused order placed", "o%d, %s to %s", i, refusal->code,
                      refusal->to->name);
        } else if (is_twin(order, refusal)) {
            storm_bad(storm, "refused while its twin is placed", "o%d, %s to %s at %d", i,
                      refusal->code, refusal->to->name, (int)refusal->decided);
        }
    }
}

bool storm_audit_answers(storm_t *storm, const storm_books_t *books)
{
    for (int i = 0; i < storm->answers->nelts; i++) {
        const storm_answer_t *answer = &APR_ARRAY_IDX(storm->answers, i, storm_answer_t);
        shop_order_t *stored = NULL;

        audit_answer(storm, books, answer);
        for (int k = 0; k < i; k++) {
            if (differs(answer, &APR_ARRAY_IDX(storm->answers, k, storm_answer_t))) {
                storm_bad(storm, "one key, two answers", "u%d %s", answer->user, answer->key);
            }
        }
        if (!answer->key) {
            continue;
        }
        if (!storm_is_there(
                storm, storm->real.orders->find_by_key(&stored, storm->real.orders,
                                                       storm_user_id(answer->user, storm->pool),
                                                       answer->key, storm->pool))) {
            return false;
        }
        if (!stored || strcmp(stored->id, answer->order_id) != 0 ||
            strlen(answer->reply) != stored->reply_size ||
            memcmp(answer->reply, stored->reply, stored->reply_size) != 0) {
            storm_bad(storm, "one key, two answers", "u%d %s: not what is stored", answer->user,
                      answer->key);
        }
    }
    for (int i = 0; i < storm->refusals->nelts; i++) {
        audit_refusal(storm, books, &APR_ARRAY_IDX(storm->refusals, i, storm_refusal_t));
    }
    for (int i = 0; i < storm->refunded->nelts; i++) {
        const storm_refunded_t *told = &APR_ARRAY_IDX(storm->refunded, i, storm_refunded_t);
        int at = storm_order_of(storm, told->order_id);

        storm_audit_refunded(storm, told, at < 0 ? NULL : books->orders[at]);
    }
    return true;
}
