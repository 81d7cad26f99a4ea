/* SPDX-License-Identifier: MIT
 * Parses media types (RFC 9110): case-insensitive, optional white space, quoted parameters.
 * Malformed ones are refused in Content-Type and skipped in Accept. */
#include "media.h"

#include <apr_lib.h>
#include <string.h>
#include <strings.h>

typedef struct span_t {
    const char *text;
    size_t size;
} span_t;

static bool span_is(span_t span, const char *word)
{
    return span.size == strlen(word) && !strncasecmp(span.text, word, span.size);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static span_t take_token(const char **at)
{
    span_t token = { *at, 0 };

    while ((*at)[0] && (apr_isalnum((unsigned char)**at) || strchr("!#$%&'*+-.^_`|~", **at))) {
        (*at)++;
    }
    token.size = (size_t)(*at - token.text);
    return token;
}

/* Parses a token or a quoted string; the span excludes the quotes. */
static bool take_value(span_t *value, const char **at)
{
    if (**at != '"') {
        *value = take_token(at);
        return value->size > 0;
    }
    value->text = ++*at;
    while (**at && **at != '"') {
        *at += (*at)[0] == '\\' && (*at)[1] ? 2 : 1;
    }
    value->size = (size_t)(*at - value->text);
    if (**at != '"') {
        return false;
    }
    ++*at;
    return true;
}

/* Parses "type/subtype" as one span. */
static bool take_type(span_t *type, const char **at)
{
    type->text = *at;
    if (!take_token(at).size || **at != '/') {
        return false;
    }
    ++*at;
    if (!take_token(at).size) {
        return false;
    }
    type->size = (size_t)(*at - type->text);
    return true;
}

typedef enum { PARAMETER_TAKEN, PARAMETER_END, PARAMETER_BROKEN } parameter_t;

/* Parses the next ";name=value". Empty parameters are skipped, as the grammar allows them. */
static parameter_t take_parameter(span_t *name, span_t *value, const char **at)
{
    *at = skip_blanks(*at);
    while (**at == ';') {
        *at = skip_blanks(*at + 1);
        *name = take_token(at);
        if (name->size) {
            if (**at != '=') {
                return PARAMETER_BROKEN;
            }
            ++*at;
            return take_value(value, at) ? PARAMETER_TAKEN : PARAMETER_BROKEN;
        }
    }
    return PARAMETER_END;
}

bool shop_media_is_json(const char *content_type, bool merge_patch)
{
    const char *at = content_type ? skip_blanks(content_type) : "";
    span_t type, name, value;
    parameter_t parameter;
    int charsets = 0;

    if (!take_type(&type, &at) ||
        !(span_is(type, "application/json") ||
          (merge_patch && span_is(type, "application/merge-patch+json")))) {
        return false;
    }
    while ((parameter = take_parameter(&name, &value, &at)) == PARAMETER_TAKEN) {
        if (span_is(name, "charset") &&
            (!(span_is(value, "utf-8") || span_is(value, "utf8")) || charsets++)) {
            return false;
        }
    }
    return parameter == PARAMETER_END && !*at;
}

/* One element of Accept. */
typedef struct range_t {
    span_t type;
    bool refused; /* q=0 */
} range_t;

static bool is_zero(span_t q)
{
    return q.size && q.text[0] == '0' && strspn(q.text + 1, ".0") >= q.size - 1;
}

/* Returns the position after the next comma outside quotes, or the end. */
static const char *next_element(const char *at)
{
    bool quoted = false;

    for (; *at && (quoted || *at != ','); at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (quoted && *at == '\\' && at[1]) {
            at++;
        }
    }
    return *at ? at + 1 : at;
}

static bool read_range(range_t *range, const char *at)
{
    span_t name, value;

    at = skip_blanks(at);
    range->refused = false;
    if (!take_type(&range->type, &at)) {
        return false;
    }
    while (take_parameter(&name, &value, &at) == PARAMETER_TAKEN) {
        if (span_is(name, "q")) {
            range->refused = is_zero(value);
        }
    }
    return true;
}

typedef enum { UNSAID, REFUSED, TAKEN } verdict_t;

static void judge(verdict_t *verdict, const range_t *range)
{
    if (*verdict != TAKEN) {
        *verdict = range->refused ? REFUSED : TAKEN;
    }
}

bool shop_media_is_accepted(const char *accept)
{
    verdict_t json = UNSAID, problem = UNSAID, application = UNSAID, any = UNSAID;

    if (!accept || !accept[strspn(accept, " \t,")]) {
        return true;
    }
    for (; *accept; accept = next_element(accept)) {
        range_t range;

        if (!read_range(&range, accept)) {
            continue;
        }
        if (span_is(range.type, "application/json")) {
            judge(&json, &range);
        } else if (span_is(range.type, "application/problem+json")) {
            judge(&problem, &range);
        } else if (span_is(range.type, "application/*")) {
            judge(&application, &range);
        } else if (span_is(range.type, "*/*")) {
            judge(&any, &range);
        }
    }
    if (problem == TAKEN) {
        return true;
    }
    /* the most specific range applies */
    json = json != UNSAID ? json : application != UNSAID ? application : any;
    return json == TAKEN;
}
