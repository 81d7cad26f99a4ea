/* SPDX-License-Identifier: MIT */
#include "tools/conf_pages.h"

#include <apr_strings.h>

#include "config.h"
#include "mod_shop/directives/directive.h"
#include "tools/shopctl_pages.h"

/* As it stands on Debian; nothing where the module is loaded already. */
static void print_load(FILE *out)
{
    fputs("# where `apxs -q LIBEXECDIR` is: on Debian, elsewhere below ServerRoot\n"
          "<IfModule !shop_module>\n"
          "    <IfFile /usr/lib/apache2/modules/mod_shop.so>\n"
          "        LoadModule shop_module /usr/lib/apache2/modules/mod_shop.so\n"
          "    </IfFile>\n"
          "    <IfFile modules/mod_shop.so>\n"
          "        LoadModule shop_module modules/mod_shop.so\n"
          "    </IfFile>\n"
          "</IfModule>\n\n"
          "# so that httpd's configuration stays valid where the module is removed\n"
          "<IfModule shop_module>\n\n",
          out);
}

/* The annotated reference configuration. */
void shop_print_conf(FILE *out, apr_pool_t *pool)
{
    fputs(
        "# mod_shop: reference configuration.\n#\n"
        "# Generated from mod_shop/directives/directives.def by `make docs`. Commented lines show "
        "an\n"
        "# example each; what is not set has the default. docs/directives.md says more.\n\n",
        out);
    print_load(out);
    fputs(
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
        "# ---- every directive ----\n",
        out);
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        const shop_directive_t *row = &shop_directives[i];

        fprintf(out, "\n# %s %s\n#   %s\n#   Default: %s\n#%s\n", row->name, row->syntax, row->help,
                shop_directive_default_text(row, pool), row->example);
    }
    fputs("\n</IfModule>\n", out);
}

/* ---- mod_shop(5) ---- */

static void print_directive(FILE *out, const shop_directive_t *row, apr_pool_t *pool)
{
    fprintf(out, ".SS %s\n", row->name);
    shopctl_print_roff(out, row->help);
    fputs(".PP\n.nf\n", out);
    shopctl_print_roff(out, apr_psprintf(pool, "Syntax:  `%s %s`", row->name, row->syntax));
    shopctl_print_roff(out,
                       apr_psprintf(pool, "Default: `%s`", shop_directive_default_text(row, pool)));
    shopctl_print_roff(out, apr_psprintf(pool, "Example: `%s`", row->example));
    fputs(".fi\n", out);
}

void shop_print_conf_man(FILE *out, apr_pool_t *pool)
{
    fprintf(out, ".TH MOD_SHOP 5 \"\" \"%s\" \"File Formats\"\n", PACKAGE_STRING);
    fputs(".SH NAME\nmod_shop \\- directives of the shop module of Apache httpd\n"
          ".SH DESCRIPTION\n",
          out);
    shopctl_print_roff(
        out,
        "mod_shop serves the API of a shop below a location of httpd and stores it in MongoDB. The "
        "least that a shop needs:\n\n"
        "  ShopMongoURI mongodb://127.0.0.1/shop\n"
        "  ShopJwtKey main HS256 file:/etc/shop/jwt.key\n"
        "  <Location \"/api\">\n"
        "      ShopEngine On\n"
        "  </Location>\n\n"
        "`shopctl config-example` prints a reference configuration, and `apachectl configtest` "
        "names "
        "what is wrong and what to write instead. A change takes effect with `apachectl "
        "graceful`.\n\n"
        "A secret is `file:path` (first line of a file that only its owner may read), `env:NAME`, "
        "`exec:/program arguments` (first line of its output), or the value itself, which draws a "
        "warning. A time is a number of seconds or carries a unit: `500ms`, `30s`, `15min`, `7d`. "
        "Every directive but ShopEngine stands in the server configuration or in a virtual host, "
        "ShopJsonLog in the main server alone.");
    fputs(".SH DIRECTIVES\n.SS ShopEngine\n", out);
    shopctl_print_roff(out, "Serves the shop's API below this <Location>; its path is the API "
                            "root.\n\nSyntax: `ShopEngine On|Off`. Context: <Location> with a "
                            "plain path.");
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        print_directive(out, &shop_directives[i], pool);
    }
    fputs(".SH SEE ALSO\n.BR shopctl (8),\n.BR apache2ctl (8)\n", out);
}
