/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_PRODUCT_MEM_INNER_H
#define SHOP_TESTS_PRODUCT_MEM_INNER_H

/* Between product_mem.c and product_order_mem.c. */

#include <apr_thread_mutex.h>

#include "mod_shop/base/id.h"
#include "tests/kit/product_mem.h"

#define PRODUCTS_MAX 4096
#define MOVEMENTS_MAX 4096
#define ENTRIES_MAX 512

/* One {o, q, at}. */
typedef struct entry_t {
    char order_id[SHOP_ID_LENGTH + 1];
    int64_t quantity;
    apr_time_t at;
} entry_t;

typedef struct entries_t {
    entry_t *rows;
    int count;
} entries_t;

typedef struct stored_t {
    shop_product_t product;
    bool deleted;
    entries_t holds, backs;
    int64_t back_rev;
} stored_t;

typedef struct moved_t {
    shop_movement_t movement;
    const char *key, *fingerprint; /* NULL: none */
    const char *reply;
    apr_size_t reply_size;
} moved_t;

typedef struct shop_product_mem_t {
    shop_product_repo_t port;
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;
    stored_t *products[PRODUCTS_MAX];
    int count;
    moved_t *moves[MOVEMENTS_MAX];
    int moved;
    bool away;
    int calls;
} shop_product_mem_t;

/* Takes the lock; the caller gives it back. UNAVAILABLE when the store is away. */
shop_error_t *shop_product_mem_enter(shop_product_mem_t **mem, shop_product_repo_t *port,
                                     apr_pool_t *pool);
void shop_product_mem_leave(shop_product_mem_t *mem);
stored_t *shop_product_mem_seek(const shop_product_mem_t *mem, const char *id);
/* Fills in the order protocol. */
void shop_product_mem_protocol(shop_product_repo_t *port);

#endif
