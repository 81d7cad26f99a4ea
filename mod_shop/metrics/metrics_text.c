/* SPDX-License-Identifier: MIT
 * Exposition: Prometheus' text format, and the numbers that mod_status shows. */
#include <apr_strings.h>

#include "../base/log.h"
#include "metrics.h"
#include "../http/uri.h"

#define NO_ROUTE "none"

/* One shop's part of one family. */
typedef struct part_t {
    apr_array_header_t *lines; /* const char * */
    const char *family;
    const char *shop; /* escaped */
    const shop_metrics_t *metrics;
} part_t;

static const char *const classes[SHOP_METRICS_CLASSES] = { "2xx", "3xx", "4xx", "5xx" };
static const char *const bounds[SHOP_METRICS_BUCKETS] = {
#define SHOP_METRIC_BOUND(us, text) text,
#include "metrics.def"
    "+Inf"
};

static void line(apr_array_header_t *lines, const char *text)
{
    APR_ARRAY_PUSH(lines, const char *) = text;
}

/* Escapes backslash, quote and line feed, as the format requires. A label that is not UTF-8 would
 * make the whole page invalid, so its bytes above 0x7f become "?". */
static const char *escaped(const char *label, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, 2 * strlen(label) + 1);
    bool utf8 = shop_uri_is_utf8(label);
    char *at = text;

    for (; *label; label++) {
        if (*label == '\\' || *label == '"' || *label == '\n') {
            *at++ = '\\';
        }
        *at++ = (char)(*label == '\n' ? 'n' : !utf8 && (unsigned char)*label > 0x7f ? '?' : *label);
    }
    *at = '\0';
    return text;
}

static uint64_t requests_of(const shop_route_counts_t *counts)
{
    uint64_t requests = 0;

    for (int i = 0; i < SHOP_METRICS_CLASSES; i++) {
        requests += counts->replies[i];
    }
    return requests;
}

/* ---- metric families ---- */

typedef void (*print_route_t)(const part_t *part, const char *route,
                              const shop_route_counts_t *counts);

static void print_if_requested(const part_t *part, print_route_t print, const char *route,
                               int number)
{
    const shop_route_counts_t *counts = &part->metrics->counts->routes[number];

    if (requests_of(counts)) {
        print(part, route, counts);
    }
}

static void each_route(const part_t *part, print_route_t print)
{
    int number = 0;

    for (const shop_route_t *const *table = part->metrics->tables; *table; table++) {
        for (const shop_route_t *route = *table; route->method; route++) {
            print_if_requested(part, print, route->operation, number++);
        }
    }
    print_if_requested(part, print, NO_ROUTE, number);
}

static void print_route_requests(const part_t *part, const char *route,
                                 const shop_route_counts_t *counts)
{
    for (int i = 0; i < SHOP_METRICS_CLASSES; i++) {
        line(part->lines,
             apr_psprintf(part->lines->pool,
                          "%s{shop=\"%s\",route=\"%s\",code=\"%s\"} %" APR_UINT64_T_FMT,
                          part->family, part->shop, route, classes[i], counts->replies[i]));
    }
}

static void print_requests(const part_t *part)
{
    each_route(part, print_route_requests);
}

static void print_route_durations(const part_t *part, const char *route,
                                  const shop_route_counts_t *counts)
{
    apr_pool_t *pool = part->lines->pool;
    uint64_t sum = counts->duration_us;
    uint64_t count = 0;

    for (int i = 0; i < SHOP_METRICS_BUCKETS; i++) {
        count += counts->buckets[i];
        line(part->lines,
             apr_psprintf(pool, "%s_bucket{shop=\"%s\",route=\"%s\",le=\"%s\"} %" APR_UINT64_T_FMT,
                          part->family, part->shop, route, bounds[i], count));
    }
    line(part->lines,
         apr_psprintf(pool,
                      "%s_sum{shop=\"%s\",route=\"%s\"} %" APR_UINT64_T_FMT ".%06" APR_UINT64_T_FMT,
                      part->family, part->shop, route, sum / 1000000, sum % 1000000));
    line(part->lines, apr_psprintf(pool, "%s_count{shop=\"%s\",route=\"%s\"} %" APR_UINT64_T_FMT,
                                   part->family, part->shop, route, count));
}

static void print_durations(const part_t *part)
{
    each_route(part, print_route_durations);
}

static void print_route_commands(const part_t *part, const char *route,
                                 const shop_route_counts_t *counts)
{
    line(part->lines,
         apr_psprintf(part->lines->pool, "%s{shop=\"%s\",route=\"%s\"} %" APR_UINT64_T_FMT,
                      part->family, part->shop, route, counts->db_commands));
}

static void print_commands(const part_t *part)
{
    each_route(part, print_route_commands);
}

static void print_refusals(const part_t *part)
{
    const uint64_t *refusals = part->metrics->counts->refusals;

    for (int code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        line(part->lines,
             apr_psprintf(part->lines->pool, "%s{shop=\"%s\",problem=\"%s\"} %" APR_UINT64_T_FMT,
                          part->family, part->shop, shop_code_name((shop_code_t)code),
                          refusals[code]));
    }
}

static void print_log_lines(const part_t *part)
{
    const uint64_t *log_lines = part->metrics->counts->log_lines;

    for (int row = 0; row < shop_log_rows(); row++) {
        line(part->lines,
             apr_psprintf(part->lines->pool,
                          "%s{shop=\"%s\",number=\"SHOP%04d\"} %" APR_UINT64_T_FMT, part->family,
                          part->shop, shop_log_number_of(row), log_lines[row]));
    }
}

static void print_counter(const part_t *part, uint64_t value)
{
    line(part->lines, apr_psprintf(part->lines->pool, "%s{shop=\"%s\"} %" APR_UINT64_T_FMT,
                                   part->family, part->shop, value));
}

/* A printer and a reader per row; NULL where the row has none. */
typedef struct family_t {
    const char *name, *type, *help;
    void (*print)(const part_t *part);
    uint64_t (*read)(const shop_counts_t *c);
} family_t;

#define SHOP_METRIC_COUNTER(name, value, help)          \
    static uint64_t read_##name(const shop_counts_t *c) \
    {                                                   \
        return value;                                   \
    }
#include "metrics.def"

static const family_t families[] = {
#define SHOP_METRIC(name, type, labels, printer, help) \
    { #name, #type, help, print_##printer, NULL },
#define SHOP_METRIC_COUNTER(name, value, help) { #name, "counter", help, NULL, read_##name },
#include "metrics.def"
};

static void print_family(apr_array_header_t *lines, const family_t *family,
                         const shop_metrics_of_t *shops, int count)
{
    line(lines, apr_pstrcat(lines->pool, "# HELP ", family->name, " ", family->help, NULL));
    line(lines, apr_pstrcat(lines->pool, "# TYPE ", family->name, " ", family->type, NULL));
    for (int i = 0; i < count; i++) {
        part_t part = { lines, family->name, escaped(shops[i].shop, lines->pool),
                        shops[i].metrics };

        if (family->print) {
            family->print(&part);
        } else {
            print_counter(&part, family->read(shops[i].metrics->counts));
        }
    }
}

const char *shop_metrics_text(apr_size_t *size, const shop_metrics_of_t *shops, int count,
                              apr_pool_t *pool)
{
    apr_array_header_t *lines = apr_array_make(pool, 256, sizeof(const char *));
    const char *text;

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        print_family(lines, &families[i], shops, count);
    }
    line(lines, ""); /* the last line ends as well */
    text = apr_array_pstrcat(pool, lines, '\n');
    *size = strlen(text);
    return text;
}

/* ---- for mod_status ---- */

static void sum_up(shop_route_counts_t *all, const shop_metrics_t *metrics)
{
    const shop_route_counts_t *routes = metrics->counts->routes;

    for (int i = 0; i <= metrics->routes; i++) {
        for (int class = 0; class < SHOP_METRICS_CLASSES; class ++) {
            all->replies[class] += routes[i].replies[class];
        }
        all->duration_us += routes[i].duration_us;
        all->db_commands += routes[i].db_commands;
    }
}

const shop_figure_t *shop_metrics_figures(int *count, const shop_metrics_t *metrics,
                                          apr_pool_t *pool)
{
    const shop_counts_t *c = metrics->counts;
    shop_route_counts_t sums = { .duration_us = 0 };
    const shop_route_counts_t *all = &sums;

    sum_up(&sums, metrics);
    {
        const shop_figure_t figures[] = {
#define SHOP_FIGURE(key, value, title, help) { #key, title, value },
#include "metrics.def"
        };

        *count = (int)(sizeof(figures) / sizeof(figures[0]));
        return apr_pmemdup(pool, figures, sizeof(figures));
    }
}
