/* SPDX-License-Identifier: MIT
 * The counters: where a request is counted, that none is lost, and how they are written down. */
#include <pthread.h>

#include "mod_shop/base/log.h"
#include "mod_shop/metrics/metrics.h"
#include "tests/kit/toy.h"

#define THREADS 8
#define ADDITIONS 20000

static const shop_route_t first_table[] = { { .method = "GET", .operation = "listThings" },
                                            { .method = "POST", .operation = "addThing" },
                                            { .method = NULL } };
static const shop_route_t second_table[] = { { .method = "GET", .operation = "showOther" },
                                             { .method = NULL } };
static const shop_route_t *const tables[] = { first_table, second_table, NULL };
static const shop_route_t *const swapped[] = { second_table, first_table, NULL };

static shop_metrics_t *metrics;

static void begin(void)
{
    metrics = shop_metrics_attach(NULL, tables, t_pool);
}

static uint64_t replies(int route, int class)
{
    return metrics->counts->routes[route].replies[class];
}

static void each_request_counts_under_its_route_and_class(void)
{
    begin();
    shop_metrics_count(metrics, &first_table[0], 200, SHOP_OK, 1, 0);
    shop_metrics_count(metrics, &first_table[0], 304, SHOP_OK, 1, 0);
    shop_metrics_count(metrics, &first_table[1], 201, SHOP_OK, 1, 3);
    shop_metrics_count(metrics, &second_table[0], 404, SHOP_NOT_FOUND, 1, 1);
    shop_metrics_count(metrics, &second_table[0], 503, SHOP_UNAVAILABLE, 1, 1);
    shop_metrics_count(metrics, NULL, 404, SHOP_NOT_FOUND, 1, 0);
    T_INT(replies(0, 0), 1);
    T_INT(replies(0, 1), 1);
    T_INT(replies(1, 0), 1);
    T_INT(replies(2, 2), 1);
    T_INT(replies(2, 3), 1);
    T_INT(replies(3, 2), 1);
    T_INT(metrics->counts->routes[1].db_commands, 3);
    T_INT(metrics->counts->routes[2].db_commands, 2);
    T_INT(metrics->counts->refusals[SHOP_NOT_FOUND], 2);
    T_INT(metrics->counts->refusals[SHOP_UNAVAILABLE], 1);
    T_INT(metrics->counts->refusals[SHOP_OK], 0);
}

static void a_route_of_another_shop_counts_as_none(void)
{
    begin();
    shop_metrics_count(metrics, &toy_routes[0][0], 200, SHOP_OK, 1, 0);
    shop_metrics_count(metrics, &first_table[2], 200, SHOP_OK, 1,
                       0); /* the row that ends a table */
    T_INT(replies(3, 0), 2);
    T_INT(replies(0, 0) + replies(1, 0) + replies(2, 0), 0);
}

static void a_status_that_is_none_counts_somewhere(void)
{
    begin();
    shop_metrics_count(metrics, NULL, 0, SHOP_OK, 1, 0);
    shop_metrics_count(metrics, NULL, 101, SHOP_OK, 1, 0);
    shop_metrics_count(metrics, NULL, 999, SHOP_OK, 1, 0);
    T_INT(replies(3, 0), 2);
    T_INT(replies(3, 3), 1);
}

/* The bucket in which took is counted. */
static int bucket_of(apr_interval_time_t took)
{
    int found = -1;

    begin();
    shop_metrics_count(metrics, &first_table[0], 200, SHOP_OK, took, 0);
    for (int i = 0; i < SHOP_METRICS_BUCKETS; i++) {
        if (metrics->counts->routes[0].buckets[i]) {
            T_INT(found, -1);
            found = i;
        }
    }
    return found;
}

static void a_bound_belongs_to_its_bucket(void)
{
    static const apr_interval_time_t bounds[] = {
#define SHOP_METRIC_BOUND(us, text) us,
#include "mod_shop/metrics/metrics.def"
    };
    const int count = (int)(sizeof(bounds) / sizeof(bounds[0]));

    T_INT(count, SHOP_METRICS_BUCKETS - 1);
    for (int i = 0; i < count; i++) {
        T_INT(bucket_of(bounds[i]), i);
        T_INT(bucket_of(bounds[i] + 1), i + 1);
    }
    T_INT(bucket_of(0), 0);
    T_INT(bucket_of(APR_INT64_MAX), SHOP_METRICS_BUCKETS - 1);
}

static void bounds_say_the_same_in_words_and_numbers(void)
{
#define SHOP_METRIC_BOUND(us, text) T_INT((us), strtod(text, NULL) * 1000000 + 0.5);
#include "mod_shop/metrics/metrics.def"
}

static void a_clock_set_back_is_no_time(void)
{
    T_INT(bucket_of(-5), 0);
    T_INT(metrics->counts->routes[0].duration_us, 0);
}

static void *count_often(void *data)
{
    for (int i = 0; i < ADDITIONS; i++) {
        shop_metrics_count(data, &second_table[0], 429, SHOP_RATE_LIMITED, 7, 2);
    }
    return NULL;
}

static void none_is_lost_among_threads(void)
{
    pthread_t threads[THREADS];
    const shop_route_counts_t *counts;

    begin();
    for (int i = 0; i < THREADS; i++) {
        T_INT(pthread_create(&threads[i], NULL, count_often, metrics), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    counts = &metrics->counts->routes[2];
    T_INT(counts->replies[2], THREADS * ADDITIONS);
    T_INT(counts->buckets[0], THREADS * ADDITIONS);
    T_INT(counts->duration_us, THREADS * ADDITIONS * 7);
    T_INT(counts->db_commands, THREADS * ADDITIONS * 2);
    T_INT(metrics->counts->refusals[SHOP_RATE_LIMITED], THREADS * ADDITIONS);
}

static void memory_is_divided_by_cache_lines(void)
{
    char *memory = apr_pcalloc(t_pool, shop_metrics_size(tables) + SHOP_METRICS_LINE);

    memory += SHOP_METRICS_LINE - (uintptr_t)memory % SHOP_METRICS_LINE;
    metrics = shop_metrics_attach(memory, tables, t_pool);
    T_TRUE((void *)metrics->counts == memory);
    T_INT(metrics->routes, 3);
    T_INT((uintptr_t)metrics->counts->routes % SHOP_METRICS_LINE, 0);
    T_INT((char *)&metrics->counts->routes[4] - memory, shop_metrics_size(tables));
    /* what a quick reply adds to */
    T_TRUE(offsetof(shop_route_counts_t, buckets[1]) < SHOP_METRICS_LINE);
}

static void two_attached_to_the_same_memory_count_together(void)
{
    shop_metrics_t *other;

    begin();
    other = shop_metrics_attach(metrics->counts, tables, t_pool);
    shop_metrics_count(metrics, &first_table[0], 200, SHOP_OK, 1, 0);
    shop_metrics_count(other, &first_table[0], 200, SHOP_OK, 1, 0);
    T_INT(replies(0, 0), 2);
}

static void other_routes_have_another_mark(void)
{
    T_TRUE(shop_metrics_mark(tables) == shop_metrics_mark(tables));
    T_TRUE(shop_metrics_mark(tables) != shop_metrics_mark(swapped));
    T_INT(shop_metrics_size(tables), shop_metrics_size(swapped));
}

static void sums_hold_everything(void)
{
    shop_metrics_t *sum = shop_metrics_attach(NULL, tables, t_pool);

    begin();
    shop_metrics_count(metrics, NULL, 404, SHOP_NOT_FOUND, 9, 4);
    shop_metrics_count_order(metrics, NULL);
    metrics->counts->cache.evictions = 5;
    shop_metrics_add(sum, metrics);
    shop_metrics_add(sum, metrics);
    T_INT(sum->counts->routes[3].replies[2], 2);
    T_INT(sum->counts->routes[3].duration_us, 18);
    T_INT(sum->counts->routes[3].db_commands, 8);
    T_INT(sum->counts->refusals[SHOP_NOT_FOUND], 2);
    T_INT(sum->counts->orders_placed, 2);
    T_INT(sum->counts->cache.evictions, 10);
    T_INT(replies(3, 2), 1);
}

static void orders_count_by_outcome(void)
{
    begin();
    shop_metrics_count_order(metrics, NULL);
    shop_metrics_count_order(metrics, shop_err(t_pool, OUT_OF_STOCK, "gone"));
    shop_metrics_count_order(metrics, shop_err(t_pool, OUT_OF_STOCK, "gone"));
    shop_metrics_count_order(metrics, shop_err(t_pool, CART_EMPTY, "empty"));
    T_INT(metrics->counts->orders_placed, 1);
    T_INT(metrics->counts->orders_out_of_stock, 2);
}

static void without_counters_nothing_is_counted(void)
{
    shop_metrics_count(NULL, &first_table[0], 200, SHOP_OK, 1, 1);
    shop_metrics_count_order(NULL, NULL);
}

/* ---- the text ---- */

static const char *text_of(const char *shop)
{
    const shop_metrics_of_t shops[] = { { shop, metrics } };
    apr_size_t size;
    const char *text = shop_metrics_text(&size, shops, 1, t_pool);

    T_INT(size, strlen(text));
    return text;
}

/* Lines with one of these in it. */
static int lines_with(const char *text, const char *part)
{
    int lines = 0;

    for (const char *at = text; (at = strstr(at, part)); at++) {
        lines++;
    }
    return lines;
}

static const char golden[] =
    "# HELP mod_shop_http_requests_total Requests answered, by operationId and status "
    "class.\n"
    "# TYPE mod_shop_http_requests_total counter\n"
    "mod_shop_http_requests_total{shop=\"books\",route=\"addThing\",code=\"2xx\"} 2\n"
    "mod_shop_http_requests_total{shop=\"books\",route=\"addThing\",code=\"3xx\"} 0\n"
    "mod_shop_http_requests_total{shop=\"books\",route=\"addThing\",code=\"4xx\"} 1\n"
    "mod_shop_http_requests_total{shop=\"books\",route=\"addThing\",code=\"5xx\"} 0\n"
    "# HELP mod_shop_http_request_duration_seconds Time from reading the request line to the "
    "complete reply, without sending it.\n"
    "# TYPE mod_shop_http_request_duration_seconds histogram\n"
#define BUCKET(le, count)                                                                      \
    "mod_shop_http_request_duration_seconds_bucket{shop=\"books\",route=\"addThing\",le=\"" le \
    "\"} " count "\n"
    BUCKET("0.0001", "1") BUCKET("0.0005", "1") BUCKET("0.001", "1") BUCKET("0.005", "1")
        BUCKET("0.01", "2") BUCKET("0.05", "2") BUCKET("0.1", "2") BUCKET("0.5", "2")
            BUCKET("1", "2") BUCKET("5", "2")
                BUCKET("+Inf",
                       "3") "mod_shop_http_request_duration_seconds_sum{shop=\"books\",route="
                            "\"addThing\"} 12.010100\n"
                            "mod_shop_http_request_duration_seconds_count{shop=\"books\",route="
                            "\"addThing\"} 3\n"
                            "# HELP mod_shop_db_commands_total MongoDB commands sent by requests.\n"
                            "# TYPE mod_shop_db_commands_total counter\n"
                            "mod_shop_db_commands_total{shop=\"books\",route=\"addThing\"} 6\n"
                            "# HELP mod_shop_refusals_total Requests refused, by code of the "
                            "problem document.\n"
                            "# TYPE mod_shop_refusals_total counter\n";

static const char golden_end[] =
    "# HELP mod_shop_cache_hits_total Catalogue replies found in the cache of the child.\n"
    "# TYPE mod_shop_cache_hits_total counter\n"
    "mod_shop_cache_hits_total{shop=\"books\"} 18446744073709551615\n"
    "# HELP mod_shop_cache_misses_total Catalogue replies fetched from Redis or MongoDB.\n"
    "# TYPE mod_shop_cache_misses_total counter\n"
    "mod_shop_cache_misses_total{shop=\"books\"} 0\n"
    "# HELP mod_shop_cache_drops_total Catalogue replies evicted from the cache of a child "
    "(ShopCacheSize).\n"
    "# TYPE mod_shop_cache_drops_total counter\n"
    "mod_shop_cache_drops_total{shop=\"books\"} 0\n"
    "# HELP mod_shop_orders_placed_total Orders placed. Repeated requests are not counted again.\n"
    "# TYPE mod_shop_orders_placed_total counter\n"
    "mod_shop_orders_placed_total{shop=\"books\"} 1\n"
    "# HELP mod_shop_orders_out_of_stock_total Orders refused because of insufficient stock.\n"
    "# TYPE mod_shop_orders_out_of_stock_total counter\n"
    "mod_shop_orders_out_of_stock_total{shop=\"books\"} 0\n"
    "# HELP mod_shop_store_pings_total Background pings to MongoDB while a child process sent it "
    "no requests: at most one a second and child.\n"
    "# TYPE mod_shop_store_pings_total counter\n"
    "mod_shop_store_pings_total{shop=\"books\"} 0\n"
    "# HELP mod_shop_reaper_turns_total Turns of the background job that completes or rolls back "
    "unfinished orders, those that failed left out.\n"
    "# TYPE mod_shop_reaper_turns_total counter\n"
    "mod_shop_reaper_turns_total{shop=\"books\"} 2\n"
    "# HELP mod_shop_reaper_done_total Unfinished orders and leftovers of orders that the "
    "background job completed or rolled back.\n"
    "# TYPE mod_shop_reaper_done_total counter\n"
    "mod_shop_reaper_done_total{shop=\"books\"} 3\n"
    "# HELP mod_shop_reaper_left_total Unfinished orders and leftovers that a turn of the "
    "background job found and had to leave. What stays is counted in each turn.\n"
    "# TYPE mod_shop_reaper_left_total counter\n"
    "mod_shop_reaper_left_total{shop=\"books\"} 2\n";

static void the_text_is_the_golden_one(void)
{
    const char *text, *refusals, *log_lines;

    begin();
    shop_metrics_count(metrics, &first_table[1], 201, SHOP_OK, 100, 4);
    shop_metrics_count(metrics, &first_table[1], 201, SHOP_OK, 10000, 2);
    shop_metrics_count(metrics, &first_table[1], 422, SHOP_VALIDATION_FAILED, 12000000, 0);
    shop_metrics_count_order(metrics, NULL);
    shop_metrics_count_reaper(metrics, 3, 1);
    shop_metrics_count_reaper(metrics, 0, 1);
    metrics->counts->cache.hits = UINT64_MAX;
    text = text_of("books");
    log_lines = strstr(text, "# HELP mod_shop_log_lines_total ");
    T_TRUE(log_lines != NULL);
    refusals = strstr(text, "mod_shop_refusals_total{");
    T_TRUE(refusals != NULL);
    if (refusals && log_lines) {
        const char *rest = strstr(refusals, "# HELP");
        T_STR(apr_pstrmemdup(t_pool, text, (apr_size_t)(refusals - text)), golden);
        T_STR(apr_pstrmemdup(t_pool, rest, (apr_size_t)(log_lines - rest)), golden_end);
    }
    T_INT(lines_with(text, "mod_shop_refusals_total{shop=\"books\",problem=\""),
          SHOP_CODE_COUNT - 1);
    T_INT(lines_with(text, "problem=\"validation_failed\"} 1\n"), 1);
    T_INT(lines_with(text, "problem=\"rate_limited\"} 0\n"), 1);
}

static void log_lines_count_under_their_number(void)
{
    begin();
    shop_metrics_count_log_line(metrics, SHOP_LOG_REDIS_AWAY);
    shop_metrics_count_log_line(metrics, SHOP_LOG_REDIS_AWAY);
    shop_metrics_count_log_line(metrics, SHOP_LOG_STARTED);
    shop_metrics_count_log_line(metrics, 0);
    shop_metrics_count_log_line(metrics, 9999);
    shop_metrics_count_log_line(NULL, SHOP_LOG_STARTED);
    T_INT(lines_with(text_of("s"), "lines_total{shop=\"s\",number=\"SHOP0200\"} 2\n"), 1);
    T_INT(lines_with(text_of("s"), "lines_total{shop=\"s\",number=\"SHOP0001\"} 1\n"), 1);
    T_INT(lines_with(text_of("s"), "lines_total{shop=\"s\",number=\"SHOP0501\"} 0\n"), 1);
    T_INT(lines_with(text_of("s"), "lines_total{"), shop_log_rows());
}

static void requests_without_a_route_have_a_name(void)
{
    begin();
    shop_metrics_count(metrics, NULL, 404, SHOP_NOT_FOUND, 1, 0);
    T_INT(lines_with(text_of("s"), "route=\"none\",code=\"4xx\"} 1\n"), 1);
    T_INT(lines_with(text_of("s"), "route=\"listThings\""), 0);
}

static void shops_stand_together_under_one_head(void)
{
    shop_metrics_of_t shops[2] = { { .shop = "one" }, { .shop = "two" } };
    apr_size_t size;
    const char *text;

    begin();
    metrics->counts->cache.hits = 3;
    shops[0].metrics = metrics;
    begin();
    metrics->counts->cache.hits = 4;
    shops[1].metrics = metrics;
    text = shop_metrics_text(&size, shops, 2, t_pool);
    T_INT(lines_with(text, "# TYPE mod_shop_cache_hits_total counter\n"
                           "mod_shop_cache_hits_total{shop=\"one\"} 3\n"
                           "mod_shop_cache_hits_total{shop=\"two\"} 4\n# HELP"),
          1);
}

static void without_shops_there_are_heads_alone(void)
{
    apr_size_t size;
    const char *text = shop_metrics_text(&size, NULL, 0, t_pool);

    T_INT(lines_with(text, "# TYPE "), 14);
    T_INT(lines_with(text, "{"), 0);
}

static void labels_are_escaped(void)
{
    static const struct {
        const char *shop, *label;
    } rows[] = {
        { "plain", "{shop=\"plain\"}" },
        { "a\"b", "{shop=\"a\\\"b\"}" },
        { "a\\b", "{shop=\"a\\\\b\"}" },
        { "a\nb", "{shop=\"a\\nb\"}" },
        { "\\\"\n", "{shop=\"\\\\\\\"\\n\"}" },
        { "", "{shop=\"\"}" },
        { "caf\xc3\xa9", "{shop=\"caf\xc3\xa9\"}" },
        { "caf\xe9!", "{shop=\"caf?!\"}" },
    };

    begin();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wanted =
            apr_pstrcat(t_pool, "\nmod_shop_cache_hits_total", rows[i].label, " 0\n", NULL);

        T_INT(lines_with(text_of(rows[i].shop), wanted), 1);
    }
}

static void figures_sum_over_routes(void)
{
    const shop_figure_t *figures;
    int count, seen = 0;

    begin();
    shop_metrics_count(metrics, &first_table[0], 200, SHOP_OK, 1500, 1);
    shop_metrics_count(metrics, &second_table[0], 503, SHOP_UNAVAILABLE, 1600, 2);
    shop_metrics_count(metrics, NULL, 429, SHOP_RATE_LIMITED, 0, 0);
    metrics->counts->cache.misses = 7;
    figures = shop_metrics_figures(&count, metrics, t_pool);
    for (int i = 0; i < count; i++) {
        const shop_figure_t *figure = &figures[i];
        long long wanted = !strcmp(figure->key, "ShopRequests")      ? 3
                           : !strcmp(figure->key, "ShopReplies2xx")  ? 1
                           : !strcmp(figure->key, "ShopReplies4xx")  ? 1
                           : !strcmp(figure->key, "ShopReplies5xx")  ? 1
                           : !strcmp(figure->key, "ShopDuration")    ? 3
                           : !strcmp(figure->key, "ShopDbCommands")  ? 3
                           : !strcmp(figure->key, "ShopRateLimited") ? 1
                           : !strcmp(figure->key, "ShopCacheMisses") ? 7
                                                                     : 0;

        T_INT(figure->value, wanted);
        seen += wanted > 0;
    }
    T_INT(count, 13);
    T_INT(seen, 8);
}

static const shop_test_t tests[] = {
    SHOP_TEST(each_request_counts_under_its_route_and_class,
              "each request counts under its route and class"),
    SHOP_TEST(a_route_of_another_shop_counts_as_none, "a route that is no row counts as none"),
    SHOP_TEST(a_status_that_is_none_counts_somewhere, "a status that is none counts somewhere"),
    SHOP_TEST(a_bound_belongs_to_its_bucket, "a bound belongs to its bucket"),
    SHOP_TEST(bounds_say_the_same_in_words_and_numbers, "bounds say the same in words and numbers"),
    SHOP_TEST(a_clock_set_back_is_no_time, "a clock that is set back is no time"),
    SHOP_TEST(none_is_lost_among_threads, "none is lost among threads"),
    SHOP_TEST(memory_is_divided_by_cache_lines, "memory is divided by cache lines"),
    SHOP_TEST(two_attached_to_the_same_memory_count_together,
              "two attached to the same memory count together"),
    SHOP_TEST(other_routes_have_another_mark, "other routes have another mark"),
    SHOP_TEST(sums_hold_everything, "sums hold everything"),
    SHOP_TEST(orders_count_by_outcome, "orders count by outcome"),
    SHOP_TEST(without_counters_nothing_is_counted, "without counters nothing is counted"),
    SHOP_TEST(the_text_is_the_golden_one, "the text is the golden one"),
    SHOP_TEST(log_lines_count_under_their_number, "numbered log lines count under their number"),
    SHOP_TEST(requests_without_a_route_have_a_name, "requests without a route have a name"),
    SHOP_TEST(shops_stand_together_under_one_head, "shops stand together under one head"),
    SHOP_TEST(without_shops_there_are_heads_alone, "without shops there are heads alone"),
    SHOP_TEST(labels_are_escaped, "labels are escaped"),
    SHOP_TEST(figures_sum_over_routes, "figures sum over routes"),
    SHOP_TEST_END,
};
SHOP_SUITE("metrics", tests)
