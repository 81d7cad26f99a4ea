/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_SCHEMA_H
#define SHOP_STORE_SCHEMA_H

/* The schema document: which stages of store/migrate.h a database has been through. One document
 * {_id: "schema"} of the collection meta; migrate.c alone writes it. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "../base/error.h"

struct shop_mongo_t;

typedef enum {
    SHOP_STEP_NONE,
    SHOP_STEP_UP,
    SHOP_STEP_BACK,
    SHOP_STEP_FINISH,
    SHOP_STEP_COUNT
} shop_schema_step_t;

/* "none", "up", "back", "finish". */
const char *shop_schema_step_name(shop_schema_step_t step);

typedef struct shop_schema_stage_t {
    int number;
    const char *name;
    apr_time_t up_at;
    apr_time_t finished_at; /* 0: not finished */
} shop_schema_stage_t;

typedef struct shop_schema_t {
    bool exists;                /* false: there is no document, all else is 0 */
    int version;                /* every stage up to this one is in place */
    int finished;               /* every stage up to this one is finished */
    bool fresh;                 /* the first migration of an empty database is not complete */
    shop_schema_step_t step;    /* begun and not ended: under way, or interrupted */
    int number;                 /* its stage */
    const char *holder;         /* who migrates at this moment; NULL: nobody */
    apr_time_t held_until;      /* then another may take over */
    apr_array_header_t *stages; /* shop_schema_stage_t of those in place, by number */
} shop_schema_t;

/* Numbers of stages (mod_shop/stages.c) that adapters ask for. */
#define SHOP_STAGE_KEYS 2
#define SHOP_STAGE_CLAIMS 3

/* What a process knows of the document. Adapters ask it which form the stored documents have;
 * ops/schema_ready.c writes it. */
typedef struct shop_schema_known_t {
    atomic_int finished; /* every stage up to this one is, and completely; 0: not read yet */
} shop_schema_known_t;

/* Is the stage finished, as far as known? known NULL: all are. */
bool shop_schema_is_finished(const shop_schema_known_t *known, int stage);

/* All below: results in pool; commands are counted to nobody's request; UNAVAILABLE, INTERNAL. */
shop_error_t *shop_schema_read(shop_schema_t **schema, struct shop_mongo_t *mongo,
                               apr_pool_t *pool);
/* Has the database no collection? */
shop_error_t *shop_schema_is_empty(bool *empty, struct shop_mongo_t *mongo, apr_pool_t *pool);
/* Takes the lease until `until`, when nobody has one at `now`, and makes the document where there
 * is none, with fresh. *schema: as it is then; NULL: somebody else has the lease. */
shop_error_t *shop_schema_claim(shop_schema_t **schema, struct shop_mongo_t *mongo, const char *by,
                                bool fresh, apr_time_t now, apr_time_t until, apr_pool_t *pool);
/* *held false: the lease was lost to another, and nothing was written. */
shop_error_t *shop_schema_renew(bool *held, struct shop_mongo_t *mongo, const char *by,
                                apr_time_t until, apr_pool_t *pool);
/* Writes everything but the lease. */
shop_error_t *shop_schema_write(bool *held, struct shop_mongo_t *mongo, const char *by,
                                const shop_schema_t *schema, apr_pool_t *pool);
shop_error_t *shop_schema_release(struct shop_mongo_t *mongo, const char *by, apr_pool_t *pool);

#endif
