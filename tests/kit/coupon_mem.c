/* SPDX-License-Identifier: MIT
 * The coupons' port over arrays. What is left of a limit is a unit of the fake of reservations,
 * whose lock is the lock of all this. */
#include "tests/kit/coupon_mem.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry_t {
    shop_coupon_t coupon; /* what remains of it is the unit's; see coupon_of */
    shop_unit_mem_t *unit;
} entry_t;

typedef struct use_t {
    const char *order_id;
    apr_time_t at;
    bool open; /* not yet looked at */
} use_t;

typedef struct redemption_t {
    const char *id;
    apr_array_header_t *uses; /* use_t */
} redemption_t;

typedef struct coupon_mem_t {
    shop_coupon_repo_t port;
    apr_pool_t *pool;
    shop_reservations_t *units;
    apr_array_header_t *coupons;     /* entry_t * */
    apr_array_header_t *redemptions; /* redemption_t * */
} coupon_mem_t;

static coupon_mem_t *enter(shop_coupon_repo_t *repo)
{
    coupon_mem_t *mem = (coupon_mem_t *)repo;

    if (shop_reservations_mem_enter(mem->units, mem->pool)) {
        abort(); /* nobody lets this store be away */
    }
    return mem;
}

static shop_error_t *leave(coupon_mem_t *mem, shop_error_t *err)
{
    shop_reservations_mem_leave(mem->units);
    return err;
}

static int index_of(const coupon_mem_t *mem, const char *code)
{
    for (int i = 0; i < mem->coupons->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(mem->coupons, i, entry_t *)->coupon.code, code)) {
            return i;
        }
    }
    return -1;
}

static entry_t *entry_of(const coupon_mem_t *mem, const char *code)
{
    int i = index_of(mem, code);

    return i < 0 ? NULL : APR_ARRAY_IDX(mem->coupons, i, entry_t *);
}

static shop_coupon_t *copy(const shop_coupon_t *from, apr_pool_t *pool)
{
    shop_coupon_t *coupon = apr_pmemdup(pool, from, sizeof(*from));

    coupon->code = apr_pstrdup(pool, from->code);
    coupon->used = from->usage_limit >= 0 ? from->usage_limit - from->remaining : -1;
    return coupon;
}

static const shop_coupon_t *coupon_of(entry_t *entry)
{
    entry->coupon.remaining = entry->unit->available;
    return &entry->coupon;
}

static shop_error_t *mem_insert(shop_coupon_repo_t *repo, const shop_coupon_t *coupon,
                                apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry;

    if (entry_of(mem, coupon->code)) {
        return leave(mem, shop_err(pool, COUPON_EXISTS, "there is a coupon %s", coupon->code));
    }
    entry = apr_pcalloc(mem->pool, sizeof(*entry));
    entry->coupon = *copy(coupon, mem->pool);
    entry->unit = shop_reservations_mem_add(mem->units, coupon->code);
    entry->unit->available = coupon->usage_limit >= 0 ? coupon->remaining : SHOP_UNLIMITED;
    entry->unit->terms = entry->unit->born = entry->unit->back_rev = coupon->terms_rev;
    entry->coupon.born = coupon->terms_rev;
    APR_ARRAY_PUSH(mem->coupons, entry_t *) = entry;
    return leave(mem, NULL);
}

static shop_error_t *mem_find(shop_coupon_t **coupon, shop_coupon_repo_t *repo, const char *code,
                              apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    *coupon = entry ? copy(coupon_of(entry), pool) : NULL;
    return leave(mem, NULL);
}

static shop_error_t *mem_find_to_order(shop_coupon_t **coupon, apr_array_header_t **stale,
                                       shop_coupon_repo_t *repo, const char *code,
                                       apr_time_t before, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    *coupon = entry ? copy(coupon_of(entry), pool) : NULL;
    *stale = apr_array_make(pool, 1, sizeof(shop_leftover_t *));
    if (entry) {
        shop_reservations_mem_stale(*stale, entry->unit, before, pool);
    }
    return leave(mem, NULL);
}

static entry_t *next_entry(const coupon_mem_t *mem, const char *after)
{
    entry_t *best = NULL;

    for (int i = 0; i < mem->coupons->nelts; i++) {
        entry_t *entry = APR_ARRAY_IDX(mem->coupons, i, entry_t *);

        if ((!after || strcmp(entry->coupon.code, after) > 0) &&
            (!best || strcmp(entry->coupon.code, best->coupon.code) < 0)) {
            best = entry;
        }
    }
    return best;
}

static shop_error_t *mem_list(apr_array_header_t **coupons, shop_list_end_t *end,
                              shop_coupon_repo_t *repo, const shop_list_query_t *query,
                              apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    const char *after = query->after ? query->after->id : NULL;
    entry_t *entry;

    *coupons = apr_array_make(pool, 8, sizeof(void *));
    *end = (shop_list_end_t){ NULL, query->count ? mem->coupons->nelts : -1 };
    while ((entry = next_entry(mem, after))) {
        if ((*coupons)->nelts == query->limit) {
            shop_cursor_t *next = apr_pcalloc(pool, sizeof(*next));

            next->sort = "";
            next->id = apr_pstrdup(pool, after);
            end->next = next;
            break;
        }
        APR_ARRAY_PUSH(*coupons, shop_coupon_t *) = copy(coupon_of(entry), pool);
        after = entry->coupon.code;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_update(bool *done, shop_coupon_repo_t *repo, const shop_coupon_t *coupon,
                                int64_t limit_delta, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, coupon->code);
    int64_t remaining, born;

    *done = entry && entry->coupon.rev == coupon->rev - 1;
    if (!*done) {
        return leave(mem, NULL);
    }
    remaining = entry->unit->available + limit_delta;
    if (limit_delta < 0 && remaining < 0) {
        *done = false;
        return leave(mem, shop_err(pool, COUPON_LIMIT, "used more often than that"));
    }
    born = entry->coupon.born;
    entry->coupon = *copy(coupon, mem->pool);
    entry->coupon.born = born;
    entry->unit->terms = coupon->terms_rev;
    entry->unit->available = coupon->usage_limit < 0  ? SHOP_UNLIMITED
                             : coupon->remaining >= 0 ? coupon->remaining
                                                      : remaining;
    return leave(mem, NULL);
}

static shop_error_t *mem_remove(bool *done, shop_coupon_repo_t *repo, const char *code, int64_t rev,
                                apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    int i = index_of(mem, code);

    (void)pool;
    *done = i >= 0 && APR_ARRAY_IDX(mem->coupons, i, entry_t *)->coupon.rev == rev;
    if (*done) {
        shop_reservations_mem_remove(mem->units, code);
        APR_ARRAY_IDX(mem->coupons, i, entry_t *) =
            APR_ARRAY_IDX(mem->coupons, mem->coupons->nelts - 1, entry_t *);
        mem->coupons->nelts--;
    }
    return leave(mem, NULL);
}

static void add_leftover(apr_array_header_t *left, const char *id, const use_t *use,
                         apr_pool_t *pool)
{
    shop_leftover_t *one = apr_pcalloc(pool, sizeof(*one));

    one->id = apr_pstrdup(pool, id);
    one->user_id = strrchr(one->id, ':') + 1;
    one->order_id = apr_pstrdup(pool, use->order_id);
    one->quantity = 1;
    APR_ARRAY_PUSH(left, shop_leftover_t *) = one;
}

static int use_of(const apr_array_header_t *uses, const char *order_id)
{
    for (int i = 0; i < uses->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(uses, i, use_t).order_id, order_id)) {
            return i;
        }
    }
    return -1;
}

static bool drop_use(apr_array_header_t *uses, const char *order_id)
{
    int i = use_of(uses, order_id);

    if (i < 0) {
        return false;
    }
    APR_ARRAY_IDX(uses, i, use_t) = APR_ARRAY_IDX(uses, uses->nelts - 1, use_t);
    uses->nelts--;
    return true;
}

static void add_use(coupon_mem_t *mem, apr_array_header_t *uses, const char *order_id,
                    apr_time_t at)
{
    APR_ARRAY_PUSH(uses, use_t) = (use_t){ apr_pstrdup(mem->pool, order_id), at, true };
}

static redemption_t *redemption_of(coupon_mem_t *mem, const char *id)
{
    redemption_t *redemption;

    for (int i = 0; i < mem->redemptions->nelts; i++) {
        redemption = APR_ARRAY_IDX(mem->redemptions, i, redemption_t *);
        if (!strcmp(redemption->id, id)) {
            return redemption;
        }
    }
    redemption = apr_pcalloc(mem->pool, sizeof(*redemption));
    redemption->id = apr_pstrdup(mem->pool, id);
    redemption->uses = apr_array_make(mem->pool, 2, sizeof(use_t));
    APR_ARRAY_PUSH(mem->redemptions, redemption_t *) = redemption;
    return redemption;
}

static const char *redemption_id(const char *code, int64_t born, const char *user_id,
                                 apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s:%" APR_INT64_T_FMT ":%s", code, born, user_id);
}

static shop_error_t *mem_redeem(bool *redeemed, shop_coupon_repo_t *repo, const char *code,
                                int64_t born, const char *user_id, int64_t limit,
                                const char *order_id, apr_time_t now, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    redemption_t *redemption = redemption_of(mem, redemption_id(code, born, user_id, pool));

    *redeemed = use_of(redemption->uses, order_id) >= 0;
    if (!*redeemed && redemption->uses->nelts < limit) {
        add_use(mem, redemption->uses, order_id, now);
        *redeemed = true;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_drop_redemption(shop_coupon_repo_t *repo, const char *id,
                                         const char *order_id, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);

    (void)pool;
    drop_use(redemption_of(mem, id)->uses, order_id);
    return leave(mem, NULL);
}

static shop_error_t *mem_unredeem(shop_coupon_repo_t *repo, const char *code, int64_t born,
                                  const char *user_id, const char *order_id, apr_pool_t *pool)
{
    return mem_drop_redemption(repo, redemption_id(code, born, user_id, pool), order_id, pool);
}

static shop_error_t *mem_keep_redemption(shop_coupon_repo_t *repo, const char *id,
                                         const char *order_id, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    apr_array_header_t *uses = redemption_of(mem, id)->uses;
    int i = use_of(uses, order_id);

    (void)pool;
    if (i >= 0) {
        APR_ARRAY_IDX(uses, i, use_t).open = false;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_uses(int64_t *uses, shop_coupon_repo_t *repo, const char *code,
                              int64_t born, const char *user_id, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);

    *uses = redemption_of(mem, redemption_id(code, born, user_id, pool))->uses->nelts;
    return leave(mem, NULL);
}

static shop_error_t *mem_old_redemptions(apr_array_header_t **left, shop_coupon_repo_t *repo,
                                         apr_time_t before, int limit, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);

    *left = apr_array_make(pool, 8, sizeof(void *));
    for (int i = 0; i < mem->redemptions->nelts; i++) {
        const redemption_t *one = APR_ARRAY_IDX(mem->redemptions, i, redemption_t *);

        for (int j = 0; j < one->uses->nelts && (*left)->nelts < limit; j++) {
            const use_t *use = &APR_ARRAY_IDX(one->uses, j, use_t);

            if (use->open && use->at < before) {
                add_leftover(*left, one->id, use, pool);
            }
        }
    }
    return leave(mem, NULL);
}

shop_coupon_repo_t *shop_coupon_repo_mem(apr_pool_t *pool)
{
    coupon_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    apr_pool_create(&mem->pool, pool);
    mem->units = shop_reservations_mem(pool);
    mem->coupons = apr_array_make(mem->pool, 8, sizeof(entry_t *));
    mem->redemptions = apr_array_make(mem->pool, 8, sizeof(redemption_t *));
    mem->port = (shop_coupon_repo_t){
        .insert = mem_insert,
        .find = mem_find,
        .find_to_order = mem_find_to_order,
        .list = mem_list,
        .update = mem_update,
        .remove = mem_remove,
        .redeem = mem_redeem,
        .unredeem = mem_unredeem,
        .uses = mem_uses,
        .old_redemptions = mem_old_redemptions,
        .drop_redemption = mem_drop_redemption,
        .keep_redemption = mem_keep_redemption,
    };
    return &mem->port;
}

shop_reservations_t *shop_coupon_mem_uses(const shop_coupon_repo_t *repo)
{
    return ((const coupon_mem_t *)repo)->units;
}
