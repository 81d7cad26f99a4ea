/* SPDX-License-Identifier: MIT
 * Members of stored documents. A missing member, or one of another type, gives the default, so that
 * an old or foreign document cannot make a number be read as a pointer. */
#include <apr_strings.h>

#include "mongo.h"

static bool find(bson_iter_t *iter, const bson_t *doc, const char *name)
{
    return bson_iter_init_find(iter, doc, name);
}

const char *shop_bson_iter_string(const bson_iter_t *iter, apr_pool_t *pool)
{
    uint32_t size;
    const char *text;

    if (!BSON_ITER_HOLDS_UTF8(iter)) {
        return NULL;
    }
    text = bson_iter_utf8(iter, &size);
    return apr_pstrmemdup(pool, text, size);
}

const char *shop_bson_string(const bson_t *doc, const char *name, apr_pool_t *pool)
{
    bson_iter_t iter;

    return find(&iter, doc, name) ? shop_bson_iter_string(&iter, pool) : NULL;
}

const char *shop_bson_iter_oid(const bson_iter_t *iter, apr_pool_t *pool)
{
    char *text;

    if (!BSON_ITER_HOLDS_OID(iter)) {
        return NULL;
    }
    text = apr_palloc(pool, 25);
    bson_oid_to_string(bson_iter_oid(iter), text);
    return text;
}

const char *shop_bson_oid(const bson_t *doc, const char *name, apr_pool_t *pool)
{
    bson_iter_t iter;

    return find(&iter, doc, name) ? shop_bson_iter_oid(&iter, pool) : NULL;
}

int64_t shop_bson_iter_int(const bson_iter_t *iter, int64_t otherwise)
{
    double number;

    switch (bson_iter_type(iter)) {
    case BSON_TYPE_INT32: return bson_iter_int32(iter);
    case BSON_TYPE_INT64: return bson_iter_int64(iter);
    case BSON_TYPE_DOUBLE:
        /* Shells write every number as a double. Beyond 2^53 it is no longer the number meant. */
        number = bson_iter_double(iter);
        return number >= -9007199254740992.0 && number <= 9007199254740992.0 ? (int64_t)number
                                                                             : otherwise;
    default: return otherwise;
    }
}

int64_t shop_bson_int(const bson_t *doc, const char *name, int64_t otherwise)
{
    bson_iter_t iter;

    return find(&iter, doc, name) ? shop_bson_iter_int(&iter, otherwise) : otherwise;
}

bool shop_bson_iter_bool(const bson_iter_t *iter, bool otherwise)
{
    return BSON_ITER_HOLDS_BOOL(iter) ? bson_iter_bool(iter) : otherwise;
}

bool shop_bson_bool(const bson_t *doc, const char *name)
{
    bson_iter_t iter;

    return find(&iter, doc, name) && shop_bson_iter_bool(&iter, false);
}

apr_time_t shop_bson_iter_time(const bson_iter_t *iter)
{
    int64_t milliseconds;

    if (!BSON_ITER_HOLDS_DATE_TIME(iter)) {
        return 0;
    }
    milliseconds = bson_iter_date_time(iter);
    return milliseconds > INT64_MAX / 1000 || milliseconds < INT64_MIN / 1000 ? 0
                                                                              : milliseconds * 1000;
}

apr_time_t shop_bson_time(const bson_t *doc, const char *name)
{
    bson_iter_t iter;

    return find(&iter, doc, name) ? shop_bson_iter_time(&iter) : 0;
}

bool shop_bson_iter_child(bson_t *child, const bson_iter_t *iter)
{
    const uint8_t *bytes;
    uint32_t size;

    if (BSON_ITER_HOLDS_DOCUMENT(iter)) {
        bson_iter_document(iter, &size, &bytes);
    } else if (BSON_ITER_HOLDS_ARRAY(iter)) {
        bson_iter_array(iter, &size, &bytes);
    } else {
        return false;
    }
    return bson_init_static(child, bytes, size);
}

bool shop_bson_child(bson_t *child, const bson_t *doc, const char *name)
{
    bson_iter_t iter;

    return find(&iter, doc, name) && shop_bson_iter_child(child, &iter);
}

void shop_bson_append_time(bson_t *doc, const char *name, apr_time_t time)
{
    /* Rounds down before 1970 too: the stored time is never later than the given one. */
    int64_t milliseconds = time / 1000 - (time % 1000 < 0 ? 1 : 0);

    bson_append_date_time(doc, name, -1, milliseconds);
}

void shop_bson_append_oid(bson_t *doc, const char *name, const char *id)
{
    bson_oid_t oid;

    bson_oid_init_from_string(&oid, id);
    bson_append_oid(doc, name, -1, &oid);
}
