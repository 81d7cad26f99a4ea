/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_STORM_H
#define SHOP_TESTS_STORM_H

/* A storm over the real order code: buyers, editors of carts, cancellers, refunders, cleaners and
 * reapers are threads of which one runs at a time, and a seeded generator decides who is next and
 * which fault hits each call of a port: not sent, reply lost, applied long after the caller gave
 * up, applied twice, applied in part; workers crash and pause beyond the lease, and elections take
 * back what one node acknowledged. Then everything must come to rest and add up. The ids of orders
 * are random; every decision is a function of the seed. */

#include <pthread.h>

#include "mod_shop/orders/order_cancel.h"
#include "mod_shop/orders/order_drops.h"
#include "mod_shop/orders/order_place.h"
#include "mod_shop/orders/order_reap.h"
#include "mod_shop/orders/order_refund.h"

#define STORM_TICK apr_time_from_msec(500) /* how far the clock moves with each step */
#define STORM_PRODUCTS 2
#define STORM_USERS 7
#define STORM_PROCESSES 3 /* buyers run in them; each but the last has a queue of its own */
#define STORM_NOBODY "f00000000000000000000000"
#define STORM_CODE "TEN"

/* Weakened protocols, each of which must go wrong; flags. */
enum {
    STORM_NO_MARKER_SWEEP = 1 << 0,
    STORM_NO_REDEMPTION_SWEEP = 1 << 1,
    STORM_RETRY_RESERVE = 1 << 2,  /* reserving is sent again when its outcome is unknown */
    STORM_TRUST_RESERVE = 1 << 3,  /* ... or counts as reserved */
    STORM_MARKER_ONLY = 1 << 4,    /* a restock ignores back_rev */
    STORM_ANY_REV = 1 << 5,        /* a refund ignores the order's rev */
    STORM_NO_VOID = 1 << 6,        /* nobody voids */
    STORM_BUYER_VOIDS = 1 << 7,    /* only the buyer whose order it is does */
    STORM_EARLY_VOIDS = 1 << 8,    /* voids are dropped by the next reaper */
    STORM_NO_TOMBSTONE = 1 << 9,   /* an order that is not there counts as never to be placed */
    STORM_UNCLAIM_FIRST = 1 << 10, /* the claim goes before what it names is released */
    STORM_TRUST_INSERT = 1 << 11,  /* an insert of unknown outcome counts as done */
    STORM_BLIND_CLEAR = 1 << 12,   /* the cart is cleared whatever it is by now */
    STORM_CLAIM_ANY = 1 << 13,     /* ... and claimed */
    STORM_CLAIM_BY_ONE = 1 << 14,  /* a claim is acknowledged by one node */
    STORM_READS_ANY = 1 << 15,     /* what is read before something is told or undone may be lost */
};

typedef struct storm_t storm_t;
typedef struct storm_worker_t storm_worker_t;

/* ---- calls: storm_call.c ---- */

/* What a call was given; each operation sets what it has. All of it is copied for a late call. */
typedef struct storm_args_t {
    const shop_order_t *order;
    const char *order_id;
    const char *id; /* coupon code, redemption id, product id */
    const char *user_id;
    const char *text; /* key slot, cart slot, returned line, tracking number */
    const shop_reservation_line_t *lines;
    const shop_unit_orders_t *units;
    const char *const *ids;
    const shop_cart_t *cart;
    const shop_cart_claim_t *claim;
    const apr_array_header_t *left; /* lines of a cart */
    const shop_order_event_t *event;
    const shop_refund_t *refund;
    const shop_order_query_t *query;
    int count; /* of lines, units or ids */
    int limit; /* of a list */
    int place; /* of a line */
    shop_order_status_t from, to;
    int64_t number; /* rev, generation, quantity, limit per user */
    int64_t back_rev;
    int64_t born; /* of a coupon */
    shop_sweep_t sweep;
    apr_time_t time;
} storm_args_t;

enum {
    STORM_WRITE = 1 << 0,
    STORM_ONCE = 1 << 1,   /* the order code may send it once per order */
    STORM_BATCH = 1 << 2,  /* several documents: may be applied in part */
    STORM_FENCED = 1 << 3, /* carries back_rev */
    STORM_LEFT = 1 << 4,   /* gives shop_leftover_t *, which the storm sorts */
    STORM_OPEN = 1 << 5,   /* ... of redemptions */
    STORM_BOOL = 1 << 6,   /* what it answers, for the trace */
    STORM_INT = 1 << 7,
    STORM_ORDER = 1 << 8,
    STORM_ORDERS = 1 << 9,
    STORM_PIVOT = 1 << 10,  /* what follows depends on whether it was applied */
    STORM_REV = 1 << 11,    /* fenced by the order's rev */
    STORM_CART = 1 << 12,   /* writes a cart, acknowledged by a majority */
    STORM_EDIT = 1 << 13,   /* ... and changes how many units are in it */
    STORM_CLAIM = 1 << 14,  /* ... is the claim */
    STORM_CLEAR = 1 << 15,  /* ... takes out what was ordered */
    STORM_BY_ONE = 1 << 16, /* ... is acknowledged by one node */
    STORM_INSERT = 1 << 17, /* gives shop_order_insert_t */
    STORM_VOID = 1 << 18,
    STORM_UNDO = 1 << 19, /* takes part in undoing an order's stock */
    STORM_DROP_VOIDS = 1 << 20,
    STORM_DECIDES = 1 << 21,   /* what a refusal may rest on */
    STORM_TOMBSTONE = 1 << 22, /* gives storm_tombstone_t */
    STORM_HAS_CART = 1 << 23,
    STORM_DURABLE = 1 << 24,  /* finds only what no election takes back */
    STORM_OF_ORDER = 1 << 25, /* writes a document of orders that is there */
};

typedef struct storm_tombstone_t {
    shop_tombstone_t result;
    shop_order_t *order;
} storm_tombstone_t;

typedef struct storm_op_t {
    const char *name; /* "stock.reserve" */
    shop_error_t *(*apply)(storm_t *storm, void *out, const storm_args_t *args, apr_pool_t *pool);
    unsigned traits;
} storm_op_t;

/* Carries a call of the running worker to the real port, or to wherever its fate leads; without a
 * running worker straight to the real port. */
shop_error_t *storm_call(storm_t *storm, const storm_op_t *op, void *out, const storm_args_t *args,
                         apr_pool_t *pool);
/* Applies the late calls that are due by now; when `some`, about every second of the others too. */
void storm_late(storm_t *storm, bool some);

/* The ports with the storm between them and storm->real: storm_ports.c. */
void storm_wrap(storm_t *storm);

/* What the weakened protocol makes of the arguments: storm_weak.c. */
shop_error_t *storm_weaken(storm_t *storm, const storm_op_t *op, storm_args_t *args,
                           apr_pool_t *pool);
/* Is the call left out in the weakened protocol? */
bool storm_leaves_out(const storm_t *storm, const storm_op_t *op, const storm_args_t *args);
/* Which leftovers are found. */
bool storm_is_swept(const storm_t *storm, const storm_op_t *op, const storm_args_t *args);
/* Puts into out what the weakened protocol takes for the answer that did not come; false: it does
 * not pretend. */
bool storm_pretends(const storm_t *storm, const storm_op_t *op, void *out,
                    const storm_args_t *args);

/* Stores need not agree on the order of what they found, and the order code walks in it. */
void storm_sort_leftovers(const storm_t *storm, apr_array_header_t *left);

/* For the trace, and copies of what a late call needs: storm_args.c. */
const char *storm_args_text(const storm_t *storm, const storm_args_t *args, apr_pool_t *pool);
const char *storm_out_text(const storm_op_t *op, void *out, apr_pool_t *pool);
const storm_args_t *storm_args_copy(const storm_args_t *from, apr_pool_t *pool);
/* *part: those of args whose bit in mask is set. */
void storm_args_part(storm_args_t *part, const storm_args_t *args, int64_t mask, apr_pool_t *pool);

/* ---- the run ---- */

/* Known from the first time its claim is sent. */
typedef struct storm_order_t {
    const char *id;
    int user;
    const char *key;                   /* NULL: none */
    const storm_worker_t *by;          /* whose order it is */
    int attempt;                       /* ... of that worker */
    int64_t claimed, placed;           /* tick at which that was applied, 0: never */
    int64_t unseen;                    /* until this tick its document is not durable */
    const storm_op_t *sent[4];         /* what is sent once and was */
    int64_t ordered[STORM_PRODUCTS];   /* by the claim */
    int64_t taken_out[STORM_PRODUCTS]; /* ... and of that, what the customer took out meanwhile */
} storm_order_t;

typedef struct storm_answer_t {
    int user;
    const char *key;      /* NULL: none */
    const char *order_id; /* the order that was acknowledged */
    const char *reply;    /* NULL: its cancelling was acknowledged */
} storm_answer_t;

/* Somebody was told that his order is not placed. */
typedef struct storm_refusal_t {
    const storm_worker_t *to;
    int attempt;
    int64_t decided; /* the tick of what it rests on */
    const char *code;
} storm_refusal_t;

typedef struct storm_refunded_t {
    const char *order_id;
    const shop_refund_t *refund; /* as it was acknowledged */
} storm_refunded_t;

struct storm_worker_t {
    storm_t *storm;
    const char *name;
    void (*work)(storm_worker_t *worker);
    int64_t wake; /* not before this tick */
    bool is_reaper, crashed, ended;
    pthread_t thread;
    pthread_cond_t turn;
    apr_pool_t *pool;
    int process; /* of a buyer or a cleaner */
    /* of a buyer */
    int user;
    const char *key, *coupon;
    int64_t wanted[STORM_PRODUCTS];
    int attempt;
    int64_t decided; /* the last tick at which a call was applied that a refusal may rest on */
};

/* A cart as it was before a write that one node acknowledged. */
typedef struct storm_undo_t {
    const void *cart; /* NULL: nothing can be taken back */
    int64_t tick;
} storm_undo_t;

/* Where a storm finds its ports. */
typedef struct storm_store_t {
    const char *name;
    /* Empty ones, in pool. NULL and a word on standard error: no. */
    const shop_order_ports_t *(*open)(apr_pool_t *pool);
    /* The user's cart as it is stored, in pool, and back into the store. */
    shop_error_t *(*save_cart)(const void **saved, const shop_order_ports_t *ports,
                               const char *user_id, apr_pool_t *pool);
    shop_error_t *(*put_cart)(const shop_order_ports_t *ports, const char *user_id,
                              const void *saved, apr_pool_t *pool);
    /* The order's document goes. */
    shop_error_t *(*remove_order)(const shop_order_ports_t *ports, const char *id,
                                  apr_pool_t *pool);
} storm_store_t;

struct storm_t {
    apr_pool_t *pool;
    uint64_t seed, random;
    unsigned weakness;
    int64_t weather; /* of a hundred calls how many suffer each fault */
    const storm_store_t *store;
    shop_order_ports_t real;  /* fakes or MongoDB */
    shop_order_ports_t ports; /* what the order code gets in a process without a queue */
    shop_order_ports_t processes[STORM_PROCESSES]; /* ... and where buyers are */
    shop_clock_t clock;
    int64_t tick;
    int64_t cut_off;      /* until this tick the store is hardly there */
    int64_t election;     /* the tick of one that is due */
    bool nothing_arrives; /* ... and then: each call is lost before it is applied */
    bool calm;            /* the storm is over: no faults */
    bool sweeps;          /* reservations too, as while the previous protocol may still run */

    pthread_mutex_t lock;
    pthread_cond_t back;
    storm_worker_t *running;     /* who has the baton; NULL: the scheduler */
    apr_array_header_t *workers; /* storm_worker_t * */

    apr_array_header_t *late;                 /* of storm_call.c */
    apr_array_header_t *orders;               /* storm_order_t, in the order of their first claim */
    apr_array_header_t *answers;              /* storm_answer_t */
    apr_array_header_t *refusals;             /* storm_refusal_t */
    apr_array_header_t *refunded;             /* storm_refunded_t */
    int64_t put[STORM_USERS][STORM_PRODUCTS]; /* units that edits put into carts */
    storm_undo_t undo[STORM_USERS];
    apr_array_header_t *trace; /* const char * */
    apr_array_header_t *bad;   /* const char *: reasons, each once */
    const char *state;         /* what is left in the end, as text that has no id in it */
    int lost;                  /* orders that waited in cleaners that crashed */
    int calls;                 /* applied by the real ports */
};

/* One schedule from its beginning to its audit. The storm lives in pool. */
storm_t *storm_run(uint64_t seed, unsigned weakness, const storm_store_t *store, apr_pool_t *pool);

/* ---- the scheduler: storm_sched.c ---- */
/* 0 .. below - 1 */
int64_t storm_random(storm_t *storm, int64_t below);
bool storm_chance(storm_t *storm, int percent);
storm_worker_t *storm_worker(storm_t *storm, const char *name, void (*work)(storm_worker_t *));
/* Lets others run; a crashed worker goes on at once. */
void storm_yield(storm_worker_t *worker);
void storm_wait(storm_worker_t *worker, int64_t ticks);
/* Runs the workers: ticks of storm, then calm until all have ended. */
void storm_blow(storm_t *storm, int64_t ticks);
void storm_trace(storm_t *storm, const char *format, ...) __attribute__((format(printf, 2, 3)));
void storm_bad(storm_t *storm, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- who and what there is: storm_world.c ---- */
const char *storm_user_id(int user, apr_pool_t *pool);
const char *storm_product_id(int product, apr_pool_t *pool);
/* -1: not one of ours */
int storm_user_of(const char *id);
int storm_product_of(const char *id);
int storm_order_of(const storm_t *storm, const char *id);
/* NULL: not one of ours */
storm_order_t *storm_order(const storm_t *storm, const char *id);
/* Of every product, as no order sees them. */
shop_error_t *storm_stock(shop_unit_state_t states[STORM_PRODUCTS], const storm_t *storm,
                          apr_pool_t *pool);
#define STORM_STOCK 12 /* of each product at first */
#define STORM_USES 4   /* of the coupon; one per user */
shop_error_t *storm_fill(storm_t *storm);
void storm_people(storm_t *storm);

/* ---- carts: storm_carts.c ---- */
/* Goes on filling and changing carts, also while they are ordered. */
void storm_editor(storm_worker_t *worker);
/* Around a call that is applied and may write a cart. */
shop_error_t *storm_before_cart(storm_t *storm, shop_cart_t **cart, const storm_op_t *op,
                                const storm_args_t *args, apr_pool_t *pool);
shop_error_t *storm_after_cart(storm_t *storm, const shop_cart_t *before, const storm_op_t *op,
                               const storm_args_t *args, apr_pool_t *pool);
/* A new primary: what one node acknowledged lately is taken back. */
void storm_elect(storm_t *storm);

/* ---- what is not durable yet: storm_durable.c ---- */
bool storm_is_unseen(const storm_t *storm, const char *order_id);
/* Does the call insert a document of orders? */
bool storm_stores_order(const storm_op_t *op);
shop_error_t *storm_is_new(bool *is_new, const storm_t *storm, const storm_args_t *args,
                           apr_pool_t *pool);
/* The order's document was written; heard: its writer knows, so it is durable. */
void storm_note_stored(storm_t *storm, const storm_args_t *args, bool is_new, bool heard);
/* *order is NULL if it is not durable. */
void storm_hide(const storm_t *storm, shop_order_t **order);
/* At an election: takes back what is not durable. */
void storm_elect_orders(storm_t *storm);

/* ---- refunds: storm_refund.c ---- */
void storm_refunder(storm_worker_t *worker);
/* Is this line of a placed order in stock again? */
bool storm_is_returned(const shop_order_t *order, const char *unit_id);
/* Of a placed order; returns what is left, for storm->state. */
const char *storm_audit_refunds(storm_t *storm, int at, const shop_order_t *order);
/* order: as it is stored, NULL: gone */
void storm_audit_refunded(storm_t *storm, const storm_refunded_t *told, const shop_order_t *order);

/* ---- afterwards: storm_audit.c, storm_audit_carts.c ---- */
typedef struct storm_books_t {
    shop_order_t **orders; /* as storm->orders; NULL: it is not there */
    int64_t sold[STORM_PRODUCTS];
    int64_t used[STORM_USERS]; /* coupons by standing orders */
    int64_t uses;
    int unconfirmed; /* reservations of placed orders */
    const char *state;
} storm_books_t;

/* False, and a bad run, when the store itself fails: then nothing more can be said. */
bool storm_is_there(storm_t *storm, const shop_error_t *err);
bool storm_was_placed(const shop_order_t *order);
void storm_say(storm_t *storm, storm_books_t *books, const char *text);
bool storm_audit_carts(storm_t *storm, storm_books_t *books);
bool storm_audit_answers(storm_t *storm, const storm_books_t *books);
/* Reaps until nothing is left, while what is late arrives. */
void storm_rest(storm_t *storm);
/* Names in storm->bad what does not add up; sets storm->state. */
void storm_audit(storm_t *storm);

/* ---- stores: storm_store.c ---- */
extern const storm_store_t storm_store_mem, storm_store_mongo;
/* Opens a database of its own on SHOP_TEST_MONGO_URI; 0 is success. Close drops it. */
int storm_store_open(void);
int storm_store_close(void);

/* ---- the program: storm_main.c ---- */
typedef struct storm_plan_t {
    const storm_store_t *store;  /* where the chosen protocol runs */
    const storm_store_t *beside; /* each seed runs here too and must end alike; NULL: no */
    int runs;                    /* schedules of the chosen protocol */
    int weak_runs;               /* of each weakened one; more when none of them is bad */
} storm_plan_t;
/* Exit status: 0 when no run of the chosen protocol is bad and every weakened one has a bad run. */
int storm_main(int argc, const char *const *argv, storm_plan_t plan);

#endif
