/* SPDX-License-Identifier: MIT */
#ifndef SHOP_METRICS_METRICS_H
#define SHOP_METRICS_METRICS_H

/* Counters of a shop in memory that the processes of a host share. Counting neither locks nor
 * allocates: three additions for a request, and one more each for MongoDB commands and a refusal.
 * Reading does not lock either, so the values read are not a consistent snapshot. The list of
 * metrics is metrics.def. */

#include "../base/error.h"
#include "../cache/cache_local.h"
#include "../http/route.h"

#define SHOP_METRICS_LINE 64      /* bytes of a cache line */
#define SHOP_METRICS_CLASSES 4    /* 2xx, 3xx, 4xx, 5xx */
#define SHOP_METRICS_LOG_LINES 64 /* at least the rows of log.def */
#define SHOP_METRICS_BUCKETS 11   /* ten bounds and +Inf */

/* Of one route. A fast reply writes to the first cache line only. */
typedef struct shop_route_counts_t {
    _Alignas(SHOP_METRICS_LINE) uint64_t replies[SHOP_METRICS_CLASSES];
    uint64_t duration_us, db_commands;
    uint64_t buckets[SHOP_METRICS_BUCKETS]; /* not cumulative */
} shop_route_counts_t;

/* Every member is uint64_t: shop_metrics_add depends on it. */
typedef struct shop_counts_t {
    _Alignas(SHOP_METRICS_LINE) shop_cache_counts_t cache;
    _Alignas(SHOP_METRICS_LINE) uint64_t orders_placed, orders_out_of_stock, store_pings;
    uint64_t reaper_turns, reaper_done, reaper_left;
    uint64_t refusals[SHOP_CODE_COUNT];
    uint64_t log_lines[SHOP_METRICS_LOG_LINES]; /* by row of log.def */
    shop_route_counts_t routes[]; /* in the order of the tables; the last: requests without one */
} shop_counts_t;

/* The counts, and how to find those of a route. Of one process, which may fork. */
typedef struct shop_metrics_t {
    const shop_route_t *const *tables;
    shop_counts_t *counts;
    int routes; /* rows of the tables */
    struct shop_metrics_span_t *spans;
} shop_metrics_t;

/* Bytes of zeroed memory for these tables, to be aligned to a cache line. tables:
 * shop_app_routes. */
apr_size_t shop_metrics_size(const shop_route_t *const *tables);
/* A hash of the names in their order: memory with another mark holds counts of other routes. */
unsigned shop_metrics_mark(const shop_route_t *const *tables);
/* memory: shop_metrics_size(tables) bytes, or NULL: allocated in pool. */
shop_metrics_t *shop_metrics_attach(void *memory, const shop_route_t *const *tables,
                                    apr_pool_t *pool);

/* The following count nothing when metrics is NULL. */

/* A request was answered. route NULL: no route matched. code SHOP_OK: it was not refused. took: a
 * negative duration (the clock was set) counts as 0. */
void shop_metrics_count(shop_metrics_t *metrics, const shop_route_t *route, int status,
                        shop_code_t code, apr_interval_time_t took, int db_commands);
/* An order was placed (err NULL) or refused. */
void shop_metrics_count_order(shop_metrics_t *metrics, const shop_error_t *err);

/* MongoDB was pinged in the background. */
void shop_metrics_count_ping(shop_metrics_t *metrics);

/* The reaper has run: so many items were completed or rolled back, and so many left. */
void shop_metrics_count_reaper(shop_metrics_t *metrics, int done, int left);

/* A line with this number was logged; one that log.def does not have is not counted. */
void shop_metrics_count_log_line(shop_metrics_t *metrics, int number);

/* Adds the present counts of `from` to sum. sum has the same tables and is not shared. */
void shop_metrics_add(shop_metrics_t *sum, const shop_metrics_t *from);

/* ---- metrics_text.c ---- */

typedef struct shop_metrics_of_t {
    const char *shop;        /* the label; no two are equal */
    shop_metrics_t *metrics; /* a sum */
} shop_metrics_of_t;

#define SHOP_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Prometheus' text format 0.0.4, with the routes that were requested at least once. */
const char *shop_metrics_text(apr_size_t *size, const shop_metrics_of_t *shops, int count,
                              apr_pool_t *pool);

typedef struct shop_figure_t {
    const char *key, *title; /* "ShopCacheHits", "Cache hits" */
    uint64_t value;
} shop_figure_t;

/* The numbers for mod_status, of a sum; *count: how many. */
const shop_figure_t *shop_metrics_figures(int *count, const shop_metrics_t *metrics,
                                          apr_pool_t *pool);

#endif
