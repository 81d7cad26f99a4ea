/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_QUERY_H
#define SHOP_HTTP_QUERY_H

/* Query strings by field table: application/x-www-form-urlencoded, strict. */

#include "../base/cursor.h"
#include "../base/fields.h"
#include "req.h"

/* Reads query into *record (which holds the defaults). Unknown, repeated, malformed or out-of-range
 * parameters are violations ("?name"). BOOL takes true|false, MONEY decimal text, TIME RFC 3339.
 * fields may be NULL: then any parameter is unknown. Never decodes a NUL or invalid UTF-8. */
shop_error_t *shop_query_read(void *record, shop_present_t *present, const shop_field_t *fields,
                              const char *query, int currency_exponent, apr_pool_t *pool);

/* Members every list's query struct begins with. */
typedef struct shop_page_params_t {
    int64_t limit; /* default and maximum are set by the dispatcher from the settings */
    const char *cursor;
    bool count;
} shop_page_params_t;

/* The three rows, for a query struct whose first member is `shop_page_params_t page`. */
#define SHOP_PAGE_PARAMS                                                                         \
    { .name = "limit",                                                                           \
      .kind = SHOP_FIELD_INT,                                                                    \
      .offset = offsetof(shop_page_params_t, limit),                                             \
      .min = 1,                                                                                  \
      .max = 100,                                                                                \
      .help = "Items per page" },                                                                \
        { .name = "cursor",                                                                      \
          .kind = SHOP_FIELD_STRING,                                                             \
          .offset = offsetof(shop_page_params_t, cursor),                                        \
          .min = 1,                                                                              \
          .max = 4096,                                                                           \
          .help = "`next_cursor` of the previous page" },                                        \
    {                                                                                            \
        .name = "count", .kind = SHOP_FIELD_BOOL, .offset = offsetof(shop_page_params_t, count), \
        .help = "true: the reply has `total`, counted up to 10,000"                              \
    }

/* The raw query without the parameter name, safe for a header; "" when nothing is left. */
const char *shop_query_without(const char *query, const char *name, apr_pool_t *pool);
/* Does the table begin with SHOP_PAGE_PARAMS? */
bool shop_query_is_paged(const shop_field_t *fields);

/* Makes a list query of the parameters, whose limit the dispatcher has set and checked. sort: the
 * requested or default sort ("" for a list with a single order). VALIDATION_FAILED for a cursor of
 * another sort. */
shop_error_t *shop_query_page(shop_list_query_t *list, const shop_page_params_t *page,
                              const char *sort, apr_pool_t *pool);

#endif
