/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_READ_MONGO_H
#define SHOP_AUDIT_VERIFY_READ_MONGO_H

/* Reads for verify_*mongo.c. `members` are the NULL-terminated names of the members to read; oid:
 * ids are ObjectIds, else strings. Errors are those of the port. */

#include "../drivers/mongo.h"
#include "verify_store.h"

typedef struct shop_verify_store_mongo_t {
    shop_verify_store_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} shop_verify_store_mongo_t;

/* The context of reading many documents for one object; scratch is cleared for each document. */
typedef struct shop_verify_walk_t {
    void *object;
    apr_pool_t *scratch;
} shop_verify_walk_t;

shop_mongo_t *shop_verify_mongo_of(shop_verify_store_t *port);

/* *doc: the document with the id, in pool; NULL: none. */
shop_error_t *shop_verify_find_id(const bson_t **doc, shop_verify_store_t *port,
                                  const char *collection, bool oid, const char *id,
                                  const char *const *members, apr_pool_t *pool);
/* Calls each for every document of the filter, as shop_mongo_find. */
shop_error_t *shop_verify_find(shop_verify_store_t *port, const char *collection,
                               const bson_t *filter, const char *const *members,
                               shop_mongo_each_t each, void *baton, apr_pool_t *pool);
/* The same for one page by id: the first SHOP_VERIFY_PAGE documents behind after; NULL: from the
 * first. */
shop_error_t *shop_verify_find_page(shop_verify_store_t *port, const char *collection, bool oids,
                                    const char *after, const char *const *members,
                                    shop_mongo_each_t each, void *baton, apr_pool_t *pool);

/* The bytes of doc, which must live as long. */
shop_verify_seen_t shop_verify_seen(const bson_t *doc);
/* The array member as shop_verify_entry_t, in pool: id from `id`, amount from `amount` (NULL: 1),
 * user_id and at from `u` and `at`. Elements without an id are left out. */
apr_array_header_t *shop_verify_entries(const bson_t *doc, const char *array, const char *id,
                                        const char *amount, apr_pool_t *pool);
/* Does `returned` of the order name the line? */
bool shop_verify_is_returned(const bson_t *order, const char *line);

#endif
