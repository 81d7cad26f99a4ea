/* SPDX-License-Identifier: MIT
 * shopctl verify. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "mod_shop/base/json.h"
#include "mod_shop/audit/verify_run.h"
#include "tools/shopctl.h"

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
    if (finding->repaired) {
        fputs(finding->leftover ? "; completed" : "; repaired", stdout);
    } else if (finding->leftover) {
        fputs("; the numbers are right", stdout);
    }
    putchar('\n');
}

static void print_sums(const shop_verify_sums_t *sums, const char *database)
{
    printf("verify: %s: %" PRId64 " products, %" PRId64 " coupons, %" PRId64 " orders: ", database,
           sums->products, sums->coupons, sums->orders);
    if (sums->drifts) {
        printf("%" PRId64 " drifts, %" PRId64 " repaired", sums->drifts, sums->repaired);
    } else {
        fputs("clean", stdout);
    }
    if (sums->leftovers) {
        printf(", %" PRId64 " leftovers, %" PRId64 " completed", sums->leftovers, sums->completed);
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
    json_object_set_new(object, "leftover", json_boolean(finding->leftover));
    json_array_append_new(baton, object);
}

static void print_json(const shop_verify_sums_t *sums, json_t *findings)
{
    shopctl_print_json(
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:O}", "products",
                  (json_int_t)sums->products, "coupons", (json_int_t)sums->coupons, "orders",
                  (json_int_t)sums->orders, "redemptions", (json_int_t)sums->redemptions, "drifts",
                  (json_int_t)sums->drifts, "repaired", (json_int_t)sums->repaired, "leftovers",
                  (json_int_t)sums->leftovers, "completed", (json_int_t)sums->completed, "busy",
                  (json_int_t)sums->busy, "clean", sums->drifts == 0, "findings", findings));
}

int shopctl_run_verify(shopctl_t *ctl)
{
    bool json = shopctl_value(ctl, SHOPCTL_JSON) != NULL;
    shop_verify_sums_t sums = { .products = 0 };
    json_t *findings = shop_json_own(json_array(), ctl->pool);
    shop_app_t *app;
    shop_error_t *err;
    bool prepared = false;
    int status;

    ctl->settings.mongo_socket_ms = SHOPCTL_PATIENCE_MS;
    status = shopctl_open(&app, ctl);
    status = status ? status : shopctl_check_prepared(&prepared, ctl);
    if (!status && !prepared) {
        return SHOPCTL_EXIT_REFUSED;
    }
    if (!status) {
        err = shop_app_verify(&sums, app, shopctl_value(ctl, SHOPCTL_REPAIR) != NULL,
                              json ? collect_finding : print_finding, findings, ctl->pool);
        status = err ? shopctl_fail(err) : 0;
    }
    if (status) { /* 1 would say that the books are wrong */
        return status == SHOPCTL_EXIT_REFUSED ? SHOPCTL_EXIT_USAGE : status;
    }
    if (json) {
        print_json(&sums, findings);
    } else {
        print_sums(&sums, shopctl_database(ctl));
    }
    return sums.drifts > sums.repaired ? SHOPCTL_EXIT_REFUSED : SHOPCTL_EXIT_DONE;
}
