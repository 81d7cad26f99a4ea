/* SPDX-License-Identifier: MIT
 * What drivers/mongo.c promises, on a real store. Needs SHOP_TEST_MONGO_URI (a database of
 * this run's own is made on that server and dropped at the end); exit 77 (skipped) without. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "mod_shop/base/clock.h"
#include "mod_shop/base/log.h"
#include "mod_shop/drivers/mongo.h"
#include "tests/kit/harness.h"

#define ROWS "infra_rows"

static shop_settings_t settings;
static shop_mongo_t *mongo;
static apr_pool_t *suite_pool;

static void no_log(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)level;
    (void)number;
    (void)request_id;
    (void)text;
}

static bson_t *row(int id, int number)
{
    return BCON_NEW("_id", BCON_INT32(id), "n", BCON_INT32(number));
}

static void begin(void)
{
    bson_t all = BSON_INITIALIZER;
    bson_t *doc;
    int64_t deleted;

    T_OK(shop_mongo_delete(&deleted, mongo, ROWS, &all, SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(&all);
    for (int i = 0; i < 10; i++) {
        const char *duplicate;

        doc = row(i, i * 10);
        T_OK(shop_mongo_insert(&duplicate, mongo, ROWS, doc, SHOP_MONGO_MAJORITY, t_pool));
        T_TRUE(duplicate == NULL);
        bson_destroy(doc);
    }
    shop_mongo_begin(0);
}

static int64_t number_of(int id)
{
    bson_t *filter = BCON_NEW("_id", BCON_INT32(id));
    const bson_t *doc = NULL;

    T_OK(shop_mongo_find_one(&doc, mongo, ROWS, filter, NULL, t_pool));
    bson_destroy(filter);
    return doc ? shop_bson_int(doc, "n", -1) : -2;
}

static int64_t ms_since(apr_time_t start)
{
    return apr_time_as_msec(shop_clock_monotonic() - start);
}

static void every_command_is_counted(void)
{
    begin();
    T_INT(shop_mongo_count(), 0);
    T_INT(number_of(3), 30);
    T_INT(shop_mongo_count(), 1);
    T_INT(number_of(99), -2);
    T_INT(shop_mongo_count(), 2);
    T_OK(shop_mongo_ping(mongo, t_pool));
    T_INT(shop_mongo_count(), 3);
}

static void a_duplicate_key_is_an_answer(void)
{
    bson_t *doc = row(3, 1);
    bson_t *filter = BCON_NEW("_id", BCON_INT32(3), "n", BCON_INT32(7));
    bson_t *change = BCON_NEW("$inc", "{", "m", BCON_INT32(1), "}");
    bson_t *opts = BCON_NEW("upsert", BCON_BOOL(true));
    const bson_t *found;
    const char *duplicate = NULL;
    int64_t matched;

    begin();
    T_OK(shop_mongo_insert(&duplicate, mongo, ROWS, doc, SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate != NULL && strstr(duplicate, "E11000"));
    T_ERR(shop_mongo_insert(NULL, mongo, ROWS, doc, SHOP_MONGO_MAJORITY, t_pool), INTERNAL);
    T_OK(shop_mongo_update(&matched, &duplicate, mongo, ROWS, filter, change, opts,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate != NULL);
    T_OK(shop_mongo_modify(&found, &duplicate, mongo, ROWS, filter, change, NULL, true,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate != NULL);
    T_TRUE(found == NULL);
    T_INT(number_of(3), 30);
    bson_destroy(doc);
    bson_destroy(filter);
    bson_destroy(change);
    bson_destroy(opts);
}

static void a_batch_is_one_command_and_unordered(void)
{
    bson_t *filters[4];
    bson_t *updates[4];
    int64_t matched = 0;

    begin();
    for (int i = 0; i < 4; i++) {
        /* the second matches nothing: the ones after it are done nevertheless */
        filters[i] = BCON_NEW("_id", BCON_INT32(i), "n", BCON_INT32(i == 1 ? -1 : i * 10));
        updates[i] = BCON_NEW("$inc", "{", "n", BCON_INT32(1), "}");
    }
    T_OK(shop_mongo_update_batch(&matched, mongo, ROWS, (const bson_t *const *)filters,
                                 (const bson_t *const *)updates, 4, SHOP_MONGO_MAJORITY, t_pool));
    T_INT(shop_mongo_count(), 1);
    T_INT(matched, 3);
    T_INT(number_of(0), 1);
    T_INT(number_of(1), 10);
    T_INT(number_of(3), 31);
    for (int i = 0; i < 4; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    shop_mongo_begin(0);
    T_OK(shop_mongo_update_batch(&matched, mongo, ROWS, NULL, NULL, 0, SHOP_MONGO_ONE, t_pool));
    T_INT(shop_mongo_count(), 0);
}

static shop_error_t *add_up(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    int64_t *sum = baton;

    *sum += shop_bson_int(doc, "n", 0);
    return *sum > 1000 ? shop_err(pool, CONFLICT, "enough") : NULL;
}

static void finding_walks_in_order_and_stops_at_an_error(void)
{
    bson_t *filter = BCON_NEW("n", "{", "$gte", BCON_INT32(50), "}");
    bson_t *opts = BCON_NEW("sort", "{", "n", BCON_INT32(-1), "}", "limit", BCON_INT64(2));
    bson_t *pipeline =
        BCON_NEW("pipeline", "[", "{", "$match", "{", "n", BCON_INT32(20), "}", "}", "]");
    bson_t all = BSON_INITIALIZER;
    int64_t sum = 0;
    int64_t count = 0;

    begin();
    T_OK(shop_mongo_find(mongo, ROWS, filter, opts, add_up, &sum, t_pool));
    T_INT(sum, 170);
    sum = 950;
    T_ERR(shop_mongo_find(mongo, ROWS, filter, opts, add_up, &sum, t_pool), CONFLICT);
    T_INT(sum, 1040);
    sum = 0;
    T_OK(shop_mongo_aggregate(mongo, ROWS, pipeline, add_up, &sum, t_pool));
    T_INT(sum, 20);
    T_OK(shop_mongo_count_documents(&count, mongo, ROWS, filter, NULL, 3, t_pool));
    T_INT(count, 3);
    T_OK(shop_mongo_count_documents(&count, mongo, ROWS, &all, NULL, 100, t_pool));
    T_INT(count, 10);
    bson_destroy(&all);
    bson_destroy(filter);
    bson_destroy(opts);
    bson_destroy(pipeline);
}

static void changing_says_how_many_matched(void)
{
    bson_t *filter = BCON_NEW("_id", BCON_INT32(4));
    bson_t *none = BCON_NEW("_id", BCON_INT32(44));
    bson_t *many = BCON_NEW("n", "{", "$lt", BCON_INT32(30), "}");
    bson_t *change = BCON_NEW("$set", "{", "n", BCON_INT32(5), "}");
    const bson_t *doc;
    int64_t matched;

    begin();
    T_OK(shop_mongo_update(&matched, NULL, mongo, ROWS, filter, change, NULL, SHOP_MONGO_MAJORITY,
                           t_pool));
    T_INT(matched, 1);
    T_OK(
        shop_mongo_update(&matched, NULL, mongo, ROWS, none, change, NULL, SHOP_MONGO_ONE, t_pool));
    T_INT(matched, 0);
    T_OK(shop_mongo_update_all(&matched, mongo, ROWS, many, change, SHOP_MONGO_ONE, t_pool));
    T_INT(matched, 4);
    T_OK(shop_mongo_modify(&doc, NULL, mongo, ROWS, filter, change, NULL, false,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(doc != NULL && shop_bson_int(doc, "n", 0) == 5);
    T_OK(shop_mongo_modify(&doc, NULL, mongo, ROWS, none, change, NULL, false, SHOP_MONGO_MAJORITY,
                           t_pool));
    T_TRUE(doc == NULL);
    T_OK(shop_mongo_delete(&matched, mongo, ROWS, many, SHOP_MONGO_ONE, t_pool));
    T_INT(matched, 4);
    bson_destroy(filter);
    bson_destroy(none);
    bson_destroy(many);
    bson_destroy(change);
}

static void members_of_another_type_give_the_default(void)
{
    bson_t *doc = BCON_NEW("s", BCON_UTF8("text"), "i", BCON_INT32(-7), "l", BCON_INT64(1LL << 40),
                           "d", BCON_DOUBLE(12.0), "huge", BCON_DOUBLE(1e300), "b", BCON_BOOL(true),
                           "a", "[", BCON_INT32(1), "]");
    bson_t child;

    shop_bson_append_time(doc, "t", apr_time_make(1700000000, 123456));
    shop_bson_append_time(doc, "early", -1);
    shop_bson_append_oid(doc, "id", "0123456789abcdef01234567");
    T_STR(shop_bson_string(doc, "s", t_pool), "text");
    T_TRUE(shop_bson_string(doc, "i", t_pool) == NULL);
    T_INT(shop_bson_int(doc, "i", 0), -7);
    T_INT(shop_bson_int(doc, "l", 0), 1LL << 40);
    T_INT(shop_bson_int(doc, "d", 0), 12);
    T_INT(shop_bson_int(doc, "huge", 3), 3);
    T_INT(shop_bson_int(doc, "s", 5), 5);
    T_INT(shop_bson_int(doc, "absent", 6), 6);
    T_TRUE(shop_bson_bool(doc, "b"));
    T_TRUE(!shop_bson_bool(doc, "i"));
    T_TRUE(shop_bson_time(doc, "t") == apr_time_make(1700000000, 123000));
    T_TRUE(shop_bson_time(doc, "early") == -1000);
    T_INT(shop_bson_time(doc, "i"), 0);
    T_STR(shop_bson_oid(doc, "id", t_pool), "0123456789abcdef01234567");
    T_TRUE(shop_bson_oid(doc, "s", t_pool) == NULL);
    T_TRUE(shop_bson_child(&child, doc, "a") && shop_bson_int(&child, "0", 0) == 1);
    T_TRUE(!shop_bson_child(&child, doc, "s"));
    bson_destroy(doc);
}

static void a_missing_unique_index_is_named(void)
{
    static const shop_mongo_index_t wanted[] = {
        { .collection = ROWS, .name = "n_only", .keys = "n:1" },
        { .collection = ROWS, .name = "a_b", .keys = "a:1,b:-1", .unique = true, .sparse = true },
        { .collection = NULL },
    };
    static const shop_mongo_index_t weaker[] = {
        { .collection = ROWS, .name = "n_unique", .keys = "n:1", .unique = true },
        { .collection = NULL },
    };
    const char *missing = NULL;

    begin();
    T_OK(shop_mongo_check_indexes(&missing, mongo, wanted, t_pool));
    T_STR(missing, "a_b");
    T_OK(shop_mongo_ensure_indexes(mongo, wanted, t_pool));
    T_OK(shop_mongo_ensure_indexes(mongo, wanted, t_pool));
    T_OK(shop_mongo_check_indexes(&missing, mongo, wanted, t_pool));
    T_TRUE(missing == NULL);
    T_OK(shop_mongo_check_indexes(&missing, mongo, weaker, t_pool));
    T_STR(missing, "n_unique");
}

/* A database that was restored without its indexes takes no duplicate meanwhile. */
static void a_write_is_refused_while_its_unique_index_is_missing(void)
{
    static const shop_mongo_index_t wanted[] = {
        { .collection = "infra_unique", .name = "a_only", .keys = "a:1", .unique = true },
        { .collection = NULL },
    };
    const shop_mongo_index_t *const tables[] = { wanted, NULL };
    bson_t *doc = BCON_NEW("_id", BCON_INT32(30), "a", BCON_INT32(30));
    bson_t *other = BCON_NEW("_id", BCON_INT32(31), "a", BCON_INT32(31));
    bson_t *set = BCON_NEW("$set", "{", "a", BCON_INT32(30), "}");
    bson_t *of_other = BCON_NEW("_id", BCON_INT32(31));
    const bson_t *found;
    const char *duplicate = NULL;
    int64_t matched;
    int before;

    begin();
    shop_mongo_require_unique(mongo, tables, t_pool);
    T_ERR(shop_mongo_insert(&duplicate, mongo, "infra_unique", doc, SHOP_MONGO_MAJORITY, t_pool),
          UNAVAILABLE);
    T_ERR(shop_mongo_update(&matched, &duplicate, mongo, "infra_unique", of_other, set, NULL,
                            SHOP_MONGO_MAJORITY, t_pool),
          UNAVAILABLE);
    T_ERR(shop_mongo_modify(&found, NULL, mongo, "infra_unique", of_other, set, NULL, true,
                            SHOP_MONGO_MAJORITY, t_pool),
          UNAVAILABLE);
    T_OK(shop_mongo_find_one(&found, mongo, "infra_unique", of_other, NULL, t_pool));
    T_TRUE(found == NULL);
    T_OK(shop_mongo_ensure_indexes(mongo, wanted, t_pool));
    before = shop_mongo_count();
    T_OK(shop_mongo_insert(&duplicate, mongo, "infra_unique", doc, SHOP_MONGO_MAJORITY, t_pool));
    T_INT(shop_mongo_count() - before, 1);
    T_OK(shop_mongo_insert(&duplicate, mongo, "infra_unique", other, SHOP_MONGO_MAJORITY, t_pool));
    T_OK(shop_mongo_update(&matched, &duplicate, mongo, "infra_unique", of_other, set, NULL,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate && strstr(duplicate, "a_only"));
    shop_mongo_require_unique(mongo, NULL, t_pool);
    bson_destroy(doc);
    bson_destroy(other);
    bson_destroy(set);
    bson_destroy(of_other);
}

static void an_index_of_some_documents_covers_only_them(void)
{
    static const shop_mongo_index_t table[] = {
        { ROWS, "refused", "k:1", .only = "{\"n\":{\"$foo\":1}}" },
        { ROWS, "unreadable", "k:1", .only = "{" },
        { ROWS, "m_of_high", "m:1", .unique = true, .only = "{\"n\":{\"$gte\":100}}" },
        { .collection = NULL },
    };
    static const shop_mongo_index_t unwanted[] = {
        { ROWS, "refused", "k:1", .unique = true, .only = "{\"n\":{\"$foo\":1}}" },
        { .collection = NULL },
    };
    bson_t *low = BCON_NEW("_id", BCON_INT32(20), "n", BCON_INT32(5), "m", BCON_INT32(1));
    bson_t *high = BCON_NEW("_id", BCON_INT32(21), "n", BCON_INT32(100), "m", BCON_INT32(1));
    bson_t *second = BCON_NEW("_id", BCON_INT32(22), "n", BCON_INT32(200), "m", BCON_INT32(1));
    bson_t *filter = BCON_NEW("n", "{", "$gte", BCON_INT32(100), "}");
    const char *duplicate = NULL;
    int64_t count;

    begin();
    T_OK(shop_mongo_ensure_indexes(mongo, table, t_pool));
    T_OK(shop_mongo_insert(&duplicate, mongo, ROWS, low, SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate == NULL);
    T_OK(shop_mongo_insert(&duplicate, mongo, ROWS, high, SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate == NULL);
    T_OK(shop_mongo_insert(&duplicate, mongo, ROWS, second, SHOP_MONGO_MAJORITY, t_pool));
    T_TRUE(duplicate != NULL);
    T_OK(shop_mongo_count_documents(&count, mongo, ROWS, filter, "m_of_high", 100, t_pool));
    T_INT(count, 1);
    T_ERR(shop_mongo_count_documents(&count, mongo, ROWS, filter, "no_such", 100, t_pool),
          INTERNAL);
    T_ERR(shop_mongo_count_documents(&count, mongo, ROWS, filter, "unreadable", 100, t_pool),
          INTERNAL);
    T_ERR(shop_mongo_ensure_indexes(mongo, unwanted, t_pool), INTERNAL);
    bson_destroy(low);
    bson_destroy(high);
    bson_destroy(second);
    bson_destroy(filter);
}

/* ---- waits ---- */

static sem_t held, let_go;

static shop_error_t *hold(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    (void)doc;
    (void)pool;
    sem_post(&held);
    sem_wait(&let_go);
    *(bool *)baton = true;
    return NULL;
}

static shop_mongo_t *narrow;

static void *hold_a_client(void *baton)
{
    bson_t *filter = BCON_NEW("_id", BCON_INT32(1));
    apr_pool_t *pool;

    apr_pool_create_unmanaged(&pool);
    (void)shop_mongo_find(narrow, ROWS, filter, NULL, hold, baton, pool);
    apr_pool_destroy(pool);
    bson_destroy(filter);
    return NULL;
}

static void a_pool_that_is_empty_is_waited_for_shortly(void)
{
    shop_settings_t own = settings;
    bool done = false;
    pthread_t thread;
    apr_time_t start;
    int64_t took;

    begin();
    own.mongo_pool_max = 1;
    own.mongo_wait_ms = 200;
    sem_init(&held, 0, 0);
    sem_init(&let_go, 0, 0);
    T_OK(shop_mongo_open(&narrow, &own, t_pool));
    pthread_create(&thread, NULL, hold_a_client, &done);
    sem_wait(&held);
    start = shop_clock_monotonic();
    T_ERR(shop_mongo_ping(narrow, t_pool), UNAVAILABLE); /* while the client is away */
    took = ms_since(start);
    /* a busy machine adds less than a hundred times as much */
    t_assert(took >= 190 && took < 20000, __LINE__, __FILE__, "took %d ms", (int)took);
    sem_post(&let_go);
    pthread_join(thread, NULL);
    sem_destroy(&held);
    sem_destroy(&let_go);
    T_TRUE(done);
    T_OK(shop_mongo_ping(narrow, t_pool));
}

static void an_absent_server_costs_its_wait_once(void)
{
    shop_settings_t own = settings;
    shop_mongo_t *absent;
    shop_error_t *err;
    apr_time_t start;
    int64_t once;

    own.mongo_uri = "mongodb://127.0.0.1:1/shop";
    own.mongo_select_ms = 500;
    T_OK(shop_mongo_open(&absent, &own, t_pool));
    start = shop_clock_monotonic();
    err = shop_mongo_ping(absent, t_pool);
    T_ERR(err, UNAVAILABLE);
    once = ms_since(start);
    T_TRUE(err && err->retry_after >= 1 && err->retry_after <= 2);
    T_TRUE(err && !strstr(err->detail, "127.0.0.1"));
    start = shop_clock_monotonic();
    for (int i = 0; i < 100; i++) {
        T_ERR(shop_mongo_ping(absent, t_pool), UNAVAILABLE);
    }
    /* A hundred waits would be a hundred times as long: a probe or two may be among them. */
    t_assert(ms_since(start) < 20 * once, __LINE__, __FILE__, "once %d ms, a hundred times %d ms",
             (int)once, (int)ms_since(start));
}

static void what_the_uri_names_is_kept(void)
{
    shop_settings_t own = settings;
    shop_mongo_t *absent;
    apr_time_t start;

    own.mongo_select_ms = 60000;
    own.mongo_uri = "mongodb://127.0.0.1:1/shop?serverSelectionTimeoutMS=100";
    T_OK(shop_mongo_open(&absent, &own, t_pool));
    start = shop_clock_monotonic();
    T_ERR(shop_mongo_ping(absent, t_pool), UNAVAILABLE);
    T_TRUE(ms_since(start) < 30000); /* and not a minute */
}

static void a_bad_uri_is_refused_without_being_quoted(void)
{
    static const char *const uris[] = { "http://u:geheim@host/", "mongodb://u:geheim@bad host/",
                                        "mongodb://u:ge:heim@host/", "",
                                        "mongodb://h/?tls=true&tlsCAFile=/nowhere/ca.pem" };

    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        shop_settings_t own = settings;
        shop_mongo_t *opened;
        shop_error_t *err;

        own.mongo_uri = uris[i];
        err = shop_mongo_open(&opened, &own, t_pool);
        T_ERR(err, INTERNAL);
        T_TRUE(err && err->cause && !strstr(err->cause, "heim") && !strstr(err->detail, "heim"));
    }
}

static int set_up(void)
{
    apr_pool_create(&suite_pool, NULL);
    return shop_mongo_open(&mongo, &settings, suite_pool) != NULL;
}

/* drivers/mongo.h drops no databases, so the test does it by the driver's own means. */
static int tear_down(void)
{
    mongoc_client_t *client = mongoc_client_new(settings.mongo_uri);
    mongoc_database_t *database = mongoc_client_get_default_database(client);
    bool dropped = mongoc_database_drop(database, NULL);

    mongoc_database_destroy(database);
    mongoc_client_destroy(client);
    apr_pool_destroy(suite_pool);
    return dropped ? 0 : 1;
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_write_is_refused_while_its_unique_index_is_missing,
              "a write is refused while a unique index that it rests on is missing"),
    SHOP_TEST(a_missing_unique_index_is_named, "a missing unique index is named"),
    SHOP_TEST(an_index_of_some_documents_covers_only_them, "an index of some documents"),
    SHOP_TEST(every_command_is_counted, "every command is counted, per thread"),
    SHOP_TEST(a_duplicate_key_is_an_answer, "a duplicate key is an answer, not an error"),
    SHOP_TEST(a_batch_is_one_command_and_unordered, "a batch is one command and unordered"),
    SHOP_TEST(finding_walks_in_order_and_stops_at_an_error,
              "finding walks in order and stops at an error"),
    SHOP_TEST(changing_says_how_many_matched, "changing says how many matched"),
    SHOP_TEST(members_of_another_type_give_the_default, "members of another type give the default"),
    SHOP_TEST(a_pool_that_is_empty_is_waited_for_shortly,
              "a pool that is empty is waited for shortly, then 503"),
    SHOP_TEST(an_absent_server_costs_its_wait_once, "an absent server costs its wait once"),
    SHOP_TEST(what_the_uri_names_is_kept, "what the URI names is kept"),
    SHOP_TEST(a_bad_uri_is_refused_without_being_quoted,
              "a bad URI is refused without being quoted"),
    SHOP_TEST_END,
};

/* The URI with a database of this run for the one it names: its indexes must not be there yet. */
static const char *own_database(const char *uri, apr_pool_t *pool)
{
    const char *hosts = strstr(uri, "://");
    const char *options = strchr(uri, '?');
    const char *path = hosts ? strchr(hosts + 3, '/') : NULL;
    const char *end = path && (!options || path < options) ? path : options;

    return apr_psprintf(pool, "%.*s/shop_infra_%d%s", end ? (int)(end - uri) : (int)strlen(uri),
                        uri, (int)getpid(), options ? options : "");
}

int main(void)
{
    static const shop_suite_t suites[] = { { "mongo", tests, set_up, tear_down } };
    const char *uri = getenv("SHOP_TEST_MONGO_URI");
    apr_pool_t *pool;

    if (!uri || !*uri) {
        puts("SHOP_TEST_MONGO_URI is not set: skipped");
        return 77;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    shop_settings_defaults(&settings);
    settings.mongo_uri = own_database(uri, pool);
    shop_log_set_sink(no_log);
    return shop_tests_run(suites, 1);
}
