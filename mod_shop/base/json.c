/* SPDX-License-Identifier: MIT
 * Strict parser of request bodies. A linear scan first limits depth and number of members, which
 * jansson does not, and records the digits of numbers, which jansson loses. Then jansson parses the
 * text and rejects duplicate members. */
#include "json.h"

#include <apr_strings.h>
#include <string.h>

typedef struct scan_t {
    const char *at, *end;
    int depth, deepest;
    int members;
    apr_array_header_t *numbers; /* shop_json_number_t, value still NULL */
} scan_t;

/* Skips a string. jansson validates its escapes. */
static void scan_string(scan_t *scan)
{
    while (scan->at < scan->end && *scan->at != '"') {
        scan->at += *scan->at == '\\' && scan->at + 1 < scan->end ? 2 : 1;
    }
    if (scan->at < scan->end) {
        scan->at++;
    }
}

/* Advances to the first character of the next token; '\0' at the end. */
static char scan_space(scan_t *scan)
{
    while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) && *scan->at) {
        scan->at++;
    }
    return scan->at < scan->end ? *scan->at : '\0';
}

/* Scans a number from its second character. Numbers with a fraction or an exponent are recorded,
 * because as doubles 9.9900000000000000001 and 9.99 are equal. Stops at the limit of members. */
static void scan_number(scan_t *scan)
{
    const char *start = scan->at - 1;
    bool plain = true;

    for (; scan->at < scan->end; scan->at++) {
        char c = *scan->at;

        if (c == 'e' || c == 'E' || c == '.') {
            plain = false;
        } else if (c != '+' && c != '-' && !(c >= '0' && c <= '9')) {
            break;
        }
    }
    if (!plain && scan->numbers->nelts < SHOP_JSON_MAX_MEMBERS) {
        APR_ARRAY_PUSH(scan->numbers, shop_json_number_t) =
            (shop_json_number_t){ NULL, start, (apr_size_t)(scan->at - start) };
    }
}

/* Looks at the structure only. Invalid JSON is rejected by the parser. */
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
            scan_number(scan);
        }
    }
}

const char *shop_json_pointer(const char *above, const char *name, apr_pool_t *pool)
{
    size_t length = strlen(above) + 1;
    char *pointer = apr_palloc(pool, length + 2 * strlen(name) + 1);
    char *out = pointer + apr_snprintf(pointer, length + 1, "%s/", above);

    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *out++ = '~';
            *out++ = *name == '~' ? '0' : '1';
        } else {
            *out++ = *name;
        }
    }
    *out = '\0';
    return pointer;
}

/* What can be checked only in the parsed tree. */
typedef struct walk_t {
    apr_array_header_t *numbers;
    int next; /* of numbers */
    apr_pool_t *pool;
} walk_t;

static const char *walk(walk_t *state, const json_t *value);

static const char *walk_object(walk_t *state, const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value) /* its prototype lacks const */
    {
        const char *found = walk(state, value);

        if (found) {
            return apr_pstrcat(state->pool, shop_json_pointer("", name, state->pool), found, NULL);
        }
    }
    return NULL;
}

/* Pairs each double with its recorded digits: jansson keeps the order of the text, so the next
 * double is the next recorded number. Returns a pointer to the first string that contains U+0000,
 * or NULL. */
static const char *walk(walk_t *state, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_REAL:
        if (state->next < state->numbers->nelts) {
            APR_ARRAY_IDX(state->numbers, state->next++, shop_json_number_t).value = value;
        }
        return NULL;
    case JSON_STRING:
        return strlen(json_string_value(value)) == json_string_length(value) ? NULL : "";
    case JSON_OBJECT: return walk_object(state, value);
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *found = walk(state, json_array_get(value, i));

            if (found) {
                return apr_psprintf(state->pool, "/%d%s", (int)i, found);
            }
        }
        return NULL;
    default: return NULL;
    }
}

const char *shop_json_number(const shop_json_doc_t *doc, const json_t *value, apr_pool_t *pool)
{
    if (json_is_integer(value)) {
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value));
    }
    for (int i = 0; doc->numbers && i < doc->numbers->nelts; i++) {
        const shop_json_number_t *number = &APR_ARRAY_IDX(doc->numbers, i, shop_json_number_t);

        if (number->value == value) {
            return apr_pstrmemdup(pool, number->text, number->size);
        }
    }
    return NULL;
}

static shop_error_t *holds_nul(const char *pointer, apr_pool_t *pool)
{
    shop_error_t *err = shop_err(pool, MALFORMED_JSON, "%s holds the character U+0000", pointer);

    shop_error_violate(&err, pool, pointer, "nul", "must not hold the character U+0000");
    return err;
}

static shop_error_t *overflow(const json_error_t *error, apr_pool_t *pool)
{
    shop_error_t *err = shop_err(pool, MALFORMED_JSON, "a number is too large (line %d, column %d)",
                                 error->line, error->column);

    shop_error_violate(&err, pool, "", "too_large", "a number is too large (line %d, column %d)",
                       error->line, error->column);
    return err;
}

static shop_error_t *syntax_error(const json_error_t *error, apr_pool_t *pool)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return shop_err(pool, MALFORMED_JSON, "a member is named twice (line %d, column %d)",
                        error->line, error->column);
    case json_error_numeric_overflow: return overflow(error, pool);
    case json_error_null_byte_in_key: return holds_nul("", pool);
    case json_error_invalid_utf8:
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
    walk_t state = { .pool = pool };
    const char *nul;
    json_error_t error;
    json_t *root;

    if (!size) { /* text may be NULL when size is 0 */
        return shop_err(pool, MALFORMED_JSON, "the body is empty");
    }
    scan.at = text;
    scan.end = text + size;
    scan.numbers = apr_array_make(pool, 4, sizeof(shop_json_number_t));
    if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        return shop_err(pool, MALFORMED_JSON, "the body begins with a byte order mark");
    }
    scan_text(&scan);
    if (scan.deepest > SHOP_JSON_MAX_DEPTH) {
        return shop_err(pool, MALFORMED_JSON, "the body nests deeper than %d", SHOP_JSON_MAX_DEPTH);
    }
    /* Checked before parsing, so that thousands of colliding keys never get into a hash table. */
    if (scan.members > SHOP_JSON_MAX_MEMBERS) {
        shop_error_t *err = NULL;

        shop_error_violate(&err, pool, "", "length", "has more than %d members",
                           SHOP_JSON_MAX_MEMBERS);
        return err;
    }
    root = shop_json_own(
        json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error),
        pool);
    if (!root) {
        return syntax_error(&error, pool);
    }
    if (!json_is_object(root)) {
        return shop_err(pool, MALFORMED_JSON, "the body is not a JSON object");
    }
    state.numbers = scan.numbers;
    nul = walk(&state, root);
    if (nul) {
        return holds_nul(nul, pool);
    }
    doc->root = root;
    doc->numbers = scan.numbers;
    return NULL;
}
