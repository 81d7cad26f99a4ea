/* SPDX-License-Identifier: MIT */
/*
 * q0: may this store be trusted with stock?
 *
 * Everything mod_shop promises about stock, coupons and double orders rests on
 * three properties of the store: an update whose filter no longer holds changes
 * nothing, a unique key admits one document, and a key that its document gave
 * up admits the next.  Some servers that speak MongoDB's protocol lack one of
 * them: they query, edit and write back, or leave an index entry behind.  This
 * program finds out, against a database of its own, and says so before any
 * other test can pass for the wrong reason.
 *
 * Exit status: 0 all hold, 1 at least one does not, 2 could not find out.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* libbson's inline functions convert signs silently. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <mongoc/mongoc.h>
#pragma GCC diagnostic pop

/* The last is a finding of its own inside; to the caller it is status 1 too. */
enum { EXIT_ATOMIC = 0, EXIT_NOT_ATOMIC = 1, EXIT_CANNOT_RUN = 2, FOUND_STALE_UNIQUE = 3 };

enum {
    DEFAULT_THREADS = 200,
    DEFAULT_UNITS = 50,
    DEFAULT_ROUNDS = 20,
    DEFAULT_LIMIT_S = 240,
    MAX_THREADS = 1000,
    MAX_ROUNDS = 10000,
    MAX_LIMIT_S = 3600,
    CALL_TIMEOUT_MS = 30000,
    SELECT_TIMEOUT_MS = 5000,
    DUPLICATE_KEY = 11000,
    ERROR_TEXT_SIZE = sizeof(((bson_error_t *)NULL)->message)
};

/* What every thread does between two barriers. */
typedef enum { TASK_WARM_UP, TASK_TAKE, TASK_CLAIM, TASK_CLAIM_ID, TASK_LEAVE } task_t;

typedef struct {
    int threads;
    int units;
    int rounds;
    unsigned limit_s;
    bool broken; /* read, then write: what an unfit store does inside */
    bool stale;  /* give nothing up: what a stale index entry looks like */
    bool tolerate_stale;
} options_t;

/* What the threads saw in one task, added up under the lock. */
typedef struct {
    int64_t done;    /* updates that modified, inserts that succeeded */
    int64_t refused; /* filter did not match, key was taken */
    int64_t errors;  /* anything else: the round proves nothing good */
    char first_error[ERROR_TEXT_SIZE];
} tally_t;

typedef struct {
    const options_t *options;
    mongoc_client_pool_t *pool;
    const char *database;
    pthread_barrier_t gate; /* all threads and the main one */
    task_t task;            /* written by main between two barriers only */
    int round;
    pthread_mutex_t lock;
    tally_t tally;
} arena_t;

static volatile sig_atomic_t g_interrupted = 0;

static void on_interrupt(int number)
{
    (void)number;
    g_interrupted = 1;
}

static void on_alarm(int number)
{
    static const char text[] = "q0: out of time; the store hangs or is far too slow\n";

    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        _exit(EXIT_CANNOT_RUN);
    }
    _exit(EXIT_CANNOT_RUN);
}

static void tally_add(arena_t *arena, int64_t done, int64_t refused, const char *error)
{
    pthread_mutex_lock(&arena->lock);
    arena->tally.done += done;
    arena->tally.refused += refused;
    if (error != NULL) {
        arena->tally.errors++;
        if (arena->tally.first_error[0] == '\0') {
            snprintf(arena->tally.first_error, sizeof arena->tally.first_error, "%s", error);
        }
    }
    pthread_mutex_unlock(&arena->lock);
}

static int64_t number_at(const bson_t *document, const char *key, int64_t missing)
{
    bson_iter_t iter;

    if (!bson_iter_init_find(&iter, document, key) || !BSON_ITER_HOLDS_NUMBER(&iter)) {
        return missing;
    }
    return bson_iter_as_int64(&iter);
}

/* The acknowledgement the module itself asks for; the caller frees it. */
static mongoc_write_concern_t *durable_write(void)
{
    mongoc_write_concern_t *concern = mongoc_write_concern_new();

    mongoc_write_concern_set_wmajority(concern, CALL_TIMEOUT_MS);
    mongoc_write_concern_set_journal(concern, true);
    return concern;
}

static mongoc_collection_t *open_collection(arena_t *arena, mongoc_client_t *client,
                                            const char *name)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(client, arena->database, name);
    mongoc_write_concern_t *concern = durable_write();

    mongoc_collection_set_write_concern(collection, concern);
    mongoc_write_concern_destroy(concern);
    return collection;
}

/* ------------------------------------------------------------ the tasks -- */

/* One round trip, so that no connection is made inside a race. */
static void task_warm_up(arena_t *arena, mongoc_client_t *client)
{
    bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
    bson_error_t error;

    if (mongoc_client_command_simple(client, "admin", ping, NULL, NULL, &error)) {
        tally_add(arena, 1, 0, NULL);
    } else {
        tally_add(arena, 0, 0, error.message);
    }
    bson_destroy(ping);
}

static void report_update(arena_t *arena, mongoc_collection_t *stock, const bson_t *filter,
                          const bson_t *update)
{
    bson_t reply;
    bson_error_t error;

    if (mongoc_collection_update_one(stock, filter, update, NULL, &reply, &error)) {
        int64_t modified = number_at(&reply, "modifiedCount", 0);

        tally_add(arena, modified, modified == 0 ? 1 : 0, NULL);
    } else {
        tally_add(arena, 0, 0, error.message);
    }
    bson_destroy(&reply);
}

static void task_take(arena_t *arena, mongoc_collection_t *stock)
{
    bson_t *filter =
        BCON_NEW("_id", BCON_INT32(arena->round), "stock", "{", "$gte", BCON_INT32(1), "}");
    bson_t *update = BCON_NEW("$inc", "{", "stock", BCON_INT32(-1), "}");

    report_update(arena, stock, filter, update);
    bson_destroy(update);
    bson_destroy(filter);
}

/* Reads the stock of this round's product; INT64_MIN when it cannot. */
static int64_t read_stock(mongoc_collection_t *stock, int round, char *why, size_t why_size)
{
    bson_t *filter = BCON_NEW("_id", BCON_INT32(round));
    bson_t *opts = BCON_NEW("limit", BCON_INT64(1));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(stock, filter, opts, NULL);
    const bson_t *document = NULL;
    bson_error_t error;
    int64_t value = INT64_MIN;

    if (mongoc_cursor_next(cursor, &document)) {
        value = number_at(document, "stock", INT64_MIN);
        snprintf(why, why_size, "the document has no number named stock");
    } else if (mongoc_cursor_error(cursor, &error)) {
        snprintf(why, why_size, "%s", error.message);
    } else {
        snprintf(why, why_size, "the document is gone");
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(opts);
    bson_destroy(filter);
    return value;
}

static void pause_a_moment(void)
{
    const struct timespec moment = { 0, 2000000 };

    nanosleep(&moment, NULL);
}

/* The same purchase as an unfit store runs it: read, decide, write. */
static void task_take_broken(arena_t *arena, mongoc_collection_t *stock)
{
    char why[ERROR_TEXT_SIZE];
    int64_t left = read_stock(stock, arena->round, why, sizeof why);
    bson_t *filter = NULL;
    bson_t *update = NULL;

    if (left == INT64_MIN) {
        tally_add(arena, 0, 0, why);
        return;
    }
    if (left < 1) {
        tally_add(arena, 0, 1, NULL);
        return;
    }
    pause_a_moment();
    filter = BCON_NEW("_id", BCON_INT32(arena->round));
    update = BCON_NEW("$inc", "{", "stock", BCON_INT32(-1), "}");
    report_update(arena, stock, filter, update);
    bson_destroy(update);
    bson_destroy(filter);
}

static void report_insert(arena_t *arena, mongoc_collection_t *claims, const bson_t *document)
{
    bson_error_t error;

    if (mongoc_collection_insert_one(claims, document, NULL, NULL, &error)) {
        tally_add(arena, 1, 0, NULL);
    } else if (error.code == DUPLICATE_KEY) {
        tally_add(arena, 0, 1, NULL);
    } else {
        tally_add(arena, 0, 0, error.message);
    }
}

/* All threads claim one pair of a unique compound index; ids differ. */
static void task_claim(arena_t *arena, mongoc_collection_t *claims)
{
    bson_t *claim = BCON_NEW("user", BCON_UTF8("buyer"), "slot", BCON_INT32(arena->round));

    report_insert(arena, claims, claim);
    bson_destroy(claim);
}

/* All threads claim one _id. */
static void task_claim_id(arena_t *arena, mongoc_collection_t *claims)
{
    bson_t *claim = BCON_NEW("_id", BCON_INT32(arena->round), "user", BCON_UTF8("by id"), "slot",
                             BCON_INT32(arena->round));

    report_insert(arena, claims, claim);
    bson_destroy(claim);
}

static void *thread_main(void *baton)
{
    arena_t *arena = baton;
    mongoc_client_t *client = mongoc_client_pool_pop(arena->pool);
    mongoc_collection_t *stock = open_collection(arena, client, "stock");
    mongoc_collection_t *claims = open_collection(arena, client, "claims");
    bool leave = false;

    while (!leave) {
        pthread_barrier_wait(&arena->gate);
        switch (arena->task) {
        case TASK_WARM_UP: task_warm_up(arena, client); break;
        case TASK_TAKE:
            if (arena->options->broken) {
                task_take_broken(arena, stock);
            } else {
                task_take(arena, stock);
            }
            break;
        case TASK_CLAIM: task_claim(arena, claims); break;
        case TASK_CLAIM_ID: task_claim_id(arena, claims); break;
        case TASK_LEAVE: leave = true; break;
        }
        pthread_barrier_wait(&arena->gate);
    }
    mongoc_collection_destroy(claims);
    mongoc_collection_destroy(stock);
    mongoc_client_pool_push(arena->pool, client);
    return NULL;
}

/* ----------------------------------------------------------- the rounds -- */

/* Lets every thread do one task at once; returns what they saw. */
static tally_t run_task(arena_t *arena, task_t task, int round)
{
    arena->task = task;
    arena->round = round;
    memset(&arena->tally, 0, sizeof arena->tally);
    pthread_barrier_wait(&arena->gate);
    pthread_barrier_wait(&arena->gate);
    return arena->tally;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + (int64_t)now.tv_nsec / 1000000;
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("q0: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* A wrong count is proof even when some calls failed; a right one is not. */
static int verdict_of(const tally_t *tally, bool too_many, bool as_wanted)
{
    if (too_many) {
        return EXIT_NOT_ATOMIC;
    }
    if (tally->errors > 0) {
        complain("%" PRId64 " calls failed; the first: %s", tally->errors, tally->first_error);
        return EXIT_CANNOT_RUN;
    }
    return as_wanted ? EXIT_ATOMIC : EXIT_NOT_ATOMIC;
}

/* Proof of a fault outweighs not knowing, and that outweighs a pass. */
static int worse(int one, int other)
{
    if (one == EXIT_NOT_ATOMIC || other == EXIT_NOT_ATOMIC) {
        return EXIT_NOT_ATOMIC;
    }
    if (one == FOUND_STALE_UNIQUE || other == FOUND_STALE_UNIQUE) {
        return FOUND_STALE_UNIQUE;
    }
    return one == EXIT_ATOMIC ? other : one;
}

static int round_of_takes(arena_t *arena, mongoc_collection_t *stock, int round)
{
    const options_t *options = arena->options;
    const int64_t wanted = options->units < options->threads ? options->units : options->threads;
    bson_t *product = BCON_NEW("_id", BCON_INT32(round), "stock", BCON_INT32(options->units));
    char why[ERROR_TEXT_SIZE];
    bson_error_t error;
    tally_t seen;
    int64_t started = 0;
    int64_t left = 0;
    int result = EXIT_ATOMIC;
    bool inserted = mongoc_collection_insert_one(stock, product, NULL, NULL, &error);

    bson_destroy(product);
    if (!inserted) {
        complain("cannot insert the product: %s", error.message);
        return EXIT_CANNOT_RUN;
    }
    started = now_ms();
    seen = run_task(arena, TASK_TAKE, round);
    started = now_ms() - started;
    left = read_stock(stock, round, why, sizeof why);
    if (left == INT64_MIN) {
        complain("cannot read the product: %s", why);
        return EXIT_CANNOT_RUN;
    }
    result = verdict_of(&seen, seen.done > wanted || left < options->units - wanted,
                        seen.done == wanted && left == options->units - wanted);
    printf("round %d: %d takes of %d units: %" PRId64 " modified, %" PRId64 " refused, %" PRId64
           " errors, stock %" PRId64 ", %" PRId64 " ms%s",
           round, options->threads, options->units, seen.done, seen.refused, seen.errors, left,
           started, result == EXIT_ATOMIC ? "" : " WRONG");
    return result;
}

static int round_of_claims(arena_t *arena, task_t task, const char *what, int round)
{
    int64_t started = now_ms();
    tally_t seen = run_task(arena, task, round);
    int result = verdict_of(&seen, seen.done > 1, seen.done == 1);

    printf("; one %s: %" PRId64 " inserted, %" PRId64 " refused, %" PRId64 " errors, %" PRId64
           " ms%s",
           what, seen.done, seen.refused, seen.errors, now_ms() - started,
           result == EXIT_ATOMIC ? "" : " WRONG");
    return result;
}

static bool make_unique_index(arena_t *arena, mongoc_client_t *client, const char *collection,
                              const bson_t *key)
{
    mongoc_database_t *database = mongoc_client_get_database(client, arena->database);
    bson_t *command = BCON_NEW("createIndexes", BCON_UTF8(collection), "indexes", "[", "{", "key",
                               BCON_DOCUMENT(key), "name", BCON_UTF8("one_each"), "unique",
                               BCON_BOOL(true), "}", "]");
    bson_error_t error;
    bool made = mongoc_database_write_command_with_opts(database, command, NULL, NULL, &error);

    if (!made) {
        complain("cannot create a unique index: %s", error.message);
    }
    bson_destroy(command);
    mongoc_database_destroy(database);
    return made;
}

static bool make_pair_index(arena_t *arena, mongoc_client_t *client, const char *collection)
{
    bson_t *key = BCON_NEW("user", BCON_INT32(1), "slot", BCON_INT32(1));
    bool made = make_unique_index(arena, client, collection, key);

    bson_destroy(key);
    return made;
}

static bool make_single_index(arena_t *arena, mongoc_client_t *client, const char *collection)
{
    bson_t *key = BCON_NEW("slot", BCON_INT32(1));
    bool made = make_unique_index(arena, client, collection, key);

    bson_destroy(key);
    return made;
}

static bool drop_database(arena_t *arena, mongoc_client_t *client)
{
    mongoc_database_t *database = mongoc_client_get_database(client, arena->database);
    bson_error_t error;
    bool dropped = mongoc_database_drop_with_opts(database, NULL, &error);

    if (!dropped) {
        complain("cannot drop the database %s: %s", arena->database, error.message);
    }
    mongoc_database_destroy(database);
    return dropped;
}

/* ------------------------------------------------- values given up again -- */

typedef enum { BY_UPDATE, BY_DELETE } way_t;

static bool insert_slot(mongoc_collection_t *collection, int id, int slot, bson_error_t *error)
{
    bson_t *document =
        BCON_NEW("_id", BCON_INT32(id), "user", BCON_UTF8("buyer"), "slot", BCON_INT32(slot));
    bool inserted = mongoc_collection_insert_one(collection, document, NULL, NULL, error);

    bson_destroy(document);
    return inserted;
}

/* Lets document id give up its slot, and makes sure that it had one. */
static bool give_up_slot(mongoc_collection_t *collection, int id, way_t way, bson_error_t *error)
{
    bson_t *filter = BCON_NEW("_id", BCON_INT32(id));
    bson_t *update = BCON_NEW("$set", "{", "slot", BCON_INT32(-id), "}");
    const char *count = way == BY_UPDATE ? "modifiedCount" : "deletedCount";
    bson_t reply;
    bool sent = way == BY_UPDATE
                    ? mongoc_collection_update_one(collection, filter, update, NULL, &reply, error)
                    : mongoc_collection_delete_one(collection, filter, NULL, &reply, error);
    bool done = sent && number_at(&reply, count, 0) == 1;

    if (sent && !done) {
        snprintf(error->message, sizeof error->message, "%s is not 1", count);
    }
    bson_destroy(&reply);
    bson_destroy(update);
    bson_destroy(filter);
    return done;
}

/* One document takes a slot and gives it up; may another one have it? */
static int check_slot(arena_t *arena, mongoc_collection_t *collection, way_t way)
{
    const int first = way == BY_UPDATE ? 1 : 3;
    const int slot = first;
    bson_error_t error;

    if (!insert_slot(collection, first, slot, &error) ||
        (!arena->options->stale && !give_up_slot(collection, first, way, &error))) {
        complain("cannot try whether unique values are given up: %s", error.message);
        return EXIT_CANNOT_RUN;
    }
    if (insert_slot(collection, first + 1, slot, &error)) {
        return EXIT_ATOMIC;
    }
    if (error.code == DUPLICATE_KEY) {
        return FOUND_STALE_UNIQUE;
    }
    complain("cannot insert a value that was given up: %s", error.message);
    return EXIT_CANNOT_RUN;
}

static const char *slot_word(int result)
{
    return result == EXIT_ATOMIC          ? "free"
           : result == FOUND_STALE_UNIQUE ? "STILL TAKEN"
                                          : "not known";
}

/*
 * A failed order gives its unique slots up by an update.  A store that leaves
 * the old index entry behind never lets that customer order the same cart again.
 */
static int check_given_up(arena_t *arena, mongoc_client_t *client)
{
    mongoc_collection_t *single = open_collection(arena, client, "freed_single");
    mongoc_collection_t *pair = open_collection(arena, client, "freed_pair");
    int result = EXIT_CANNOT_RUN;

    if (make_single_index(arena, client, "freed_single") &&
        make_pair_index(arena, client, "freed_pair")) {
        int single_update = check_slot(arena, single, BY_UPDATE);
        int single_delete = check_slot(arena, single, BY_DELETE);
        int pair_update = check_slot(arena, pair, BY_UPDATE);
        int pair_delete = check_slot(arena, pair, BY_DELETE);

        result = worse(worse(single_update, single_delete), worse(pair_update, pair_delete));
        printf("unique value given up: one field by update %s, by delete %s; "
               "two fields by update %s, by delete %s%s\n",
               slot_word(single_update), slot_word(single_delete), slot_word(pair_update),
               slot_word(pair_delete),
               result != FOUND_STALE_UNIQUE     ? ""
               : arena->options->tolerate_stale ? " (tolerated)"
                                                : " WRONG");
        fflush(stdout);
    }
    mongoc_collection_destroy(pair);
    mongoc_collection_destroy(single);
    if (result == FOUND_STALE_UNIQUE && arena->options->tolerate_stale) {
        result = EXIT_ATOMIC;
    }
    return result;
}

static int run_rounds(arena_t *arena, mongoc_client_t *client)
{
    const options_t *options = arena->options;
    tally_t warm = run_task(arena, TASK_WARM_UP, 0);
    mongoc_collection_t *stock = NULL;
    int result = EXIT_ATOMIC;

    if (warm.errors > 0) {
        complain("%" PRId64 " of %d connections failed; the first: %s", warm.errors,
                 options->threads, warm.first_error);
        return EXIT_CANNOT_RUN;
    }
    /* Without the index the broken variant's claims are all accepted. */
    if (!drop_database(arena, client) ||
        (!options->broken && !make_pair_index(arena, client, "claims"))) {
        return EXIT_CANNOT_RUN;
    }
    stock = open_collection(arena, client, "stock");
    for (int round = 1; round <= options->rounds && result == EXIT_ATOMIC; round++) {
        result = round_of_takes(arena, stock, round);
        if (result == EXIT_ATOMIC || options->broken) {
            result = worse(result, round_of_claims(arena, TASK_CLAIM, "unique key", round));
        }
        if (result == EXIT_ATOMIC) {
            result = round_of_claims(arena, TASK_CLAIM_ID, "_id", round);
        }
        printf("\n");
        fflush(stdout);
        if (g_interrupted) {
            complain("interrupted");
            result = worse(result, EXIT_CANNOT_RUN);
        }
    }
    mongoc_collection_destroy(stock);
    if (result == EXIT_ATOMIC && !options->broken) {
        result = check_given_up(arena, client);
    }
    return result;
}

/* Starts the threads, runs the rounds, ends the threads. */
static int run_arena(arena_t *arena)
{
    const int wanted = arena->options->threads;
    pthread_t *threads = calloc((size_t)wanted, sizeof *threads);
    mongoc_client_t *client = mongoc_client_pool_pop(arena->pool);
    bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
    bson_error_t error;
    int result = EXIT_CANNOT_RUN;
    int started = 0;

    if (threads == NULL || pthread_barrier_init(&arena->gate, NULL, (unsigned)wanted + 1) != 0) {
        complain("out of memory");
    } else if (!mongoc_client_command_simple(client, "admin", ping, NULL, NULL, &error)) {
        complain("no store answers: %s", error.message);
    } else {
        while (started < wanted &&
               pthread_create(&threads[started], NULL, thread_main, arena) == 0) {
            started++;
        }
        if (started < wanted) {
            /* The barrier counts on all of them: nothing can be tidied up. */
            complain("only %d of %d threads could be started", started, wanted);
            _exit(EXIT_CANNOT_RUN);
        }
        result = run_rounds(arena, client);
        run_task(arena, TASK_LEAVE, 0);
        for (int i = 0; i < started; i++) {
            pthread_join(threads[i], NULL);
        }
        if (!drop_database(arena, client) && result == EXIT_ATOMIC) {
            result = EXIT_CANNOT_RUN;
        }
        pthread_barrier_destroy(&arena->gate);
    }
    bson_destroy(ping);
    mongoc_client_pool_push(arena->pool, client);
    free(threads);
    return result;
}

/* This is a test of atomicity, not of speed: waits are long, and bounded. */
static bool widen_timeouts(mongoc_uri_t *uri)
{
    return mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
                                          SELECT_TIMEOUT_MS) &&
           mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, CALL_TIMEOUT_MS) &&
           mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, CALL_TIMEOUT_MS);
}

static int run_gate(const char *text, const options_t *options)
{
    arena_t arena = { .options = options };
    char database[32];
    bson_error_t error;
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
    int result = EXIT_CANNOT_RUN;

    if (uri == NULL) {
        complain("not a MongoDB URI: %s", error.message);
        return EXIT_CANNOT_RUN;
    }
    snprintf(database, sizeof database, "shop_gate_%ld", (long)getpid());
    arena.database = database;
    if (widen_timeouts(uri) && pthread_mutex_init(&arena.lock, NULL) == 0) {
        arena.pool = mongoc_client_pool_new(uri);
        if (arena.pool == NULL) {
            complain("the driver refuses this URI (TLS not built in?)");
        } else {
            mongoc_client_pool_set_error_api(arena.pool, MONGOC_ERROR_API_VERSION_2);
            mongoc_client_pool_max_size(arena.pool, (uint32_t)options->threads + 1);
            result = run_arena(&arena);
            mongoc_client_pool_destroy(arena.pool);
        }
        pthread_mutex_destroy(&arena.lock);
    } else {
        complain("cannot set up");
    }
    mongoc_uri_destroy(uri);
    return result;
}

/* ------------------------------------------------------ the command line -- */

static void print_help(FILE *out)
{
    fprintf(out,
            "usage: q0 URI [option...]\n"
            "\n"
            "Finds out whether the store at URI applies conditional updates atomically and\n"
            "keeps unique keys unique. Works in a database of its own, shop_gate_<pid>, and\n"
            "drops it. Each round: all threads at once take one unit of the same product\n"
            "({_id, stock: {$gte: 1}} -> {$inc: {stock: -1}}), then all insert one key of a\n"
            "unique compound index, then all insert one _id. The first wrong round ends it.\n"
            "After the rounds, once: a unique value that its document gave up, by an update or\n"
            "by being deleted, must be free for another one.\n"
            "\n"
            "  --rounds N               rounds (default %d; scripts/store start uses fewer)\n"
            "  --threads N              threads, each with its own connection (default %d)\n"
            "  --units N                units in stock each round (default %d)\n"
            "  --limit SECONDS          give up after so long (default %d)\n"
            "  --tolerate-stale-unique  a value given up that stays taken is only said\n"
            "  --selftest-broken        read, then write, as an unfit store does: must exit 1\n"
            "  --selftest-stale         give no value up, as if the index forgot: must exit 1\n"
            "  --help                   this text\n"
            "\n"
            "exit status: 0 fit, 1 not atomic or keeps values given up, 2 could not find out\n",
            DEFAULT_ROUNDS, DEFAULT_THREADS, DEFAULT_UNITS, DEFAULT_LIMIT_S);
}

/* Takes the number after argv[*at]; complains and returns 0 when it is none. */
static int number_after(char **argv, int argc, int *at, int most)
{
    const char *option = argv[*at];
    char *end = NULL;
    long number = 0;

    if (*at + 1 < argc) {
        *at += 1;
        errno = 0;
        number = strtol(argv[*at], &end, 10);
        if (errno == 0 && end != argv[*at] && *end == '\0' && number >= 1 && number <= most) {
            return (int)number;
        }
    }
    complain("%s needs a whole number from 1 to %d", option, most);
    return 0;
}

/* Sets the option that has no value; false when it is none of these. */
static bool parse_switch(const char *word, options_t *options)
{
    if (strcmp(word, "--selftest-broken") == 0) {
        options->broken = true;
    } else if (strcmp(word, "--selftest-stale") == 0) {
        options->stale = true;
    } else if (strcmp(word, "--tolerate-stale-unique") == 0) {
        options->tolerate_stale = true;
    } else {
        return false;
    }
    return true;
}

/* Returns false when the command line is not understood. */
static bool parse_options(char **argv, int argc, options_t *options, const char **uri)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rounds") == 0) {
            options->rounds = number_after(argv, argc, &i, MAX_ROUNDS);
        } else if (strcmp(argv[i], "--threads") == 0) {
            options->threads = number_after(argv, argc, &i, MAX_THREADS);
        } else if (strcmp(argv[i], "--units") == 0) {
            options->units = number_after(argv, argc, &i, MAX_ROUNDS);
        } else if (strcmp(argv[i], "--limit") == 0) {
            options->limit_s = (unsigned)number_after(argv, argc, &i, MAX_LIMIT_S);
        } else if (parse_switch(argv[i], options)) {
            continue;
        } else if (argv[i][0] == '-' || *uri != NULL) {
            complain("unknown argument: %s", argv[i]);
            return false;
        } else {
            *uri = argv[i];
        }
        if (options->rounds == 0 || options->threads == 0 || options->units == 0 ||
            options->limit_s == 0) {
            return false;
        }
    }
    if (*uri == NULL) {
        complain("no URI given");
    }
    return *uri != NULL;
}

static void set_signals(unsigned limit_s)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    alarm(limit_s);
}

int main(int argc, char **argv)
{
    options_t options = { .threads = DEFAULT_THREADS,
                          .units = DEFAULT_UNITS,
                          .rounds = DEFAULT_ROUNDS,
                          .limit_s = DEFAULT_LIMIT_S };
    const char *uri = NULL;
    int result = EXIT_CANNOT_RUN;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (!parse_options(argv, argc, &options, &uri)) {
        print_help(stderr);
        return EXIT_CANNOT_RUN;
    }
    set_signals(options.limit_s);
    mongoc_init();
    /* The driver would print each failed heartbeat to standard output. */
    mongoc_log_set_handler(NULL, NULL);
    result = run_gate(uri, &options);
    mongoc_cleanup();
    if (result == FOUND_STALE_UNIQUE) {
        puts("q0: UNFIT: a unique value that its document gave up stays taken, so an order "
             "that failed could never be placed again");
        return EXIT_NOT_ATOMIC;
    }
    printf("%s\n", result == EXIT_ATOMIC       ? "q0: atomic"
                   : result == EXIT_NOT_ATOMIC ? "q0: NOT ATOMIC"
                                               : "q0: could not find out");
    return result;
}
