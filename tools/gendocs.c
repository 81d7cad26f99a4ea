/* SPDX-License-Identifier: MIT
 * Prints the reference pages from the tables the module runs on: gendocs
 * directives|errors|log|metrics|conf|shopctl|shopctl.8|mod_shop.5|completion. `indexes` is no page:
 * check_docs.sh compares it with docs/collections.md. */
#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/error.h"
#include "mod_shop/directives/directive.h"
#include "mod_shop/module.h"
#include "mod_shop/store/record_mongo.h"
#include "tools/conf_pages.h"
#include "tools/shopctl_pages.h"

static void slug(const char *code)
{
    for (; *code; code++) {
        putchar(*code == '_' ? '-' : *code);
    }
}

static void directives(apr_pool_t *pool)
{
    puts("# Directives\n\nGenerated from `mod_shop/directives/directives.def`.\n\n"
         "A *secret* is `file:path` (first line of a file that only its owner may read), "
         "`env:NAME`, "
         "`exec:/program arguments` (first line of its output), or the value itself, which draws a "
         "warning. A *time* is a number of seconds or carries a unit: `500ms`, `30s`, `15min`, "
         "`7d`.\n\n"
         "## ShopEngine\n\nServes the shop's API below this `<Location>`; its path is the API "
         "root.\n\n"
         "| | |\n|---|---|\n| Syntax | `ShopEngine On\\|Off` |\n| Default | `Off` |\n"
         "| Context | `<Location>` with a plain path |\n"
         "| Example | `<Location \"/api\"> ShopEngine On </Location>` |");
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        const shop_directive_t *row = &shop_directives[i];

        printf("\n## %s\n\n%s\n\n| | |\n|---|---|\n| Syntax | `%s ", row->name, row->help,
               row->name);
        for (const char *at = row->syntax; *at; at++) {
            printf(*at == '|' ? "\\|" : "%c", *at);
        }
        printf("` |\n| Default | `%s` |\n| Context | server config%s |\n"
               "| Example | `%s` |\n",
               shop_directive_default_text(row, pool),
               i == SHOP_ROW_ShopJsonLog ? "" : ", virtual host", row->example);
    }
}

static void errors(void)
{
    puts(
        "# Errors\n\nGenerated from `mod_shop/base/errors.def`. Every refusal is "
        "`application/problem+json` (RFC 9457): `type` ends in the code with hyphens, `code` is "
        "stable, `detail` is a message for people, `request_id` identifies the request in the "
        "error log. For a refusal of httpd with a status that is not in this list, the code is the "
        "reason phrase, as in `gone` for `410 Gone`.\n\n| Status | `code` | `type` ends in | "
        "Meaning "
        "|\n|---|---|---|---|");
#define SHOP_ERROR(name, status, code, title, help) \
    printf("| %d | `%s` | `", status, code);        \
    slug(code);                                     \
    puts("` | " title ". " help " |");
#include "mod_shop/base/errors.def"
#undef SHOP_ERROR
    puts("\n## Rows of `errors`\n\nGenerated from `mod_shop/base/violations.def`. A refusal of "
         "members "
         "or query parameters lists each: `pointer` (RFC 6901, or `?name` for a query parameter), "
         "a stable `code`, and `detail` for people.\n\n| `code` | Meaning |\n|---|---|");
#define SHOP_VIOLATION(code, help) puts("| `" code "` | " help " |");
#include "mod_shop/base/violations.def"
#undef SHOP_VIOLATION
}

static void log_lines(void)
{
    puts("# Lines of the error log\n\nGenerated from `mod_shop/base/log.def`. Every line of level "
         "`warn` and above has a number. `LogLevel shop:debug` shows more.\n\n"
         "| Number | Level | Meaning |\n|---|---|---|");
#define SHOP_LOG_ROW(number, NAME, level, help) \
    printf("| SHOP%04d | %s | %s |\n", number, #level, help);
#include "mod_shop/base/log.def"
#undef SHOP_LOG_ROW
}

static void metrics_questions(void)
{
    puts("\n```yaml\nscrape_configs:\n  - job_name: mod_shop\n    metrics_path: /shop-metrics\n"
         "    static_configs:\n      - targets: [\"127.0.0.1:80\"]\n```\n\n"
         "| Question | Query |\n|---|---|\n"
         "| What is the hit ratio of the local cache? | `sum by (shop) "
         "(rate(mod_shop_cache_hits_total[5m])) / sum by (shop) "
         "(rate(mod_shop_cache_hits_total[5m]) + rate(mod_shop_cache_misses_total[5m]))` |\n"
         "| Is the cache too small? | `rate(mod_shop_cache_drops_total[5m])` |\n"
         "| What is the 99th percentile of the duration? | `histogram_quantile(0.99, sum by (le, "
         "route) "
         "(rate(mod_shop_http_request_duration_seconds_bucket[5m])))` |\n"
         "| Which requests fail on the server? | `sum by (problem) "
         "(rate(mod_shop_refusals_total{problem=~\"internal\\|unavailable\"}[5m]))` |");
}

static void metrics(void)
{
    puts(
        "# Metrics\n\nGenerated from `mod_shop/metrics/metrics.def`.\n\n"
        "Counters of all shops of one httpd, in shared memory of all its children.\n\n"
        "## For Prometheus\n\nMetrics are only served from a location that you configure, with a "
        "`Require` of its own:\n\n```apache\n<Location \"/shop-metrics\">\n    SetHandler "
        "shop-metrics\n"
        "    Require local\n</Location>\n```\n\n"
        "`Require local` also admits requests that a proxy on the same host forwards, unless "
        "mod_remoteip sets the client address. GET and HEAD are answered in the text format 0.0.4, "
        "never cached, with all shops of the httpd, whichever virtual host has the location.\n\n"
        "| Name | Type | Labels | Meaning |\n|---|---|---|---|");
#define SHOP_METRIC(name, type, labels, printer, help) \
    puts("| `" #name "` | " #type " | " labels " | " help " |");
#define SHOP_METRIC_COUNTER(name, value, help) puts("| `" #name "` | counter | shop | " help " |");
#include "mod_shop/metrics/metrics.def"
    fputs("\n* `shop` is `ShopInstance`. Virtual hosts with the same name add up.\n"
          "* `route` is the operationId of [openapi.json](openapi.json), never a path. `none`: "
          "requests "
          "without a route, which are unknown paths and methods, OPTIONS, and those refused by "
          "`ShopMaxInFlight`. A route appears with its first request.\n"
          "* `code` is `2xx`, `3xx`, `4xx` or `5xx`.\n"
          "* `problem` is the `code` of a problem document, see [errors.md](errors.md); "
          "`rate_limited` counts `ShopRateLimit`, `ShopLoginLimit` and the limit on wrong coupon "
          "codes.\n"
          "* `number` is that of the line in [log.md](log.md). What to watch: "
          "[alerts.md](alerts.md).\n"
          "* The buckets end at",
          stdout);
#define SHOP_METRIC_BOUND(us, text) fputs(" " text, stdout);
#include "mod_shop/metrics/metrics.def"
    puts(" seconds. A duration begins when httpd has read the request line, so it includes the "
         "body of a slow client, and ends before the reply is sent.\n"
         "* Requests that httpd refuses before the shop gets them (malformed requests, `Require`) "
         "are "
         "not counted. An order that the reaper completes later is not counted as placed.");
    metrics_questions();
    puts("\n## In mod_status\n\nWhere mod_status is loaded its page has a block for each shop, "
         "unless "
         "`ShopStatus Off` is set, and `?auto` has these lines, summed over the shops that are "
         "shown:\n\n| Key | Meaning |\n|---|---|");
#define SHOP_FIGURE(key, value, title, help) puts("| `" #key "` | " help " |");
#include "mod_shop/metrics/metrics.def"
    puts("\n## Lifetime of the counters\n\nAs long as the parent process of httpd: they are kept "
         "over "
         "`graceful` (like those of mod_status) and `restart` (which resets those of mod_status). "
         "They start from zero after a stop, after an upgrade that changes the routes, and when a "
         "shop is added, removed or renamed. Each host has its own.");
}

static void print_indexes(const shop_mongo_index_t *index)
{
    for (; index->collection; index++) {
        printf("%s %s\n", index->collection, index->name);
    }
}

/* "<collection> <index>", a line each, of all modules. */
static void indexes(apr_pool_t *pool)
{
    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_record_t *const *record = (*module)->records;
        const shop_mongo_index_t *const *table = (*module)->indexes;

        for (; record && *record; record++) {
            print_indexes(shop_record_indexes(*record, pool));
        }
        for (; table && *table; table++) {
            print_indexes(*table);
        }
    }
}

int main(int argc, char *argv[])
{
    apr_pool_t *pool;
    const char *page = argc == 2 ? argv[1] : "";

    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    if (!strcmp(page, "directives")) {
        directives(pool);
    } else if (!strcmp(page, "errors")) {
        errors();
    } else if (!strcmp(page, "log")) {
        log_lines();
    } else if (!strcmp(page, "metrics")) {
        metrics();
    } else if (!strcmp(page, "conf")) {
        shop_print_conf(stdout, pool);
    } else if (!strcmp(page, "mod_shop.5")) {
        shop_print_conf_man(stdout, pool);
    } else if (!strcmp(page, "shopctl")) {
        shopctl_print_markdown(stdout);
    } else if (!strcmp(page, "shopctl.8")) {
        shopctl_print_man(stdout);
    } else if (!strcmp(page, "indexes")) {
        indexes(pool);
    } else if (!strcmp(page, "completion")) {
        shopctl_print_completion(stdout);
    } else {
        fputs("usage: gendocs directives|errors|log|metrics|conf|shopctl|shopctl.8|mod_shop.5|"
              "completion|indexes\n",
              stderr);
        return 2;
    }
    return 0;
}
