/* SPDX-License-Identifier: MIT
 * Compares the stock of units and the uses of coupons with orders and movements. verify_run.c
 * explains why this is correct while they change. */
#include "verify_stock.h"

#include <apr_strings.h>
#include <string.h>

#include "../catalogue/product.h"
#include "verify_reservations.h"

/* The member of a product. Its findings have no numbers. */
#define SOLD_OUT "sold_out"

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

typedef struct reservable_t {
    shop_verify_what_t what;
    const char *kind; /* of the findings */
    /* Appends a finding if a member of the object, whose orders were counted, is wrong. */
    void (*judge)(apr_array_header_t *findings, const shop_verify_run_t *run,
                  const shop_verify_reservable_t *object, apr_pool_t *pool);
} reservable_t;

/* Until every process keeps the flag, nothing is read by it. One that is not set yet is reported
 * where it is repaired only: beside orders it is nothing that anybody should look at. */
static void judge_sold_out(apr_array_header_t *findings, const shop_verify_run_t *run,
                           const shop_verify_unit_t *unit, apr_pool_t *pool)
{
    shop_verify_standing_t standing = shop_verify_sold_out(unit);
    shop_verify_finding_t *finding;

    if (standing == SHOP_VERIFY_RIGHT || !run->ports->keeps_sold_out ||
        (standing == SHOP_VERIFY_LEFTOVER && !run->repair)) {
        return;
    }
    finding = add(findings, "product", unit->base.id, SOLD_OUT);
    finding->leftover = standing == SHOP_VERIFY_LEFTOVER;
    finding->detail =
        finding->leftover
            ? "is not set, and nothing is in stock"
            : apr_psprintf(pool, "is set, and the stock is %" APR_INT64_T_FMT, unit->stock);
}

static void judge_unit(apr_array_header_t *findings, const shop_verify_run_t *run,
                       const shop_verify_reservable_t *object, apr_pool_t *pool)
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
        return; /* with the stock the flag is repaired */
    }
    judge_sold_out(findings, run, unit, pool);
}

static void judge_coupon(apr_array_header_t *findings, const shop_verify_run_t *run,
                         const shop_verify_reservable_t *object, apr_pool_t *pool)
{
    const shop_verify_coupon_t *coupon = (const shop_verify_coupon_t *)object;
    shop_verify_finding_t *finding;
    int64_t least, most, wanted;

    (void)run;
    (void)pool;
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

/* *done false: the object changed meanwhile. */
static shop_error_t *repair_one(bool *done, const shop_verify_run_t *run,
                                const reservable_t *reservable,
                                const shop_verify_reserved_t *reserved,
                                const shop_verify_finding_t *finding, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const shop_verify_seen_t *seen = &reserved->object->seen;
    const shop_verify_value_t value = { finding->member, finding->computed };
    const shop_unit_orders_t none = { reserved->object->id, NULL, 0 };

    if (finding->has_computed) {
        return store->repair(done, store, reservable->what, seen, &value, 1, pool);
    }
    if (!finding->leftover) {
        return store->mark_in_stock(done, store, seen, pool);
    }
    *done = true; /* it compares the stock itself */
    return reserved->reservations->confirm(reserved->reservations, &none, 1, pool);
}

/* Repairs what needs no person. *unchanged false: the object changed meanwhile. */
static shop_error_t *repair(bool *unchanged, const shop_verify_run_t *run,
                            const reservable_t *reservable, const shop_verify_reserved_t *reserved,
                            apr_array_header_t *findings, apr_pool_t *pool)
{
    for (int i = 0; *unchanged && i < findings->nelts; i++) {
        shop_verify_finding_t *finding = &APR_ARRAY_IDX(findings, i, shop_verify_finding_t);

        if (!finding->manual) {
            SHOP_TRY(repair_one(unchanged, run, reservable, reserved, finding, pool));
            finding->repaired = *unchanged;
        }
    }
    return NULL;
}

/* A shop_verify_look_t with two more arguments. reservations: the port of the object's. */
static shop_error_t *look_at(bool *unchanged, const shop_verify_run_t *run,
                             const reservable_t *reservable, shop_reservations_t *reservations,
                             const char *id, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const shop_clock_t *clock = run->ports->clock;
    apr_array_header_t *findings = apr_array_make(pool, 2, sizeof(shop_verify_finding_t));
    shop_verify_reserved_t reserved = { reservable->kind, NULL, reservations, clock->now(clock) };
    shop_verify_reservable_t *after;
    bool found;

    SHOP_TRY(store->read(&reserved.object, store, reservable->what, id, pool));
    if (!reserved.object) {
        return NULL;
    }
    SHOP_TRY(store->count(reserved.object, store, reservable->what, pool));
    shop_verify_close(reserved.object);
    reservable->judge(findings, run, reserved.object, pool);
    SHOP_TRY(shop_verify_look_at_reservations(&found, run, &reserved, pool));
    if (!findings->nelts && !found) {
        return NULL;
    }
    SHOP_TRY(store->read(&after, store, reservable->what, id, pool));
    *unchanged = after && is_same(&reserved.object->seen, &after->seen);
    if (run->repair) {
        SHOP_TRY(repair(unchanged, run, reservable, &reserved, findings, pool));
    }
    if (!*unchanged) {
        return NULL;
    }
    shop_verify_report_all(run, findings);
    return shop_verify_report_reservations(run, &reserved, pool);
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
