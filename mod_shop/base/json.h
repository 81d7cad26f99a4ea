/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_JSON_H
#define SHOP_BASE_JSON_H

/* Reading: jansson after a strict scan (RFC 8259, no duplicate members, limited depth and size).
 * Writing: directly into a growing buffer. The ETag of a reply is computed over its bytes, and
 * money must be printed with integer arithmetic, never as a double. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "json_own.h"

#define SHOP_JSON_MAX_DEPTH 32
#define SHOP_JSON_MAX_MEMBERS 256

/* A number that is not a plain integer in the text; jansson stores it as a double. */
typedef struct shop_json_number_t {
    const json_t *value;
    const char *text; /* part of the parsed text, not NUL-terminated */
    apr_size_t size;
} shop_json_number_t;

typedef struct shop_json_doc_t {
    json_t *root;                /* an object, owned by the pool */
    apr_array_header_t *numbers; /* shop_json_number_t, in the order of the text; may be NULL */
} shop_json_doc_t;

/* Parses a request body; text must live as long as doc. MALFORMED_JSON: not UTF-8, BOM, not an
 * object at top level, trailing bytes, duplicate members (also when spelled with escapes), depth
 * over 32; with a violation "too_large" for numbers beyond a double or int64 and "nul" for the
 * character U+0000. VALIDATION_FAILED: more than 256 members or elements in all. The cost is linear
 * in the size of any text. */
shop_error_t *shop_json_parse(shop_json_doc_t *doc, const char *text, apr_size_t size,
                              apr_pool_t *pool);

/* The text of a number of doc, as it was sent; NULL when value is no number. */
const char *shop_json_number(const shop_json_doc_t *doc, const json_t *value, apr_pool_t *pool);

/* The JSON pointer (RFC 6901) to the member `name` of the value at pointer `above`. */
const char *shop_json_pointer(const char *above, const char *name, apr_pool_t *pool);

/* ---- writer ---- */
typedef struct shop_json_out_t {
    apr_pool_t *pool;
    char *bytes;
    apr_size_t size;
    apr_size_t room;
    bool comma; /* a comma goes before the next value or key */
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
