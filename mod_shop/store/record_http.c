/* SPDX-License-Identifier: MIT
 * Records over HTTP: what is the same for every plain resource. */
#include "record_http.h"

#include <string.h>

#include "../http/etag.h"
#include "../http/query.h"
#include "../http/route.h"

static const char **owner_of(const shop_record_t *record, void *one)
{
    const shop_field_t *row = shop_fields_row(record->fields, record->owner);

    return (const char **)(void *)((char *)one + row->offset);
}

/* ?sort=, where the route has it. */
static const char *sort_of(const shop_req_t *req)
{
    const shop_field_t *row = shop_fields_row(req->route->query, "sort");
    const char *sort =
        row ? *(const char *const *)((const char *)req->query_record + row->offset) : NULL;

    return sort ? sort : "";
}

shop_error_t *shop_record_list(const shop_record_api_t *api, const shop_req_t *req, shop_res_t *res)
{
    shop_record_query_t query = { .sort = sort_of(req),
                                  .owner = api->everybody ? NULL : api->owner };
    apr_array_header_t *all;
    shop_list_end_t end;

    SHOP_TRY(shop_query_page(&query.list, req->query_record, query.sort, req->pool));
    SHOP_TRY(api->store->list(&all, &end, api->store, &query, req->pool));
    return shop_res_list(res, req, api->store->record->fields, all, &end);
}

static bool may_see(const shop_record_api_t *api, void *one)
{
    const char *owner;

    if (!api->owner || api->everybody) {
        return true;
    }
    owner = *owner_of(api->store->record, one);
    return owner && !strcmp(owner, api->owner);
}

shop_error_t *shop_record_of_path(void **one, const shop_record_api_t *api, const shop_req_t *req)
{
    const shop_record_t *record = api->store->record;
    const char *id = shop_req_arg(req, record->id);

    if (shop_fields_row(record->fields, record->id)->kind == SHOP_FIELD_ID) {
        SHOP_TRY(shop_req_id(&id, req, record->id));
    }
    SHOP_TRY(api->store->find(one, api->store, id, req->pool));
    if (!*one || !may_see(api, *one)) {
        return shop_err(req->pool, NOT_FOUND, "there is no such %s", record->noun);
    }
    return NULL;
}

shop_error_t *shop_record_show(const shop_record_api_t *api, const shop_req_t *req, shop_res_t *res)
{
    void *one;

    SHOP_TRY(shop_record_of_path(&one, api, req));
    return shop_res_object(res, 200, api->store->record->fields, one);
}

shop_error_t *shop_record_create(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res)
{
    const shop_record_t *record = api->store->record;
    void *one = req->record;

    if (api->owner) {
        *owner_of(record, one) = api->owner;
    }
    SHOP_TRY(shop_record_begin(record, one, req->now, req->pool));
    if (api->check) {
        SHOP_TRY(api->check(one, req));
    }
    SHOP_TRY(api->store->insert(api->store, one, req->pool));
    shop_res_location(res, req, "%s/%s", req->path, shop_record_id(record, one));
    return shop_res_object(res, 201, record->fields, one);
}

/* The record as it is, if the client wants to change that. */
static shop_error_t *load_matching(void **one, const shop_record_api_t *api, const shop_req_t *req,
                                   const shop_res_t *res)
{
    SHOP_TRY(shop_record_of_path(one, api, req));
    return shop_etag_if_match(
        req, shop_res_object_etag(res, api->store->record->fields, *one, req->pool),
        api->require_if_match);
}

shop_error_t *shop_record_change(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res)
{
    const shop_record_t *record = api->store->record;
    bool done = false;
    void *one = NULL;

    for (int turn = 0; !done; turn++) {
        SHOP_TRY(load_matching(&one, api, req, res));
        shop_req_merge(one, req);
        if (api->check) {
            SHOP_TRY(api->check(one, req));
        }
        shop_record_touch(record, one, req->now);
        SHOP_TRY(api->store->update(&done, api->store, one, req->pool));
        if (!done) {
            SHOP_TRY(shop_etag_lost_race(req, turn, record->noun));
        }
    }
    return shop_res_object(res, 200, record->fields, one);
}

shop_error_t *shop_record_delete(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res)
{
    const shop_record_t *record = api->store->record;
    bool done = false;
    void *one = NULL;

    for (int turn = 0; !done; turn++) {
        SHOP_TRY(load_matching(&one, api, req, res));
        SHOP_TRY(api->store->remove(&done, api->store, shop_record_id(record, one),
                                    shop_record_rev(record, one), req->pool));
        if (!done) {
            SHOP_TRY(shop_etag_lost_race(req, turn, record->noun));
        }
    }
    return shop_res_object(res, 200, record->fields, one);
}
