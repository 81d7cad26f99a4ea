/* SPDX-License-Identifier: MIT
 * The coupons' port over arrays. A hold, a back or a use is a mark: an order and a time. */
#include "tests/kit/coupon_mem.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

#define HOLDS_MAX 200

typedef struct mark_t {
    const char *order_id;
    apr_time_t at;
    bool open; /* uses: not yet looked at */
} mark_t;

typedef struct entry_t {
    shop_coupon_t coupon;
    apr_array_header_t *holds, *backs; /* mark_t */
    int64_t back_rev;
} entry_t;

typedef struct redemption_t {
    const char *id;
    apr_array_header_t *uses; /* mark_t */
} redemption_t;

typedef struct coupon_mem_t {
    shop_coupon_repo_t port;
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;
    apr_array_header_t *coupons;     /* entry_t * */
    apr_array_header_t *redemptions; /* redemption_t * */
} coupon_mem_t;

static coupon_mem_t *enter(shop_coupon_repo_t *repo)
{
    coupon_mem_t *mem = (coupon_mem_t *)repo;

    apr_thread_mutex_lock(mem->lock);
    return mem;
}

static shop_error_t *leave(coupon_mem_t *mem, shop_error_t *err)
{
    apr_thread_mutex_unlock(mem->lock);
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

static int mark_of(const apr_array_header_t *marks, const char *order_id)
{
    for (int i = 0; i < marks->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(marks, i, mark_t).order_id, order_id)) {
            return i;
        }
    }
    return -1;
}

static bool drop_mark(apr_array_header_t *marks, const char *order_id)
{
    int i = mark_of(marks, order_id);

    if (i < 0) {
        return false;
    }
    APR_ARRAY_IDX(marks, i, mark_t) = APR_ARRAY_IDX(marks, marks->nelts - 1, mark_t);
    marks->nelts--;
    return true;
}

static void add_mark(coupon_mem_t *mem, apr_array_header_t *marks, const char *order_id,
                     apr_time_t at)
{
    APR_ARRAY_PUSH(marks, mark_t) = (mark_t){ apr_pstrdup(mem->pool, order_id), at, true };
}

static shop_coupon_t *copy(const shop_coupon_t *from, apr_pool_t *pool)
{
    shop_coupon_t *coupon = apr_pmemdup(pool, from, sizeof(*from));

    coupon->code = apr_pstrdup(pool, from->code);
    coupon->used = from->usage_limit >= 0 ? from->usage_limit - from->remaining : -1;
    return coupon;
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
    entry->holds = apr_array_make(mem->pool, 4, sizeof(mark_t));
    entry->backs = apr_array_make(mem->pool, 4, sizeof(mark_t));
    entry->coupon.born = entry->back_rev = coupon->terms_rev;
    APR_ARRAY_PUSH(mem->coupons, entry_t *) = entry;
    return leave(mem, NULL);
}

static shop_error_t *mem_find(shop_coupon_t **coupon, shop_coupon_repo_t *repo, const char *code,
                              apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    const entry_t *entry = entry_of(mem, code);

    *coupon = entry ? copy(&entry->coupon, pool) : NULL;
    return leave(mem, NULL);
}

static const entry_t *next_entry(const coupon_mem_t *mem, const char *after)
{
    const entry_t *best = NULL;

    for (int i = 0; i < mem->coupons->nelts; i++) {
        const entry_t *entry = APR_ARRAY_IDX(mem->coupons, i, entry_t *);

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
    const entry_t *entry;

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
        APR_ARRAY_PUSH(*coupons, shop_coupon_t *) = copy(&entry->coupon, pool);
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
    remaining = entry->coupon.remaining + limit_delta;
    if (limit_delta < 0 && remaining < 0) {
        *done = false;
        return leave(mem, shop_err(pool, COUPON_LIMIT, "used more often than that"));
    }
    born = entry->coupon.born;
    entry->coupon = *copy(coupon, mem->pool);
    entry->coupon.born = born;
    if (coupon->usage_limit >= 0 && coupon->remaining < 0) {
        entry->coupon.remaining = remaining;
    }
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
        APR_ARRAY_IDX(mem->coupons, i, entry_t *) =
            APR_ARRAY_IDX(mem->coupons, mem->coupons->nelts - 1, entry_t *);
        mem->coupons->nelts--;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_take(bool *taken, shop_coupon_repo_t *repo, const char *code,
                              int64_t terms_rev, const char *order_id, apr_time_t now,
                              apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    (void)pool;
    *taken = entry && entry->coupon.terms_rev == terms_rev && entry->coupon.usage_limit >= 0 &&
             entry->coupon.remaining >= 1 && mark_of(entry->holds, order_id) < 0 &&
             entry->holds->nelts < HOLDS_MAX;
    if (*taken) {
        entry->coupon.remaining--;
        add_mark(mem, entry->holds, order_id, now);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_state(shop_coupon_state_t *state, shop_coupon_repo_t *repo,
                               const char *code, const char *order_id, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    const entry_t *entry = entry_of(mem, code);

    (void)pool;
    *state = (shop_coupon_state_t){ .exists = entry != NULL, .remaining = -1 };
    if (entry) {
        state->remaining = entry->coupon.usage_limit >= 0 ? entry->coupon.remaining : -1;
        state->terms_rev = entry->coupon.terms_rev;
        state->holds = entry->holds->nelts;
        state->held = mark_of(entry->holds, order_id) >= 0;
        state->backed = mark_of(entry->backs, order_id) >= 0;
        state->back_rev = entry->back_rev;
        state->born = entry->coupon.born;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_release(shop_coupon_repo_t *repo, const char *code, const char *order_id,
                                 apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    (void)pool;
    if (entry && drop_mark(entry->holds, order_id) && entry->coupon.usage_limit >= 0) {
        entry->coupon.remaining++;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_spend(shop_coupon_repo_t *repo, const char *code, const char *order_id,
                               apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    (void)pool;
    if (entry) {
        drop_mark(entry->holds, order_id);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_give_back(bool *done, shop_coupon_repo_t *repo, const char *code,
                                   const char *order_id, int64_t back_rev, apr_time_t now,
                                   apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    (void)pool;
    *done = entry && entry->back_rev == back_rev && mark_of(entry->backs, order_id) < 0;
    if (*done) {
        entry->back_rev++;
        entry->coupon.remaining += entry->coupon.usage_limit >= 0;
        add_mark(mem, entry->backs, order_id, now);
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_forget_back(shop_coupon_repo_t *repo, const char *code,
                                     const char *order_id, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);
    entry_t *entry = entry_of(mem, code);

    (void)pool;
    if (entry && drop_mark(entry->backs, order_id)) {
        entry->back_rev++;
    }
    return leave(mem, NULL);
}

static void add_leftover(apr_array_header_t *left, const char *id, const mark_t *mark,
                         apr_pool_t *pool)
{
    shop_leftover_t *one = apr_pcalloc(pool, sizeof(*one));

    one->id = apr_pstrdup(pool, id);
    one->order_id = apr_pstrdup(pool, mark->order_id);
    one->quantity = 1;
    APR_ARRAY_PUSH(left, shop_leftover_t *) = one;
}

static shop_error_t *mem_old_holds(apr_array_header_t **left, shop_coupon_repo_t *repo, bool backs,
                                   apr_time_t before, int limit, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);

    *left = apr_array_make(pool, 8, sizeof(void *));
    for (int i = 0; i < mem->coupons->nelts; i++) {
        const entry_t *entry = APR_ARRAY_IDX(mem->coupons, i, entry_t *);
        const apr_array_header_t *marks = backs ? entry->backs : entry->holds;

        for (int j = 0; j < marks->nelts && (*left)->nelts < limit; j++) {
            if (APR_ARRAY_IDX(marks, j, mark_t).at < before) {
                add_leftover(*left, entry->coupon.code, &APR_ARRAY_IDX(marks, j, mark_t), pool);
            }
        }
    }
    return leave(mem, NULL);
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
    redemption->uses = apr_array_make(mem->pool, 2, sizeof(mark_t));
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

    *redeemed = mark_of(redemption->uses, order_id) >= 0;
    if (!*redeemed && redemption->uses->nelts < limit) {
        add_mark(mem, redemption->uses, order_id, now);
        *redeemed = true;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_drop_redemption(shop_coupon_repo_t *repo, const char *id,
                                         const char *order_id, apr_pool_t *pool)
{
    coupon_mem_t *mem = enter(repo);

    (void)pool;
    drop_mark(redemption_of(mem, id)->uses, order_id);
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
    int i = mark_of(uses, order_id);

    (void)pool;
    if (i >= 0) {
        APR_ARRAY_IDX(uses, i, mark_t).open = false;
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
            const mark_t *mark = &APR_ARRAY_IDX(one->uses, j, mark_t);

            if (mark->open && mark->at < before) {
                add_leftover(*left, one->id, mark, pool);
            }
        }
    }
    return leave(mem, NULL);
}

shop_coupon_repo_t *shop_coupon_repo_mem(apr_pool_t *pool)
{
    coupon_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    apr_pool_create(&mem->pool, pool);
    apr_thread_mutex_create(&mem->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    mem->coupons = apr_array_make(mem->pool, 8, sizeof(entry_t *));
    mem->redemptions = apr_array_make(mem->pool, 8, sizeof(redemption_t *));
    mem->port = (shop_coupon_repo_t){
        .insert = mem_insert,
        .find = mem_find,
        .list = mem_list,
        .update = mem_update,
        .remove = mem_remove,
        .take = mem_take,
        .state = mem_state,
        .release = mem_release,
        .spend = mem_spend,
        .give_back = mem_give_back,
        .forget_back = mem_forget_back,
        .redeem = mem_redeem,
        .unredeem = mem_unredeem,
        .uses = mem_uses,
        .old_holds = mem_old_holds,
        .old_redemptions = mem_old_redemptions,
        .drop_redemption = mem_drop_redemption,
        .keep_redemption = mem_keep_redemption,
    };
    return &mem->port;
}
