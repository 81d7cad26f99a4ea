/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_MONGO_H
#define SHOP_DRIVERS_MONGO_H

/* libmongoc with bounded waits and shop_error_t. Only *_mongo.c include it; BSON is not used
 * outside them. Every call borrows a client while it runs, so a slow client of the shop holds no
 * connection. Errors: UNAVAILABLE (unreachable, too slow, no connection free, outcome unknown),
 * INTERNAL otherwise; the driver's text is the cause. A duplicate key is a result, not an error. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"
#include "../settings.h"

#define SHOP_MONGO_DATABASE "shop" /* of a connection string that names none */

/* The cause of an UNAVAILABLE begins with it when only another user or password helps. */
#define SHOP_MONGO_REJECTED "MongoDB rejects the login"

typedef struct shop_mongo_t shop_mongo_t;

typedef enum {
    SHOP_MONGO_ONE,     /* w: 1; for cleanup that may be repeated */
    SHOP_MONGO_MAJORITY /* w: majority, j: true, wtimeout; for everything that is confirmed */
} shop_mongo_concern_t;

/* Connects on first use. INTERNAL for a malformed URI. Closed by the pool's cleanup. To be called
 * once per child and shop, after the fork. The database is that of the URI, else
 * SHOP_MONGO_DATABASE. */
shop_error_t *shop_mongo_open(shop_mongo_t **mongo, const shop_settings_t *settings,
                              apr_pool_t *pool);
/* NULL, or a clause that says what is wrong with the connection string, without quoting it. */
const char *shop_mongo_uri_problem(const char *uri, apr_pool_t *pool);
/* "127.0.0.1:27017/shop" in the pool: hosts and database of a string without a problem, without
 * user and options. The same for two strings that name one database in different ways. */
const char *shop_mongo_uri_database(const char *uri, apr_pool_t *pool);
/* Sends hello; also sets the clock's offset to its localTime (shop_clock_set_offset). */
shop_error_t *shop_mongo_ping(shop_mongo_t *mongo, apr_pool_t *pool);

/* The background ping: when the circuit breaker is open, sends hello whatever the breaker says, and
 * closes it when the store answers. From the first call on nothing else closes it. For one thread
 * of the process, once a second; takes at most a second more than ShopMongoTimeout select. true: a
 * ping was sent. */
bool shop_mongo_ping_when_away(shop_mongo_t *mongo, apr_pool_t *pool);

/* Begins a request on this thread: the count is 0, no command waits longer than until deadline
 * (monotonic; 0: none), and after it every further one is UNAVAILABLE. */
void shop_mongo_begin(apr_time_t deadline);
/* From now on a thread without a deadline begins no command: each is UNAVAILABLE. What is under way
 * ends within ShopMongoTimeout. For a process that ends. */
void shop_mongo_end_background(void);
/* Commands sent by this thread since then (command monitoring). */
int shop_mongo_count(void);
/* Resets this thread's count, so that commands since are not counted for its request. */
void shop_mongo_recount(int count);

/* *doc: a copy that the pool owns, NULL when there is none. opts: members of the find command
 * (projection, sort, hint, collation, readConcern), may be NULL. Reads the primary; a read concern
 * in the connection string is not used. */
shop_error_t *shop_mongo_find_one(const bson_t **doc, shop_mongo_t *mongo, const char *collection,
                                  const bson_t *filter, const bson_t *opts, apr_pool_t *pool);
/* Calls each for every document. An error that it returns ends the read and is returned. */
typedef shop_error_t *(*shop_mongo_each_t)(void *baton, const bson_t *doc, apr_pool_t *pool);
shop_error_t *shop_mongo_find(shop_mongo_t *mongo, const char *collection, const bson_t *filter,
                              const bson_t *opts, shop_mongo_each_t each, void *baton,
                              apr_pool_t *pool);
shop_error_t *shop_mongo_aggregate(shop_mongo_t *mongo, const char *collection,
                                   const bson_t *pipeline, shop_mongo_each_t each, void *baton,
                                   apr_pool_t *pool);
/* Counts to limit at most; hint: the index to count in, or NULL for the server's choice. */
shop_error_t *shop_mongo_count_documents(int64_t *count, shop_mongo_t *mongo,
                                         const char *collection, const bson_t *filter,
                                         const char *hint, int64_t limit, apr_pool_t *pool);
/* *duplicate: NULL when inserted, else the server's E11000 message, which names the unique index;
 * in pool. */
shop_error_t *shop_mongo_insert(const char **duplicate, shop_mongo_t *mongo, const char *collection,
                                const bson_t *doc, shop_mongo_concern_t concern, apr_pool_t *pool);
/* Many documents, of at most 48 MB together, in one command; the first that is refused ends it. A
 * duplicate key is CONFLICT. */
shop_error_t *shop_mongo_insert_batch(shop_mongo_t *mongo, const char *collection,
                                      const bson_t *const *docs, int count,
                                      shop_mongo_concern_t concern, apr_pool_t *pool);
/* One document. opts: update options (arrayFilters, upsert), may be NULL. *matched may be NULL;
 * *duplicate may be NULL and then a duplicate key is INTERNAL. */
shop_error_t *shop_mongo_update(int64_t *matched, const char **duplicate, shop_mongo_t *mongo,
                                const char *collection, const bson_t *filter, const bson_t *update,
                                const bson_t *opts, shop_mongo_concern_t concern, apr_pool_t *pool);
/* Many documents of one filter (updateMany). */
shop_error_t *shop_mongo_update_all(int64_t *matched, shop_mongo_t *mongo, const char *collection,
                                    const bson_t *filter, const bson_t *update,
                                    shop_mongo_concern_t concern, apr_pool_t *pool);
/* One unordered update command with count statements; *matched: sum over them. */
shop_error_t *shop_mongo_update_batch(int64_t *matched, shop_mongo_t *mongo, const char *collection,
                                      const bson_t *const *filters, const bson_t *const *updates,
                                      int count, shop_mongo_concern_t concern, apr_pool_t *pool);
/* findAndModify returning the document afterwards; *doc NULL when nothing matched. */
shop_error_t *shop_mongo_modify(const bson_t **doc, const char **duplicate, shop_mongo_t *mongo,
                                const char *collection, const bson_t *filter, const bson_t *update,
                                const bson_t *fields, bool upsert, shop_mongo_concern_t concern,
                                apr_pool_t *pool);
shop_error_t *shop_mongo_delete(int64_t *deleted, shop_mongo_t *mongo, const char *collection,
                                const bson_t *filter, shop_mongo_concern_t concern,
                                apr_pool_t *pool);

/* Does the database have no collection? */
shop_error_t *shop_mongo_is_empty(bool *empty, shop_mongo_t *mongo, apr_pool_t *pool);

/* One wanted index; keys as "user:1,cart_slot:1" (field names without spaces). */
typedef struct shop_mongo_index_t {
    const char *collection; /* NULL ends a table */
    const char *name;
    const char *keys;
    bool unique;
    bool sparse;
    const char *only; /* JSON: the documents it covers (partialFilterExpression); NULL: all */
} shop_mongo_index_t;
/* Creates the missing ones. If the server rejects one, that is an error when it is unique, else a
 * warning in the log. */
shop_error_t *shop_mongo_ensure_indexes(shop_mongo_t *mongo, const shop_mongo_index_t *indexes,
                                        apr_pool_t *pool);
/* Names the unique indexes that writes rest on: a NULL-terminated list of tables, whose texts live
 * as long as pool; NULL: none. From then on an insert, an upsert, and a write with `duplicate` is
 * UNAVAILABLE, and changes nothing, while a unique index of its collection is missing. Looked at
 * once in ten seconds for each collection that is written; those commands are not counted for a
 * request. To be called while no other thread uses mongo. */
void shop_mongo_require_unique(shop_mongo_t *mongo, const shop_mongo_index_t *const *tables,
                               apr_pool_t *pool);
/* UNAVAILABLE while a unique index of the collection is missing, as such a write would be. */
shop_error_t *shop_mongo_check_unique(shop_mongo_t *mongo, const char *collection,
                                      apr_pool_t *pool);
/* Drops one index by its name; that it is not there, or the collection is not, is no error. */
shop_error_t *shop_mongo_drop_index(shop_mongo_t *mongo, const char *collection, const char *name,
                                    apr_pool_t *pool);
/* The same of each of names, NULL-terminated, in their order. */
shop_error_t *shop_mongo_drop_indexes(shop_mongo_t *mongo, const char *collection,
                                      const char *const *names, apr_pool_t *pool);
/* Appends the names (const char *) of the collection's indexes; none for a collection that does not
 * exist. */
shop_error_t *shop_mongo_index_names(apr_array_header_t *names, shop_mongo_t *mongo,
                                     const char *collection, apr_pool_t *pool);
/* *missing: name of the first unique index that does not exist, NULL when all do. The commands are
 * not counted for a request. */
shop_error_t *shop_mongo_check_indexes(const char **missing, shop_mongo_t *mongo,
                                       const shop_mongo_index_t *indexes, apr_pool_t *pool);
/* Logs that this index is missing, with the command that creates it; seldom. */
void shop_mongo_log_missing(const char *index);

/* ---- members of documents: a missing one, or one of another type, gives the default ---- */
const char *shop_bson_string(const bson_t *doc, const char *name, apr_pool_t *pool); /* NULL */
const char *shop_bson_oid(const bson_t *doc, const char *name, apr_pool_t *pool);    /* hex, NULL */
int64_t shop_bson_int(const bson_t *doc, const char *name, int64_t otherwise); /* any number */
bool shop_bson_bool(const bson_t *doc, const char *name);
apr_time_t shop_bson_time(const bson_t *doc, const char *name); /* 0; stored in milliseconds */
/* The sub-document or array, borrowed from doc; false when absent. */
bool shop_bson_child(bson_t *child, const bson_t *doc, const char *name);
/* The same of the member that iter is at, for who reads a document from front to back. */
const char *shop_bson_iter_string(const bson_iter_t *iter, apr_pool_t *pool);
const char *shop_bson_iter_oid(const bson_iter_t *iter, apr_pool_t *pool);
int64_t shop_bson_iter_int(const bson_iter_t *iter, int64_t otherwise);
bool shop_bson_iter_bool(const bson_iter_t *iter, bool otherwise);
apr_time_t shop_bson_iter_time(const bson_iter_t *iter);
bool shop_bson_iter_child(bson_t *child, const bson_iter_t *iter);
void shop_bson_append_time(bson_t *doc, const char *name, apr_time_t time);
/* Appends a 24-hex id as an ObjectId. */
void shop_bson_append_oid(bson_t *doc, const char *name, const char *id);

#endif
