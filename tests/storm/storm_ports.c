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
OP(orders, insert, STORM_WRITE | STORM_INSERT | STORM_PIVOT,
   (shop_order_insert_t * result, shop_order_repo_t *repo, const shop_order_t *order,
    apr_pool_t *pool),
   result, (out, repo, a->order, pool), .order = order, .order_id = order->id,
   .user_id = order->user_id)
OP(orders, find_durable, STORM_ORDER | STORM_DURABLE,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *id,
    apr_pool_t *pool),
   order, (out, repo, a->user_id, a->order_id, pool), .order_id = id, .user_id = user_id)
OP(orders, find, STORM_ORDER,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *id, apr_pool_t *pool), order,
   (out, repo, a->order_id, pool), .order_id = id)
OP(orders, find_by_key, STORM_ORDER | STORM_DURABLE,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *key_slot,
    apr_pool_t *pool),
   order, (out, repo, a->user_id, a->text, pool), .user_id = user_id, .text = key_slot)
OP(orders, find_by_cart, STORM_ORDER | STORM_DURABLE,
   (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *cart_slot,
    apr_pool_t *pool),
   order, (out, repo, a->user_id, a->text, pool), .user_id = user_id, .text = cart_slot)
OP(orders, move, STORM_WRITE | STORM_BOOL | STORM_OF_ORDER,
   (bool *done, shop_order_repo_t *repo, const char *id, shop_order_status_t from,
    shop_order_status_t to, int64_t rev, const shop_order_event_t *event,
    const char *tracking_number, apr_time_t now, apr_pool_t *pool),
   done, (out, repo, a->order_id, a->from, a->to, a->number, a->event, a->text, a->time, pool),
   .order_id = id, .from = from, .to = to, .number = rev, .event = event, .text = tracking_number,
   .time = now)
OP(orders, refund, STORM_WRITE | STORM_BOOL | STORM_PIVOT | STORM_REV | STORM_OF_ORDER,
   (bool *done, shop_order_repo_t *repo, const char *id, int64_t rev, const shop_refund_t *refund,
    shop_order_status_t status, const shop_order_event_t *event, apr_pool_t *pool),
   done, (out, repo, a->order_id, a->number, a->refund, a->to, a->event, pool), .order_id = id,
   .number = rev, .refund = refund, .from = status, .to = status, .event = event)
OP(orders, restocked, STORM_WRITE | STORM_OF_ORDER,
   (shop_order_repo_t * repo, const char *id, apr_pool_t *pool), NULL, (repo, a->order_id, pool),
   .order_id = id)
OP(orders, mark_returned, STORM_WRITE | STORM_OF_ORDER,
   (shop_order_repo_t * repo, const char *id, const char *line, apr_pool_t *pool), NULL,
   (repo, a->order_id, a->text, pool), .order_id = id, .text = line)
OP(orders, finish, STORM_WRITE | STORM_OF_ORDER,
   (shop_order_repo_t * repo, const char *id, apr_pool_t *pool), NULL, (repo, a->order_id, pool),
   .order_id = id)
OP(orders, unfinished, STORM_ORDERS,
   (apr_array_header_t * *orders, shop_order_repo_t *repo, apr_time_t before, int limit,
    apr_pool_t *pool),
   orders, (out, repo, a->time, a->limit, pool), .time = before, .limit = limit)

/* Without it an order that is not there counts as never to be placed. */
static shop_error_t *orders_tombstone_apply(storm_t *storm, void *out, const storm_args_t *a,
                                            apr_pool_t *pool)
{
    shop_order_repo_t *repo = storm->real.orders;
    storm_tombstone_t *set = out;

    if (storm->weakness & STORM_NO_TOMBSTONE) {
        SHOP_TRY(repo->find_durable(&set->order, repo, a->user_id, a->order_id, pool));
        set->result = set->order && shop_order_status_name(set->order->status)
                          ? SHOP_TOMBSTONE_PLACED
                          : SHOP_TOMBSTONE_SET;
        return NULL;
    }
    return repo->tombstone(&set->result, &set->order, repo, a->order_id, a->user_id, a->time, pool);
}

static shop_error_t *orders_tombstone(shop_tombstone_t *result, shop_order_t **order,
                                      shop_order_repo_t *repo, const char *id, const char *user_id,
                                      apr_time_t now, apr_pool_t *pool)
{
    static const storm_op_t op = { "orders.tombstone", orders_tombstone_apply,
                                   STORM_WRITE | STORM_TOMBSTONE };
    storm_tombstone_t out = { .order = NULL };

    SHOP_TRY(storm_call(((const wrapped_orders_t *)repo)->storm, &op, &out,
                        &(storm_args_t){ .order_id = id, .user_id = user_id, .time = now }, pool));
    *result = out.result;
    *order = out.order;
    return NULL;
}

/* ---- carts ---- */
#define EDIT (STORM_WRITE | STORM_CART | STORM_EDIT)

OP(carts, find, STORM_HAS_CART | STORM_DECIDES,
   (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, apr_pool_t *pool), cart,
   (out, repo, a->user_id, pool), .user_id = user_id)
OP(carts, add, EDIT | STORM_HAS_CART,
   (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, const char *product_id,
    int64_t quantity, int place, apr_time_t now, apr_pool_t *pool),
   cart, (out, repo, a->user_id, a->id, a->number, a->place, a->time, pool), .user_id = user_id,
   .id = product_id, .number = quantity, .place = place, .time = now)
OP(carts, set, EDIT | STORM_HAS_CART,
   (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, const char *product_id,
    int64_t quantity, apr_time_t now, apr_pool_t *pool),
   cart, (out, repo, a->user_id, a->id, a->number, a->time, pool), .user_id = user_id,
   .id = product_id, .number = quantity, .time = now)
OP(carts, remove, EDIT | STORM_HAS_CART,
   (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, const char *product_id,
    apr_time_t now, apr_pool_t *pool),
   cart, (out, repo, a->user_id, a->id, a->time, pool), .user_id = user_id, .id = product_id,
   .time = now)
OP(carts, claim, STORM_WRITE | STORM_CART | STORM_CLAIM | STORM_BOOL | STORM_PIVOT,
   (bool *claimed, shop_cart_repo_t *repo, const shop_cart_t *cart, const shop_cart_claim_t *claim,
    apr_pool_t *pool),
   claimed, (out, repo, a->cart, a->claim, pool), .user_id = cart->user_id,
   .order_id = claim->order_id, .cart = cart, .claim = claim)
OP(carts, ordered, STORM_WRITE | STORM_CART | STORM_CLEAR | STORM_BOOL,
   (bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart, const char *order_id,
    const apr_array_header_t *left, apr_time_t now, apr_pool_t *pool),
   done, (out, repo, a->cart, a->order_id, a->left, a->time, pool), .user_id = cart->user_id,
   .cart = cart, .order_id = order_id, .left = left, .time = now)
OP(carts, unclaim, STORM_WRITE | STORM_CART | STORM_BY_ONE,
   (shop_cart_repo_t * repo, const char *user_id, const char *order_id, apr_pool_t *pool), NULL,
   (repo, a->user_id, a->order_id, pool), .user_id = user_id, .order_id = order_id)
OP(carts, old_claims, STORM_ORDERS,
   (apr_array_header_t * *carts, shop_cart_repo_t *repo, apr_time_t before, int limit,
    apr_pool_t *pool),
   carts, (out, repo, a->time, a->limit, pool), .time = before, .limit = limit)

/* ---- products and coupons ---- */
OP(products, find_many, 0,
   (apr_array_header_t * *products, shop_product_repo_t *repo, const char *const *ids, int count,
    apr_pool_t *pool),
   products, (out, repo, a->ids, a->count, pool), .ids = ids, .count = count)
OP(coupons, find, 0,
   (shop_coupon_t * *coupon, shop_coupon_repo_t *repo, const char *code, apr_pool_t *pool), coupon,
   (out, repo, a->id, pool), .id = code)

/* What a reader finds of either. */
typedef struct to_order_t {
    apr_array_header_t **products, **stale;
    shop_coupon_t **coupon;
    int *most;
} to_order_t;

static shop_error_t *products_find_to_order_apply(storm_t *storm, void *out, const storm_args_t *a,
                                                  apr_pool_t *pool)
{
    shop_product_repo_t *repo = storm->real.products;
    const to_order_t *found = out;

    SHOP_TRY(repo->find_to_order(found->products, found->stale, found->most, repo, a->ids, a->count,
                                 a->time, pool));
    storm_sort_leftovers(storm, *found->stale);
    return NULL;
}

static shop_error_t *products_find_to_order(apr_array_header_t **products,
                                            apr_array_header_t **stale, int *most,
                                            shop_product_repo_t *repo, const char *const *ids,
                                            int count, apr_time_t before, apr_pool_t *pool)
{
    static const storm_op_t op = { "products.find_to_order", products_find_to_order_apply, 0 };
    to_order_t out = { .products = products, .stale = stale, .most = most };

    return storm_call(((const wrapped_products_t *)repo)->storm, &op, &out,
                      &(storm_args_t){ .ids = ids, .count = count, .time = before }, pool);
}

static shop_error_t *coupons_find_to_order_apply(storm_t *storm, void *out, const storm_args_t *a,
                                                 apr_pool_t *pool)
{
    shop_coupon_repo_t *repo = storm->real.coupons;
    const to_order_t *found = out;

    SHOP_TRY(repo->find_to_order(found->coupon, found->stale, repo, a->id, a->time, pool));
    storm_sort_leftovers(storm, *found->stale);
    return NULL;
}

static shop_error_t *coupons_find_to_order(shop_coupon_t **coupon, apr_array_header_t **stale,
                                           shop_coupon_repo_t *repo, const char *code,
                                           apr_time_t before, apr_pool_t *pool)
{
    static const storm_op_t op = { "coupons.find_to_order", coupons_find_to_order_apply, 0 };
    to_order_t out = { .coupon = coupon, .stale = stale };

    return storm_call(((const wrapped_coupons_t *)repo)->storm, &op, &out,
                      &(storm_args_t){ .id = code, .time = before }, pool);
}

/* ---- what is reserved of both ---- */
#define LINES(reservation)                                                  \
    .order_id = (reservation)->order_id, .user_id = (reservation)->user_id, \
    .lines = (reservation)->lines, .count = (reservation)->count
#define OF_ARGS (&(shop_reservation_t){ a->order_id, a->user_id, a->lines, a->count })

#define RESERVATIONS(port)                                                                         \
    OP(port, reserve, STORM_WRITE | STORM_ONCE | STORM_BATCH | STORM_INT | STORM_DECIDES,          \
       (int *reserved, shop_reservations_t *repo, const shop_reservation_t *wanted,                \
        apr_time_t now, apr_pool_t *pool),                                                         \
       reserved, (out, repo, OF_ARGS, a->time, pool), LINES(wanted), .time = now)                  \
    OP(port, states, 0,                                                                            \
       (shop_unit_state_t * states, shop_reservations_t * repo, const shop_reservation_t *asked,   \
        apr_pool_t *pool),                                                                         \
       states, (out, repo, OF_ARGS, pool), LINES(asked))                                           \
    OP(port, void_order, STORM_WRITE | STORM_BATCH | STORM_VOID | STORM_UNDO,                      \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_time_t now,                \
        apr_pool_t *pool),                                                                         \
       NULL, (repo, OF_ARGS, a->time, pool), LINES(made), .time = now)                             \
    OP(port, release, STORM_WRITE | STORM_BATCH | STORM_UNDO,                                      \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_pool_t *pool), NULL,       \
       (repo, OF_ARGS, pool), LINES(made))                                                         \
    OP(port, confirm, STORM_WRITE | STORM_BATCH,                                                   \
       (shop_reservations_t * repo, const shop_unit_orders_t *of, int count, apr_pool_t *pool),    \
       NULL, (repo, a->units, a->count, pool), .units = of, .count = count)                        \
    OP(port, drop_voids, STORM_WRITE | STORM_DROP_VOIDS,                                           \
       (shop_reservations_t * repo, apr_time_t before, apr_pool_t * pool), NULL,                   \
       (repo, a->time, pool), .time = before)                                                      \
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
                                              .void_order = port##_void_order,                     \
                                              .release = port##_release,                           \
                                              .confirm = port##_confirm,                           \
                                              .restock = port##_restock,                           \
                                              .drop_markers = port##_drop_markers,                 \
                                              .drop_voids = port##_drop_voids,                     \
                                              .sweep = port##_sweep }

RESERVATIONS(stock);
RESERVATIONS(coupon_uses);

/* ---- what each customer used of a coupon ---- */
#define USE .id = code, .order_id = order_id

OP(coupons, redeem, STORM_WRITE | STORM_ONCE | STORM_BOOL | STORM_DECIDES,
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

/* No command: the unique indexes are always there. */
static shop_error_t *orders_may_insert(shop_order_repo_t *repo, apr_pool_t *pool)
{
    (void)repo;
    (void)pool;
    return NULL;
}

static const shop_order_repo_t orders = {
    .may_insert = orders_may_insert,
    .insert = orders_insert,
    .tombstone = orders_tombstone,
    .find_durable = orders_find_durable,
    .find = orders_find,
    .find_by_key = orders_find_by_key,
    .find_by_cart = orders_find_by_cart,
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
    .set = carts_set,
    .remove = carts_remove,
    .claim = carts_claim,
    .ordered = carts_ordered,
    .unclaim = carts_unclaim,
    .old_claims = carts_old_claims,
};

static const shop_product_repo_t products = {
    .find_many = products_find_many,
    .find_to_order = products_find_to_order,
};

static const shop_coupon_repo_t coupons = {
    .find = coupons_find,
    .find_to_order = coupons_find_to_order,
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
    for (int i = 0; i < STORM_PROCESSES; i++) {
        storm->processes[i] = storm->ports;
        if (i < STORM_PROCESSES - 1) {
            storm->processes[i].drops = shop_order_drops_create(STORM_PROCESSES, storm->pool);
        }
    }
}
