/* SPDX-License-Identifier: MIT
 * The table of operations: one entry for each function of a port that the order code calls. A
 * function without an entry is NULL in the ports that the order code gets. */
#include "storm.h"

#include <apr_strings.h>

typedef struct wrapped_orders_t {
    shop_order_repo_t port; /* first, so that a pointer to it is a pointer to this */
    storm_t *storm;
} wrapped_orders_t;

typedef struct wrapped_products_t {
    shop_product_repo_t port;
    storm_t *storm;
} wrapped_products_t;

typedef struct wrapped_carts_t {
    shop_cart_repo_t port;
    storm_t *storm;
} wrapped_carts_t;

typedef struct wrapped_coupons_t {
    shop_coupon_repo_t port;
    storm_t *storm;
} wrapped_coupons_t;

typedef struct wrapped_stock_t {
    shop_reservations_t port;
    storm_t *storm;
} wrapped_stock_t;

typedef wrapped_stock_t wrapped_coupon_uses_t;

/* OP(port, function, traits, (its parameters), its output, (arguments of the real call, out of
 * `a`), the members of storm_args_t): the function that the order code calls, and the one that
 * applies it whenever the storm lets it through. */
#define OP(ports, function, bits, parameters, output, arguments, ...)                              \
    static shop_error_t *ports##_##function##_apply(storm_t *storm, void *out,                     \
                                                    const storm_args_t *a, apr_pool_t *pool)       \
    {                                                                                              \
        __typeof__(storm->real.ports) repo = storm->real.ports;                                    \
                                                                                                   \
        (void)out;                                                                                 \
        return repo->function arguments;                                                           \
    }                                                                                              \
    static shop_error_t *ports##_##function parameters                                             \
    {                                                                                              \
        static const storm_op_t op = { #ports "." #function, ports##_##function##_apply, (bits) }; \
                                                                                                   \
        return storm_call(((const wrapped_##ports##_t *)repo)->storm, &op, (output),               \
                          &(storm_args_t){ __VA_ARGS__ }, pool);                                   \
    }

/* ---- orders ---- */
OP(orders, claim, STORM_WRITE | STORM_BOOL,
   (bool *claimed, shop_order_repo_t *repo, const shop_order_t *order, apr_pool_t *pool), claimed,
   (out, repo, a->order, pool), .order = order, .order_id = order->id, .user_id = order->user_id)
OP(orders, find, STORM_ORDER,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *id, apr_pool_t *pool), order,
   (out, repo, a->order_id, pool), .order_id = id)
OP(orders, find_by_key, STORM_ORDER,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *key_slot,
    apr_pool_t *pool),
   order, (out, repo, a->user_id, a->text, pool), .user_id = user_id, .text = key_slot)
OP(orders, find_by_cart, STORM_ORDER,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *cart_slot,
    apr_pool_t *pool),
   order, (out, repo, a->user_id, a->text, pool), .user_id = user_id, .text = cart_slot)
OP(orders, commit, STORM_WRITE | STORM_BOOL | STORM_PIVOT,
   (bool *done, shop_order_repo_t *repo, const shop_order_t *order, apr_pool_t *pool), done,
   (out, repo, a->order, pool), .order = order, .order_id = order->id)
OP(orders, move, STORM_WRITE | STORM_BOOL,
   (bool *done, shop_order_repo_t *repo, const char *id, shop_order_status_t from,
    shop_order_status_t to, int64_t rev, const shop_order_event_t *event,
    const char *tracking_number, apr_time_t now, apr_pool_t *pool),
   done, (out, repo, a->order_id, a->from, a->to, a->number, a->event, a->text, a->time, pool),
   .order_id = id, .from = from, .to = to, .number = rev, .event = event, .text = tracking_number,
   .time = now)
OP(orders, refund, STORM_WRITE | STORM_BOOL | STORM_PIVOT | STORM_REV,
   (bool *done, shop_order_repo_t *repo, const char *id, int64_t rev, const shop_refund_t *refund,
    shop_order_status_t status, const shop_order_event_t *event, apr_pool_t *pool),
   done, (out, repo, a->order_id, a->number, a->refund, a->to, a->event, pool), .order_id = id,
   .number = rev, .refund = refund, .from = status, .to = status, .event = event)
OP(orders, restocked, STORM_WRITE, (shop_order_repo_t * repo, const char *id, apr_pool_t *pool),
   NULL, (repo, a->order_id, pool), .order_id = id)
OP(orders, mark_returned, STORM_WRITE,
   (shop_order_repo_t * repo, const char *id, const char *line, apr_pool_t *pool), NULL,
   (repo, a->order_id, a->text, pool), .order_id = id, .text = line)
OP(orders, finish, STORM_WRITE, (shop_order_repo_t * repo, const char *id, apr_pool_t *pool), NULL,
   (repo, a->order_id, pool), .order_id = id)
OP(orders, unfinished, STORM_ORDERS,
   (apr_array_header_t * *orders, shop_order_repo_t *repo, apr_time_t before, int limit,
    apr_pool_t *pool),
   orders, (out, repo, a->time, a->limit, pool), .time = before, .limit = limit)

/* ---- carts ---- */
OP(carts, find, 0,
   (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, apr_pool_t *pool), cart,
   (out, repo, a->user_id, pool), .user_id = user_id)
OP(carts, add, STORM_WRITE,
   (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, const char *product_id,
    int64_t quantity, int place, apr_time_t now, apr_pool_t *pool),
   cart, (out, repo, a->user_id, a->id, a->number, a->place, a->time, pool), .user_id = user_id,
   .id = product_id, .number = quantity, .place = place, .time = now)
OP(carts, ordered, STORM_WRITE,
   (shop_cart_repo_t * repo, const char *user_id, int64_t gen, const char *const *ids, int count,
    apr_time_t now, apr_pool_t *pool),
   NULL, (repo, a->user_id, a->number, a->ids, a->count, a->time, pool), .user_id = user_id,
   .number = gen, .ids = ids, .count = count, .time = now)

/* ---- products and coupons ---- */
OP(products, find_many, 0,
   (apr_array_header_t * *products, shop_product_repo_t *repo, const char *const *ids, int count,
    apr_pool_t *pool),
   products, (out, repo, a->ids, a->count, pool), .ids = ids, .count = count)
OP(coupons, find, 0,
   (shop_coupon_t * *coupon, shop_coupon_repo_t *repo, const char *code, apr_pool_t *pool), coupon,
   (out, repo, a->id, pool), .id = code)

/* ---- what is reserved of both ---- */
#define LINES(reservation)                                              \
    .order_id = (reservation)->order_id, .lines = (reservation)->lines, \
    .count = (reservation)->count
#define OF_ARGS (&(shop_reservation_t){ a->order_id, a->lines, a->count })

#define RESERVATIONS(port)                                                                         \
    OP(port, reserve, STORM_WRITE | STORM_ONCE | STORM_BATCH | STORM_INT,                          \
       (int *reserved, shop_reservations_t *repo, const shop_reservation_t *wanted,                \
        apr_time_t now, apr_pool_t *pool),                                                         \
       reserved, (out, repo, OF_ARGS, a->time, pool), LINES(wanted), .time = now)                  \
    OP(port, states, 0,                                                                            \
       (shop_unit_state_t * states, shop_reservations_t * repo, const shop_reservation_t *asked,   \
        apr_pool_t *pool),                                                                         \
       states, (out, repo, OF_ARGS, pool), LINES(asked))                                           \
    OP(port, release, STORM_WRITE | STORM_BATCH,                                                   \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_pool_t *pool), NULL,       \
       (repo, OF_ARGS, pool), LINES(made))                                                         \
    OP(port, confirm, STORM_WRITE | STORM_BATCH,                                                   \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_pool_t *pool), NULL,       \
       (repo, OF_ARGS, pool), LINES(made))                                                         \
    OP(port, restock, STORM_WRITE | STORM_FENCED | STORM_BOOL,                                     \
       (bool *done, shop_reservations_t *repo, const char *order_id,                               \
        const shop_reservation_line_t *line, int64_t back_rev, apr_time_t now, apr_pool_t *pool),  \
       done, (out, repo, a->order_id, a->lines, a->back_rev, a->time, pool), .order_id = order_id, \
       .lines = line, .count = 1, .back_rev = back_rev, .time = now)                               \
    OP(port, drop_markers, STORM_WRITE | STORM_BATCH,                                              \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_pool_t *pool), NULL,       \
       (repo, OF_ARGS, pool), LINES(made))                                                         \
    OP(port, sweep, STORM_LEFT,                                                                    \
       (apr_array_header_t * *left, shop_reservations_t * repo, shop_sweep_t what,                 \
        apr_time_t before, int limit, apr_pool_t *pool),                                           \
       left, (out, repo, a->sweep, a->time, a->limit, pool), .sweep = what, .time = before,        \
       .limit = limit)                                                                             \
                                                                                                   \
    static const shop_reservations_t port = { .reserve = port##_reserve,                           \
                                              .states = port##_states,                             \
                                              .release = port##_release,                           \
                                              .confirm = port##_confirm,                           \
                                              .restock = port##_restock,                           \
                                              .drop_markers = port##_drop_markers,                 \
                                              .sweep = port##_sweep }

RESERVATIONS(stock);
RESERVATIONS(coupon_uses);

/* ---- what each customer used of a coupon ---- */
#define USE .id = code, .order_id = order_id

OP(coupons, redeem, STORM_WRITE | STORM_ONCE | STORM_BOOL,
   (bool *redeemed, shop_coupon_repo_t *repo, const char *code, int64_t born, const char *user_id,
    int64_t limit, const char *order_id, apr_time_t now, apr_pool_t *pool),
   redeemed, (out, repo, a->id, a->born, a->user_id, a->number, a->order_id, a->time, pool), USE,
   .born = born, .user_id = user_id, .number = limit, .time = now)
OP(coupons, unredeem, STORM_WRITE,
   (shop_coupon_repo_t * repo, const char *code, int64_t born, const char *user_id,
    const char *order_id, apr_pool_t *pool),
   NULL, (repo, a->id, a->born, a->user_id, a->order_id, pool), USE, .born = born,
   .user_id = user_id)
OP(coupons, old_redemptions, STORM_LEFT | STORM_OPEN,
   (apr_array_header_t * *left, shop_coupon_repo_t *repo, apr_time_t before, int limit,
    apr_pool_t *pool),
   left, (out, repo, a->time, a->limit, pool), .time = before, .limit = limit)
OP(coupons, drop_redemption, STORM_WRITE,
   (shop_coupon_repo_t * repo, const char *id, const char *order_id, apr_pool_t *pool), NULL,
   (repo, a->id, a->order_id, pool), .id = id, .order_id = order_id)
OP(coupons, keep_redemption, STORM_WRITE,
   (shop_coupon_repo_t * repo, const char *id, const char *order_id, apr_pool_t *pool), NULL,
   (repo, a->id, a->order_id, pool), .id = id, .order_id = order_id)

static const shop_order_repo_t orders = {
    .claim = orders_claim,
    .find = orders_find,
    .find_by_key = orders_find_by_key,
    .find_by_cart = orders_find_by_cart,
    .commit = orders_commit,
    .move = orders_move,
    .refund = orders_refund,
    .restocked = orders_restocked,
    .mark_returned = orders_mark_returned,
    .finish = orders_finish,
    .unfinished = orders_unfinished,
};

static const shop_cart_repo_t carts = {
    .find = carts_find,
    .add = carts_add,
    .ordered = carts_ordered,
};

static const shop_product_repo_t products = {
    .find_many = products_find_many,
};

static const shop_coupon_repo_t coupons = {
    .find = coupons_find,
    .redeem = coupons_redeem,
    .unredeem = coupons_unredeem,
    .old_redemptions = coupons_old_redemptions,
    .drop_redemption = coupons_drop_redemption,
    .keep_redemption = coupons_keep_redemption,
};

#define WRAP(name)                                                               \
    do {                                                                         \
        wrapped_##name##_t *wrapped = apr_palloc(storm->pool, sizeof(*wrapped)); \
                                                                                 \
        *wrapped = (wrapped_##name##_t){ .port = name, .storm = storm };         \
        storm->ports.name = &wrapped->port;                                      \
    } while (0)

void storm_wrap(storm_t *storm)
{
    WRAP(orders);
    WRAP(carts);
    WRAP(products);
    WRAP(stock);
    WRAP(coupons);
    WRAP(coupon_uses);
}
