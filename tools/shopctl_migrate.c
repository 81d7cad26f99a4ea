/* SPDX-License-Identifier: MIT
 * Prints what `shopctl migrate` does, and where a database stands. */
#include "mod_shop/store/migrate.h"

#include <apr_strings.h>
#include <stdio.h>

#include "tools/shopctl.h"
#include "tools/shopctl_schema.h"

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
    } else if (schema->step == SHOP_STEP_FINISH) {
        puts("Run shopctl migrate to go on.");
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

static void print_version(const shopctl_t *ctl, const shop_schema_t *schema,
                          const shop_stage_t *stages)
{
    printf("%s: ", shopctl_database(ctl));
    if (schema->exists) {
        printf("schema %d, finished up to %d; this version knows %d\n", schema->version,
               schema->finished, shop_stages_last(stages));
    } else {
        puts("it was not migrated yet: it is empty, or older than migrations.");
    }
}

static shop_error_t *print_status(const shopctl_t *ctl, const shop_migration_t *migration)
{
    apr_pool_t *pool = ctl->pool;
    const shop_stage_t *stage = migration->stages;
    shop_schema_t *schema;

    SHOP_TRY(shop_schema_read(&schema, migration->mongo, pool));
    print_version(ctl, schema, migration->stages);
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

/* ---- --json ---- */

static json_t *time_json(apr_time_t time, apr_pool_t *pool)
{
    return time ? json_string(when(time, pool)) : json_null();
}

static json_t *stage_json(const shop_schema_t *schema, int number, const char *name,
                          apr_pool_t *pool)
{
    const shop_schema_stage_t *note = note_of(schema, number);

    return json_pack("{s:i, s:s, s:o, s:o}", "number", number, "name", name, "up_at",
                     time_json(note ? note->up_at : 0, pool), "finished_at",
                     time_json(note ? note->finished_at : 0, pool));
}

shop_error_t *shopctl_schema_json(const shop_migration_t *migration, apr_pool_t *pool)
{
    json_t *stages = json_array();
    shop_schema_t *schema;

    SHOP_TRY(shop_schema_read(&schema, migration->mongo, pool));
    for (const shop_stage_t *stage = migration->stages; stage->number; stage++) {
        json_array_append_new(stages, stage_json(schema, stage->number, stage->name, pool));
    }
    shopctl_print_json(json_pack("{s:b, s:i, s:i, s:i, s:s, s:i, s:s?, s:o}", "migrated",
                                 schema->exists, "version", schema->version, "finished",
                                 schema->finished, "known", shop_stages_last(migration->stages),
                                 "step", shop_schema_step_name(schema->step), "step_stage",
                                 schema->number, "held_by", schema->holder, "stages", stages));
    return NULL;
}

/* ---- the command ---- */

typedef shop_error_t *(*step_t)(const shop_migration_t *migration, apr_pool_t *pool);

static shop_error_t *no_step(const shop_migration_t *migration, apr_pool_t *pool)
{
    (void)migration;
    (void)pool;
    return NULL;
}

static shop_error_t *print_outcome(const shopctl_t *ctl, const shop_migration_t *migration)
{
    shop_schema_t *schema;

    if (shopctl_value(ctl, SHOPCTL_JSON)) {
        return shopctl_schema_json(migration, ctl->pool);
    }
    if (shopctl_value(ctl, SHOPCTL_STATUS)) {
        return print_status(ctl, migration);
    }
    SHOP_TRY(shop_schema_read(&schema, migration->mongo, ctl->pool));
    print_version(ctl, schema, migration->stages);
    return NULL;
}

int shopctl_run_migrate(shopctl_t *ctl)
{
    static const struct {
        int option;
        step_t step;
    } steps[] = { { SHOPCTL_BACK, shop_migrate_back },
                  { SHOPCTL_FINISH, shop_migrate_finish },
                  { SHOPCTL_STATUS, no_step } };
    step_t step = shop_migrate_up;
    shop_migration_t *migration;
    shop_error_t *err;
    int given = 0;
    int status;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (shopctl_value(ctl, steps[i].option)) {
            step = steps[i].step;
            given++;
        }
    }
    if (given > 1) {
        return shopctl_complain(ctl, "migrate takes one of --back, --finish and --status");
    }
    status = shopctl_use_store(ctl);
    if (status) {
        return status;
    }
    ctl->settings.mongo_socket_ms = SHOPCTL_BUILD_PATIENCE_MS;
    err = shop_app_migration(&migration, &ctl->settings, ctl->pool);
    if (!err) {
        migration->say = shopctl_value(ctl, SHOPCTL_JSON) ? NULL : print_line;
        err = step(migration, ctl->pool);
    }
    err = err ? err : print_outcome(ctl, migration);
    return err ? shopctl_fail(err) : SHOPCTL_EXIT_DONE;
}
