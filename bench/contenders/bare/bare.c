/* SPDX-License-Identifier: MIT
 * The database commands of one route and nothing else: what a cart read, an addition and an order
 * cost in libmongoc alone, to measure the module against.
 *
 *     bare URI cart|cart_add|order|order_v2 CONNECTIONS SECONDS CUSTOMERS
 *
 * order is claimed by an order that is committed later, order_v2 by its cart, and is committed by
 * its insert. Prints one line of JSON. The commands are those of mod_shop's adapters (_mongo.c),
 * with the same filters, members, projections and write concerns; bench/bin/run --check compares
 * their number with what the module itself counts. */
#include "bare.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES_MAX 4000000

static int64_t now_us(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

int64_t bare_now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void oid_of(bson_oid_t *oid, const char *prefix, int64_t number)
{
    char text[25];

    snprintf(text, sizeof(text), "%s%016" PRIx64, prefix, (uint64_t)number);
    bson_oid_init_from_string(oid, text);
}

mongoc_collection_t *bare_collection(work_t *work, const char *name)
{
    const mongoc_uri_t *uri = mongoc_client_get_uri(work->client);

    return mongoc_client_get_collection(work->client, mongoc_uri_get_database(uri), name);
}

void bare_fail(work_t *work, const char *what, const bson_error_t *error)
{
    if (atomic_fetch_add(&work->shared->failed, 1) == 0) {
        fprintf(stderr, "bare: %s: %s\n", what, error ? error->message : "not as expected");
    }
}

/* Calls each for every document found; returns how many. */
static int find(work_t *work, const char *name, const bson_t *filter, const bson_t *opts,
                void (*each)(work_t *, const bson_t *))
{
    mongoc_collection_t *collection = bare_collection(work, name);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, opts, NULL);
    bson_error_t error;
    const bson_t *doc;
    int found = 0;

    work->commands++;
    while (mongoc_cursor_next(cursor, &doc)) {
        found++;
        if (each) {
            each(work, doc);
        }
    }
    if (mongoc_cursor_error(cursor, &error)) {
        bare_fail(work, name, &error);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return found;
}

static int64_t matched_of(const bson_t *reply)
{
    bson_iter_t iter;

    return bson_iter_init_find(&iter, reply, "matchedCount") ? bson_iter_as_int64(&iter) : 0;
}

/* With the majority's acknowledgement where the module asks for it. */
void bare_append_concern(work_t *work, bson_t *opts, bool majority)
{
    if (majority) {
        mongoc_write_concern_append(work->majority, opts);
    }
}

int64_t bare_update(work_t *work, const char *name, const bson_t *filter, const bson_t *change,
                    bool majority)
{
    mongoc_collection_t *collection = bare_collection(work, name);
    bson_t opts = BSON_INITIALIZER, reply;
    bson_error_t error;
    int64_t matched = 0;

    bare_append_concern(work, &opts, majority);
    work->commands++;
    if (mongoc_collection_update_one(collection, filter, change, &opts, &reply, &error)) {
        matched = matched_of(&reply);
    } else {
        bare_fail(work, name, &error);
    }
    bson_destroy(&reply);
    bson_destroy(&opts);
    mongoc_collection_destroy(collection);
    return matched;
}

/* ---- reads ---- */

static void read_line(work_t *work, const bson_t *cart, const char *index)
{
    line_t *line = &work->lines[work->count];
    bson_iter_t iter, found;
    char path[64];

    snprintf(path, sizeof(path), "lines.%s.product", index);
    if (!bson_iter_init(&iter, cart) || !bson_iter_find_descendant(&iter, path, &found)) {
        return;
    }
    bson_oid_copy(bson_iter_oid(&found), &line->product);
    snprintf(path, sizeof(path), "lines.%s.q", index);
    if (bson_iter_init(&iter, cart) && bson_iter_find_descendant(&iter, path, &found)) {
        line->quantity = bson_iter_as_int64(&found);
        work->count++;
    }
}

static void read_cart(work_t *work, const bson_t *doc)
{
    bson_iter_t iter, each;

    work->count = 0;
    if (bson_iter_init_find(&iter, doc, "gen")) {
        work->gen = bson_iter_as_int64(&iter);
    }
    if (bson_iter_init_find(&iter, doc, "rev")) {
        work->rev = bson_iter_as_int64(&iter);
    }
    if (bson_iter_init_find(&iter, doc, "lines") && bson_iter_recurse(&iter, &each)) {
        while (bson_iter_next(&each) && work->count < LINES_MAX) {
            read_line(work, doc, bson_iter_key(&each));
        }
    }
}

static void read_product(work_t *work, const bson_t *doc)
{
    bson_iter_t iter;
    const bson_oid_t *id;

    if (!bson_iter_init_find(&iter, doc, "_id")) {
        return;
    }
    id = bson_iter_oid(&iter);
    for (int i = 0; i < work->count; i++) {
        line_t *line = &work->lines[i];

        if (bson_oid_equal(id, &line->product)) {
            bson_iter_t member;

            if (bson_iter_init_find(&member, doc, "price")) {
                line->price = bson_iter_as_int64(&member);
            }
            if (bson_iter_init_find(&member, doc, "name")) {
                snprintf(line->name, sizeof(line->name), "%s", bson_iter_utf8(&member, NULL));
            }
        }
    }
}

void bare_find_session(work_t *work)
{
    char id[32];
    bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER;

    snprintf(id, sizeof(id), "bench-session-%06d", (int)work->customer);
    BSON_APPEND_UTF8(&filter, "_id", id);
    BSON_APPEND_INT64(&opts, "limit", 1);
    if (find(work, "sessions", &filter, &opts, NULL) != 1) {
        bare_fail(work, "no session", NULL);
    }
    bson_destroy(&filter);
    bson_destroy(&opts);
}

void bare_find_cart(work_t *work)
{
    bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER;

    BSON_APPEND_OID(&filter, "_id", &work->user);
    BSON_APPEND_INT64(&opts, "limit", 1);
    if (find(work, "carts", &filter, &opts, read_cart) != 1) {
        bare_fail(work, "no cart", NULL);
    }
    bson_destroy(&filter);
    bson_destroy(&opts);
}

void bare_find_products(work_t *work)
{
    static const char *const members[] = { "name",       "description", "price",    "category",
                                           "stock",      "image_url",   "featured", "created_at",
                                           "updated_at", "rev",         "holds" };
    /* only order_v2 looks at holds */
    size_t count =
        sizeof(members) / sizeof(members[0]) - (strcmp(work->shared->mode, "order_v2") != 0);
    bson_t filter = BSON_INITIALIZER, *opts = BCON_NEW("hint", BCON_UTF8("_id_")), in, list, shown;
    char key[16];

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &shown);
    for (size_t i = 0; i < count; i++) {
        BSON_APPEND_INT32(&shown, members[i], 1);
    }
    bson_append_document_end(opts, &shown);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    for (int i = 0; i < work->count; i++) {
        snprintf(key, sizeof(key), "%d", i);
        BSON_APPEND_OID(&list, key, &work->lines[i].product);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    BSON_APPEND_NULL(&filter, "deleted_at");
    if (find(work, "products", &filter, opts, read_product) < work->count) {
        bare_fail(work, "too few products", NULL);
    }
    bson_destroy(opts);
    bson_destroy(&filter);
}

/* true: it matched, and work holds the cart of that moment. */
static bool modify_cart(work_t *work, const bson_t *filter, const bson_t *change)
{
    mongoc_collection_t *collection = bare_collection(work, "carts");
    mongoc_find_and_modify_opts_t *opts = mongoc_find_and_modify_opts_new();
    bson_t concern = BSON_INITIALIZER, reply, cart;
    const uint8_t *bytes;
    bson_iter_t value;
    bson_error_t error;
    uint32_t size;
    bool found = false;

    bare_append_concern(work, &concern, true);
    mongoc_find_and_modify_opts_set_update(opts, change);
    mongoc_find_and_modify_opts_set_flags(opts, MONGOC_FIND_AND_MODIFY_RETURN_NEW);
    mongoc_find_and_modify_opts_append(opts, &concern);
    work->commands++;
    if (!mongoc_collection_find_and_modify_with_opts(collection, filter, opts, &reply, &error)) {
        bare_fail(work, "carts", &error);
    } else if (bson_iter_init_find(&value, &reply, "value") && BSON_ITER_HOLDS_DOCUMENT(&value)) {
        bson_iter_document(&value, &size, &bytes);
        found = bson_init_static(&cart, bytes, size);
    }
    if (found) {
        read_cart(work, &cart);
    }
    bson_destroy(&reply);
    bson_destroy(&concern);
    mongoc_find_and_modify_opts_destroy(opts);
    mongoc_collection_destroy(collection);
    return found;
}

/* ---- the routes ---- */

static void cart(work_t *work)
{
    bare_find_cart(work); /* what is shown of its products lies ready in each child of mod_shop */
}

static void cart_add(work_t *work)
{
    bson_t filter = BSON_INITIALIZER, *change;

    bare_find_session(work);
    bare_find_cart(work); /* its first line is the product that the other contenders add, too */
    if (work->count == 0) {
        bare_fail(work, "no line to add to", NULL);
        return;
    }
    BSON_APPEND_OID(&filter, "_id", &work->user);
    BSON_APPEND_OID(&filter, "lines.0.product", &work->lines[0].product);
    BCON_APPEND(&filter, "lines.0.q", "{", "$lte", BCON_INT64(9999), "}");
    change = BCON_NEW("$inc", "{", "rev", BCON_INT64(1), "lines.0.q", BCON_INT64(1), "}", "$set",
                      "{", "updated_at", BCON_DATE_TIME(bare_now_ms()), "}");
    if (!modify_cart(work, &filter, change)) {
        bare_fail(work, "the line was not added to", NULL);
    }
    bson_destroy(change);
    bson_destroy(&filter);
}

/* ---- all of it ---- */

static void serve(work_t *work)
{
    if (!strcmp(work->shared->mode, "cart")) {
        cart(work);
    } else if (!strcmp(work->shared->mode, "cart_add")) {
        cart_add(work);
    } else if (!strcmp(work->shared->mode, "order")) {
        bare_order(work);
    } else {
        bare_order_v2(work);
    }
}

void bare_begin(work_t *work)
{
    work->client = mongoc_client_pool_pop(work->shared->pool);
    work->majority = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(work->majority, 4000);
    mongoc_write_concern_set_journal(work->majority, true);
}

void bare_end(work_t *work)
{
    mongoc_write_concern_destroy(work->majority);
    mongoc_client_pool_push(work->shared->pool, work->client);
}

static void *run(void *argument)
{
    work_t work = { .shared = argument };
    shared_t *shared = argument;
    bool once = !strncmp(shared->mode, "order", 5);

    bare_begin(&work);
    while (now_us() < shared->end_us && !atomic_load(&shared->failed)) {
        int64_t number = atomic_fetch_add(&shared->next, 1), began = now_us(), at;

        if (once && number >= shared->customers) {
            bare_fail(&work, "more orders than customers", NULL);
            break;
        }
        work.customer = number % shared->customers;
        oid_of(&work.user, "75736572", work.customer);
        work.commands = 0;
        serve(&work);
        at = atomic_fetch_add(&shared->requests, 1);
        if (at < SAMPLES_MAX) {
            shared->samples[at] = (int32_t)(now_us() - began);
        }
        atomic_store(&shared->commands, work.commands);
    }
    bare_end(&work);
    return NULL;
}

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static int report(shared_t *shared, double seconds)
{
    int64_t n = atomic_load(&shared->requests);

    if (atomic_load(&shared->failed) || n == 0) {
        return 1;
    }
    n = n < SAMPLES_MAX ? n : SAMPLES_MAX;
    qsort(shared->samples, (size_t)n, sizeof(*shared->samples), ascending);
    printf("{\"requests\": %" PRId64 ", \"rate\": %.1f, \"p50\": %d, \"p99\": %d, "
           "\"commands\": %d}\n",
           n, (double)n / seconds, shared->samples[n / 2], shared->samples[n * 99 / 100],
           atomic_load(&shared->commands));
    return 0;
}

int main(int argc, char **argv)
{
    shared_t shared = { .mode = argc > 2 ? argv[2] : "", .lock = PTHREAD_MUTEX_INITIALIZER };
    int64_t began;
    long threads, seconds;
    mongoc_uri_t *uri;
    pthread_t ids[256], dropper;
    double took;
    int status;

    if (argc != 6 || (strcmp(shared.mode, "cart") && strcmp(shared.mode, "cart_add") &&
                      strcmp(shared.mode, "order") && strcmp(shared.mode, "order_v2"))) {
        fprintf(stderr, "usage: bare URI cart|cart_add|order|order_v2 CONNECTIONS SECONDS "
                        "CUSTOMERS\n");
        return 2;
    }
    threads = strtol(argv[3], NULL, 10);
    seconds = strtol(argv[4], NULL, 10);
    shared.customers = strtol(argv[5], NULL, 10);
    if (threads < 1 || threads > 256 || seconds < 1 || seconds > 60 || shared.customers < 1) {
        fprintf(stderr, "bare: 1 to 256 connections, 1 to 60 s, at least one customer\n");
        return 2;
    }
    mongoc_init();
    uri = mongoc_uri_new(argv[1]);
    shared.pool = mongoc_client_pool_new(uri);
    mongoc_client_pool_max_size(shared.pool, (uint32_t)threads + 1); /* one drops holds */
    shared.samples = calloc(SAMPLES_MAX, sizeof(*shared.samples));
    began = now_us();
    shared.end_us = began + seconds * 1000000;
    pthread_create(&dropper, NULL, bare_drop_holds, &shared);
    for (long i = 0; i < threads; i++) {
        pthread_create(&ids[i], NULL, run, &shared);
    }
    for (long i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
    }
    took = (double)(now_us() - began) / 1e6;
    atomic_store(&shared.done, 1);
    pthread_join(dropper, NULL);
    status = report(&shared, took);
    free(shared.samples);
    mongoc_client_pool_destroy(shared.pool);
    mongoc_uri_destroy(uri);
    mongoc_cleanup();
    return status;
}
