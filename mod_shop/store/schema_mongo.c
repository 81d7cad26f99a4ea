/* SPDX-License-Identifier: MIT
 * The schema document in MongoDB. Each function is one command, and holds the lease or not. */
#include "schema.h"

#include <apr_strings.h>

#include "../drivers/mongo.h"

#define META "meta"
#define ID "schema"

static const char *const steps[SHOP_STEP_COUNT] = { "none", "up", "back", "finish" };

const char *shop_schema_step_name(shop_schema_step_t step)
{
    return steps[step];
}

bool shop_schema_is_finished(const shop_schema_known_t *known, int stage)
{
    return !known || atomic_load(&known->finished) >= stage;
}

/* ---- reading ---- */

static shop_schema_step_t step_of(const char *name)
{
    shop_schema_step_t step = SHOP_STEP_NONE;

    while (name && ++step < SHOP_STEP_COUNT) {
        if (!strcmp(steps[step], name)) {
            return step;
        }
    }
    return SHOP_STEP_NONE;
}

static apr_array_header_t *read_stages(const bson_t *doc, apr_pool_t *pool)
{
    apr_array_header_t *stages = apr_array_make(pool, 4, sizeof(shop_schema_stage_t));
    bson_t list, one;
    bson_iter_t iter;

    if (!shop_bson_child(&list, doc, "stages") || !bson_iter_init(&iter, &list)) {
        return stages;
    }
    while (bson_iter_next(&iter)) {
        if (shop_bson_child(&one, &list, bson_iter_key(&iter))) {
            APR_ARRAY_PUSH(stages, shop_schema_stage_t) =
                (shop_schema_stage_t){ .number = (int)shop_bson_int(&one, "number", 0),
                                       .name = shop_bson_string(&one, "name", pool),
                                       .up_at = shop_bson_time(&one, "up_at"),
                                       .finished_at = shop_bson_time(&one, "finished_at") };
        }
    }
    return stages;
}

/* doc NULL: there is none. */
static shop_schema_t *schema_of(const bson_t *doc, apr_pool_t *pool)
{
    shop_schema_t *schema = apr_pcalloc(pool, sizeof(*schema));
    bson_t child;

    if (!doc) {
        schema->stages = apr_array_make(pool, 4, sizeof(shop_schema_stage_t));
        return schema;
    }
    schema->exists = true;
    schema->version = (int)shop_bson_int(doc, "version", 0);
    schema->finished = (int)shop_bson_int(doc, "finished", 0);
    schema->fresh = shop_bson_bool(doc, "fresh");
    schema->stages = read_stages(doc, pool);
    if (shop_bson_child(&child, doc, "doing")) {
        schema->step = step_of(shop_bson_string(&child, "step", pool));
        schema->number = (int)shop_bson_int(&child, "number", 0);
    }
    if (shop_bson_child(&child, doc, "lease")) {
        schema->holder = shop_bson_string(&child, "by", pool);
        schema->held_until = shop_bson_time(&child, "until");
    }
    return schema;
}

static shop_error_t *read_document(shop_schema_t **schema, shop_mongo_t *mongo, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(ID));
    const bson_t *doc = NULL;
    shop_error_t *err = shop_mongo_find_one(&doc, mongo, META, filter, NULL, pool);

    bson_destroy(filter);
    if (!err) {
        *schema = schema_of(doc, pool);
    }
    return err;
}

shop_error_t *shop_schema_read(shop_schema_t **schema, shop_mongo_t *mongo, apr_pool_t *pool)
{
    int before = shop_mongo_count();
    shop_error_t *err = read_document(schema, mongo, pool);

    shop_mongo_recount(before);
    return err;
}

/* ---- writing ---- */

static bson_t *lease_of(const char *by, apr_time_t until)
{
    bson_t *lease = BCON_NEW("by", BCON_UTF8(by));

    shop_bson_append_time(lease, "until", until);
    return lease;
}

static bson_t *free_at(apr_time_t now)
{
    return BCON_NEW("_id", BCON_UTF8(ID), "$or", "[", "{", "lease", BCON_NULL, "}", "{",
                    "lease.until", "{", "$lt", BCON_DATE_TIME(now / 1000), "}", "}", "]");
}

shop_error_t *shop_schema_is_empty(bool *empty, shop_mongo_t *mongo, apr_pool_t *pool)
{
    return shop_mongo_is_empty(empty, mongo, pool);
}

/* Where somebody else holds the lease, the upsert is refused for the _id. */
shop_error_t *shop_schema_claim(shop_schema_t **schema, shop_mongo_t *mongo, const char *by,
                                bool fresh, apr_time_t now, apr_time_t until, apr_pool_t *pool)
{
    bson_t *filter = free_at(now);
    bson_t *lease = lease_of(by, until);
    bson_t *change =
        BCON_NEW("$set", "{", "lease", BCON_DOCUMENT(lease), "}", "$setOnInsert", "{", "version",
                 BCON_INT32(0), "finished", BCON_INT32(0), "fresh", BCON_BOOL(fresh), "}");
    const bson_t *doc = NULL;
    const char *duplicate = NULL;
    shop_error_t *err = shop_mongo_modify(&doc, &duplicate, mongo, META, filter, change, NULL, true,
                                          SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    bson_destroy(lease);
    bson_destroy(change);
    *schema = doc ? schema_of(doc, pool) : NULL;
    return err;
}

/* change is destroyed. */
static shop_error_t *change_held(bool *held, shop_mongo_t *mongo, const char *by, bson_t *change,
                                 apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(ID), "lease.by", BCON_UTF8(by));
    int64_t matched = 0;
    shop_error_t *err = shop_mongo_update(&matched, NULL, mongo, META, filter, change, NULL,
                                          SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    bson_destroy(change);
    *held = matched > 0;
    return err;
}

shop_error_t *shop_schema_renew(bool *held, shop_mongo_t *mongo, const char *by, apr_time_t until,
                                apr_pool_t *pool)
{
    return change_held(held, mongo, by,
                       BCON_NEW("$set", "{", "lease.until", BCON_DATE_TIME(until / 1000), "}"),
                       pool);
}

static void append_stages(bson_t *set, const apr_array_header_t *stages, apr_pool_t *pool)
{
    bson_t list, one;

    bson_append_array_begin(set, "stages", -1, &list);
    for (int i = 0; i < stages->nelts; i++) {
        const shop_schema_stage_t *stage = &APR_ARRAY_IDX(stages, i, shop_schema_stage_t);

        bson_append_document_begin(&list, apr_itoa(pool, i), -1, &one);
        bson_append_int32(&one, "number", -1, stage->number);
        bson_append_utf8(&one, "name", -1, stage->name, -1);
        shop_bson_append_time(&one, "up_at", stage->up_at);
        if (stage->finished_at) {
            shop_bson_append_time(&one, "finished_at", stage->finished_at);
        }
        bson_append_document_end(&list, &one);
    }
    bson_append_array_end(set, &list);
}

shop_error_t *shop_schema_write(bool *held, shop_mongo_t *mongo, const char *by,
                                const shop_schema_t *schema, apr_pool_t *pool)
{
    bson_t *set =
        BCON_NEW("version", BCON_INT32(schema->version), "finished", BCON_INT32(schema->finished),
                 "fresh", BCON_BOOL(schema->fresh), "doing", "{", "step",
                 BCON_UTF8(steps[schema->step]), "number", BCON_INT32(schema->number), "}");
    bson_t *change;

    append_stages(set, schema->stages, pool);
    change = BCON_NEW("$set", BCON_DOCUMENT(set));
    bson_destroy(set);
    return change_held(held, mongo, by, change, pool);
}

shop_error_t *shop_schema_release(shop_mongo_t *mongo, const char *by, apr_pool_t *pool)
{
    bool held;

    return change_held(&held, mongo, by, BCON_NEW("$unset", "{", "lease", BCON_INT32(1), "}"),
                       pool);
}
