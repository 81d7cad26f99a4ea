/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_ERROR_H
#define SHOP_BASE_ERROR_H

/* Errors are values: NULL is success. detail, violations and extra members are for the client,
 * cause is for the log only. http/problem.c alone converts an error to application/problem+json
 * (RFC 9457). */

#include <apr_pools.h>
#include <jansson.h>

typedef enum {
    SHOP_OK = 0,
#define SHOP_ERROR(name, status, code, title, help) SHOP_##name,
#include "errors.def"
#undef SHOP_ERROR
    SHOP_CODE_COUNT
} shop_code_t;

/* One invalid member or query parameter (an item of "errors" in a 422). */
typedef struct shop_violation_t {
    const char *pointer; /* RFC 6901 pointer into the body, or "?name" for a query parameter */
    const char *code;    /* stable; one of violations.def */
    const char *detail;  /* human-readable sentence */
    struct shop_violation_t *next;
} shop_violation_t;

typedef struct shop_error_t {
    shop_code_t code;
    const char *detail; /* for the client; never NULL */
    const char *cause;  /* for the log only: driver text, hosts, queries; may be NULL */
    int retry_after;    /* seconds, 0 = the code's default (429 and 503 always send one) */
    const char *allow;  /* value of Allow for 405 */
    shop_violation_t *violations; /* 422 */
    json_t *extra;                /* further problem members, owned by the pool; may be NULL */
    const char *file;
    int line;
} shop_error_t;

/* Makes an error in pool. The printf format becomes detail, which is sent to the client. Never
 * fails. */
#define shop_err(pool, NAME, ...) \
    shop_error_create((pool), SHOP_##NAME, __FILE__, __LINE__, __VA_ARGS__)
shop_error_t *shop_error_create(apr_pool_t *pool, shop_code_t code, const char *file, int line,
                                const char *format, ...)
    __attribute__((format(printf, 5, 6), returns_nonnull));

/* Sets the cause. Returns err, so that it can wrap a return expression. */
shop_error_t *shop_error_cause(shop_error_t *err, apr_pool_t *pool, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The rows of violations.def; one without a code ends them. */
typedef struct shop_violation_kind_t {
    const char *code;
    const char *help;
} shop_violation_kind_t;

extern const shop_violation_kind_t shop_violation_kinds[];
/* Appends a violation to *err. When *err is NULL, it becomes a VALIDATION_FAILED error. */
void shop_error_violate(shop_error_t **err, apr_pool_t *pool, const char *pointer, const char *code,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The values of the member "reason" that COUPON_NOT_APPLICABLE adds, NULL-terminated; "exhausted"
 * occurs in quotes only: an order is refused with COUPON_EXHAUSTED. */
extern const char *const shop_error_reasons[];
/* Adds a member to the problem document. Takes over the reference to value. */
void shop_error_extra(shop_error_t *err, apr_pool_t *pool, const char *name, json_t *value);

int shop_code_status(shop_code_t code);        /* HTTP status */
const char *shop_code_name(shop_code_t code);  /* "out_of_stock" */
const char *shop_code_title(shop_code_t code); /* "Out of stock" */
const char *shop_code_help(shop_code_t code);
/* The code for an HTTP status with which httpd refused a request; SHOP_OK when there is none. */
shop_code_t shop_code_of_status(int status);

/* Returns from the function when expr is an error. */
#define SHOP_TRY(expr)                    \
    do {                                  \
        shop_error_t *shop_try_ = (expr); \
        if (shop_try_) {                  \
            return shop_try_;             \
        }                                 \
    } while (0)

#endif
