/* SPDX-License-Identifier: MIT
 * Prints the reference pages from the tables the module runs on: gendocs
 * directives|errors|log|metrics|conf|shopctl|shopctl.8|completion. */
#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/error.h"
#include "mod_shop/directives/directive.h"
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
        printf("` |\n| Default | `%s` |\n| Context | server config, virtual host |\n"
               "| Example | `%s` |\n",
               shop_directive_default_text(row, pool), row->example);
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

/* The annotated reference configuration. */
static void conf(apr_pool_t *pool)
{
    puts(
        "# mod_shop: reference configuration.\n#\n"
        "# Generated from mod_shop/directives/directives.def by `make docs`. Commented lines show "
        "an\n"
        "# example each; what is not set has the default. docs/directives.md says more.\n\n"
        "LoadModule shop_module modules/mod_shop.so\n\n"
        "# ---- the least a shop needs ----\n"
        "# make the key with: shopctl keygen > jwt.key; chmod 600 jwt.key\n"
        "ShopMongoURI mongodb://127.0.0.1:27017/shop\n"
        "ShopJwtKey main HS256 file:/etc/shop/jwt.key\n"
        "<Location \"/api\">\n    ShopEngine On\n</Location>\n\n"
        "# ---- what belongs beside it ----\n"
        "# bodies are read to 64 KiB; this is the wall behind it\n"
        "LimitRequestBody 131072\nTraceEnable off\n"
        "# slow clients: so long a worker waits for a request (docs/httpd.md: how many it stands)\n"
        "<IfModule reqtimeout_module>\n"
        "    RequestReadTimeout handshake=5 header=4-10,MinRate=500 body=4,MinRate=1000\n"
        "</IfModule>\n"
        "# mod_deflate and mod_brotli may encode what ShopCompress does not; each coding has an\n"
        "# ETag of its own, and If-Match and If-None-Match take all of them (docs/httpd.md)\n"
        "# CORS: the origins you name and no others; `always` covers error replies too\n"
        "<IfModule headers_module>\n"
        "    SetEnvIf Origin \"^https://shop\\.example\\.com$\" SHOP_ORIGIN=$0\n"
        "    <Location \"/api\">\n"
        "        Header always set Access-Control-Allow-Origin \"%{SHOP_ORIGIN}e\" "
        "env=SHOP_ORIGIN\n"
        "        Header always set Access-Control-Allow-Methods \"GET, HEAD, POST, PUT, PATCH, "
        "DELETE, OPTIONS\" env=SHOP_ORIGIN\n"
        "        Header always set Access-Control-Allow-Headers \"Authorization, Content-Type, "
        "Idempotency-Key, If-Match, If-None-Match\" env=SHOP_ORIGIN\n"
        "        Header always set Access-Control-Expose-Headers \"Allow, ETag, Link, Location, "
        "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id, "
        "Idempotent-Replayed\" "
        "env=SHOP_ORIGIN\n"
        "        Header always set Access-Control-Max-Age 7200 env=SHOP_ORIGIN\n"
        "        Header always merge Vary Origin\n"
        "    </Location>\n</IfModule>\n"
        "# bandwidth: KiB/s of each download; a worker is held meanwhile\n"
        "<IfModule ratelimit_module>\n    <Location \"/images\">\n"
        "        SetOutputFilter RATE_LIMIT\n        SetEnv rate-limit 4096\n"
        "    </Location>\n</IfModule>\n"
        "# counters for Prometheus and for mod_status (docs/metrics.md)\n"
        "#<Location \"/shop-metrics\">\n#    SetHandler shop-metrics\n#    Require local\n"
        "#</Location>\n"
        "# route, database commands and request id in the access log\n"
        "LogFormat \"%h %t \\\"%r\\\" %>s %b %D %{SHOP_ROUTE}e db=%{SHOP_DB_COMMANDS}n "
        "cache=%{SHOP_CACHE}n %L\" "
        "shop\n\n"
        "# ---- every directive ----");
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        const shop_directive_t *row = &shop_directives[i];

        printf("\n# %s %s\n#   %s\n#   Default: %s\n#%s\n", row->name, row->syntax, row->help,
               shop_directive_default_text(row, pool), row->example);
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
        conf(pool);
    } else if (!strcmp(page, "shopctl")) {
        shopctl_print_markdown(stdout);
    } else if (!strcmp(page, "shopctl.8")) {
        shopctl_print_man(stdout);
    } else if (!strcmp(page, "completion")) {
        shopctl_print_completion(stdout);
    } else {
        fputs("usage: gendocs directives|errors|log|metrics|conf|shopctl|shopctl.8|completion\n",
              stderr);
        return 2;
    }
    return 0;
}
