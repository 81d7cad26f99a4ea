/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RECORD_BSON_H
#define SHOP_STORE_RECORD_BSON_H

/* Records to and from documents, as record.h says they are stored. */

#include "../drivers/mongo.h"
#include "record.h"

/* The whole document of an insert, _id first. */
void shop_record_append(bson_t *doc, const shop_record_t *record, const void *one,
                        apr_pool_t *pool);
/* What an update sets and what it takes away. */
void shop_record_append_change(bson_t *set, bson_t *unset, const shop_record_t *record,
                               const void *one, apr_pool_t *pool);
/* A value of that row, which is of kind ID or text, under name. */
void shop_record_append_key(bson_t *doc, const char *name, const shop_field_t *row,
                            const char *value);
/* INTERNAL when a REQUIRED text, ID or OBJECT is missing. */
shop_error_t *shop_record_of_bson(void **one, const shop_record_t *record, const bson_t *doc,
                                  apr_pool_t *pool);

#endif
