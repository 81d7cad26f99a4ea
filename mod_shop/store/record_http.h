/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RECORD_HTTP_H
#define SHOP_STORE_RECORD_HTTP_H

/* What the handlers of a plain resource do: list, show, create, change and delete records. Made in
 * each handler, for its request:
 *
 *     shop_record_api_t brands = api_of(app);
 *
 *     return shop_record_show(&brands, req, res);
 *
 * The identifier is the path argument that is named as the record's id; bodies and replies have the
 * record's fields. */

#include "../http/req.h"
#include "../http/res.h"
#include "record.h"

typedef struct shop_record_api_t {
    shop_record_store_t *store;
    /* When the record has an owner: whose new ones are, and others' are not found unless everybody
     * is set, as for an admin. NULL: it has none. */
    const char *owner;
    bool everybody;
    bool require_if_match; /* settings->require_if_match */
    /* What rows cannot say of a record that is about to be stored; may also set members that follow
     * from others. NULL: nothing. */
    shop_error_t *(*check)(void *one, const shop_req_t *req);
} shop_record_api_t;

/* A page of the list. The query begins with SHOP_PAGE_PARAMS; a parameter "sort" is one of
 * record->sorts. VALIDATION_FAILED for the cursor of another list. */
shop_error_t *shop_record_list(const shop_record_api_t *api, const shop_req_t *req,
                               shop_res_t *res);
/* NOT_FOUND; so for all below but create. */
shop_error_t *shop_record_show(const shop_record_api_t *api, const shop_req_t *req,
                               shop_res_t *res);
/* 201 with Location. The codes of the record's unique rows. */
shop_error_t *shop_record_create(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res);
/* PATCH and PUT: merges the body onto the record. PRECONDITION_FAILED, PRECONDITION_REQUIRED,
 * CONFLICT, the codes of the record's unique rows. */
shop_error_t *shop_record_change(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res);
/* Answers with what was removed. PRECONDITION_FAILED, PRECONDITION_REQUIRED, CONFLICT. */
shop_error_t *shop_record_delete(const shop_record_api_t *api, const shop_req_t *req,
                                 shop_res_t *res);
/* The record that the path names, for further routes of the resource. */
shop_error_t *shop_record_of_path(void **one, const shop_record_api_t *api, const shop_req_t *req);

#endif
