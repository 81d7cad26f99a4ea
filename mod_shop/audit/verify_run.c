/* SPDX-License-Identifier: MIT
 * Audits a live shop. Nothing stops for it, so each object is read,
 * then everything that bears on it, then the object again. What bears on stock and on uses moves
 * together with a member that is compared (stock, holds, back_rev, move_rev, terms_rev): nothing
 * that was counted can have changed while the object did not, so sums that disagree beside an
 * unchanged object are a drift. An object that changes each time is named and not judged. An order
 * is inserted without a change of the object: it counts the same before by its reservation and
 * after by its line.
 *
 * Sums that agree are accepted on first read. A drift hidden by an order that moved just so much in
 * that moment is found by the next run.
 *
 * A repair asks for the very members that were judged. It is refused where anything moved, and then
 * the object is looked at again. */
#include "verify_run.h"

#include <apr_strings.h>
#include <string.h>

#include "verify_carts.h"
#include "verify_look.h"
#include "verify_orders.h"
#include "verify_stock.h"

/* A kind of object: how to read a page, and how to check its element i. *id: the element's id,
 * after which the next page begins. */
typedef struct kind_t {
    shop_error_t *(*read)(apr_array_header_t **page, shop_verify_store_t *store, const char *after,
                          apr_pool_t *pool);
    shop_error_t *(*check)(const char **id, const shop_verify_run_t *run,
                           const apr_array_header_t *page, int i, apr_pool_t *pool);
} kind_t;

static shop_error_t *read_units(apr_array_header_t **page, shop_verify_store_t *store,
                                const char *after, apr_pool_t *pool)
{
    return store->ids(page, store, SHOP_VERIFY_UNITS, after, pool);
}

static shop_error_t *check_unit(const char **id, const shop_verify_run_t *run,
                                const apr_array_header_t *page, int i, apr_pool_t *pool)
{
    *id = APR_ARRAY_IDX(page, i, const char *);
    return shop_verify_one_unit(run, *id, pool);
}

static shop_error_t *read_coupons(apr_array_header_t **page, shop_verify_store_t *store,
                                  const char *after, apr_pool_t *pool)
{
    return store->ids(page, store, SHOP_VERIFY_COUPONS, after, pool);
}

static shop_error_t *check_coupon(const char **id, const shop_verify_run_t *run,
                                  const apr_array_header_t *page, int i, apr_pool_t *pool)
{
    *id = APR_ARRAY_IDX(page, i, const char *);
    return shop_verify_one_coupon(run, *id, pool);
}

static shop_error_t *check_order(const char **id, const shop_verify_run_t *run,
                                 const apr_array_header_t *page, int i, apr_pool_t *pool)
{
    const shop_verify_order_t *order = APR_ARRAY_IDX(page, i, shop_verify_order_t *);

    *id = order->id;
    return shop_verify_one_order(run, order, pool);
}

static shop_error_t *check_redemption(const char **id, const shop_verify_run_t *run,
                                      const apr_array_header_t *page, int i, apr_pool_t *pool)
{
    const shop_verify_redemption_t *redemption = APR_ARRAY_IDX(page, i, shop_verify_redemption_t *);

    *id = redemption->id;
    return shop_verify_one_redemption(run, redemption, pool);
}

static shop_error_t *walk(int64_t *count, const shop_verify_run_t *run, const kind_t *kind,
                          apr_pool_t *pool)
{
    const char *last = NULL;

    do {
        apr_pool_t *page_pool;
        apr_array_header_t *page;
        const char *id = "";

        apr_pool_create(&page_pool, pool);
        SHOP_TRY(kind->read(&page, run->ports->store, last, page_pool));
        for (int i = 0; i < page->nelts; i++) {
            SHOP_TRY(kind->check(&id, run, page, i, page_pool));
        }
        *count += page->nelts;
        last = page->nelts < SHOP_VERIFY_PAGE ? NULL : apr_pstrdup(pool, id);
        apr_pool_destroy(page_pool);
    } while (last);
    return NULL;
}

shop_error_t *shop_verify(shop_verify_sums_t *sums, const shop_verify_ports_t *ports, bool repair,
                          shop_verify_each_t each, void *baton, apr_pool_t *pool)
{
    const kind_t units = { read_units, check_unit };
    const kind_t coupons = { read_coupons, check_coupon };
    const kind_t orders = { ports->store->orders, check_order };
    const kind_t redemptions = { ports->store->redemptions, check_redemption };
    shop_verify_run_t run = {
        .ports = ports, .sums = sums, .repair = repair, .each = each, .baton = baton
    };

    memset(sums, 0, sizeof(*sums));
    SHOP_TRY(walk(&sums->products, &run, &units, pool));
    SHOP_TRY(walk(&sums->coupons, &run, &coupons, pool));
    SHOP_TRY(walk(&sums->orders, &run, &orders, pool));
    SHOP_TRY(walk(&sums->redemptions, &run, &redemptions, pool));
    return shop_verify_all_carts(&run, pool);
}
