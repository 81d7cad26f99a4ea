/* SPDX-License-Identifier: MIT
 * Carts in memory. Keeps everything in its own pool; what it gives out is a copy. */
#include "tests/kit/cart_mem.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct stored_t {
    const char *user_id;
    int64_t gen, rev;
    apr_time_t updated_at;
    shop_cart_line_t lines[SHOP_CART_LINES_MAX];
    int count;
    shop_cart_claim_t *claim; /* NULL: none; never changed, only replaced */
    struct stored_t *next;
} stored_t;

typedef struct mem_t {
    shop_cart_repo_t port;
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;
    stored_t *carts;
    bool away;
    int calls;
} mem_t;

/* Takes the lock; the caller gives it back with leave(). */
static shop_error_t *enter(mem_t **mem, shop_cart_repo_t *port, apr_pool_t *pool)
{
    *mem = (mem_t *)port;
    apr_thread_mutex_lock((*mem)->lock);
    (*mem)->calls++;
    if ((*mem)->away) {
        apr_thread_mutex_unlock((*mem)->lock);
        return shop_err(pool, UNAVAILABLE, "the store is away");
    }
    return NULL;
}

static void leave(mem_t *mem)
{
    apr_thread_mutex_unlock(mem->lock);
}

static stored_t *seek(const mem_t *mem, const char *user_id)
{
    stored_t *stored = mem->carts;

    while (stored && strcmp(stored->user_id, user_id)) {
        stored = stored->next;
    }
    return stored;
}

static shop_cart_line_t *seek_line(stored_t *stored, const char *product_id)
{
    for (int i = 0; stored && i < stored->count; i++) {
        if (!strcmp(stored->lines[i].product_id, product_id)) {
            return &stored->lines[i];
        }
    }
    return NULL;
}

static apr_array_header_t *copy_lines(const apr_array_header_t *from, apr_pool_t *pool)
{
    apr_array_header_t *lines = apr_array_make(pool, 8, sizeof(shop_cart_line_t *));

    for (int i = 0; i < from->nelts; i++) {
        shop_cart_line_t *line =
            apr_pmemdup(pool, APR_ARRAY_IDX(from, i, shop_cart_line_t *), sizeof(*line));

        line->product_id = apr_pstrdup(pool, line->product_id);
        APR_ARRAY_PUSH(lines, shop_cart_line_t *) = line;
    }
    return lines;
}

/* As a store keeps it: times in milliseconds, nothing of a coupon where there is none. */
static shop_cart_claim_t *copy_claim(const shop_cart_claim_t *from, apr_pool_t *pool)
{
    shop_cart_claim_t *claim = apr_pmemdup(pool, from, sizeof(*from));

    claim->order_id = apr_pstrdup(pool, from->order_id);
    claim->at = from->at / 1000 * 1000;
    claim->key_slot = apr_pstrdup(pool, from->key_slot);
    claim->lines = copy_lines(from->lines, pool);
    claim->coupon_code = apr_pstrdup(pool, from->coupon_code);
    if (!claim->coupon_code) {
        claim->coupon_born = 0;
        claim->coupon_limited = false;
        claim->coupon_user_limit = -1;
    }
    return claim;
}

static shop_cart_t *copy_of(const stored_t *stored, const char *user_id, apr_pool_t *pool)
{
    shop_cart_t *cart = apr_pcalloc(pool, sizeof(*cart));

    cart->user_id = apr_pstrdup(pool, user_id);
    cart->lines = apr_array_make(pool, 8, sizeof(shop_cart_line_t *));
    if (stored) {
        cart->gen = stored->gen;
        cart->rev = stored->rev;
        cart->updated_at = stored->updated_at;
        cart->claim = stored->claim ? copy_claim(stored->claim, pool) : NULL;
    }
    for (int i = 0; stored && i < stored->count; i++) {
        shop_cart_line_t *line = apr_pmemdup(pool, &stored->lines[i], sizeof(*line));

        line->product_id = apr_pstrdup(pool, line->product_id);
        APR_ARRAY_PUSH(cart->lines, shop_cart_line_t *) = line;
    }
    return cart;
}

static void touch(stored_t *stored, apr_time_t now)
{
    stored->rev++;
    stored->updated_at = now;
}

static void drop_line(stored_t *stored, const shop_cart_line_t *line)
{
    long at = line - stored->lines;

    stored->count--;
    memmove(&stored->lines[at], &stored->lines[at + 1],
            (size_t)(stored->count - at) * sizeof(*line));
}

static shop_error_t *mem_find(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                              apr_pool_t *pool)
{
    mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    *cart = copy_of(seek(mem, user_id), user_id, pool);
    leave(mem);
    return NULL;
}

static stored_t *seek_or_make(mem_t *mem, const char *user_id)
{
    stored_t *stored = seek(mem, user_id);

    if (!stored) {
        stored = apr_pcalloc(mem->pool, sizeof(*stored));
        stored->user_id = apr_pstrdup(mem->pool, user_id);
        stored->next = mem->carts;
        mem->carts = stored;
    }
    return stored;
}

static shop_error_t *add(mem_t *mem, stored_t *stored, const char *product_id, int64_t quantity,
                         apr_pool_t *pool)
{
    shop_cart_line_t *line = seek_line(stored, product_id);
    shop_error_t *err = NULL;

    if (line && line->quantity > SHOP_QUANTITY_MAX - quantity) {
        shop_error_violate(&err, pool, "/quantity", "too_large",
                           "would make the line larger than %" PRId64, SHOP_QUANTITY_MAX);
    } else if (line) {
        line->quantity += quantity;
    } else if (stored->count == SHOP_CART_LINES_MAX) {
        err = shop_err(pool, CART_FULL, "a cart holds at most %d different products",
                       SHOP_CART_LINES_MAX);
    } else {
        stored->lines[stored->count++] =
            (shop_cart_line_t){ apr_pstrdup(mem->pool, product_id), quantity };
    }
    return err;
}

static shop_error_t *mem_add(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                             const char *product_id, int64_t quantity, int place, apr_time_t now,
                             apr_pool_t *pool)
{
    shop_error_t *err;
    stored_t *stored;
    mem_t *mem;

    (void)place;
    SHOP_TRY(enter(&mem, port, pool));
    stored = seek_or_make(mem, user_id);
    err = add(mem, stored, product_id, quantity, pool);
    if (!err) {
        touch(stored, now);
        *cart = copy_of(stored, user_id, pool);
    }
    leave(mem);
    return err;
}

static shop_error_t *edit(stored_t *stored, const char *product_id, int64_t quantity, int64_t rev,
                          apr_time_t now, apr_pool_t *pool)
{
    shop_cart_line_t *line = product_id ? seek_line(stored, product_id) : NULL;

    if (rev >= 0 && (stored ? stored->rev : 0) != rev) {
        return shop_err(pool, CONFLICT, "the cart changed at the same moment");
    }
    if (product_id && !line) {
        return shop_err(pool, NOT_FOUND, "the cart has no such line");
    }
    if (!stored) {
        return NULL;
    }
    if (!product_id) {
        stored->count = 0;
    } else if (quantity == 0) {
        drop_line(stored, line);
    } else {
        line->quantity = quantity;
    }
    touch(stored, now);
    return NULL;
}

static shop_error_t *mem_edit(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                              const char *product_id, int64_t quantity, int64_t rev, apr_time_t now,
                              apr_pool_t *pool)
{
    shop_error_t *err;
    stored_t *stored;
    mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    stored = seek(mem, user_id);
    err = edit(stored, product_id, quantity, rev, now, pool);
    if (!err) {
        *cart = copy_of(stored, user_id, pool);
    }
    leave(mem);
    return err;
}

static shop_error_t *mem_set(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                             const char *product_id, int64_t quantity, apr_time_t now,
                             apr_pool_t *pool)
{
    return mem_edit(cart, port, user_id, product_id, quantity, -1, now, pool);
}

static shop_error_t *mem_remove(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                                const char *product_id, apr_time_t now, apr_pool_t *pool)
{
    return mem_edit(cart, port, user_id, product_id, 0, -1, now, pool);
}

static shop_error_t *mem_clear(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                               apr_time_t now, apr_pool_t *pool)
{
    return mem_edit(cart, port, user_id, NULL, 0, -1, now, pool);
}

static bool is_claimed_by(const stored_t *stored, const char *order_id)
{
    return stored->claim && order_id && !strcmp(stored->claim->order_id, order_id);
}

static bool has_lines(const stored_t *stored, const apr_array_header_t *lines)
{
    bool same = stored->count == lines->nelts;

    for (int i = 0; same && i < lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(lines, i, shop_cart_line_t *);

        same = !strcmp(stored->lines[i].product_id, line->product_id) &&
               stored->lines[i].quantity == line->quantity;
    }
    return same;
}

static bool is_as_read(const stored_t *stored, const shop_cart_t *cart)
{
    return stored->gen == cart->gen && stored->rev == cart->rev && has_lines(stored, cart->lines);
}

static shop_error_t *mem_claim(bool *claimed, shop_cart_repo_t *port, const shop_cart_t *cart,
                               const shop_cart_claim_t *claim, apr_pool_t *pool)
{
    stored_t *stored;
    mem_t *mem;

    *claimed = false;
    SHOP_TRY(enter(&mem, port, pool));
    stored = seek(mem, cart->user_id);
    *claimed = stored && is_as_read(stored, cart) && stored->claim == NULL;
    if (*claimed) {
        stored->claim = copy_claim(claim, mem->pool);
        stored->rev++;
    }
    leave(mem);
    return NULL;
}

static bool is_still(const stored_t *stored, const shop_cart_t *cart)
{
    return is_as_read(stored, cart) &&
           (cart->claim ? is_claimed_by(stored, cart->claim->order_id) : stored->claim == NULL);
}

static void put_lines(mem_t *mem, stored_t *stored, const apr_array_header_t *lines)
{
    stored->count = lines->nelts;
    for (int i = 0; i < lines->nelts; i++) {
        stored->lines[i] = *APR_ARRAY_IDX(lines, i, shop_cart_line_t *);
        stored->lines[i].product_id = apr_pstrdup(mem->pool, stored->lines[i].product_id);
    }
}

static shop_error_t *mem_ordered(bool *done, shop_cart_repo_t *port, const shop_cart_t *cart,
                                 const char *order_id, const apr_array_header_t *left,
                                 apr_time_t now, apr_pool_t *pool)
{
    stored_t *stored;
    mem_t *mem;

    *done = false;
    SHOP_TRY(enter(&mem, port, pool));
    stored = seek(mem, cart->user_id);
    *done = stored && is_still(stored, cart);
    if (*done) {
        put_lines(mem, stored, left);
        stored->gen++;
        stored->claim = is_claimed_by(stored, order_id) ? NULL : stored->claim;
        touch(stored, now);
    }
    leave(mem);
    return NULL;
}

static shop_error_t *mem_unclaim(shop_cart_repo_t *port, const char *user_id, const char *order_id,
                                 apr_pool_t *pool)
{
    stored_t *stored;
    mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    stored = seek(mem, user_id);
    if (stored && is_claimed_by(stored, order_id)) {
        stored->claim = NULL;
        stored->rev++;
    }
    leave(mem);
    return NULL;
}

static int compare_claims(const void *a, const void *b)
{
    apr_time_t one = (*(shop_cart_t *const *)a)->claim->at;
    apr_time_t other = (*(shop_cart_t *const *)b)->claim->at;

    return (one > other) - (one < other);
}

static shop_error_t *mem_old_claims(apr_array_header_t **carts, shop_cart_repo_t *port,
                                    apr_time_t before, int limit, apr_pool_t *pool)
{
    mem_t *mem;

    *carts = apr_array_make(pool, 8, sizeof(shop_cart_t *));
    SHOP_TRY(enter(&mem, port, pool));
    for (const stored_t *stored = mem->carts; stored; stored = stored->next) {
        if (stored->claim && stored->claim->at < before) {
            APR_ARRAY_PUSH(*carts, shop_cart_t *) = copy_of(stored, stored->user_id, pool);
        }
    }
    leave(mem);
    qsort((*carts)->elts, (size_t)(*carts)->nelts, sizeof(shop_cart_t *), compare_claims);
    if ((*carts)->nelts > limit) {
        (*carts)->nelts = limit;
    }
    return NULL;
}

shop_error_t *shop_cart_mem_put(shop_cart_repo_t *repo, const shop_cart_t *cart, apr_pool_t *pool)
{
    stored_t *stored;
    mem_t *mem;

    SHOP_TRY(enter(&mem, repo, pool));
    stored = seek_or_make(mem, cart->user_id);
    stored->gen = cart->gen;
    stored->rev = cart->rev;
    stored->updated_at = cart->updated_at;
    stored->claim = cart->claim ? copy_claim(cart->claim, mem->pool) : NULL;
    put_lines(mem, stored, cart->lines);
    leave(mem);
    return NULL;
}

shop_cart_repo_t *shop_cart_repo_mem(apr_pool_t *pool)
{
    static const shop_cart_repo_t port = { .find = mem_find,
                                           .add = mem_add,
                                           .set = mem_set,
                                           .remove = mem_remove,
                                           .clear = mem_clear,
                                           .edit = mem_edit,
                                           .claim = mem_claim,
                                           .ordered = mem_ordered,
                                           .unclaim = mem_unclaim,
                                           .old_claims = mem_old_claims };
    mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    mem->port = port;
    /* A pool of its own: the caller's may be used by its own thread meanwhile. */
    apr_pool_create(&mem->pool, pool);
    apr_thread_mutex_create(&mem->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    return &mem->port;
}

void shop_cart_mem_away(shop_cart_repo_t *repo, bool away)
{
    ((mem_t *)repo)->away = away;
}

int shop_cart_mem_calls(const shop_cart_repo_t *repo)
{
    return ((const mem_t *)repo)->calls;
}
