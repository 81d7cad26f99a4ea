/* SPDX-License-Identifier: MIT
 * Strict reading of request bodies: one linear scan for what jansson does not bound (depth,
 * members, exponents), then jansson with duplicates refused. */
#include "json.h"

#include <string.h>

static apr_status_t drop_json(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

json_t *shop_json_own(json_t *json, apr_pool_t *pool)
{
    if (json) {
        apr_pool_cleanup_register(pool, json, drop_json, apr_pool_cleanup_null);
    }
    return json;
}

typedef struct scan_t {
    const char *at, *end;
    int depth, deepest;
    int members;
    bool exponent;
} scan_t;

/* Passes over a string; the escapes' meaning is jansson's business. */
static void scan_string(scan_t *scan)
{
    while (scan->at < scan->end && *scan->at != '"') {
        scan->at += *scan->at == '\\' && scan->at + 1 < scan->end ? 2 : 1;
    }
    if (scan->at < scan->end) {
        scan->at++;
    }
}

/* Goes on to the first character of the next token; '\0' at the end. */
static char scan_space(scan_t *scan)
{
    while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) && *scan->at) {
        scan->at++;
    }
    return scan->at < scan->end ? *scan->at : '\0';
}

/* The rest of a number whose first character is behind us. A double holds fifteen decimal digits
 * for certain: beyond them 9.9900000000000000001 would be read as 9.99. */
static void scan_number(scan_t *scan, char first)
{
    int digits = first >= '1' && first <= '9';
    bool fraction = false;

    for (; scan->at < scan->end; scan->at++) {
        char c = *scan->at;

        if (c == 'e' || c == 'E') {
            scan->exponent = true;
        } else if (c == '.') {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            digits += digits > 0 || c != '0';
        } else if (c != '+' && c != '-') {
            break;
        }
    }
    if (fraction && digits > 15) {
        scan->exponent = true;
    }
}

/* Counts structure only: whatever is no JSON is left for the parser to refuse. */
static void scan_text(scan_t *scan)
{
    while (scan->at < scan->end) {
        char c = *scan->at++;

        if (c == '"') {
            scan_string(scan);
        } else if (c == '{' || c == '[') {
            if (++scan->depth > scan->deepest) {
                scan->deepest = scan->depth;
            }
            c = scan_space(scan);
            scan->members += c && c != '}' && c != ']';
        } else if (c == '}' || c == ']') {
            scan->depth--;
        } else if (c == ',') {
            scan->members++;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            scan_number(scan, c);
        }
    }
}

static shop_error_t *syntax_error(const json_error_t *error, apr_pool_t *pool)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return shop_err(pool, MALFORMED_JSON, "a member is named twice (line %d, column %d)",
                        error->line, error->column);
    case json_error_numeric_overflow:
        return shop_err(pool, MALFORMED_JSON, "a number is too large (line %d, column %d)",
                        error->line, error->column);
    case json_error_invalid_utf8:
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return shop_err(pool, MALFORMED_JSON, "the text is not clean UTF-8 (line %d, column %d)",
                        error->line, error->column);
    case json_error_end_of_input_expected:
        return shop_err(pool, MALFORMED_JSON, "bytes follow the JSON object (line %d, column %d)",
                        error->line, error->column);
    default:
        return shop_err(pool, MALFORMED_JSON, "the body is not JSON (line %d, column %d)",
                        error->line, error->column);
    }
}

shop_error_t *shop_json_parse(shop_json_doc_t *doc, const char *text, apr_size_t size,
                              apr_pool_t *pool)
{
    scan_t scan = { 0 };
    json_error_t error;
    json_t *root;

    if (!size) { /* text may be NULL then */
        return shop_err(pool, MALFORMED_JSON, "the body is empty");
    }
    scan.at = text;
    scan.end = text + size;
    if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        return shop_err(pool, MALFORMED_JSON, "the body begins with a byte order mark");
    }
    scan_text(&scan);
    if (scan.deepest > SHOP_JSON_MAX_DEPTH) {
        return shop_err(pool, MALFORMED_JSON, "the body nests deeper than %d", SHOP_JSON_MAX_DEPTH);
    }
    /* Before parsing, so that thousands of colliding keys never reach a hash table. */
    if (scan.members > SHOP_JSON_MAX_MEMBERS) {
        shop_error_t *err = NULL;

        shop_error_violate(&err, pool, "", "length", "has more than %d members",
                           SHOP_JSON_MAX_MEMBERS);
        return err;
    }
    root = shop_json_own(json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error),
                         pool);
    if (!root) {
        return syntax_error(&error, pool);
    }
    if (!json_is_object(root)) {
        return shop_err(pool, MALFORMED_JSON, "the body is not a JSON object");
    }
    doc->root = root;
    doc->has_exponent = scan.exponent;
    return NULL;
}
