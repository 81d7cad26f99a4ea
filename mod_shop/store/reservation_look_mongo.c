/* SPDX-License-Identifier: MIT
 * Reading of reservations: the states of an order's units, and what orders left behind. */
#include <apr_strings.h>
#include <limits.h>
#include <string.h>

#include "reservation_mongo.h"
#include "schema.h"

void shop_reservation_append_id(bson_t *doc, const char *name, shop_unit_id_t kind, const char *id)
{
    if (kind == SHOP_UNIT_ID_OID) {
        shop_bson_append_oid(doc, name, id);
    } else {
        BSON_APPEND_UTF8(doc, name, id);
    }
}

/* How many entries the array has; *named: does one name the order? */
static int look_for_order(bool *named, const bson_t *doc, const char *array, const char *order_id,
                          apr_pool_t *pool)
{
    bson_t list, entry;
    bson_iter_t iter;
    int count = 0;

    *named = false;
    if (!shop_bson_child(&list, doc, array) || !bson_iter_init(&iter, &list)) {
        return 0;
    }
    for (; bson_iter_next(&iter); count++) {
        const char *id =
            shop_bson_iter_child(&entry, &iter) ? shop_bson_oid(&entry, "o", pool) : NULL;

        *named = *named || (id && !strcmp(id, order_id));
    }
    return count;
}

typedef struct asking_t {
    const shop_reservable_t *kind;
    shop_unit_state_t *states;
    const shop_reservation_t *asked;
} asking_t;

static void read_state(shop_unit_state_t *state, const asking_t *asking, const bson_t *doc,
                       apr_pool_t *pool)
{
    const shop_reservable_t *kind = asking->kind;
    const char *order_id = asking->asked->order_id;
    bson_iter_t iter;

    state->exists = !kind->deleted || !bson_iter_init_find(&iter, doc, kind->deleted) ||
                    BSON_ITER_HOLDS_NULL(&iter);
    state->available =
        shop_bson_int(doc, kind->counter, kind->may_be_unlimited ? SHOP_UNLIMITED : 0);
    state->terms = shop_bson_int(doc, kind->terms, 0);
    state->born = kind->born ? shop_bson_int(doc, kind->born, 0) : 0;
    state->back_rev = shop_bson_int(doc, "back_rev", 0);
    state->reservations = look_for_order(&state->reserved, doc, "holds", order_id, pool);
    look_for_order(&state->restocked, doc, "backs", order_id, pool);
    look_for_order(&state->voided, doc, "voids", order_id, pool);
}

static const char *id_of(const bson_t *doc, shop_unit_id_t kind, apr_pool_t *pool)
{
    return kind == SHOP_UNIT_ID_OID ? shop_bson_oid(doc, "_id", pool)
                                    : shop_bson_string(doc, "_id", pool);
}

static shop_error_t *collect_state(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    asking_t *asking = baton;
    const char *id = id_of(doc, asking->kind->id, pool);

    for (int i = 0; id && i < asking->asked->count; i++) {
        if (!strcmp(asking->states[i].unit_id, id)) {
            read_state(&asking->states[i], asking, doc, pool);
        }
    }
    return NULL;
}

static bson_t *state_options(const shop_reservable_t *kind)
{
    bson_t *opts = bson_new(), fields;

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &fields);
    BSON_APPEND_INT32(&fields, kind->counter, 1);
    BSON_APPEND_INT32(&fields, kind->terms, 1);
    if (kind->deleted) {
        BSON_APPEND_INT32(&fields, kind->deleted, 1);
    }
    if (kind->born) {
        BSON_APPEND_INT32(&fields, kind->born, 1);
    }
    BSON_APPEND_INT32(&fields, "back_rev", 1);
    BSON_APPEND_INT32(&fields, "holds.o", 1);
    BSON_APPEND_INT32(&fields, "backs.o", 1);
    BSON_APPEND_INT32(&fields, "voids.o", 1);
    bson_append_document_end(opts, &fields);
    return opts;
}

/* Deleted units too: what an order has of them does not end with them. */
shop_error_t *shop_reservation_states_mongo(shop_unit_state_t *states, shop_reservations_t *port,
                                            const shop_reservation_t *asked, apr_pool_t *pool)
{
    shop_reservations_mongo_t *repo = (shop_reservations_mongo_t *)port;
    asking_t asking = { repo->kind, states, asked };
    bson_t filter = BSON_INITIALIZER, in, list;
    bson_t *opts;
    shop_error_t *err;

    if (asked->count == 0) {
        return NULL;
    }
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    for (int i = 0; i < asked->count; i++) {
        states[i] = (shop_unit_state_t){ .unit_id = asked->lines[i].unit_id };
        shop_reservation_append_id(&list, apr_itoa(pool, i), repo->kind->id,
                                   asked->lines[i].unit_id);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    opts = state_options(repo->kind);
    err = shop_mongo_find(repo->mongo, repo->kind->collection, &filter, opts, collect_state,
                          &asking, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

/* ---- sweeping ---- */

typedef struct leftovers_t {
    apr_array_header_t *left;
    shop_unit_id_t id;
    const char *array;
    apr_time_t before;
    int limit; /* of left */
} leftovers_t;

/* Appends those of the document to left. Returns how many entries the array has. */
static int append_leftovers(const leftovers_t *walk, const bson_t *doc, apr_pool_t *pool)
{
    bson_t list, entry;
    bson_iter_t iter;
    int count = 0;

    if (!shop_bson_child(&list, doc, walk->array) || !bson_iter_init(&iter, &list)) {
        return 0;
    }
    for (; bson_iter_next(&iter); count++) {
        shop_leftover_t *leftover;

        if (walk->left->nelts >= walk->limit || !shop_bson_iter_child(&entry, &iter) ||
            shop_bson_time(&entry, "at") >= walk->before) {
            continue;
        }
        leftover = apr_pcalloc(pool, sizeof(*leftover));
        leftover->id = id_of(doc, walk->id, pool);
        leftover->order_id = shop_bson_oid(&entry, "o", pool);
        leftover->user_id = shop_bson_oid(&entry, "u", pool);
        leftover->quantity = shop_bson_int(&entry, "q", 1);
        if (leftover->id && leftover->order_id) {
            APR_ARRAY_PUSH(walk->left, shop_leftover_t *) = leftover;
        }
    }
    return count;
}

static shop_error_t *collect_leftovers(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    append_leftovers(baton, doc, pool);
    return NULL;
}

int shop_reservations_stale(apr_array_header_t *left, const bson_t *doc, shop_unit_id_t id,
                            apr_time_t before, apr_pool_t *pool)
{
    const leftovers_t walk = { left, id, "holds", before, INT_MAX };

    return append_leftovers(&walk, doc, pool);
}

shop_error_t *shop_leftovers_find(apr_array_header_t **left, shop_mongo_t *mongo,
                                  const char *collection, shop_unit_id_t id, const char *array,
                                  apr_time_t before, int limit, apr_pool_t *pool)
{
    leftovers_t walk = { apr_array_make(pool, 8, sizeof(shop_leftover_t *)), id, array, before,
                         limit };
    bson_t filter = BSON_INITIALIZER, older, opts = BSON_INITIALIZER, fields;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, apr_pstrcat(pool, array, ".at", NULL), &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(&filter, &older);
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &fields);
    BSON_APPEND_INT32(&fields, array, 1);
    bson_append_document_end(&opts, &fields);
    BSON_APPEND_INT64(&opts, "limit", limit);
    err = shop_mongo_find(mongo, collection, &filter, &opts, collect_leftovers, &walk, pool);
    *left = walk.left;
    bson_destroy(&opts);
    bson_destroy(&filter);
    return err;
}

shop_error_t *shop_reservation_sweep_mongo(apr_array_header_t **left, shop_reservations_t *port,
                                           shop_sweep_t what, apr_time_t before, int limit,
                                           apr_pool_t *pool)
{
    shop_reservations_mongo_t *repo = (shop_reservations_mongo_t *)port;

    if (what == SHOP_SWEEP_RESERVATIONS &&
        shop_schema_is_finished(repo->schema, SHOP_STAGE_CLAIMS)) {
        *left = apr_array_make(pool, 1, sizeof(shop_leftover_t *));
        return NULL;
    }
    return shop_leftovers_find(left, repo->mongo, repo->kind->collection, repo->kind->id,
                               what == SHOP_SWEEP_MARKERS ? "backs" : "holds", before, limit, pool);
}
