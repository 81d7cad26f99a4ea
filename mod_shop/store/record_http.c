/* SPDX-License-Identifier: MIT
 * Records over HTTP: what is the same for every plain resource. */
#include "record_http.h"

#include <string.h>

#include "../http/change.h"
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

typedef struct record_change_t {
    const shop_record_api_t *api;
    const shop_req_t *req;
    const shop_res_t *res;
    void *one;
} record_change_t;

/* Does If-Match name the record as another audience sees it? A public route shows an admin what it
 * shows everybody. */
static bool is_seen_by_others(const record_change_t *change)
{
    const shop_field_t *fields = change->api->store->record->fields;
    shop_res_t shown = *change->res;

    while (shown.audience > SHOP_AUDIENCE_EVERYBODY) {
        shown.audience--;
        if (!shop_etag_if_match(
                change->req, shop_res_object_etag(&shown, fields, change->one, change->req->pool),
                true)) {
            return true;
        }
    }
    return false;
}

/* The record as it is, if the client wants to change that. */
static shop_error_t *load_matching(record_change_t *change)
{
    const shop_record_api_t *api = change->api;
    const shop_req_t *req = change->req;
    shop_error_t *err;

    SHOP_TRY(shop_record_of_path(&change->one, api, req));
    err = shop_etag_if_match(
        req, shop_res_object_etag(change->res, api->store->record->fields, change->one, req->pool),
        api->require_if_match);
    return err && is_seen_by_others(change) ? NULL : err;
}

static shop_error_t *change_once(bool *done, void *baton)
{
    record_change_t *change = baton;
    const shop_record_api_t *api = change->api;
    const shop_req_t *req = change->req;

    SHOP_TRY(load_matching(change));
    shop_req_merge(change->one, req);
    if (api->check) {
        SHOP_TRY(api->check(change->one, req));
    }
    shop_record_touch(api->store->record, change->one, req->now);
    return api->store->update(done, api->store, change->one, req->pool);
}

shop_error_t *shop_record_change(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res)
{
    const shop_record_t *record = api->store->record;
    record_change_t change = { .api = api, .req = req, .res = res };

    SHOP_TRY(shop_change(change_once, &change, req, record->noun));
    return shop_res_object(res, 200, record->fields, change.one);
}

static shop_error_t *delete_once(bool *done, void *baton)
{
    record_change_t *change = baton;
    const shop_record_api_t *api = change->api;
    const shop_record_t *record = api->store->record;

    SHOP_TRY(load_matching(change));
    return api->store->remove(done, api->store, shop_record_id(record, change->one),
                              shop_record_rev(record, change->one), change->req->pool);
}

shop_error_t *shop_record_delete(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res)
{
    const shop_record_t *record = api->store->record;
    record_change_t change = { .api = api, .req = req, .res = res };

    SHOP_TRY(shop_change(delete_once, &change, req, record->noun));
    return shop_res_object(res, 200, record->fields, change.one);
}
