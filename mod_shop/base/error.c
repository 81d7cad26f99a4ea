/* SPDX-License-Identifier: MIT
 * Errors as values. The status number in the table is all that refers to HTTP. */
#include "error.h"

#include <apr_strings.h>
#include <stdarg.h>

#include "json_own.h"

static const struct {
    int status;
    const char *name;
    const char *title;
    const char *help;
} codes[SHOP_CODE_COUNT] = {
    [SHOP_OK] = { 200, "ok", "OK", "" },
#define SHOP_ERROR(name, status, code, title, help) [SHOP_##name] = { status, code, title, help },
#include "errors.def"
#undef SHOP_ERROR
};

const shop_violation_kind_t shop_violation_kinds[] = {
#define SHOP_VIOLATION(code, help) { code, help },
#include "violations.def"
#undef SHOP_VIOLATION
    { NULL, NULL },
};

shop_error_t *shop_error_create(apr_pool_t *pool, shop_code_t code, const char *file, int line,
                                const char *format, ...)
{
    shop_error_t *err = apr_pcalloc(pool, sizeof(*err));
    va_list args;

    va_start(args, format);
    err->detail = apr_pvsprintf(pool, format, args);
    va_end(args);
    err->code = code;
    err->file = file;
    err->line = line;
    return err;
}

shop_error_t *shop_error_cause(shop_error_t *err, apr_pool_t *pool, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    err->cause = apr_pvsprintf(pool, format, args);
    va_end(args);
    return err;
}

void shop_error_violate(shop_error_t **err, apr_pool_t *pool, const char *pointer, const char *code,
                        const char *format, ...)
{
    shop_violation_t *violation = apr_pcalloc(pool, sizeof(*violation));
    shop_violation_t **last;
    va_list args;

    va_start(args, format);
    violation->detail = apr_pvsprintf(pool, format, args);
    va_end(args);
    violation->pointer = pointer;
    violation->code = code;
    if (!*err) {
        *err = shop_err(pool, VALIDATION_FAILED, "%s %s", *pointer ? pointer : "the body",
                        violation->detail);
    }
    for (last = &(*err)->violations; *last; last = &(*last)->next) {
    }
    *last = violation;
}

const char *const shop_error_reasons[] = { "unknown",      "expired",    "not_started",
                                           "min_purchase", "user_limit", "no_discount",
                                           "exhausted",    NULL };

void shop_error_extra(shop_error_t *err, apr_pool_t *pool, const char *name, json_t *value)
{
    if (!err->extra) {
        err->extra = shop_json_own(json_object(), pool);
    }
    json_object_set_new(err->extra, name, value);
}

int shop_code_status(shop_code_t code)
{
    return codes[code].status;
}

const char *shop_code_name(shop_code_t code)
{
    return codes[code].name;
}

const char *shop_code_title(shop_code_t code)
{
    return codes[code].title;
}

const char *shop_code_help(shop_code_t code)
{
    return codes[code].help;
}

shop_code_t shop_code_of_status(int status)
{
    switch (status) { /* statuses that several codes share: the most general code */
    case 400: return SHOP_BAD_REQUEST;
    case 401: return SHOP_TOKEN_MISSING;
    case 409: return SHOP_CONFLICT;
    case 422: return SHOP_VALIDATION_FAILED;
    default: break;
    }
    for (shop_code_t code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        if (codes[code].status == status) {
            return code;
        }
    }
    return SHOP_OK;
}
