/* SPDX-License-Identifier: MIT
 * Problem documents of an operation: the codes that the dispatcher can refuse a route of this shape
 * with, and the codes that the route names itself. Codes of one status are one response; equal
 * responses are written once, in components/responses. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "openapi_parts.h"

static void add_code(bool *codes, shop_code_t code)
{
    codes[code] = true;
}

/* Every code an operation of this shape can answer with, except 500. */
static void collect_codes(bool *codes, const shop_route_t *route)
{
    /* of the address, a header field or a body, which a GET may have too */
    add_code(codes, SHOP_BAD_REQUEST);
    add_code(codes, SHOP_MALFORMED_JSON);
    add_code(codes, SHOP_NOT_ACCEPTABLE);
    add_code(codes, SHOP_REQUEST_TIMEOUT);
    add_code(codes, SHOP_PAYLOAD_TOO_LARGE);
    add_code(codes, SHOP_URI_TOO_LONG);
    add_code(codes, SHOP_VALIDATION_FAILED); /* an unknown query parameter, at least */
    add_code(codes, SHOP_UNAVAILABLE);
    if (route->access != SHOP_ACCESS_PUBLIC) {
        add_code(codes, SHOP_TOKEN_INVALID);
        add_code(codes, SHOP_TOKEN_EXPIRED);
        add_code(codes, SHOP_TOKEN_REVOKED);
        if (route->access != SHOP_ACCESS_OPTIONAL) {
            add_code(codes, SHOP_TOKEN_MISSING);
        }
    }
    if (route->access == SHOP_ACCESS_ADMIN) {
        add_code(codes, SHOP_FORBIDDEN);
    }
    if (route->body) {
        add_code(codes, SHOP_UNSUPPORTED_MEDIA_TYPE);
    }
    if (strchr(route->path, '{')) {
        add_code(codes, SHOP_NOT_FOUND);
    }
    if (route->if_match) {
        add_code(codes, SHOP_PRECONDITION_FAILED);
        add_code(codes, SHOP_PRECONDITION_REQUIRED);
    }
    if (route->rate != SHOP_RATE_CLASS_EXEMPT) {
        add_code(codes, SHOP_RATE_LIMITED);
    }
    for (const shop_code_t *code = route->errors; code && *code != SHOP_OK; code++) {
        add_code(codes, *code);
    }
}

/* The codes of one status that one route can answer with. */
typedef struct problem_t {
    int status;
    bool codes[SHOP_CODE_COUNT];
    bool rate_limited;   /* the route's replies carry RateLimit */
    bool is_patch_media; /* 415 of a PATCH carries Accept-Patch */
} problem_t;

/* "total_changed" -> "TotalChanged" */
static const char *camel_case(const char *code, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, strlen(code) + 1);
    char *end = made;
    bool upper = true;

    for (; *code; code++) {
        if (*code == '_') {
            upper = true;
            continue;
        }
        *end++ = (char)(upper ? apr_toupper(*code) : *code);
        upper = false;
    }
    *end = '\0';
    return made;
}

/* Every route that can answer `token_invalid` can answer these two, so the name leaves them out. */
static bool is_named(shop_code_t code)
{
    return code != SHOP_TOKEN_EXPIRED && code != SHOP_TOKEN_REVOKED;
}

/* One or two codes are the name: "NotFound", "BadRequestOrMalformedJson". A longer list is named
 * by the first operation that has it: "PlaceOrder409". */
static const char *problem_name(shop_openapi_t *doc, const problem_t *problem,
                                const shop_route_t *route)
{
    const char *name = "";
    int count = 0;

    for (shop_code_t code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        if (problem->codes[code] && is_named(code)) {
            name = apr_pstrcat(doc->pool, name, count++ ? "Or" : "",
                               camel_case(shop_code_name(code), doc->pool), NULL);
        }
    }
    if (count > 2) {
        name = apr_psprintf(doc->pool, "%s%d", camel_case(route->operation, doc->pool),
                            problem->status);
    }
    return apr_pstrcat(doc->pool, name, problem->is_patch_media ? "OfPatch" : "",
                       problem->rate_limited ? "" : "WithoutRateLimit", NULL);
}

/* With the first code. */
static json_t *problem_example(const problem_t *problem, apr_pool_t *pool)
{
    shop_code_t code = SHOP_OK + 1;
    char *hyphens;

    while (!problem->codes[code]) {
        code++;
    }
    hyphens = apr_pstrdup(pool, shop_code_name(code));
    for (char *at = strchr(hyphens, '_'); at; at = strchr(at, '_')) {
        *at = '-';
    }
    return json_pack(
        "{s:s+, s:s, s:i, s:s, s:s, s:s, s:s}", "type", "urn:mod_shop:problem:", hyphens, "title",
        shop_code_title(code), "status", problem->status, "detail", "what was wrong this time",
        "instance", "urn:request:Zx8aLwR2", "request_id", "Zx8aLwR2", "code", shop_code_name(code));
}

static json_t *problem_response(shop_openapi_t *doc, const problem_t *problem)
{
    const char *text = "";
    json_t *response;

    for (shop_code_t code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        if (problem->codes[code]) {
            text = apr_pstrcat(doc->pool, text, *text ? "\n\n" : "", "`", shop_code_name(code),
                               "`: ", shop_code_help(code), NULL);
        }
    }
    response = json_pack("{s:s, s:{s:{s:o, s:o}}}", "description", text, "content",
                         "application/problem+json", "schema",
                         shop_openapi_ref("schemas", "Problem", doc->pool), "example",
                         problem_example(problem, doc->pool));
    shop_openapi_add_header(doc, response, "X-Request-Id");
    if (problem->rate_limited) {
        shop_openapi_add_header(doc, response, "RateLimit");
        shop_openapi_add_header(doc, response, "RateLimit-Policy");
    }
    if (problem->is_patch_media) {
        shop_openapi_add_header(doc, response, "Accept-Patch");
    }
    switch (problem->status) {
    case 401: shop_openapi_add_header(doc, response, "WWW-Authenticate"); break;
    case 429:
    case 503: shop_openapi_add_header(doc, response, "Retry-After"); break;
    default: break;
    }
    return response;
}

/* The name of an equal response in components/responses, which is made when there is none. */
static const char *shared_problem(shop_openapi_t *doc, const problem_t *problem,
                                  const shop_route_t *route)
{
    problem_t *key = apr_pmemdup(doc->pool, problem, sizeof(*problem));
    const char *name = apr_hash_get(doc->names, key, sizeof(*key));

    if (!name) {
        name = problem_name(doc, problem, route);
        json_object_set_new(doc->responses, name, problem_response(doc, problem));
        apr_hash_set(doc->names, key, sizeof(*key), name);
    }
    return name;
}

void shop_openapi_add_problems(shop_openapi_t *doc, json_t *responses, const shop_route_t *route)
{
    bool codes[SHOP_CODE_COUNT] = { false };
    bool is_patch = !strcmp(route->method, "PATCH");
    shop_code_t code = SHOP_OK + 1;

    collect_codes(codes, route);
    while (code < SHOP_CODE_COUNT) { /* errors.def is sorted by status */
        problem_t problem;
        bool any = false;

        memset(&problem, 0, sizeof(problem)); /* its bytes are the key, padding included */
        problem.status = shop_code_status(code);
        problem.rate_limited = route->rate != SHOP_RATE_CLASS_EXEMPT;
        problem.is_patch_media = is_patch && problem.status == 415;
        for (; code < SHOP_CODE_COUNT && shop_code_status(code) == problem.status; code++) {
            problem.codes[code] = codes[code];
            any = any || codes[code];
        }
        if (any) {
            json_object_set_new(
                responses, apr_itoa(doc->pool, problem.status),
                shop_openapi_ref("responses", shared_problem(doc, &problem, route), doc->pool));
        }
    }
}
