/* SPDX-License-Identifier: MIT
 * Migrations on a real store: stages of our own, each of which says what it did. Each test has a
 * database that was not there before. Exit 77 (skipped) without a server. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mod_shop/base/log.h"
#include "mod_shop/stages.h"
#include "tests/kit/contract_store.h"

#define LEASE_MS 500

static shop_mongo_t *mongo;
static char did[256];            /* "1u 2u 2f" */
static const char *fails_at;     /* "2u": this step fails when it has done its part */
static atomic_int running, most; /* steps at once */
static bool slow;                /* stage 2 goes on until its lease was renewed */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- stages ---- */

static shop_schema_t *schema_now(apr_pool_t *pool)
{
    shop_schema_t *schema = NULL;

    T_OK(shop_schema_read(&schema, mongo, pool));
    return schema;
}

static void wait_for_renewal(apr_pool_t *pool)
{
    apr_time_t first = schema_now(pool)->held_until;

    for (int i = 0; i < 600 && schema_now(pool)->held_until == first; i++) {
        apr_sleep(apr_time_from_msec(50));
    }
    T_TRUE(schema_now(pool)->held_until > first);
}

static shop_error_t *note(const char *step, apr_pool_t *pool)
{
    int now = atomic_fetch_add(&running, 1) + 1;

    if (now > atomic_load(&most)) {
        atomic_store(&most, now);
    }
    pthread_mutex_lock(&lock);
    apr_snprintf(did + strlen(did), sizeof(did) - strlen(did), "%s%s", *did ? " " : "", step);
    pthread_mutex_unlock(&lock);
    if (slow && !strcmp(step, "2u")) {
        wait_for_renewal(pool);
    }
    atomic_fetch_sub(&running, 1);
    return fails_at && !strcmp(step, fails_at) ? shop_err(pool, UNAVAILABLE, "the store is away")
                                               : NULL;
}

#define STEP(name)                                                                        \
    static shop_error_t *step_##name(const shop_migration_t *migration, apr_pool_t *pool) \
    {                                                                                     \
        (void)migration;                                                                  \
        return note(#name + 1, pool);                                                     \
    }
STEP(_1u)
STEP(_2u)
STEP(_2d)
STEP(_2f)
STEP(_3u)
STEP(_3d)
STEP(_3f)

static const shop_stage_t three[] = {
    { .number = 1, .name = "base", .what = "", .always = true, .up = step__1u },
    { .number = 2,
      .name = "second",
      .what = "",
      .up = step__2u,
      .down = step__2d,
      .finish = step__2f },
    { .number = 3,
      .name = "third",
      .what = "",
      .needed = true,
      .up = step__3u,
      .down = step__3d,
      .finish = step__3f },
    { .number = 0 },
};
static const shop_stage_t one[] = {
    { .number = 1, .name = "base", .what = "", .always = true, .up = step__1u },
    { .number = 0 },
};

static shop_migration_t migration = { .clock = &shop_clock_shop, .lease_ms = LEASE_MS };

/* ---- databases ---- */

static void open_empty(void)
{
    static const shop_mongo_index_t *const none[] = { NULL };

    mongo = contract_store_open("migrate", none);
    T_TRUE(mongo != NULL);
    migration.mongo = mongo;
    migration.stages = three;
    *did = '\0';
    fails_at = NULL;
    slow = false;
    atomic_store(&most, 0);
}

/* As the version before migrations left it: data, and no schema document. */
static void open_old(void)
{
    bson_t *doc = BCON_NEW("_id", BCON_UTF8("somebody"));

    open_empty();
    T_OK(shop_mongo_insert(NULL, mongo, "users", doc, SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(doc);
}

static void close_store(void)
{
    T_INT(contract_store_drop(), 0);
}

static void expect(const char *steps, int version, int finished)
{
    shop_schema_t *schema = schema_now(t_pool);

    T_STR(did, steps);
    T_INT(schema->version, version);
    T_INT(schema->finished, finished);
    *did = '\0';
}

static void expect_rest(void)
{
    shop_schema_t *schema = schema_now(t_pool);

    T_INT(schema->step, SHOP_STEP_NONE);
    T_TRUE(schema->holder == NULL);
    T_TRUE(!schema->fresh);
}

/* ---- laws ---- */

static void an_empty_database_is_finished_at_once(void)
{
    open_empty();
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("1u 2u 2f 3u 3f", 3, 3);
    expect_rest();
    T_INT(schema_now(t_pool)->stages->nelts, 3);
    close_store();
}

static void an_old_database_becomes_version_1_and_goes_on(void)
{
    open_old();
    T_INT(shop_schema_fit(schema_now(t_pool), one), SHOP_SCHEMA_FITS);
    T_INT(shop_schema_fit(schema_now(t_pool), three), SHOP_SCHEMA_OLDER);
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("1u 2u 3u", 3, 1);
    expect_rest();
    T_INT(shop_schema_fit(schema_now(t_pool), three), SHOP_SCHEMA_FITS);
    T_INT(shop_schema_fit(schema_now(t_pool), one), SHOP_SCHEMA_FITS);
    close_store();
}

static void what_is_applied_is_not_applied_again(void)
{
    open_old();
    T_OK(shop_migrate_up(&migration, t_pool));
    *did = '\0';
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("1u", 3, 1);
    T_INT(schema_now(t_pool)->stages->nelts, 3);
    close_store();
}

static void an_interrupted_stage_is_run_again(void)
{
    open_old();
    fails_at = "2u";
    T_ERR(shop_migrate_up(&migration, t_pool), UNAVAILABLE);
    expect("1u 2u", 1, 1);
    T_INT(schema_now(t_pool)->step, SHOP_STEP_UP);
    T_INT(schema_now(t_pool)->number, 2);
    T_TRUE(schema_now(t_pool)->holder == NULL);
    T_ERR(shop_migrate_finish(&migration, t_pool), CONFLICT);
    fails_at = NULL;
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("1u 2u 3u", 3, 1);
    expect_rest();
    close_store();
}

static void an_interrupted_first_migration_is_still_one_of_an_empty_database(void)
{
    open_empty();
    fails_at = "2f";
    T_ERR(shop_migrate_up(&migration, t_pool), UNAVAILABLE);
    expect("1u 2u 2f", 2, 2);
    fails_at = NULL;
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("2f 1u 3u 3f", 3, 3);
    expect_rest();
    close_store();
}

static void stages_are_taken_back_one_by_one_to_what_is_finished(void)
{
    open_old();
    T_OK(shop_migrate_up(&migration, t_pool));
    *did = '\0';
    T_OK(shop_migrate_back(&migration, t_pool));
    expect("3d", 2, 1);
    T_INT(shop_schema_fit(schema_now(t_pool), three), SHOP_SCHEMA_OLDER);
    T_OK(shop_migrate_back(&migration, t_pool));
    expect("2d", 1, 1);
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    expect("", 1, 1);
    T_INT(schema_now(t_pool)->stages->nelts, 1);
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("1u 2u 3u", 3, 1);
    close_store();
}

static void what_was_begun_is_taken_back_too(void)
{
    open_old();
    fails_at = "2u";
    T_ERR(shop_migrate_up(&migration, t_pool), UNAVAILABLE);
    *did = '\0';
    fails_at = "2d";
    T_ERR(shop_migrate_back(&migration, t_pool), UNAVAILABLE);
    expect("2d", 1, 1);
    fails_at = NULL;
    T_OK(shop_migrate_back(&migration, t_pool));
    expect("2d", 1, 1);
    expect_rest();
    close_store();
}

static void a_finished_stage_stays(void)
{
    open_old();
    T_OK(shop_migrate_up(&migration, t_pool));
    *did = '\0';
    T_OK(shop_migrate_finish(&migration, t_pool));
    expect("2f 3f", 3, 3);
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    T_OK(shop_migrate_finish(&migration, t_pool));
    expect("", 3, 3);
    expect_rest();
    close_store();
}

/* From its beginning on it cannot be undone: --back does nothing, and a migration ends it first. */
static void an_interrupted_finish_is_ended_first(void)
{
    open_old();
    T_OK(shop_migrate_up(&migration, t_pool));
    *did = '\0';
    fails_at = "3f";
    T_ERR(shop_migrate_finish(&migration, t_pool), UNAVAILABLE);
    expect("2f 3f", 3, 3);
    fails_at = NULL;
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    T_STR(did, "");
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("3f 1u", 3, 3);
    expect_rest();
    close_store();
}

static void a_newer_database_is_refused_once_it_is_finished(void)
{
    open_old();
    T_OK(shop_migrate_up(&migration, t_pool));
    *did = '\0';
    migration.stages = one; /* the version before, beside the new one */
    T_INT(shop_schema_fit(schema_now(t_pool), one), SHOP_SCHEMA_FITS);
    T_OK(shop_migrate_up(&migration, t_pool));
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    T_ERR(shop_migrate_finish(&migration, t_pool), CONFLICT);
    expect("1u", 3, 1);
    migration.stages = three;
    T_OK(shop_migrate_finish(&migration, t_pool));
    *did = '\0';
    migration.stages = one;
    T_INT(shop_schema_fit(schema_now(t_pool), one), SHOP_SCHEMA_NEWER);
    T_ERR(shop_migrate_up(&migration, t_pool), CONFLICT);
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    T_ERR(shop_migrate_finish(&migration, t_pool), CONFLICT);
    expect("", 3, 3);
    close_store();
}

/* ---- several migrators ---- */

static void *migrate_too(void *baton)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    *(bool *)baton = shop_migrate_up(&migration, pool) == NULL;
    apr_pool_destroy(pool);
    return NULL;
}

static void two_migrators_take_turns(void)
{
    pthread_t threads[2];
    bool done[2] = { false, false };

    open_empty();
    slow = true;
    migration.lease_ms = 6000; /* renewed every two seconds: four are left to a busy machine */
    for (int i = 0; i < 2; i++) {
        T_INT(pthread_create(&threads[i], NULL, migrate_too, &done[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    migration.lease_ms = LEASE_MS;
    T_TRUE(done[0] && done[1]);
    T_INT(atomic_load(&most), 1);
    expect("1u 2u 2f 3u 3f 1u", 3, 3);
    expect_rest();
    close_store();
}

static void a_migrator_that_fell_silent_is_followed_when_its_lease_is_over(void)
{
    apr_time_t now = shop_clock_shop.now(&shop_clock_shop);
    shop_schema_t *schema = NULL;
    bool held;

    open_old();
    T_OK(shop_schema_claim(&schema, mongo, "dead", false, now, now + apr_time_from_msec(LEASE_MS),
                           t_pool));
    T_TRUE(schema != NULL);
    T_OK(shop_schema_claim(&schema, mongo, "other", false, now, now + apr_time_from_sec(60),
                           t_pool));
    T_TRUE(schema == NULL);
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("1u 2u 3u", 3, 1);
    T_TRUE(shop_clock_shop.now(&shop_clock_shop) >= now + apr_time_from_msec(LEASE_MS));

    /* and whatever the dead one still sends is not written */
    schema = schema_now(t_pool);
    schema->version = 7;
    T_OK(shop_schema_write(&held, mongo, "dead", schema, t_pool));
    T_TRUE(!held);
    T_OK(shop_schema_renew(&held, mongo, "dead", now + apr_time_from_sec(60), t_pool));
    T_TRUE(!held);
    expect("", 3, 1);
    close_store();
}

/* ---- the shop's own stages ---- */

static void the_shops_stages_are_numbered_from_1(void)
{
    int number = 1;

    for (const shop_stage_t *stage = shop_stages; stage->number; stage++, number++) {
        T_INT(stage->number, number);
        T_TRUE(stage->name && stage->what && stage->up);
    }
    T_INT(shop_stages_last(shop_stages), number - 1);
}

static void stage_1_makes_what_is_missing(void)
{
    static const shop_mongo_index_t things[] = {
        { .collection = "things", .name = "things_a", .keys = "a:1", .unique = true },
        { .collection = NULL },
    };
    static const shop_mongo_index_t *const tables[] = { things, NULL };
    const char *missing = NULL;

    open_old();
    migration.stages = shop_stages;
    migration.indexes = tables;
    for (int i = 0; i < 2; i++) {
        T_OK(shop_mongo_check_indexes(&missing, mongo, things, t_pool));
        T_STR(missing, "things_a");
        T_OK(shop_migrate_up(&migration, t_pool));
        T_OK(shop_mongo_check_indexes(&missing, mongo, things, t_pool));
        T_TRUE(missing == NULL);
        contract_store_drop_index("things", "things_a");
    }
    close_store();
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_empty_database_is_finished_at_once, "an empty database is finished at once"),
    SHOP_TEST(an_old_database_becomes_version_1_and_goes_on,
              "a database of the version before becomes version 1 and goes on"),
    SHOP_TEST(what_is_applied_is_not_applied_again, "what is applied is not applied again"),
    SHOP_TEST(an_interrupted_stage_is_run_again, "an interrupted stage is run again"),
    SHOP_TEST(an_interrupted_first_migration_is_still_one_of_an_empty_database,
              "an interrupted first migration is still one of an empty database"),
    SHOP_TEST(stages_are_taken_back_one_by_one_to_what_is_finished,
              "stages are taken back one by one, down to what is finished"),
    SHOP_TEST(what_was_begun_is_taken_back_too, "what was begun is taken back too"),
    SHOP_TEST(a_finished_stage_stays, "a finished stage stays"),
    SHOP_TEST(an_interrupted_finish_is_ended_first, "an interrupted finish is ended first"),
    SHOP_TEST(a_newer_database_is_refused_once_it_is_finished,
              "a newer database is refused once it is finished, and not before"),
    SHOP_TEST(two_migrators_take_turns, "two migrators take turns, however long a stage takes"),
    SHOP_TEST(a_migrator_that_fell_silent_is_followed_when_its_lease_is_over,
              "a migrator that stopped renewing its lease is followed when its lease is over"),
    SHOP_TEST(the_shops_stages_are_numbered_from_1, "the shop's stages are numbered from 1"),
    SHOP_TEST(stage_1_makes_what_is_missing, "stage 1 makes the indexes that are missing, always"),
    SHOP_TEST_END,
};

int main(void)
{
    static const shop_suite_t suites[] = { { "migrations", tests, NULL, NULL } };

    if (!contract_store_wanted()) {
        return 77;
    }
    return shop_tests_run(suites, 1);
}
