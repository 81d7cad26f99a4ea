/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_MIGRATE_H
#define SHOP_STORE_MIGRATE_H

/* Migrations: how stored documents come from one version's form to the next without a stop. A
 * stage is applied while old processes still run, then new ones are started beside them, and once
 * no old one runs the stage is finished. Until then it can be taken back.
 *
 * What a stage must hold to:
 *   - up leaves a database that processes of the version before work with as well;
 *   - down leaves the database as that version wrote it;
 *   - finish removes what only that version needed; from its beginning on, older ones are refused;
 *   - each may be interrupted anywhere and is run again from its beginning, and may find that an
 *     earlier run did a part or all of it.
 * A stage whose down is NULL cannot be taken back and is finished together with up, unless an
 * earlier one still waits for its finish. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../base/clock.h"
#include "../base/error.h"
#include "schema.h"

struct shop_mongo_index_t;
struct shop_migration_t;

typedef shop_error_t *(*shop_stage_step_t)(const struct shop_migration_t *migration,
                                           apr_pool_t *pool);

typedef struct shop_stage_t {
    int number;       /* from 1 on, without gaps; 0 ends a table */
    const char *name; /* one word */
    const char *what; /* what it does, for people; no full stop */
    bool always;      /* up is run again by every migration: it makes what was added since */
    bool needed;      /* this version's processes cannot work before it is up */
    shop_stage_step_t up, down, finish; /* NULL: there is nothing to do; down: see above */
} shop_stage_t;

/* What one module does in a stage of several. */
typedef struct shop_stage_part_t {
    shop_stage_step_t up, down, finish;
} shop_stage_part_t;

typedef struct shop_migration_t {
    struct shop_mongo_t *mongo;
    const shop_stage_t *stages;
    const struct shop_mongo_index_t *const *indexes; /* of all modules, NULL-terminated */
    const shop_clock_t *clock;
    int lease_ms; /* for so long a migrator that stopped renewing its lease keeps others out */
    void (*say)(void *baton, const char *text); /* a line about what is done; may be NULL */
    void *baton;
} shop_migration_t;

/* A line for whoever migrates, from a stage's step. */
void shop_migration_say(const shop_migration_t *migration, apr_pool_t *pool, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

typedef enum { SHOP_SCHEMA_FITS, SHOP_SCHEMA_OLDER, SHOP_SCHEMA_NEWER } shop_schema_fit_t;
/* Can processes that know these stages work with the database? Without a document it is one of the
 * version before there was any, or empty: version 1. */
shop_schema_fit_t shop_schema_fit(const shop_schema_t *schema, const shop_stage_t *stages);
/* Number of the last stage: the version of a database that is migrated. */
int shop_stages_last(const shop_stage_t *stages);

/* One migration at a time: a second one waits for the first, or until its lease is over. Each
 * first ends a finish that was interrupted. Errors: CONFLICT (what is asked is impossible; detail
 * says why), UNAVAILABLE, INTERNAL; the stage can then be begun again. */
/* Puts up every stage that is not, and, in a database that was empty, finishes them. CONFLICT when
 * the database is newer. */
shop_error_t *shop_migrate_up(const shop_migration_t *migration, apr_pool_t *pool);
/* Takes back the last stage. CONFLICT when it is finished, unknown, or there is none. */
shop_error_t *shop_migrate_back(const shop_migration_t *migration, apr_pool_t *pool);
/* Finishes every stage that is up. */
shop_error_t *shop_migrate_finish(const shop_migration_t *migration, apr_pool_t *pool);

#endif
