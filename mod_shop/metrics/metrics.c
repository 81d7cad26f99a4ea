/* SPDX-License-Identifier: MIT
 * Counting. The numbers are independent of one another, so relaxed atomics suffice. */
#include "metrics.h"

#include <apr_hash.h>

#include "../base/log.h"

/* Inclusive upper bounds of all buckets but the last, microseconds. */
static const apr_interval_time_t bounds[SHOP_METRICS_BUCKETS - 1] = {
#define SHOP_METRIC_BOUND(us, text) us,
#include "metrics.def"
};

enum {
    log_rows = 0
#define SHOP_LOG_ROW(number, NAME, level, help) +1
#include "../base/log.def"
#undef SHOP_LOG_ROW
};
_Static_assert(log_rows <= SHOP_METRICS_LOG_LINES, "each row of log.def has a counter");

/* The rows of one route table. */
typedef struct shop_metrics_span_t {
    const shop_route_t *first;
    int count, before; /* routes of this table, of the tables before it */
} span_t;

static int rows_of(const shop_route_t *table)
{
    int rows = 0;

    while (table[rows].method) {
        rows++;
    }
    return rows;
}

static int routes_of(const shop_route_t *const *tables)
{
    int routes = 0;

    for (; *tables; tables++) {
        routes += rows_of(*tables);
    }
    return routes;
}

static apr_size_t size_for(int routes)
{
    return sizeof(shop_counts_t) + ((apr_size_t)routes + 1) * sizeof(shop_route_counts_t);
}

apr_size_t shop_metrics_size(const shop_route_t *const *tables)
{
    return size_for(routes_of(tables));
}

static unsigned marked(unsigned mark, const char *name)
{
    apr_ssize_t size = APR_HASH_KEY_STRING;

    return mark * 31 + apr_hashfunc_default(name, &size);
}

unsigned shop_metrics_mark(const shop_route_t *const *tables)
{
    unsigned mark = 0;

    for (; *tables; tables++) {
        for (const shop_route_t *route = *tables; route->method; route++) {
            mark = marked(mark, route->operation);
        }
    }
    for (int code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        mark = marked(mark, shop_code_name((shop_code_t)code));
    }
    for (int row = 0; row < shop_log_rows(); row++) {
        mark = mark * 31 + (unsigned)shop_log_number_of(row);
    }
    return mark;
}

shop_metrics_t *shop_metrics_attach(void *memory, const shop_route_t *const *tables,
                                    apr_pool_t *pool)
{
    shop_metrics_t *metrics;
    int count = 0;

    while (tables[count]) {
        count++;
    }
    metrics = apr_pcalloc(pool, sizeof(*metrics));
    metrics->tables = tables;
    metrics->spans = apr_pcalloc(pool, ((apr_size_t)count + 1) * sizeof(span_t));
    for (int i = 0; i < count; i++) {
        metrics->spans[i] = (span_t){ tables[i], rows_of(tables[i]), metrics->routes };
        metrics->routes += metrics->spans[i].count;
    }
    if (!memory) {
        char *own = apr_pcalloc(pool, size_for(metrics->routes) + SHOP_METRICS_LINE);

        memory = own + (SHOP_METRICS_LINE - (uintptr_t)own % SHOP_METRICS_LINE);
    }
    metrics->counts = memory;
    return metrics;
}

/* ---- counting ---- */

static void add(uint64_t *counter, uint64_t more)
{
    __atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

/* Index of the route in counts->routes. */
static int number_of(const shop_metrics_t *metrics, const shop_route_t *route)
{
    for (const span_t *span = metrics->spans; route && span->first; span++) {
        uintptr_t distance = (uintptr_t)route - (uintptr_t)span->first;

        if (distance / sizeof(*route) < (uintptr_t)span->count) {
            return span->before + (int)(distance / sizeof(*route));
        }
    }
    return metrics->routes;
}

static int class_of(int status)
{
    int class = status / 100 - 2;

    return class < 0 ? 0 : class < SHOP_METRICS_CLASSES ? class : SHOP_METRICS_CLASSES - 1;
}

static int bucket_of(apr_interval_time_t took)
{
    int bucket = 0;

    while (bucket < SHOP_METRICS_BUCKETS - 1 && took > bounds[bucket]) {
        bucket++;
    }
    return bucket;
}

void shop_metrics_count(shop_metrics_t *metrics, const shop_route_t *route, int status,
                        shop_code_t code, apr_interval_time_t took, int db_commands)
{
    shop_route_counts_t *counts;

    if (!metrics) {
        return;
    }
    counts = &metrics->counts->routes[number_of(metrics, route)];
    took = took > 0 ? took : 0;
    add(&counts->replies[class_of(status)], 1);
    add(&counts->buckets[bucket_of(took)], 1);
    add(&counts->duration_us, (uint64_t)took);
    if (db_commands > 0) {
        add(&counts->db_commands, (uint64_t)db_commands);
    }
    if (code != SHOP_OK) {
        add(&metrics->counts->refusals[code], 1);
    }
}

void shop_metrics_count_order(shop_metrics_t *metrics, const shop_error_t *err)
{
    if (!metrics) {
        return;
    }
    if (!err) {
        add(&metrics->counts->orders_placed, 1);
    } else if (err->code == SHOP_OUT_OF_STOCK) {
        add(&metrics->counts->orders_out_of_stock, 1);
    }
}

void shop_metrics_count_ping(shop_metrics_t *metrics)
{
    if (metrics) {
        add(&metrics->counts->store_pings, 1);
    }
}

void shop_metrics_count_reaper(shop_metrics_t *metrics, int done, int left)
{
    if (metrics) {
        add(&metrics->counts->reaper_turns, 1);
        add(&metrics->counts->reaper_done, (uint64_t)done);
        add(&metrics->counts->reaper_left, (uint64_t)left);
    }
}

void shop_metrics_count_log_line(shop_metrics_t *metrics, int number)
{
    int row = metrics ? shop_log_row_of(number) : -1;

    if (row >= 0) {
        add(&metrics->counts->log_lines[row], 1);
    }
}

void shop_metrics_add(shop_metrics_t *sum, const shop_metrics_t *from)
{
    const uint64_t *source = (const uint64_t *)(const void *)from->counts;
    uint64_t *target = (uint64_t *)(void *)sum->counts;

    for (apr_size_t i = 0; i < size_for(from->routes) / sizeof(*source); i++) {
        target[i] += __atomic_load_n(&source[i], __ATOMIC_RELAXED);
    }
}
