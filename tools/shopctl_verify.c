/* SPDX-License-Identifier: MIT
 * Prints what `shopctl verify` finds. */
#include "tools/shopctl_verify.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "mod_shop/base/json.h"
#include "mod_shop/audit/verify_run.h"

static void print_finding(void *baton, const shop_verify_finding_t *finding)
{
    (void)baton;
    printf("%s %s", finding->kind, finding->id);
    if (finding->member) {
        printf(" %s", finding->member);
    }
    if (finding->has_stored) {
        printf(": stored %" PRId64 ", computed %" PRId64, finding->stored, finding->computed);
    }
    if (finding->detail) {
        printf("%s%s", finding->has_stored ? "; " : ": ", finding->detail);
    }
    if (!finding->has_stored && finding->has_computed) {
        printf(", computed %" PRId64, finding->computed);
    }
    puts(finding->repaired ? "; repaired" : "");
}

static void print_sums(const shop_verify_sums_t *sums)
{
    printf("verify: %" PRId64 " products, %" PRId64 " coupons, %" PRId64 " orders: ",
           sums->products, sums->coupons, sums->orders);
    if (sums->drifts) {
        printf("%" PRId64 " drifts, %" PRId64 " repaired", sums->drifts, sums->repaired);
    } else {
        fputs("clean", stdout);
    }
    if (sums->busy) {
        printf(", %" PRId64 " busy", sums->busy);
    }
    putchar('\n');
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_string(text) : json_null());
}

static void set_number(json_t *object, const char *name, bool known, int64_t value)
{
    json_object_set_new(object, name, known ? json_integer(value) : json_null());
}

static void collect_finding(void *baton, const shop_verify_finding_t *finding)
{
    json_t *object = json_object();

    set_text(object, "kind", finding->kind);
    set_text(object, "id", finding->id);
    set_text(object, "member", finding->member);
    set_text(object, "detail", finding->detail);
    set_number(object, "stored", finding->has_stored, finding->stored);
    set_number(object, "computed", finding->has_computed, finding->computed);
    json_object_set_new(object, "repaired", json_boolean(finding->repaired));
    json_object_set_new(object, "busy", json_boolean(finding->busy));
    json_array_append_new(baton, object);
}

static void print_json(const shop_verify_sums_t *sums, json_t *findings)
{
    json_t *report =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:O}", "products",
                  (json_int_t)sums->products, "coupons", (json_int_t)sums->coupons, "orders",
                  (json_int_t)sums->orders, "redemptions", (json_int_t)sums->redemptions, "drifts",
                  (json_int_t)sums->drifts, "repaired", (json_int_t)sums->repaired, "busy",
                  (json_int_t)sums->busy, "clean", sums->drifts == 0, "findings", findings);

    json_dumpf(report, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(report);
}

shop_error_t *shopctl_verify(int64_t *left, const shop_app_t *app, bool repair, bool json,
                             apr_pool_t *pool)
{
    shop_verify_sums_t sums = { .products = 0 };
    json_t *findings = shop_json_own(json_array(), pool);
    shop_error_t *err =
        shop_app_verify(&sums, app, repair, json ? collect_finding : print_finding, findings, pool);

    *left = sums.drifts - sums.repaired;
    if (err) {
        return err;
    }
    if (json) {
        print_json(&sums, findings);
    } else {
        print_sums(&sums);
    }
    return NULL;
}
