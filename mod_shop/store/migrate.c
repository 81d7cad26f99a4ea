/* SPDX-License-Identifier: MIT
 * Runs the stages. What is about to be done is written into the schema document first, so whoever
 * comes after an interruption knows what to do again; the versions in it change on that side of a
 * step on which the processes it would harm are refused. */
#include "migrate.h"

#include <apr_strings.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "../base/id.h"

#define POLL apr_time_from_msec(200)

int shop_stages_last(const shop_stage_t *stages)
{
    int last = 0;

    for (; stages->number; stages++) {
        last = stages->number;
    }
    return last;
}

shop_schema_fit_t shop_schema_fit(const shop_schema_t *schema, const shop_stage_t *stages)
{
    int version = schema->exists ? schema->version : 1;

    if (schema->finished > shop_stages_last(stages)) {
        return SHOP_SCHEMA_NEWER;
    }
    for (; stages->number; stages++) {
        if (stages->needed && stages->number > version) {
            return SHOP_SCHEMA_OLDER;
        }
    }
    return SHOP_SCHEMA_FITS;
}

/* ---- the lease, renewed by a thread of its own while a stage takes its time ---- */

typedef struct run_t {
    const shop_migration_t *migration;
    shop_schema_t *schema;
    const char *by;
    pthread_t renewer;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool end;
} run_t;

static apr_time_t lease_end(const shop_migration_t *migration)
{
    return migration->clock->now(migration->clock) + apr_time_from_msec(migration->lease_ms);
}

/* false: the run has ended. */
static bool wait_for_turn(run_t *run)
{
    struct timespec until;
    int64_t ns = run->migration->lease_ms / 3 * INT64_C(1000000);
    bool end;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ns / 1000000000;
    until.tv_nsec += ns % 1000000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&run->lock);
    while (!run->end && pthread_cond_timedwait(&run->ended, &run->lock, &until) != ETIMEDOUT) {
    }
    end = run->end;
    pthread_mutex_unlock(&run->lock);
    return !end;
}

/* A renewal that fails is tried again at the next turn; a lease that was lost shows at the next
 * write. */
static void *renew(void *baton)
{
    run_t *run = baton;
    apr_pool_t *pool;
    bool held;

    apr_pool_create(&pool, NULL);
    while (wait_for_turn(run)) {
        (void)shop_schema_renew(&held, run->migration->mongo, run->by, lease_end(run->migration),
                                pool);
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static shop_error_t *name_holder(const char **by, apr_pool_t *pool)
{
    char host[256] = "";
    const char *random;

    SHOP_TRY(shop_id_secret(&random, 6, pool));
    (void)gethostname(host, sizeof(host) - 1);
    *by = apr_psprintf(pool, "%s process %ld %s", host, (long)getpid(), random);
    return NULL;
}

void shop_migration_say(const shop_migration_t *migration, apr_pool_t *pool, const char *format,
                        ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (migration->say) {
        migration->say(migration->baton, apr_pvsprintf(pool, format, arguments));
    }
    va_end(arguments);
}

static shop_error_t *begin(run_t *run, const shop_migration_t *migration, apr_pool_t *pool)
{
    bool empty = false;
    bool waited = false;

    *run = (run_t){ .migration = migration };
    SHOP_TRY(name_holder(&run->by, pool));
    SHOP_TRY(shop_schema_is_empty(&empty, migration->mongo, pool));
    for (;;) {
        SHOP_TRY(shop_schema_claim(&run->schema, migration->mongo, run->by, empty,
                                   migration->clock->now(migration->clock), lease_end(migration),
                                   pool));
        if (run->schema) {
            break;
        }
        if (!waited) {
            shop_migration_say(migration, pool, "another migration is under way; waiting for it");
        }
        waited = true;
        shop_clock_pause(migration->clock, POLL);
    }
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->ended, NULL);
    if (pthread_create(&run->renewer, NULL, renew, run)) {
        run->end = true;
        return shop_err(pool, INTERNAL, "no thread could be started");
    }
    return NULL;
}

/* Gives the lease back, also after an error, which goes before its own. */
static shop_error_t *end(run_t *run, shop_error_t *err, apr_pool_t *pool)
{
    shop_error_t *released;

    if (!run->schema) {
        return err;
    }
    if (!run->end) {
        pthread_mutex_lock(&run->lock);
        run->end = true;
        pthread_cond_signal(&run->ended);
        pthread_mutex_unlock(&run->lock);
        pthread_join(run->renewer, NULL);
    }
    pthread_mutex_destroy(&run->lock);
    pthread_cond_destroy(&run->ended);
    released = shop_schema_release(run->migration->mongo, run->by, pool);
    return err ? err : released;
}

/* ---- steps ---- */

static shop_error_t *store(run_t *run, apr_pool_t *pool)
{
    bool held = false;

    SHOP_TRY(shop_schema_write(&held, run->migration->mongo, run->by, run->schema, pool));
    return held ? NULL
                : shop_err(pool, CONFLICT,
                           "the migration took longer than its lease without an answer of the "
                           "database, and another one took over; see shopctl migrate --status");
}

static shop_schema_stage_t *note_of(const shop_schema_t *schema, int number)
{
    for (int i = 0; i < schema->stages->nelts; i++) {
        shop_schema_stage_t *note = &APR_ARRAY_IDX(schema->stages, i, shop_schema_stage_t);

        if (note->number == number) {
            return note;
        }
    }
    return NULL;
}

/* A step stands in the document before it begins. By then the processes it would harm must be
 * refused: those that need the stage before it is taken back, those that do not know it before it
 * is finished. */
static void announce(shop_schema_t *schema, const shop_stage_t *stage, shop_schema_step_t step)
{
    schema->step = step;
    schema->number = stage->number;
    if (step == SHOP_STEP_BACK) {
        schema->version = stage->number - 1;
        if (note_of(schema, stage->number)) {
            apr_array_pop(schema->stages);
        }
    } else if (step == SHOP_STEP_FINISH) {
        schema->finished = stage->number;
    }
}

static void conclude(shop_schema_t *schema, const shop_stage_t *stage, shop_schema_step_t step,
                     apr_time_t now)
{
    shop_schema_stage_t *note = note_of(schema, stage->number);

    schema->step = SHOP_STEP_NONE;
    if (step == SHOP_STEP_UP) {
        schema->version = stage->number;
        if (!note) {
            APR_ARRAY_PUSH(schema->stages, shop_schema_stage_t) =
                (shop_schema_stage_t){ .number = stage->number, .name = stage->name, .up_at = now };
        }
    } else if (step == SHOP_STEP_FINISH && note) {
        note->finished_at = now;
    }
}

static shop_error_t *call(const shop_migration_t *migration, const shop_stage_t *stage,
                          shop_schema_step_t step, apr_pool_t *pool)
{
    shop_stage_step_t function = step == SHOP_STEP_UP     ? stage->up
                                 : step == SHOP_STEP_BACK ? stage->down
                                                          : stage->finish;
    shop_error_t *err = function ? function(migration, pool) : NULL;

    return err ? shop_error_cause(err, pool,
                                  "stage %d (%s) was interrupted and can be begun "
                                  "again: %s",
                                  stage->number, stage->name, err->cause ? err->cause : err->detail)
               : NULL;
}

static shop_error_t *run_step(run_t *run, const shop_stage_t *stage, shop_schema_step_t step,
                              apr_pool_t *pool)
{
    static const char *const words[SHOP_STEP_COUNT] = { "", "applied", "taken back", "finished" };
    const shop_migration_t *migration = run->migration;

    announce(run->schema, stage, step);
    SHOP_TRY(store(run, pool));
    SHOP_TRY(call(migration, stage, step, pool));
    conclude(run->schema, stage, step, migration->clock->now(migration->clock));
    SHOP_TRY(store(run, pool));
    shop_migration_say(migration, pool, "stage %d (%s) %s", stage->number, stage->name,
                       words[step]);
    return NULL;
}

/* ---- what is asked for ---- */

static shop_error_t *too_new(const run_t *run, int number, apr_pool_t *pool)
{
    return shop_err(pool, CONFLICT,
                    "the database has schema %d and this version knows %d: use the shopctl of the "
                    "version that migrated it",
                    number, shop_stages_last(run->migration->stages));
}

/* The first step of going on: what may not be left as it is. */
static shop_error_t *end_interrupted_finish(run_t *run, apr_pool_t *pool)
{
    const shop_stage_t *stages = run->migration->stages;
    const shop_schema_t *schema = run->schema;

    if (schema->finished > shop_stages_last(stages)) {
        return too_new(run, schema->finished, pool);
    }
    return schema->step == SHOP_STEP_FINISH
               ? run_step(run, &stages[schema->number - 1], SHOP_STEP_FINISH, pool)
               : NULL;
}

static bool is_final(const run_t *run, const shop_stage_t *stage)
{
    return run->schema->finished == stage->number - 1 && (!stage->down || run->schema->fresh);
}

static shop_error_t *put_up(run_t *run, apr_pool_t *pool)
{
    shop_schema_t *schema = run->schema;

    SHOP_TRY(end_interrupted_finish(run, pool));
    for (const shop_stage_t *stage = run->migration->stages; stage->number; stage++) {
        if (stage->number > schema->version) {
            SHOP_TRY(run_step(run, stage, SHOP_STEP_UP, pool));
        } else if (stage->always) {
            SHOP_TRY(call(run->migration, stage, SHOP_STEP_UP, pool));
        }
        if (is_final(run, stage)) {
            SHOP_TRY(run_step(run, stage, SHOP_STEP_FINISH, pool));
        }
    }
    if (schema->fresh) {
        schema->fresh = false;
        SHOP_TRY(store(run, pool));
    }
    return NULL;
}

/* A stage whose up or down was interrupted is taken back too. */
static shop_error_t *take_back(run_t *run, apr_pool_t *pool)
{
    const shop_schema_t *schema = run->schema;
    int number = schema->version;

    if (schema->finished > shop_stages_last(run->migration->stages)) {
        return too_new(run, schema->finished, pool);
    }
    if (schema->step == SHOP_STEP_FINISH) {
        return shop_err(pool, CONFLICT,
                        "stage %d is being finished and cannot be taken back: run shopctl migrate "
                        "to go on",
                        schema->number);
    }
    if (schema->step != SHOP_STEP_NONE && schema->number > number) {
        number = schema->number;
    }
    if (number > shop_stages_last(run->migration->stages)) {
        return too_new(run, number, pool);
    }
    if (number <= schema->finished) {
        return shop_err(pool, CONFLICT, "there is no stage that could be taken back: %s",
                        number ? "the last one is finished" : "none is up");
    }
    if (!run->migration->stages[number - 1].down) {
        return shop_err(pool, CONFLICT, "stage %d (%s) cannot be taken back", number,
                        run->migration->stages[number - 1].name);
    }
    return run_step(run, &run->migration->stages[number - 1], SHOP_STEP_BACK, pool);
}

static shop_error_t *finish_all(run_t *run, apr_pool_t *pool)
{
    const shop_schema_t *schema = run->schema;

    SHOP_TRY(end_interrupted_finish(run, pool));
    if (schema->version > shop_stages_last(run->migration->stages)) {
        return too_new(run, schema->version, pool);
    }
    if (schema->step != SHOP_STEP_NONE) {
        return shop_err(pool, CONFLICT,
                        "stage %d was interrupted: first run shopctl migrate again, or take it "
                        "back with shopctl migrate --back",
                        schema->number);
    }
    while (schema->finished < schema->version) {
        SHOP_TRY(run_step(run, &run->migration->stages[schema->finished], SHOP_STEP_FINISH, pool));
    }
    return NULL;
}

static shop_error_t *migrate(const shop_migration_t *migration,
                             shop_error_t *(*what)(run_t *run, apr_pool_t *pool), apr_pool_t *pool)
{
    run_t run;
    shop_error_t *err = begin(&run, migration, pool);

    return end(&run, err ? err : what(&run, pool), pool);
}

shop_error_t *shop_migrate_up(const shop_migration_t *migration, apr_pool_t *pool)
{
    return migrate(migration, put_up, pool);
}

shop_error_t *shop_migrate_back(const shop_migration_t *migration, apr_pool_t *pool)
{
    return migrate(migration, take_back, pool);
}

shop_error_t *shop_migrate_finish(const shop_migration_t *migration, apr_pool_t *pool)
{
    return migrate(migration, finish_all, pool);
}
