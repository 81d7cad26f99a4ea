/* SPDX-License-Identifier: MIT
 * Compares the stock of units and the uses of coupons with orders and movements. verify_run.c
 * explains why this is correct while they change. */
#include "verify_stock.h"

#include <apr_strings.h>
#include <string.h>

#include "../catalogue/product.h"

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

static bool has_unknown_order(const apr_array_header_t *entries)
{
    for (int i = 0; i < entries->nelts; i++) {
        if (!APR_ARRAY_IDX(entries, i, shop_verify_entry_t).known) {
            return true;
        }
    }
    return false;
}

/* Releases the reservation, or drops the return marker, of an order that does not exist. The claim
 * precedes every reservation, so no request is placing the order. */
static shop_error_t *clear(shop_reservations_t *reservations, const char *id, bool backs,
                           const shop_verify_entry_t *entry, apr_pool_t *pool)
{
    const shop_reservation_line_t line = { id, entry->amount, 0 };
    const shop_reservation_t left = { entry->id, &line, 1 };

    return backs ? reservations->drop_markers(reservations, &left, pool)
                 : reservations->release(reservations, &left, pool);
}

static shop_error_t *report_unknown_orders(const shop_verify_run_t *run, const char *kind,
                                           const char *id, bool backs,
                                           const apr_array_header_t *entries,
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
        shop_verify_report(run, &finding);
    }
    return NULL;
}

typedef struct reservable_t {
    shop_verify_what_t what;
    const char *kind; /* of the findings */
    /* Appends a finding if the counter of the object, whose orders were counted, is wrong. */
    void (*judge)(apr_array_header_t *findings, const shop_verify_reservable_t *object);
} reservable_t;

static void judge_unit(apr_array_header_t *findings, const shop_verify_reservable_t *object)
{
    const shop_verify_unit_t *unit = (const shop_verify_unit_t *)object;
    int64_t stock = shop_verify_stock(unit);
    shop_verify_finding_t *finding;

    if (unit->deleted) {
        return;
    }
    if (!unit->has_opened) {
        finding = add(findings, "product", object->id, "opened");
        finding->detail = "no opening balance";
        finding->has_computed = true;
        finding->computed = shop_verify_opened(unit);
    } else if (stock != unit->stock) {
        finding = add_numbers(findings, "product", object->id, "stock", unit->stock, stock);
        if (stock < 0 || stock > SHOP_STOCK_MAX) {
            shop_verify_set_manual(finding);
        }
    }
}

static void judge_coupon(apr_array_header_t *findings, const shop_verify_reservable_t *object)
{
    const shop_verify_coupon_t *coupon = (const shop_verify_coupon_t *)object;
    shop_verify_finding_t *finding;
    int64_t least, most, wanted;

    if (coupon->usage_limit < 0) {
        return;
    }
    shop_verify_coupon_bounds(&least, &most, coupon);
    if (coupon->remaining < least || coupon->remaining > most) {
        wanted = coupon->remaining < least ? least : most;
        finding =
            add_numbers(findings, "coupon", object->id, "remaining", coupon->remaining, wanted);
        if (wanted < 0) {
            shop_verify_set_manual(finding);
        }
    }
}

static const reservable_t units = { SHOP_VERIFY_UNITS, "product", judge_unit };
static const reservable_t coupons = { SHOP_VERIFY_COUPONS, "coupon", judge_coupon };

static bool is_repairable(const shop_verify_finding_t *finding)
{
    return finding->has_computed && !finding->manual;
}

/* Repairs the numbers that need no person. *unchanged false: the object changed meanwhile. */
static shop_error_t *repair(bool *unchanged, const shop_verify_run_t *run, shop_verify_what_t what,
                            const shop_verify_seen_t *seen, apr_array_header_t *findings,
                            apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;

    for (int i = 0; *unchanged && i < findings->nelts; i++) {
        shop_verify_finding_t *finding = &APR_ARRAY_IDX(findings, i, shop_verify_finding_t);
        shop_verify_value_t value = { finding->member, finding->computed };

        if (is_repairable(finding)) {
            SHOP_TRY(store->repair(unchanged, store, what, seen, &value, 1, pool));
            finding->repaired = *unchanged;
        }
    }
    return NULL;
}

/* A shop_verify_look_t with two more arguments. reservations: where leftovers of orders in the
 * object are cleared. */
static shop_error_t *look_at(bool *unchanged, const shop_verify_run_t *run,
                             const reservable_t *reservable, shop_reservations_t *reservations,
                             const char *id, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    apr_array_header_t *findings = apr_array_make(pool, 2, sizeof(shop_verify_finding_t));
    shop_verify_reservable_t *object, *after;

    SHOP_TRY(store->read(&object, store, reservable->what, id, pool));
    if (!object) {
        return NULL;
    }
    SHOP_TRY(store->count(object, store, reservable->what, pool));
    shop_verify_close(object);
    reservable->judge(findings, object);
    if (!findings->nelts && !has_unknown_order(object->holds) &&
        !has_unknown_order(object->backs)) {
        return NULL;
    }
    SHOP_TRY(store->read(&after, store, reservable->what, id, pool));
    *unchanged = after && is_same(&object->seen, &after->seen);
    if (run->repair) {
        SHOP_TRY(repair(unchanged, run, reservable->what, &object->seen, findings, pool));
    }
    if (!*unchanged) {
        return NULL;
    }
    shop_verify_report_all(run, findings);
    SHOP_TRY(
        report_unknown_orders(run, reservable->kind, id, false, object->holds, reservations, pool));
    return report_unknown_orders(run, reservable->kind, id, true, object->backs, reservations,
                                 pool);
}

static shop_error_t *look_at_unit(bool *unchanged, const shop_verify_run_t *run, const char *id,
                                  apr_pool_t *pool)
{
    return look_at(unchanged, run, &units, run->ports->stock, id, pool);
}

static shop_error_t *look_at_coupon(bool *unchanged, const shop_verify_run_t *run, const char *code,
                                    apr_pool_t *pool)
{
    return look_at(unchanged, run, &coupons, run->ports->coupon_uses, code, pool);
}

shop_error_t *shop_verify_one_unit(const shop_verify_run_t *run, const char *id, apr_pool_t *pool)
{
    return shop_verify_look(run, units.kind, id, look_at_unit, pool);
}

shop_error_t *shop_verify_one_coupon(const shop_verify_run_t *run, const char *code,
                                     apr_pool_t *pool)
{
    return shop_verify_look(run, coupons.kind, code, look_at_coupon, pool);
}
