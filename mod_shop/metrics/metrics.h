/* SPDX-License-Identifier: MIT */
#ifndef SHOP_METRICS_METRICS_H
#define SHOP_METRICS_METRICS_H

/* What a shop did, in counters that the processes of a host share. Counting takes no lock and no
 * memory: three additions for a request, one more each when it asked MongoDB or was refused.
 * Reading takes none either, so what is read while others count is of no single moment. What there
 * is: metrics.def. */

#include "../base/error.h"
#include "../cache/cache_local.h"
#include "../http/route.h"

#define SHOP_METRICS_LINE 64    /* bytes of a cache line */
#define SHOP_METRICS_CLASSES 4  /* 2xx, 3xx, 4xx, 5xx */
#define SHOP_METRICS_BUCKETS 11 /* ten bounds, and what took longer */

/* Of one route. A quick reply touches the first cache line only. */
typedef struct shop_route_counts_t {
    _Alignas(SHOP_METRICS_LINE) uint64_t replies[SHOP_METRICS_CLASSES];
    uint64_t duration_us, db_commands;
    uint64_t buckets[SHOP_METRICS_BUCKETS]; /* each without those below it */
} shop_route_counts_t;

/* All are uint64_t, whatever their names: shop_metrics_add relies on it. */
typedef struct shop_counts_t {
    _Alignas(SHOP_METRICS_LINE) shop_cache_counts_t cache;
    _Alignas(SHOP_METRICS_LINE) uint64_t orders_placed, orders_out_of_stock;
    uint64_t refusals[SHOP_CODE_COUNT];
    shop_route_counts_t routes[]; /* in the order of the tables; the last: requests without one */
} shop_counts_t;

/* The counts and the way from a route to its own; of one process, which may fork. */
typedef struct shop_metrics_t {
    const shop_route_t *const *tables;
    shop_counts_t *counts;
    int routes; /* rows of the tables */
    struct shop_metrics_span_t *spans;
} shop_metrics_t;

/* Bytes of zeroed memory, on a cache line, for these tables (as app.h's shop_app_routes). */
apr_size_t shop_metrics_size(const shop_route_t *const *tables);
/* Of the names in their order: memory of another mark holds other counts. */
unsigned shop_metrics_mark(const shop_route_t *const *tables);
/* memory: shop_metrics_size(tables) bytes, or NULL: own ones, zeroed, in pool. */
shop_metrics_t *shop_metrics_attach(void *memory, const shop_route_t *const *tables,
                                    apr_pool_t *pool);

/* Where metrics may be NULL, nothing is counted. */

/* A request was answered. route NULL: none was found; code SHOP_OK: it was not refused. A negative
 * took (the clock was set) counts as 0. */
void shop_metrics_count(shop_metrics_t *metrics, const shop_route_t *route, int status,
                        shop_code_t code, apr_interval_time_t took, int db_commands);
/* An order was placed (err NULL) or refused. */
void shop_metrics_count_order(shop_metrics_t *metrics, const shop_error_t *err);

/* Adds what `from` holds now to sum, which nobody counts in and is attached to the same tables. */
void shop_metrics_add(shop_metrics_t *sum, const shop_metrics_t *from);

/* ---- metrics_text.c ---- */

typedef struct shop_metrics_of_t {
    const char *shop;        /* the label; no two are equal */
    shop_metrics_t *metrics; /* a sum */
} shop_metrics_of_t;

#define SHOP_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Prometheus' text format 0.0.4. Of routes those that were asked. */
const char *shop_metrics_text(apr_size_t *size, const shop_metrics_of_t *shops, int count,
                              apr_pool_t *pool);

typedef struct shop_figure_t {
    const char *key, *title; /* "ShopCacheHits", "Cache hits" */
    uint64_t value;
} shop_figure_t;

/* The few numbers for mod_status, of a sum; *count says how many. */
const shop_figure_t *shop_metrics_figures(int *count, const shop_metrics_t *metrics,
                                          apr_pool_t *pool);

#endif
