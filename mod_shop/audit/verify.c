/* SPDX-License-Identifier: MIT
 * The rules of the audit. No I/O, no clock: the caller passes documents and time. */
#include "verify.h"

#include <apr_strings.h>
#include <string.h>

bool shop_verify_is_committed(int status)
{
    return status >= SHOP_ORDER_PENDING && status < SHOP_ORDER_STATUS_COUNT;
}

shop_verify_entry_t *shop_verify_entry(const apr_array_header_t *entries, const char *id)
{
    for (int i = 0; i < entries->nelts; i++) {
        shop_verify_entry_t *entry = &APR_ARRAY_IDX(entries, i, shop_verify_entry_t);

        if (!strcmp(entry->id, id)) {
            return entry;
        }
    }
    return NULL;
}

bool shop_verify_names(const apr_array_header_t *entries, const char *id)
{
    return shop_verify_entry(entries, id) != NULL;
}

/* Marks the reservation and the return marker of the order as accounted for. *backed: it has a
 * marker. */
static shop_verify_entry_t *meet(bool *backed, const shop_verify_reservable_t *object,
                                 const char *order_id, int status)
{
    shop_verify_entry_t *hold = shop_verify_entry(object->holds, order_id);
    shop_verify_entry_t *back = shop_verify_entry(object->backs, order_id);

    if (hold) {
        hold->known = true;
        hold->status = status;
    }
    if (back) {
        back->known = true;
        back->status = status;
    }
    *backed = back != NULL;
    return hold;
}

void shop_verify_close(shop_verify_reservable_t *object)
{
    for (int i = 0; i < object->holds->nelts; i++) {
        shop_verify_entry_t *hold = &APR_ARRAY_IDX(object->holds, i, shop_verify_entry_t);

        if (!hold->known) {
            hold->status = SHOP_VERIFY_ABSENT;
            object->taken += hold->amount;
        }
    }
}

static bool is_young(apr_time_t at, apr_time_t now)
{
    return at >= now - SHOP_VERIFY_YOUNG;
}

shop_verify_standing_t shop_verify_reservation(int status, apr_time_t at, apr_time_t now)
{
    if (is_young(at, now) || status == SHOP_ORDER_PLACING || status == SHOP_ORDER_ABORTING) {
        return SHOP_VERIFY_RIGHT; /* the last two: an unfinished order has a finding of its own */
    }
    return shop_verify_is_committed(status) ? SHOP_VERIFY_LEFTOVER : SHOP_VERIFY_WRONG;
}

/* ---- units of stock ---- */

void shop_verify_count_line(shop_verify_unit_t *unit, const shop_verify_line_t *line)
{
    bool backed;
    const shop_verify_entry_t *hold = meet(&backed, &unit->base, line->order_id, line->status);

    if (!shop_verify_is_committed(line->status)) {
        unit->base.taken += hold ? hold->amount : 0;
    } else if (!line->returned && !backed) {
        unit->base.taken += line->quantity;
    }
}

static int64_t moved(const shop_verify_unit_t *unit)
{
    int64_t sum = unit->moved;

    for (int i = 0; i < unit->moves->nelts; i++) {
        sum += APR_ARRAY_IDX(unit->moves, i, shop_verify_entry_t).amount;
    }
    return sum;
}

int64_t shop_verify_stock(const shop_verify_unit_t *unit)
{
    return unit->opened + moved(unit) - unit->base.taken;
}

shop_verify_standing_t shop_verify_sold_out(const shop_verify_unit_t *unit)
{
    if (unit->sold_out) {
        return unit->stock > 0 ? SHOP_VERIFY_WRONG : SHOP_VERIFY_RIGHT;
    }
    return unit->stock > 0 || unit->deleted ? SHOP_VERIFY_RIGHT : SHOP_VERIFY_LEFTOVER;
}

int64_t shop_verify_opened(const shop_verify_unit_t *unit)
{
    return unit->stock - moved(unit) + unit->base.taken;
}

/* ---- coupons ---- */

/* An order records which coupon of the code it used (born). Orders of earlier versions only have
 * terms_rev. */
static bool is_of(const shop_verify_coupon_t *coupon, const shop_verify_use_t *use)
{
    return use->born >= 0 ? use->born == coupon->born : use->terms_rev >= coupon->born;
}

void shop_verify_count_use(shop_verify_coupon_t *coupon, const shop_verify_use_t *use)
{
    bool backed;
    const shop_verify_entry_t *hold = meet(&backed, &coupon->base, use->order_id, use->status);
    bool cancelled = use->status == SHOP_ORDER_CANCELLING || use->status == SHOP_ORDER_CANCELLED;

    if (!shop_verify_is_committed(use->status)) {
        coupon->base.taken += hold != NULL;
    } else if (!is_of(coupon, use)) {
        coupon->older++;
    } else if (use->limited) {
        coupon->base.taken += !use->returned && !backed;
    } else if (cancelled) {
        coupon->unlimited_cancelled++;
    } else {
        coupon->unlimited++;
    }
}

void shop_verify_coupon_bounds(int64_t *least, int64_t *most, const shop_verify_coupon_t *coupon)
{
    /* If the terms never changed, the limit exists since the creation of the coupon and counts
     * every use. */
    bool may_be_late = coupon->terms_rev > coupon->born;

    *most = coupon->usage_limit - coupon->base.taken - coupon->unlimited;
    *least = *most - coupon->unlimited_cancelled - (may_be_late ? coupon->older : 0);
}

/* ---- orders ---- */

static void found(apr_array_header_t *findings, const shop_verify_order_t *order,
                  const char *member, int64_t stored, int64_t computed)
{
    shop_verify_finding_t *finding = apr_array_push(findings);

    *finding = (shop_verify_finding_t){ .kind = "order",
                                        .id = order->id,
                                        .member = member,
                                        .has_stored = true,
                                        .has_computed = true,
                                        .stored = stored,
                                        .computed = computed };
}

static void wrong(apr_array_header_t *findings, const shop_verify_order_t *order,
                  const char *member, const char *detail)
{
    shop_verify_finding_t *finding = apr_array_push(findings);

    *finding = (shop_verify_finding_t){
        .kind = "order", .id = order->id, .member = member, .detail = detail
    };
}

/* Stored numbers may overflow when added; the result of an overflow is a number that cannot be
 * stored. */
static int64_t times(int64_t a, int64_t b)
{
    int64_t unit;

    return __builtin_mul_overflow(a, b, &unit) ? INT64_MIN : unit;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MIN : sum;
}

bool shop_verify_recompute_order(shop_verify_order_t *computed, const shop_verify_order_t *order,
                                 apr_pool_t *pool)
{
    bool sane = true;

    *computed = *order;
    computed->items = apr_array_copy(pool, order->items);
    computed->subtotal = computed->discount = 0;
    for (int i = 0; i < computed->items->nelts; i++) {
        shop_order_line_t *line = &APR_ARRAY_IDX(computed->items, i, shop_order_line_t);

        line->line_total = times(line->price, line->quantity);
        computed->subtotal = plus(computed->subtotal, line->line_total);
        computed->discount = plus(computed->discount, line->discount);
        sane = sane && line->price >= 0 && line->quantity > 0 && line->discount >= 0;
    }
    computed->total =
        plus(computed->subtotal, computed->discount == INT64_MIN ? 0 : -computed->discount);
    computed->refunded = order->refunds;
    return sane && computed->discount >= 0 && computed->total >= 0 && computed->refunded >= 0 &&
           computed->refunded <= computed->total;
}

static void check_refunds(apr_array_header_t *findings, const shop_verify_order_t *order)
{
    if (order->refunded != order->refunds) {
        found(findings, order, "refunded", order->refunded, order->refunds);
    }
    if (order->refunds > order->total) {
        wrong(findings, order, "refunds", "more was refunded than the order's total");
    }
    if (order->status == SHOP_ORDER_REFUNDED && order->has_refunded &&
        order->refunded != order->total) {
        wrong(findings, order, "status", "refunded, but not all of the total");
    }
}

void shop_verify_check_order(apr_array_header_t *findings, const shop_verify_order_t *order,
                             apr_time_t now, apr_pool_t *pool)
{
    shop_verify_order_t computed;

    if (order->status < 0) {
        wrong(findings, order, "status", "is none that an order can have");
    }
    shop_verify_recompute_order(&computed, order, pool);
    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = &APR_ARRAY_IDX(order->items, i, shop_order_line_t);
        int64_t total = APR_ARRAY_IDX(computed.items, i, shop_order_line_t).line_total;

        if (line->line_total != total) {
            found(findings, order, apr_psprintf(pool, "items.%d.total", i), line->line_total,
                  total);
        }
    }
    if (order->subtotal != computed.subtotal) {
        found(findings, order, "subtotal", order->subtotal, computed.subtotal);
    }
    if (order->discount != computed.discount) {
        found(findings, order, "discount", order->discount, computed.discount);
    }
    if (order->total != computed.total) {
        found(findings, order, "total", order->total, computed.total);
    }
    check_refunds(findings, order);
    if (order->unfinished && order->lease_at < now - SHOP_VERIFY_STUCK_AFTER) {
        wrong(findings, order, "unfinished", "long past its lease, and nobody has finished it");
    }
}

/* ---- redemptions ---- */

bool shop_verify_may_redeem(int status, const shop_verify_entry_t *use, apr_time_t now)
{
    bool open = use->amount > 0;

    if (status == SHOP_ORDER_FAILED || status == SHOP_ORDER_CANCELLED) {
        return open; /* it was applied late; the reaper will drop it */
    }
    return status != SHOP_VERIFY_ABSENT || (open && is_young(use->at, now));
}
