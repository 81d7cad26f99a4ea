/* SPDX-License-Identifier: MIT
 * Prints what `shopctl migrate` does, and where a database stands. */
#include "tools/shopctl_migrate.h"

#include <apr_strings.h>
#include <stdio.h>

static void print_line(void *baton, const char *text)
{
    (void)baton;
    puts(text);
    fflush(stdout); /* a stage may take its time */
}

static const char *when(apr_time_t time, apr_pool_t *pool)
{
    char text[21];

    shop_time_format(text, time);
    return apr_pstrdup(pool, text);
}

static const shop_schema_stage_t *note_of(const shop_schema_t *schema, int number)
{
    for (int i = 0; i < schema->stages->nelts; i++) {
        const shop_schema_stage_t *note = &APR_ARRAY_IDX(schema->stages, i, shop_schema_stage_t);

        if (note->number == number) {
            return note;
        }
    }
    return NULL;
}

static const char *state_of(const shop_schema_t *schema, const shop_schema_stage_t *note,
                            int number, apr_pool_t *pool)
{
    if (schema->step != SHOP_STEP_NONE && schema->number == number) {
        return apr_psprintf(pool, "%s %s", shop_schema_step_name(schema->step),
                            schema->holder ? "under way" : "interrupted");
    }
    if (!note) {
        return number > schema->version ? "to do" : "up";
    }
    return note->finished_at ? apr_psprintf(pool, "finished %s", when(note->finished_at, pool))
                             : apr_psprintf(pool, "up %s, not finished", when(note->up_at, pool));
}

static void print_stage(const shop_schema_t *schema, int number, const char *name, const char *what,
                        apr_pool_t *pool)
{
    const shop_schema_stage_t *note = note_of(schema, number);

    printf("%4d  %-16s %s\n      %s\n", number, name, state_of(schema, note, number, pool), what);
}

static void print_advice(const shop_schema_t *schema, const shop_stage_t *stages)
{
    int last = shop_stages_last(stages);

    if (schema->finished > last) {
        puts("This version cannot work with the database: use the version that migrated it.");
    } else if (schema->step != SHOP_STEP_NONE) {
        puts("Run shopctl migrate to go on, or shopctl migrate --back.");
    } else if (schema->version < last) {
        puts("Run shopctl migrate.");
    } else if (schema->finished < schema->version) {
        puts("When no process of the version before runs: shopctl migrate --finish. Until then: "
             "shopctl migrate --back.");
    } else {
        puts("There is nothing to do.");
    }
}

static void print_version(const shop_schema_t *schema, const shop_stage_t *stages)
{
    if (schema->exists) {
        printf("schema %d, finished up to %d; this version knows %d\n", schema->version,
               schema->finished, shop_stages_last(stages));
    } else {
        puts("The database was not migrated yet: it is empty, or older than migrations.");
    }
}

static shop_error_t *print_status(const shop_migration_t *migration, apr_pool_t *pool)
{
    const shop_stage_t *stage = migration->stages;
    shop_schema_t *schema;

    SHOP_TRY(shop_schema_read(&schema, migration->mongo, pool));
    print_version(schema, migration->stages);
    if (schema->holder) {
        printf("%s migrates it, or did until %s\n", schema->holder, when(schema->held_until, pool));
    }
    for (; stage->number; stage++) {
        print_stage(schema, stage->number, stage->name, stage->what, pool);
    }
    for (int i = 0; i < schema->stages->nelts; i++) {
        const shop_schema_stage_t *note = &APR_ARRAY_IDX(schema->stages, i, shop_schema_stage_t);

        if (note->number > shop_stages_last(migration->stages)) {
            print_stage(schema, note->number, note->name, "of a newer version", pool);
        }
    }
    print_advice(schema, migration->stages);
    return NULL;
}

shop_error_t *shopctl_migrate(shopctl_migrate_t what, shop_migration_t *migration, apr_pool_t *pool)
{
    static shop_error_t *(*const steps[])(const shop_migration_t *migration, apr_pool_t *pool) = {
        [SHOPCTL_MIGRATE_UP] = shop_migrate_up,
        [SHOPCTL_MIGRATE_BACK] = shop_migrate_back,
        [SHOPCTL_MIGRATE_FINISH] = shop_migrate_finish,
        [SHOPCTL_MIGRATE_STATUS] = print_status,
    };
    shop_schema_t *schema;

    migration->say = print_line;
    SHOP_TRY(steps[what](migration, pool));
    if (what != SHOPCTL_MIGRATE_STATUS) {
        SHOP_TRY(shop_schema_read(&schema, migration->mongo, pool));
        print_version(schema, migration->stages);
    }
    return NULL;
}
