/* SPDX-License-Identifier: MIT */
#include "walk_mongo.h"

#include <apr_strings.h>

#define BATCH 500
#define ID_SIZE 25

typedef struct place_t {
    const shop_walk_t *walk;
    char last[ID_SIZE]; /* "": at the beginning */
    int met;            /* documents of this batch */
} place_t;

static shop_error_t *meet(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    place_t *place = baton;
    const char *id = shop_bson_oid(doc, "_id", pool);

    place->met++;
    if (!id) { /* behind every ObjectId, so the last of all */
        return NULL;
    }
    apr_cpystrn(place->last, id, ID_SIZE);
    return place->walk->each(place->walk->baton, doc, pool);
}

static bson_t *behind(const place_t *place)
{
    bson_t *filter = bson_new(), range;

    if (*place->last) {
        BSON_APPEND_DOCUMENT_BEGIN(filter, "_id", &range);
        shop_bson_append_oid(&range, "$gt", place->last);
        bson_append_document_end(filter, &range);
    }
    return filter;
}

static bson_t *options(const shop_walk_t *walk)
{
    bson_t *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "limit", BCON_INT64(BATCH));
    bson_t members;

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &members);
    for (const char *const *name = walk->members; *name; name++) {
        bson_append_int32(&members, *name, -1, 1);
    }
    bson_append_document_end(opts, &members);
    return opts;
}

shop_error_t *shop_walk(const shop_walk_t *walk, apr_pool_t *pool)
{
    place_t place = { .walk = walk, .last = "" };
    apr_pool_t *batch;
    bson_t *opts = options(walk);
    shop_error_t *err = NULL;

    apr_pool_create(&batch, pool);
    do {
        bson_t *filter = behind(&place);

        apr_pool_clear(batch);
        place.met = 0;
        err = shop_mongo_find(walk->mongo, walk->collection, filter, opts, meet, &place, batch);
        bson_destroy(filter);
        err = err ? err : walk->flush(walk->baton, batch);
    } while (!err && place.met == BATCH);
    bson_destroy(opts);
    /* An error lives in the batch's pool, which ends with pool. */
    return err;
}
