/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_JSON_H
#define SHOP_BASE_JSON_H

/* Reading: jansson behind a strict scan (RFC 8259 text, no duplicates, bounded depth and size).
 * Writing: bytes straight into a growing buffer, because replies are bytes before anything
 * else and money must be printed with integer arithmetic, never as a double. */

#include <apr_pools.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define SHOP_JSON_MAX_DEPTH 32
#define SHOP_JSON_MAX_MEMBERS 256

/* Ties the reference to the pool: json_decref at cleanup. Returns json (NULL passes through). */
json_t *shop_json_own(json_t *json, apr_pool_t *pool);

typedef struct shop_json_doc_t {
    json_t *root;      /* an object, owned by the pool */
    bool has_exponent; /* some number was written with an exponent, or with a fraction and more
                          than 15 digits: money refuses both, a double could not tell them apart */
} shop_json_doc_t;

/* Parses a request body. MALFORMED_JSON: not UTF-8, BOM, not an object at top level, trailing
 * bytes, duplicate members (also when spelled with escapes), depth over 32, numbers beyond a
 * double or int64. VALIDATION_FAILED: more than 256 members or elements in all. Cost is linear
 * in size whatever the text is. */
shop_error_t *shop_json_parse(shop_json_doc_t *doc, const char *text, apr_size_t size,
                              apr_pool_t *pool);

/* ---- writer ---- */
typedef struct shop_json_out_t {
    apr_pool_t *pool;
    char *bytes;
    apr_size_t size;
    apr_size_t room;
    bool comma; /* the next value or key needs a comma first */
} shop_json_out_t;

void shop_json_out_init(shop_json_out_t *out, apr_pool_t *pool, apr_size_t expected);
void shop_json_begin(shop_json_out_t *out, char bracket); /* '{' or '[' */
void shop_json_end(shop_json_out_t *out, char bracket);   /* '}' or ']' */
void shop_json_key(shop_json_out_t *out, const char *key);
void shop_json_string(shop_json_out_t *out, const char *value); /* NULL prints null */
void shop_json_int(shop_json_out_t *out, int64_t value);
void shop_json_bool(shop_json_out_t *out, bool value);
void shop_json_null(shop_json_out_t *out);
/* amount in minor units, printed in major units with exactly exponent decimals: 9999, 2 -> 99.99 */
void shop_json_money(shop_json_out_t *out, int64_t amount, int exponent);
/* RFC 3339 UTC with seconds: 2026-11-23T22:39:26Z; 0 prints null */
void shop_json_time(shop_json_out_t *out, apr_time_t time);
void shop_json_raw(shop_json_out_t *out, const char *json, apr_size_t size);
/* NUL-terminates (the NUL is not counted) and returns the bytes. */
const char *shop_json_finish(shop_json_out_t *out, apr_size_t *size);

#endif
