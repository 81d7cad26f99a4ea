/* SPDX-License-Identifier: MIT */
#ifndef SHOP_MODULE_H
#define SHOP_MODULE_H

/* A module is a folder with one record: what a capability of the shop consists of. The app walks
 * the records; nothing else names a module's files. <folder>_module.c defines the record,
 * <folder>_module.h the struct of its repositories. */

#include <apr_pools.h>
#include <stdbool.h>

#include "base/error.h"

struct shop_app_t;
struct shop_mongo_index_t;
struct shop_mongo_t;
struct shop_record_t;
struct shop_route_t;
struct shop_tag_t;

/* A collection that the module stores into, and what `shopctl export` takes of it. */
typedef struct shop_collection_t {
    const char *name;    /* NULL ends a table */
    bool exported;       /* false: what it holds is worth nothing in another database */
    const char *secret;  /* member (text) that is exported on demand only; NULL: none */
    const char *without; /* _id (text) of a document that every database makes itself; NULL: none */
    bool amounts; /* holds amounts without a currency; a record with a MONEY row needs no mark */
} shop_collection_t;

typedef struct shop_module_t {
    const char *name; /* the folder */
    /* Every collection that it stores into; NULL: none. One may stand in two modules' tables. */
    const shop_collection_t *collections;
    /* Route tables, NULL-terminated; NULL: the module has no routes. */
    const struct shop_route_t *const *routes;
    /* The tags of its routes; one that two modules use is in one of their tables. NULL: none. */
    const struct shop_tag_t *tags;
    /* What it stores as store/record.h says, NULL-terminated or NULL: their indexes are made from
     * their descriptions. */
    const struct shop_record_t *const *records;
    /* Tables of further indexes, NULL-terminated or NULL. */
    const struct shop_mongo_index_t *const *indexes;
    /* Sets the module's member of app to repositories over mongo, in pool. Sends no command.
     * NULL: there is nothing to open. */
    shop_error_t *(*open)(struct shop_app_t *app, struct shop_mongo_t *mongo, apr_pool_t *pool);
} shop_module_t;

#define SHOP_MODULE(folder) extern const shop_module_t shop_##folder##_module;
#include "modules.def"
#undef SHOP_MODULE

/* Every module, NULL-terminated: those of modules.def, then ops. */
extern const shop_module_t *const shop_modules[];

#endif
