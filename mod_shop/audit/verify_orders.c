/* SPDX-License-Identifier: MIT
 * An order's sums and lease, and the redemptions that name orders. */
#include "verify_orders.h"

#include <apr_strings.h>
#include <string.h>

/* ---- orders: one document holds all that is compared ---- */

static int values_of(shop_verify_value_t *values, const shop_verify_order_t *computed,
                     apr_pool_t *pool)
{
    int count = 0;

    values[count++] = (shop_verify_value_t){ "subtotal", computed->subtotal };
    values[count++] = (shop_verify_value_t){ "discount", computed->discount };
    values[count++] = (shop_verify_value_t){ "total", computed->total };
    if (computed->has_refunded || computed->refunded) {
        values[count++] = (shop_verify_value_t){ "refunded", computed->refunded };
    }
    for (int i = 0; i < computed->items->nelts; i++) {
        values[count++] = (shop_verify_value_t){
            apr_psprintf(pool, "items.%d.total", i),
            APR_ARRAY_IDX(computed->items, i, shop_order_line_t).line_total
        };
    }
    return count;
}

static shop_error_t *repair_order(bool *unchanged, const shop_verify_run_t *run,
                                  const shop_verify_order_t *order, apr_array_header_t *findings,
                                  apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    shop_verify_value_t *values =
        apr_palloc(pool, sizeof(*values) * (size_t)(order->items->nelts + 4));
    shop_verify_order_t computed;
    bool sane = shop_verify_recompute_order(&computed, order, pool), numbers = false;

    for (int i = 0; i < findings->nelts; i++) {
        shop_verify_finding_t *finding = &APR_ARRAY_IDX(findings, i, shop_verify_finding_t);

        numbers = numbers || finding->has_computed;
        finding->repaired = sane && finding->has_computed;
        if (!sane && finding->has_computed) {
            shop_verify_set_manual(finding);
        }
    }
    if (!sane || !numbers) {
        return NULL;
    }
    return store->repair(unchanged, store, SHOP_VERIFY_ORDERS, &order->seen, values,
                         values_of(values, &computed, pool), pool);
}

static shop_error_t *look_at_order(bool *unchanged, const shop_verify_run_t *run, const char *id,
                                   apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    apr_array_header_t *findings = apr_array_make(pool, 4, sizeof(shop_verify_finding_t));
    const shop_clock_t *clock = run->ports->clock;
    shop_verify_order_t *order;

    SHOP_TRY(store->order(&order, store, id, pool));
    if (!order) {
        return NULL;
    }
    shop_verify_check_order(findings, order, clock->now(clock), pool);
    if (run->repair && findings->nelts) {
        SHOP_TRY(repair_order(unchanged, run, order, findings, pool));
    }
    if (*unchanged) {
        shop_verify_report_all(run, findings);
    }
    return NULL;
}

/* The order is read after the redemption. If the redemption must name it at that time, it had to
 * before, because redeeming precedes the commit. */
static shop_error_t *check_redeemed(const shop_verify_run_t *run, const shop_verify_order_t *order,
                                    apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const shop_clock_t *clock = run->ports->clock;
    shop_verify_finding_t finding = { .kind = "redemption",
                                      .id = order->redemption,
                                      .member = "uses" };
    shop_verify_redemption_t *redemption;
    shop_verify_order_t *after;

    SHOP_TRY(store->redemption(&redemption, store, order->redemption, pool));
    if (redemption && shop_verify_names(redemption->uses, order->id)) {
        return NULL;
    }
    SHOP_TRY(store->order(&after, store, order->id, pool));
    if (!after || !after->redemption) {
        return NULL;
    }
    finding.detail = apr_psprintf(pool, "does not name order %s", order->id);
    if (run->repair) {
        SHOP_TRY(store->add_use(store, order->redemption, order->id, clock->now(clock), pool));
        finding.repaired = true;
    }
    shop_verify_report(run, &finding);
    return NULL;
}

shop_error_t *shop_verify_one_order(const shop_verify_run_t *run, const shop_verify_order_t *order,
                                    apr_pool_t *pool)
{
    apr_array_header_t *findings = apr_array_make(pool, 4, sizeof(shop_verify_finding_t));
    const shop_clock_t *clock = run->ports->clock;

    shop_verify_check_order(findings, order, clock->now(clock), pool);
    if (findings->nelts) {
        SHOP_TRY(shop_verify_look(run, "order", order->id, look_at_order, pool));
    }
    return order->redemption ? check_redeemed(run, order, pool) : NULL;
}

/* ---- redemptions ---- */

/* Does the redemption still name the order although its status forbids it? */
static shop_error_t *is_wrong_still(bool *wrong, const shop_verify_run_t *run, const char *id,
                                    const char *order_id, int status, apr_time_t now,
                                    apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    shop_verify_redemption_t *after = NULL;

    *wrong = false;
    SHOP_TRY(store->redemption(&after, store, id, pool));
    for (int i = 0; after && i < after->uses->nelts; i++) {
        const shop_verify_entry_t *use = &APR_ARRAY_IDX(after->uses, i, shop_verify_entry_t);

        *wrong =
            *wrong || (!strcmp(use->id, order_id) && !shop_verify_may_redeem(status, use, now));
    }
    return NULL;
}

/* An order that is not there is decided first, so that it is not placed afterwards. */
static shop_error_t *drop_use(shop_verify_finding_t *finding, const shop_verify_run_t *run,
                              const shop_verify_redemption_t *redemption, const char *order_id,
                              int status, apr_time_t now, apr_pool_t *pool)
{
    shop_coupon_repo_t *coupons = run->ports->coupons;
    shop_order_repo_t *orders = run->ports->orders;
    shop_tombstone_t result = SHOP_TOMBSTONE_SET;
    shop_order_t *order;

    if (status == SHOP_VERIFY_ABSENT && redemption->user_id) {
        SHOP_TRY(
            orders->tombstone(&result, &order, orders, order_id, redemption->user_id, now, pool));
    }
    if (result != SHOP_TOMBSTONE_SET) {
        shop_verify_set_busy(finding); /* placed since, or not durable: the next run knows */
        return NULL;
    }
    SHOP_TRY(coupons->drop_redemption(coupons, redemption->id, order_id, pool));
    finding->repaired = true;
    return NULL;
}

/* Reads the statuses first, then the redemption again: failed and cancelled are final, and no
 * request places an order so late, so an order that is still named was not just being removed. */
shop_error_t *shop_verify_one_redemption(const shop_verify_run_t *run,
                                         const shop_verify_redemption_t *redemption,
                                         apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const shop_clock_t *clock = run->ports->clock;
    apr_time_t now = clock->now(clock);
    int *statuses = apr_palloc(pool, sizeof(*statuses) * (size_t)(redemption->uses->nelts + 1));

    SHOP_TRY(store->statuses(statuses, store, redemption->uses, pool));
    for (int i = 0; i < redemption->uses->nelts; i++) {
        const shop_verify_entry_t *use = &APR_ARRAY_IDX(redemption->uses, i, shop_verify_entry_t);
        shop_verify_finding_t finding = { .kind = "redemption",
                                          .id = redemption->id,
                                          .member = "uses" };
        bool wrong = !shop_verify_may_redeem(statuses[i], use, now);

        if (wrong) {
            SHOP_TRY(is_wrong_still(&wrong, run, redemption->id, use->id, statuses[i], now, pool));
        }
        if (!wrong) {
            continue;
        }
        finding.detail =
            apr_psprintf(pool, "names order %s, which %s", use->id,
                         statuses[i] == SHOP_VERIFY_ABSENT ? "is not there" : "does not stand");
        if (run->repair) {
            SHOP_TRY(drop_use(&finding, run, redemption, use->id, statuses[i], now, pool));
        }
        shop_verify_report(run, &finding);
    }
    return NULL;
}
