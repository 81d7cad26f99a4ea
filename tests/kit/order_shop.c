/* SPDX-License-Identifier: MIT
 * The shop of fakes and its auditor. */
#include "tests/kit/order_shop.h"

#include "tests/kit/cart_mem.h"
#include "tests/kit/coupon_mem.h"
#include "tests/kit/order_mem.h"
#include "tests/kit/product_mem.h"
#include "tests/kit/reservation_mem.h"

#define NOBODY "f00000000000000000000000"
#define SOMEBODY "f00000000000000000000001" /* prices carts and orders nothing */
/* Of each placing; no test is to see it pass. */
#define DEADLINE apr_time_from_sec(60)

bool order_shop_claims_open = false;

static shop_order_ports_t fakes(void)
{
    shop_product_repo_t *products = shop_product_repo_mem(t_pool);
    shop_coupon_repo_t *coupons = shop_coupon_repo_mem(t_pool);
    shop_order_ports_t ports = {
        .orders = shop_order_repo_mem(t_pool),
        .carts = shop_cart_repo_mem(t_pool),
        .products = products,
        .stock = shop_product_mem_stock(products),
        .coupons = coupons,
        .coupon_uses = shop_coupon_mem_uses(coupons),
    };

    shop_reservations_mem_claims_open(ports.stock, order_shop_claims_open);
    shop_reservations_mem_claims_open(ports.coupon_uses, order_shop_claims_open);
    return ports;
}

shop_order_ports_t (*order_shop_ports)(void) = fakes;
int64_t order_shop_expected_total = -1;
int order_shop_threads = 32;

/* Long enough for another thread, too short to be waited for. */
static void pause_briefly(const shop_clock_t *clock, apr_time_t interval)
{
    (void)clock;
    apr_sleep(interval < 1000 ? interval : 1000);
}

static void add_product(order_shop_t *shop, int index, int64_t price)
{
    shop_product_t product = { .description = "",
                               .category = "Things",
                               .currency = "USD",
                               .rev = 1,
                               .created_at = SHOP_NOON,
                               .updated_at = SHOP_NOON };

    product.id = shop->products[index] = apr_psprintf(t_pool, "%024x", 0xb000 + index);
    product.name = index ? "Second" : "First";
    product.price = price;
    product.stock = shop->stock;
    T_OK(shop->ports.products->insert(shop->ports.products, &product, t_pool));
}

order_shop_t *order_shop(int64_t stock, int64_t uses)
{
    order_shop_t *shop = apr_pcalloc(t_pool, sizeof(*shop));
    shop_coupon_t ten = { .code = "TEN",
                          .discount_percent = 10,
                          .max_discount = -1,
                          .usage_limit = uses,
                          .remaining = uses,
                          .usage_limit_per_user = 1,
                          .valid_until = SHOP_NOON + apr_time_from_sec(1000000),
                          .terms_rev = 1,
                          .rev = 1,
                          .created_at = SHOP_NOON,
                          .updated_at = SHOP_NOON };

    shop->clock =
        (shop_clock_t){ .now = shop_clock_fixed_now, .pause = pause_briefly, .fixed = SHOP_NOON };
    shop->stock = stock;
    shop->uses = uses;
    shop->ports = order_shop_ports();
    shop->ports.clock = &shop->clock;
    shop->ports.currency = "USD";
    shop->ports.currency_exponent = 2;
    add_product(shop, 0, 1000);
    add_product(shop, 1, 250);
    T_OK(shop->ports.coupons->insert(shop->ports.coupons, &ten, t_pool));
    return shop;
}

void order_shop_queue(order_shop_t *shop)
{
    shop->ports.drops = shop_order_drops_create(1, t_pool);
}

void order_shop_fill(order_shop_t *shop, const char *user_id, int64_t first, int64_t second)
{
    shop_cart_repo_t *carts = shop->ports.carts;
    int64_t wanted[2] = { first, second };
    shop_cart_t *cart;

    for (int i = 0; i < 2; i++) {
        if (wanted[i]) {
            T_OK(carts->add(&cart, carts, user_id, shop->products[i], wanted[i], -1, SHOP_NOON,
                            t_pool));
        }
    }
}

static shop_error_t *make_reply(void *baton, shop_order_t *order, apr_pool_t *pool)
{
    (void)baton;
    order->reply = apr_psprintf(pool, "order %s of %s", order->number, order->user_id);
    order->reply_size = strlen(order->reply);
    return NULL;
}

shop_error_t *order_shop_place(shop_order_t **order, bool *replayed, const order_shop_t *shop,
                               const char *user_id, const char *key, const char *coupon,
                               apr_pool_t *pool)
{
    static const shop_address_t address = { "1 Main St", "Town", "State", "Country", "12345" };
    shop_order_placed_t placed;
    shop_error_t *err;
    shop_order_request_t request = {
        .user_id = user_id,
        .key_slot = key,
        .fingerprint = coupon ? coupon : "none",
        .shipping_address = &address,
        .payment_method = "paypal",
        .coupon_code = coupon,
        .expected_total = order_shop_expected_total,
        .reply = make_reply,
        .deadline = shop_clock_monotonic() + DEADLINE,
    };

    err = shop_order_place(&placed, &shop->ports, &request, pool);
    *order = err ? NULL : placed.order;
    *replayed = placed.outcome == SHOP_ORDER_REPLAYED;
    return err;
}

static shop_unit_state_t state_of(shop_reservations_t *reservations, const char *unit_id,
                                  const char *order_id)
{
    const shop_reservation_line_t line = { unit_id, 1, 0 };
    const shop_reservation_t asked = { order_id, NULL, &line, 1 };
    shop_unit_state_t state = { .available = -9 };

    T_OK(reservations->states(&state, reservations, &asked, t_pool));
    return state;
}

shop_unit_state_t order_shop_coupon(const order_shop_t *shop, const char *order_id)
{
    return state_of(shop->ports.coupon_uses, "TEN", order_id);
}

int64_t order_shop_stock(const order_shop_t *shop, int product)
{
    return state_of(shop->ports.stock, shop->products[product], NOBODY).available;
}

/* Whoever prices a unit sees what a process that died has not confirmed. */
static void look_and_flush(order_shop_t *shop)
{
    shop_order_quote_t quote;
    shop_cart_t *cart;

    T_OK(shop->ports.carts->find(&cart, shop->ports.carts, SOMEBODY, t_pool));
    if (!cart->lines->nelts) {
        order_shop_fill(shop, SOMEBODY, 1, 1);
    }
    T_OK(shop_order_quote(&quote, &shop->ports, SOMEBODY, "TEN", t_pool));
    T_OK(shop_order_drops_flush(shop->ports.drops, &shop->ports, t_pool));
    T_INT(shop_order_drops_waiting(shop->ports.drops), 0);
}

void order_shop_settle(order_shop_t *shop)
{
    shop_reap_sums_t sums = { .done = 1 };

    for (int turn = 0; turn < 50 && sums.done; turn++) {
        shop->clock.fixed += 3 * SHOP_ORDER_LEASE;
        if (!T_OK(shop_order_reap(&sums, &shop->ports, t_pool))) {
            return;
        }
    }
    T_INT(sums.done, 0);
    if (shop->ports.drops) {
        look_and_flush(shop);
    }
}

static bool is_back(const shop_order_t *order, const char *unit_id)
{
    for (int i = 0; i < order->returned->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(order->returned, i, const char *), unit_id)) {
            return true;
        }
    }
    return false;
}

static void audit_user(const order_shop_t *shop, const char *user_id, int64_t sold[2],
                       int64_t *used, const char *when)
{
    shop_order_query_t query = { .list = { .limit = 100 }, .user_id = user_id, .status = -1 };
    apr_array_header_t *orders;
    shop_list_end_t end;
    shop_cart_t *cart;
    int64_t mine = 0, uses;

    T_OK(shop->ports.carts->find(&cart, shop->ports.carts, user_id, t_pool));
    t_assert(!cart->claim, __LINE__, __FILE__, "%s: a cart is claimed", when);
    T_OK(shop->ports.orders->list(&orders, &end, shop->ports.orders, &query, t_pool));
    for (int i = 0; i < orders->nelts; i++) {
        const shop_order_t *order = APR_ARRAY_IDX(orders, i, shop_order_t *);
        bool stands = strcmp(shop_order_status_name(order->status), "cancelled") != 0;

        t_assert(!order->unfinished && !order->restocking, __LINE__, __FILE__,
                 "%s: an order is unfinished", when);
        mine += stands && order->coupon_code;
        for (int j = 0; stands && j < order->items->nelts; j++) {
            const shop_order_line_t *line = APR_ARRAY_IDX(order->items, j, shop_order_line_t *);

            sold[strcmp(line->unit_id, shop->products[0]) != 0] +=
                is_back(order, line->unit_id) ? 0 : line->quantity;
        }
    }
    T_OK(shop->ports.coupons->uses(&uses, shop->ports.coupons, "TEN", 1, user_id, t_pool));
    t_assert(uses == mine, __LINE__, __FILE__, "%s: %d redemptions for %d orders", when, (int)uses,
             (int)mine);
    *used += mine;
}

void order_shop_audit(const order_shop_t *shop, int users, const char *when)
{
    int64_t sold[2] = { 0, 0 }, used = 0;
    shop_unit_state_t coupon = order_shop_coupon(shop, NOBODY);

    for (int i = 0; i < users; i++) {
        audit_user(shop, USER(i), sold, &used, when);
    }
    for (int i = 0; i < 2; i++) {
        shop_unit_state_t state = state_of(shop->ports.stock, shop->products[i], NOBODY);

        t_assert(state.available >= 0 && state.available + sold[i] == shop->stock, __LINE__,
                 __FILE__, "%s: stock %d + sold %d of %d", when, (int)state.available, (int)sold[i],
                 (int)shop->stock);
        t_assert(state.reservations == 0, __LINE__, __FILE__, "%s: %d reservations left", when,
                 state.reservations);
    }
    t_assert(coupon.available + used == shop->uses && coupon.reservations == 0, __LINE__, __FILE__,
             "%s: %d uses left, %d used of %d, %d reservations", when, (int)coupon.available,
             (int)used, (int)shop->uses, coupon.reservations);
}
