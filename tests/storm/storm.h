/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_STORM_H
#define SHOP_TESTS_STORM_H

/* A storm over the real order code: buyers, cancellers, refunders and reapers are threads of which
 * one runs at a time, and a seeded generator decides who is next and which fault hits each call of
 * a port: not sent, reply lost, applied long after the caller gave up, applied twice, applied in
 * part; workers crash and pause beyond the lease. Then everything must settle and add up. The ids
 * of orders are random; every decision is a function of the seed. */

#include <pthread.h>

#include "mod_shop/orders/order_cancel.h"
#include "mod_shop/orders/order_place.h"
#include "mod_shop/orders/order_reap.h"
#include "mod_shop/orders/order_refund.h"

#define STORM_TICK apr_time_from_msec(500) /* how far the clock moves with each step */
#define STORM_PRODUCTS 2
#define STORM_USERS 8
#define STORM_NOBODY "f00000000000000000000000"
#define STORM_CODE "TEN"

/* Weakened protocols, each of which must go wrong; flags. */
enum {
    STORM_NO_RESERVATION_SWEEP = 1 << 0,
    STORM_NO_MARKER_SWEEP = 1 << 1,
    STORM_NO_REDEMPTION_SWEEP = 1 << 2,
    STORM_RETRY_RESERVE = 1 << 3, /* reserving is sent again when its outcome is unknown */
    STORM_TRUST_RESERVE = 1 << 4, /* ... or counts as reserved */
    STORM_MARKER_ONLY = 1 << 5,   /* a restock ignores back_rev */
    STORM_ANY_REV = 1 << 6,       /* a refund ignores the order's rev */
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
    const char *const *ids;
    const shop_order_event_t *event;
    const shop_refund_t *refund;
    const shop_order_query_t *query;
    int count; /* of lines or ids */
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
    STORM_PIVOT = 1 << 10, /* what follows depends on whether it was applied */
    STORM_REV = 1 << 11,   /* fenced by the order's rev */
};

typedef struct storm_op_t {
    const char *name; /* "stock.reserve" */
    shop_error_t *(*apply)(storm_t *storm, void *out, const storm_args_t *args, apr_pool_t *pool);
    unsigned traits;
} storm_op_t;

/* Carries a call of the running worker to the real port, or to wherever its fate leads; without a
 * running worker straight to the real port. */
shop_error_t *storm_call(storm_t *storm, const storm_op_t *op, void *out, const storm_args_t *args,
                         apr_pool_t *pool);
/* Applies the late calls that are due by now; about every second of all of them when `some`. */
void storm_late(storm_t *storm, bool some);

/* The four ports with the storm between them and storm->real: storm_ports.c. */
void storm_wrap(storm_t *storm);

/* ---- the run ---- */

typedef struct storm_order_t {
    const char *id;
    const storm_op_t *sent[4]; /* what is sent once and was */
} storm_order_t;

typedef struct storm_answer_t {
    int user;
    const char *key;      /* NULL: none */
    const char *order_id; /* the order that was acknowledged */
    const char *reply;    /* NULL: its cancelling was acknowledged */
} storm_answer_t;

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
    /* of a buyer */
    int user;
    const char *key, *coupon;
    int64_t wanted[STORM_PRODUCTS];
};

struct storm_t {
    apr_pool_t *pool;
    uint64_t seed, random;
    unsigned weakness;
    int64_t weather;          /* of a hundred calls how many suffer each fault */
    shop_order_ports_t real;  /* fakes or MongoDB */
    shop_order_ports_t ports; /* what the order code gets */
    shop_clock_t clock;
    int64_t tick;
    int64_t cut_off;      /* until this tick the store is hardly there */
    bool nothing_arrives; /* ... and then: each call is lost before it is applied */
    bool calm;            /* the storm is over: no faults */

    pthread_mutex_t lock;
    pthread_cond_t back;
    storm_worker_t *running;     /* who has the baton; NULL: the scheduler */
    apr_array_header_t *workers; /* storm_worker_t * */

    apr_array_header_t *late;     /* of storm_call.c */
    apr_array_header_t *orders;   /* storm_order_t, in the order of their first claim */
    apr_array_header_t *answers;  /* storm_answer_t */
    apr_array_header_t *refunded; /* storm_refunded_t */
    apr_array_header_t *trace;    /* const char * */
    apr_array_header_t *bad;      /* const char *: reasons, each once */
    const char *state;            /* what is left in the end, as text that has no id in it */
    int calls;                    /* applied by the real ports */
};

/* Where a storm finds its ports: empty ones, in pool. NULL and a word on standard error: no. */
typedef const shop_order_ports_t *(*storm_store_t)(apr_pool_t *pool);

/* One schedule from its beginning to its audit. The storm lives in pool. */
storm_t *storm_run(uint64_t seed, unsigned weakness, storm_store_t store, apr_pool_t *pool);

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
/* Of every product, as no order sees them. */
shop_error_t *storm_stock(shop_unit_state_t states[STORM_PRODUCTS], const storm_t *storm,
                          apr_pool_t *pool);
#define STORM_STOCK 8 /* of each product at first */
#define STORM_USES 4  /* of the coupon; one per user */
shop_error_t *storm_fill(storm_t *storm);
void storm_people(storm_t *storm);

/* ---- refunds: storm_refund.c ---- */
void storm_refunder(storm_worker_t *worker);
/* Is this line of a placed order in stock again? */
bool storm_is_returned(const shop_order_t *order, const char *unit_id);
/* Of a placed order; returns what is left, for storm->state. */
const char *storm_audit_refunds(storm_t *storm, int at, const shop_order_t *order);
/* order: as it is stored, NULL: gone */
void storm_audit_refunded(storm_t *storm, const storm_refunded_t *told, const shop_order_t *order);

/* ---- afterwards: storm_audit.c ---- */
/* Reaps until nothing is left, while what is late arrives. */
void storm_settle(storm_t *storm);
/* Names in storm->bad what does not add up; sets storm->state. */
void storm_audit(storm_t *storm);

/* ---- stores: storm_store.c ---- */
const shop_order_ports_t *storm_store_mem(apr_pool_t *pool);
const shop_order_ports_t *storm_store_mongo(apr_pool_t *pool);
/* Opens a database of its own on SHOP_TEST_MONGO_URI; 0 is success. Close drops it. */
int storm_store_open(void);
int storm_store_close(void);

/* ---- the program: storm_main.c ---- */
typedef struct storm_plan_t {
    storm_store_t store;  /* where the chosen protocol runs */
    const char *name;     /* of the store */
    storm_store_t beside; /* each seed runs here too and must end alike; NULL: no */
    int runs;             /* schedules of the chosen protocol */
    int weak_runs;        /* of each weakened one; more when none of them is bad */
} storm_plan_t;
/* Exit status: 0 when no run of the chosen protocol is bad and every weakened one has a bad run. */
int storm_main(int argc, const char *const *argv, storm_plan_t plan);

#endif
