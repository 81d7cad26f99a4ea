/* SPDX-License-Identifier: MIT
 * The metrics of this httpd's shops: `SetHandler shop-metrics`, and a section on mod_status' page
 * when that module is loaded. */
#include <httpd.h>

#include <apr_optional_hooks.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

#include "conf.h"
#include "server.h"

/* ---- which shops ---- */

static shop_metrics_of_t *entry_of(apr_array_header_t *found, const char *shop)
{
    shop_metrics_of_t *entries = (shop_metrics_of_t *)(void *)found->elts;

    for (int i = 0; i < found->nelts; i++) {
        if (!strcmp(entries[i].shop, shop)) {
            return &entries[i];
        }
    }
    entries = apr_array_push(found);
    entries->shop = shop;
    entries->metrics = shop_metrics_attach(NULL, shop_app_routes(), found->pool);
    return entries;
}

/* Array of shop_metrics_of_t, one for each ShopInstance. The metrics of shops with the same
 * instance name are summed. */
static apr_array_header_t *find_shops(int shown_only, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(shop_metrics_of_t));

    for (const server_rec *at = ap_server_conf; at; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        if (conf->first == at && (!shown_only || conf->values.status)) {
            shop_metrics_add(entry_of(found, conf->values.instance)->metrics, conf->metrics);
        }
    }
    return found;
}

/* ---- SetHandler shop-metrics ---- */

int shop_metrics_handler(request_rec *r)
{
    apr_array_header_t *shops;
    apr_size_t size;
    const char *text;

    if (!r->handler || strcmp(r->handler, "shop-metrics") != 0) {
        return DECLINED;
    }
    if (r->method_number != M_GET) { /* httpd sets it for HEAD too */
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    shops = find_shops(0, r->pool);
    text = shop_metrics_text(&size, (const shop_metrics_of_t *)(void *)shops->elts, shops->nelts,
                             r->pool);
    ap_set_content_type(r, SHOP_METRICS_TYPE);
    ap_set_content_length(r, (apr_off_t)size);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    ap_rwrite(text, (int)size, r);
    return OK;
}

/* ---- mod_status ---- */

static void show_short(request_rec *r, const apr_array_header_t *shops)
{
    shop_metrics_t *sum = shop_metrics_attach(NULL, shop_app_routes(), r->pool);
    const shop_figure_t *figures;
    int count;

    for (int i = 0; i < shops->nelts; i++) {
        shop_metrics_add(sum, APR_ARRAY_IDX(shops, i, shop_metrics_of_t).metrics);
    }
    figures = shop_metrics_figures(&count, sum, r->pool);
    for (int i = 0; i < count; i++) {
        ap_rprintf(r, "%s: %" APR_UINT64_T_FMT "\n", figures[i].key, figures[i].value);
    }
}

static void show_list(request_rec *r, const shop_figure_t *figures, int count)
{
    ap_rputs("<dl>\n", r);
    for (int i = 0; i < count; i++) {
        ap_rprintf(r, "<dt>%s: %" APR_UINT64_T_FMT "</dt>\n", figures[i].title, figures[i].value);
    }
    ap_rputs("</dl>\n", r);
}

static void show_table(request_rec *r, const shop_figure_t *figures, int count)
{
    ap_rputs("<table border=\"0\"><tr>", r);
    for (int i = 0; i < count; i++) {
        ap_rvputs(r, "<th>", figures[i].title, "</th>", NULL);
    }
    ap_rputs("</tr>\n<tr>", r);
    for (int i = 0; i < count; i++) {
        ap_rprintf(r, "<td>%" APR_UINT64_T_FMT "</td>", figures[i].value);
    }
    ap_rputs("</tr></table>\n", r);
}

static int show_status(request_rec *r, int flags)
{
    apr_array_header_t *shops = find_shops(1, r->pool);

    if (!shops->nelts) {
        return DECLINED;
    }
    if (flags & AP_STATUS_SHORT) {
        show_short(r, shops);
        return OK;
    }
    for (int i = 0; i < shops->nelts; i++) {
        const shop_metrics_of_t *shop = &APR_ARRAY_IDX(shops, i, shop_metrics_of_t);
        int count;
        const shop_figure_t *figures = shop_metrics_figures(&count, shop->metrics, r->pool);

        ap_rvputs(r, "<hr />\n<h1>Shop ", ap_escape_html(r->pool, shop->shop), "</h1>\n", NULL);
        (flags & AP_STATUS_NOTABLE ? show_list : show_table)(r, figures, count);
    }
    return OK;
}

void shop_register_status(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, show_status, NULL, NULL, APR_HOOK_MIDDLE);
}
