/* SPDX-License-Identifier: MIT
 * Stock movements in memory. */
#include "tests/kit/stock_mem.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/id.h"

#define MOVEMENTS_MAX 4096

typedef struct moved_t {
    shop_movement_t movement;
    const char *key, *fingerprint; /* NULL: none */
    const char *reply;
    apr_size_t reply_size;
} moved_t;

typedef struct stock_mem_t {
    shop_stock_repo_t port;
    apr_pool_t *pool;
    shop_product_repo_t *products;
    shop_reservations_t *units;
    moved_t *moves[MOVEMENTS_MAX];
    int moved;
} stock_mem_t;

/* Takes the lock; leave gives it back. UNAVAILABLE when the store is away. */
static shop_error_t *enter(stock_mem_t **mem, shop_stock_repo_t *port, apr_pool_t *pool)
{
    *mem = (stock_mem_t *)port;
    return shop_reservations_mem_enter((*mem)->units, pool);
}

static void leave(stock_mem_t *mem)
{
    shop_reservations_mem_leave(mem->units);
}

static moved_t *seek_move(const stock_mem_t *mem, const char *scoped)
{
    for (int i = 0; scoped && i < mem->moved; i++) {
        if (mem->moves[i]->key && !strcmp(mem->moves[i]->key, scoped)) {
            return mem->moves[i];
        }
    }
    return NULL;
}

static shop_error_t *move(moved_t **made, stock_mem_t *mem, shop_product_t *product,
                          const shop_stock_request_t *request, apr_pool_t *pool)
{
    shop_product_t after = *product;
    shop_unit_mem_t *unit = shop_reservations_mem_seek(mem->units, product->id);
    int64_t delta = request->set ? request->amount - after.stock : request->amount;
    moved_t *moved = apr_pcalloc(mem->pool, sizeof(*moved));

    SHOP_TRY(shop_stock_may_move(after.stock, delta, pool));
    after.stock += delta;
    after.rev++;
    after.updated_at = request->now;
    if (request->key) {
        SHOP_TRY(request->reply(&moved->reply, &moved->reply_size, request->baton, &after, pool));
        moved->reply = apr_pmemdup(mem->pool, moved->reply, moved->reply_size);
        moved->fingerprint = apr_pstrdup(mem->pool, request->fingerprint);
    }
    SHOP_TRY(shop_id_make(&moved->movement.id, mem->pool));
    *product = after;
    unit->available = after.stock;
    unit->sold_out = after.stock <= 0;
    moved->movement.unit_id = product->id;
    moved->movement.delta = delta;
    moved->movement.stock_after = after.stock;
    moved->movement.reason = apr_pstrdup(mem->pool, request->reason);
    moved->movement.by = apr_pstrdup(mem->pool, request->by);
    moved->movement.at = request->now;
    mem->moves[mem->moved++] = moved;
    *made = moved;
    return NULL;
}

static void answer(shop_stock_done_t *done, const moved_t *moved, const shop_product_t *product,
                   apr_pool_t *pool)
{
    done->movement = apr_pmemdup(pool, &moved->movement, sizeof(moved->movement));
    if (moved->key) {
        done->reply = apr_pmemdup(pool, moved->reply, moved->reply_size);
        done->reply_size = moved->reply_size;
    } else {
        done->product = apr_pmemdup(pool, product, sizeof(*product));
    }
}

static shop_error_t *mem_move(shop_stock_done_t *done, shop_stock_repo_t *port,
                              const shop_stock_request_t *request, apr_pool_t *pool)
{
    const char *scoped = request->key ? apr_pstrcat(pool, request->by, " ", request->unit_id, " ",
                                                    request->key, NULL)
                                      : NULL;
    shop_error_t *err = NULL;
    shop_product_t *product;
    moved_t *moved;
    stock_mem_t *mem;

    memset(done, 0, sizeof(*done));
    SHOP_TRY(enter(&mem, port, pool));
    product = shop_product_mem_seek(mem->products, request->unit_id);
    moved = seek_move(mem, scoped);
    done->replayed = moved != NULL;
    if (moved && strcmp(moved->fingerprint, request->fingerprint) != 0) {
        err = shop_err(pool, IDEMPOTENCY_MISMATCH, "this key was used for another request");
    } else if (!moved && !product) {
        err = shop_err(pool, NOT_FOUND, "there is no such product");
    } else if (!moved) {
        err = move(&moved, mem, product, request, pool);
        if (!err) {
            moved->key = apr_pstrdup(mem->pool, scoped);
        }
    }
    if (!err) {
        answer(done, moved, product, pool);
    }
    leave(mem);
    return err;
}

static int newest_first(const void *a, const void *b)
{
    const shop_movement_t *one = *(shop_movement_t *const *)a, *two = *(shop_movement_t *const *)b;

    if (one->at / 1000 != two->at / 1000) {
        return one->at < two->at ? 1 : -1;
    }
    return strcmp(two->id, one->id);
}

static shop_error_t *mem_movements(apr_array_header_t **movements, shop_list_end_t *end,
                                   shop_stock_repo_t *port, const char *unit_id,
                                   const shop_list_query_t *query, apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 16, sizeof(shop_movement_t *));
    stock_mem_t *mem;

    *movements = apr_array_make(pool, 16, sizeof(shop_movement_t *));
    SHOP_TRY(enter(&mem, port, pool));
    for (int i = 0; i < mem->moved; i++) {
        if (!strcmp(mem->moves[i]->movement.unit_id, unit_id)) {
            APR_ARRAY_PUSH(all, shop_movement_t *) =
                apr_pmemdup(pool, &mem->moves[i]->movement, sizeof(shop_movement_t));
        }
    }
    leave(mem);
    qsort(all->elts, (size_t)all->nelts, sizeof(shop_movement_t *), newest_first);
    *end = (shop_list_end_t){ .total = query->count ? all->nelts : -1 };
    for (int i = 0; i < all->nelts; i++) {
        shop_movement_t *one = APR_ARRAY_IDX(all, i, shop_movement_t *);

        if (query->after &&
            strcmp(shop_movement_key(one->at, one->id, pool),
                   shop_movement_key(query->after->number, query->after->id, pool)) >= 0) {
            continue;
        }
        if ((*movements)->nelts == query->limit) {
            end->next = shop_movement_cursor(
                APR_ARRAY_IDX(*movements, query->limit - 1, shop_movement_t *), pool);
            break;
        }
        APR_ARRAY_PUSH(*movements, shop_movement_t *) = one;
    }
    return NULL;
}

shop_stock_repo_t *shop_stock_repo_mem(shop_product_repo_t *products, apr_pool_t *pool)
{
    stock_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    /* A pool of its own: the caller's may be used by its own thread meanwhile. */
    apr_pool_create(&mem->pool, pool);
    mem->products = products;
    mem->units = shop_product_mem_stock(products);
    mem->port = (shop_stock_repo_t){ .move = mem_move, .movements = mem_movements };
    return &mem->port;
}
