/* SPDX-License-Identifier: MIT
 * The stock of a unit and the uses of a coupon against the orders and the ledger. verify_run.c says
 * why this is right while both move. */
#include <apr_strings.h>
#include <string.h>

#include "../catalogue/product.h"
#include "verify_inner.h"

static bool is_same(const shop_verify_seen_t *a, const shop_verify_seen_t *b)
{
    return a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

static shop_verify_finding_t *add(apr_array_header_t *findings, const char *kind, const char *id,
                                  const char *member)
{
    shop_verify_finding_t *finding = apr_array_push(findings);

    *finding = (shop_verify_finding_t){ .kind = kind, .id = id, .member = member };
    return finding;
}

static shop_verify_finding_t *add_numbers(apr_array_header_t *findings, const char *kind,
                                          const char *id, const char *member, int64_t stored,
                                          int64_t computed)
{
    shop_verify_finding_t *finding = add(findings, kind, id, member);

    finding->has_stored = finding->has_computed = true;
    finding->stored = stored;
    finding->computed = computed;
    return finding;
}

/* The one number of a unit or coupon; *settled false: it moved in between. */
static shop_error_t *mend(bool *settled, const shop_verify_run_t *run, shop_verify_what_t what,
                          const shop_verify_seen_t *seen, shop_verify_finding_t *finding,
                          apr_pool_t *pool)
{
    shop_verify_value_t value = { finding->member, finding->computed };

    SHOP_TRY(run->ports->store->repair(settled, run->ports->store, what, seen, &value, 1, pool));
    finding->repaired = *settled;
    return NULL;
}

static bool has_stranger(const apr_array_header_t *entries)
{
    for (int i = 0; i < entries->nelts; i++) {
        if (!APR_ARRAY_IDX(entries, i, shop_verify_entry_t).known) {
            return true;
        }
    }
    return false;
}

/* Releases, or drops the marker of, what an order that is not there left in a unit. Its claim
 * precedes all it reserves, so it cannot be on its way. */
static shop_error_t *clear(shop_reservations_t *reservations, const char *id, bool backs,
                           const shop_verify_entry_t *entry, apr_pool_t *pool)
{
    const shop_reservation_line_t line = { id, entry->amount, 0 };
    const shop_reservation_t left = { entry->id, &line, 1 };

    return backs ? reservations->drop_markers(reservations, &left, pool)
                 : reservations->release(reservations, &left, pool);
}

static shop_error_t *tell_strangers(const shop_verify_run_t *run, const char *kind, const char *id,
                                    bool backs, const apr_array_header_t *entries,
                                    shop_reservations_t *reservations, apr_pool_t *pool)
{
    for (int i = 0; i < entries->nelts; i++) {
        const shop_verify_entry_t *entry = &APR_ARRAY_IDX(entries, i, shop_verify_entry_t);
        shop_verify_finding_t finding = { .kind = kind,
                                          .id = id,
                                          .member = backs ? "backs" : "holds" };

        if (entry->known) {
            continue;
        }
        finding.detail = apr_psprintf(pool, "names order %s, which is not there", entry->id);
        if (run->repair) {
            SHOP_TRY(clear(reservations, id, backs, entry, pool));
            finding.repaired = true;
        }
        shop_verify_tell(run, &finding);
    }
    return NULL;
}

/* ---- units of stock ---- */

static void judge_unit(apr_array_header_t *findings, const shop_verify_unit_t *unit)
{
    int64_t stock = shop_verify_stock(unit);
    shop_verify_finding_t *finding;

    if (unit->deleted) {
        return;
    }
    if (!unit->has_opened) {
        finding = add(findings, "product", unit->id, "opened");
        finding->detail = "no opening balance";
        finding->has_computed = true;
        finding->computed = shop_verify_opened(unit);
    } else if (stock != unit->stock) {
        finding = add_numbers(findings, "product", unit->id, "stock", unit->stock, stock);
        finding->detail = stock < 0 || stock > SHOP_STOCK_MAX ? SHOP_VERIFY_ASK : NULL;
    }
}

static bool is_mendable(const shop_verify_finding_t *finding)
{
    return finding->has_computed && (!finding->detail || strcmp(finding->detail, SHOP_VERIFY_ASK));
}

shop_error_t *shop_verify_look_at_unit(bool *settled, const shop_verify_run_t *run, const char *id,
                                       apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    apr_array_header_t *findings = apr_array_make(pool, 2, sizeof(shop_verify_finding_t));
    shop_verify_unit_t *unit, *after;

    SHOP_TRY(store->unit(&unit, store, id, pool));
    if (!unit) {
        return NULL;
    }
    SHOP_TRY(store->count_unit(unit, store, pool));
    shop_verify_close_unit(unit);
    judge_unit(findings, unit);
    if (!findings->nelts && !has_stranger(unit->holds) && !has_stranger(unit->backs)) {
        return NULL;
    }
    SHOP_TRY(store->unit(&after, store, id, pool));
    *settled = after && is_same(&unit->seen, &after->seen);
    for (int i = 0; *settled && run->repair && i < findings->nelts; i++) {
        shop_verify_finding_t *finding = &APR_ARRAY_IDX(findings, i, shop_verify_finding_t);

        if (is_mendable(finding)) {
            SHOP_TRY(mend(settled, run, SHOP_VERIFY_UNITS, &unit->seen, finding, pool));
        }
    }
    if (!*settled) {
        return NULL;
    }
    shop_verify_tell_all(run, findings);
    SHOP_TRY(tell_strangers(run, "product", id, false, unit->holds, run->ports->stock, pool));
    return tell_strangers(run, "product", id, true, unit->backs, run->ports->stock, pool);
}

/* ---- coupons ---- */

static void judge_coupon(apr_array_header_t *findings, const shop_verify_coupon_t *coupon)
{
    shop_verify_finding_t *finding;
    int64_t least, most, wanted;

    if (coupon->usage_limit < 0) {
        return;
    }
    shop_verify_coupon_bounds(&least, &most, coupon);
    if (coupon->remaining < least || coupon->remaining > most) {
        wanted = coupon->remaining < least ? least : most;
        finding =
            add_numbers(findings, "coupon", coupon->code, "remaining", coupon->remaining, wanted);
        finding->detail = wanted < 0 ? SHOP_VERIFY_ASK : NULL;
    }
}

shop_error_t *shop_verify_look_at_coupon(bool *settled, const shop_verify_run_t *run,
                                         const char *code, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    apr_array_header_t *findings = apr_array_make(pool, 1, sizeof(shop_verify_finding_t));
    shop_verify_coupon_t *coupon, *after;

    SHOP_TRY(store->coupon(&coupon, store, code, pool));
    if (!coupon) {
        return NULL;
    }
    SHOP_TRY(store->count_coupon(coupon, store, pool));
    shop_verify_close_coupon(coupon);
    judge_coupon(findings, coupon);
    if (!findings->nelts && !has_stranger(coupon->holds) && !has_stranger(coupon->backs)) {
        return NULL;
    }
    SHOP_TRY(store->coupon(&after, store, code, pool));
    *settled = after && is_same(&coupon->seen, &after->seen);
    if (*settled && run->repair && findings->nelts) {
        shop_verify_finding_t *finding = &APR_ARRAY_IDX(findings, 0, shop_verify_finding_t);

        if (is_mendable(finding)) {
            SHOP_TRY(mend(settled, run, SHOP_VERIFY_COUPONS, &coupon->seen, finding, pool));
        }
    }
    if (!*settled) {
        return NULL;
    }
    shop_verify_tell_all(run, findings);
    SHOP_TRY(
        tell_strangers(run, "coupon", code, false, coupon->holds, run->ports->coupon_uses, pool));
    return tell_strangers(run, "coupon", code, true, coupon->backs, run->ports->coupon_uses, pool);
}
