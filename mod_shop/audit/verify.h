/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_H
#define SHOP_AUDIT_VERIFY_H

/* Expected stock, uses and sums: stock from the opening balance, the movements and the orders; a
 * coupon's uses from the orders; an order's sums from its lines. The rules, pure: no I/O, no clock.
 *
 * What an order has taken from a unit of stock (today a product), state by state; a coupon's use in
 * the same way, one at a time:
 *
 *   order                 reservation stands  no reservation
 *   not there             its quantity        nothing: not reserved yet, or not an order
 *   failed                its quantity        nothing: never reserved, or released
 *   pending .. refunded   the line            the line: it was confirmed, which moves no stock
 *   cancelling            the line, until `returned` of the order or a return marker of the unit
 * says that it was restocked (either may be seen first: the marker is made first and dropped last)
 *   cancelled             as cancelling; every line is in `returned` by then
 *   placing, aborting     its quantity        nothing: not reserved yet, or released
 *
 * So a reservation counts where its order is not placed, and never where it is. An order that is
 * being placed is not there yet: it is inserted as pending, after everything was reserved. A failed
 * one is a tombstone, which has no lines; placing and aborting are of the previous protocol. A line
 * restocked by a refund is in `returned` or marked too. A product that was deleted is not
 * restocked, so its stock is not judged. Stored, reservations are in `holds` and return markers in
 * `backs`; `voids` move nothing. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../orders/order.h"

/* An order that is unfinished for so long after its lease, and a cart that was claimed so long ago,
 * are reported. */
#define SHOP_VERIFY_STUCK_AFTER (20 * SHOP_ORDER_LEASE)
/* The order of a reservation or redemption that is younger may be being placed. */
#define SHOP_VERIFY_YOUNG (2 * SHOP_ORDER_LEASE)
/* In place of a status: there is no order with this id. */
#define SHOP_VERIFY_ABSENT (-1)

/* The compared members of a document as read. Equal bytes mean that it has not changed; a repair
 * compares the same members. */
typedef struct shop_verify_seen_t {
    const uint8_t *bytes;
    apr_size_t size;
} shop_verify_seen_t;

/* Of holds, backs, moves and uses. */
typedef struct shop_verify_entry_t {
    const char *id; /* the order's, or the movement's */
    int64_t amount;
    const char *user_id; /* whose order it is; NULL: not stored */
    apr_time_t at;       /* when it was made; 0: not stored */
    bool known;          /* the order was read while the object was counted */
    int status;          /* its shop_order_status_t; of a reservation, once it was counted */
} shop_verify_entry_t;

/* What a unit of stock and a coupon have in common: orders reserve of both. It is the first member
 * of either, so that a pointer to it is a pointer to the whole. */
typedef struct shop_verify_reservable_t {
    const char *id;                    /* a coupon's: its code */
    apr_array_header_t *holds, *backs; /* shop_verify_entry_t */
    shop_verify_seen_t seen;
    int64_t taken; /* summed up by the rules: by orders, reservations included */
} shop_verify_reservable_t;

typedef struct shop_verify_unit_t {
    shop_verify_reservable_t base;
    bool deleted;
    bool has_opened; /* false: made by a version that kept no opening balance */
    bool sold_out;   /* the flag that lists of sold-out products are read by */
    int64_t opened, stock;
    apr_array_header_t *moves; /* shop_verify_entry_t */
    int64_t moved;             /* by movements that took effect and are not in moves */
} shop_verify_unit_t;

/* The units that one order has. */
typedef struct shop_verify_line_t {
    const char *order_id;
    int status; /* shop_order_status_t */
    int64_t quantity;
    bool returned; /* the order records that the line was restocked */
} shop_verify_line_t;

typedef struct shop_verify_coupon_t {
    shop_verify_reservable_t base; /* taken: uses under the limit */
    int64_t usage_limit;           /* -1: none, and then nothing is counted */
    int64_t remaining;             /* -1: none */
    int64_t terms_rev, born;
    /* summed up by the rules; see shop_verify_coupon_bounds */
    int64_t unlimited, unlimited_cancelled, older;
} shop_verify_coupon_t;

/* The use that one order has of a coupon. */
typedef struct shop_verify_use_t {
    const char *order_id;
    int status;
    bool limited;  /* was taken from a limit */
    bool returned; /* the order records that the use was restocked */
    int64_t terms_rev;
    int64_t born; /* of the coupon that was used; -1: not recorded */
} shop_verify_use_t;

typedef struct shop_verify_order_t {
    const char *id;
    int status;                /* -1: unknown status */
    apr_array_header_t *items; /* shop_order_line_t; only the numbers are set */
    int64_t subtotal, discount, total;
    bool has_refunded;         /* false: made by a version that kept no refunds */
    int64_t refunded, refunds; /* as stored; the sum over the refunds */
    bool unfinished;
    apr_time_t lease_at;
    const char *redemption; /* id of the redemption that must name the order; NULL: none must */
    shop_verify_seen_t seen;
} shop_verify_order_t;

typedef struct shop_verify_redemption_t {
    const char *id;
    const char *user_id;
    apr_array_header_t *uses; /* shop_verify_entry_t; amount 1: the reaper has not checked it, and
                                 only then `at` is known */
} shop_verify_redemption_t;

/* A cart that is claimed by an order. */
typedef struct shop_verify_claim_t {
    const char *user_id, *order_id;
} shop_verify_claim_t;

/* A difference. */
typedef struct shop_verify_finding_t {
    const char *kind;   /* product, coupon, order, redemption or cart */
    const char *id;     /* of the object */
    const char *member; /* of its document */
    const char
        *detail; /* describes a difference that is no number, or why it is not repaired; or NULL */
    bool has_stored, has_computed;
    int64_t stored, computed;
    bool manual; /* a person must decide: `computed` is not written */
    bool repaired;
    bool busy;     /* the object kept changing and was not checked */
    bool leftover; /* work that an interrupted process left: no difference, the numbers are right */
} shop_verify_finding_t;

typedef enum {
    SHOP_VERIFY_RIGHT,    /* or it may be in a moment: an order is being placed */
    SHOP_VERIFY_LEFTOVER, /* no difference, but work that is to be done of an order that is placed
                           */
    SHOP_VERIFY_WRONG
} shop_verify_standing_t;

bool shop_verify_is_committed(int status);

/* Counts the units of the order of `line`. To be called once for every line of the unit. */
void shop_verify_count_line(shop_verify_unit_t *unit, const shop_verify_line_t *line);
/* After all lines or uses: counts the reservations that none of them has accounted for. */
void shop_verify_close(shop_verify_reservable_t *object);
/* The expected stock; only if has_opened. */
int64_t shop_verify_stock(const shop_verify_unit_t *unit);
/* Of its flag sold_out. It may not be set while there is stock; it may be unset a moment longer,
 * until the reservations that took the last units are confirmed (LEFTOVER). */
shop_verify_standing_t shop_verify_sold_out(const shop_verify_unit_t *unit);
/* The opening balance for which the stock is correct. */
int64_t shop_verify_opened(const shop_verify_unit_t *unit);
/* The one of that id; NULL: there is none. */
shop_verify_entry_t *shop_verify_entry(const apr_array_header_t *entries, const char *id);
bool shop_verify_names(const apr_array_header_t *entries, const char *id);

/* Of a reservation that was made at `at`, whose order has this status (or SHOP_VERIFY_ABSENT).
 * LEFTOVER: to be confirmed. */
shop_verify_standing_t shop_verify_reservation(int status, apr_time_t at, apr_time_t now);

void shop_verify_count_use(shop_verify_coupon_t *coupon, const shop_verify_use_t *use);
/* The least and the most that may remain. They are one number where every order took its use from
 * the limit. A limit that was set later began with the orders standing then, and which those were
 * cannot be told afterwards of orders cancelled since, nor of orders of an earlier coupon of the
 * same code. */
void shop_verify_coupon_bounds(int64_t *least, int64_t *most, const shop_verify_coupon_t *coupon);

/* Appends a shop_verify_finding_t for each wrong sum, and for an order that has been unfinished for
 * too long. */
void shop_verify_check_order(apr_array_header_t *findings, const shop_verify_order_t *order,
                             apr_time_t now, apr_pool_t *pool);
/* Computes the sums from the lines and refunds into another order. false: they are not valid for an
 * order, so the lines themselves are wrong and need a person. */
bool shop_verify_recompute_order(shop_verify_order_t *computed, const shop_verify_order_t *order,
                                 apr_pool_t *pool);

/* May a redemption name an order of this status (or SHOP_VERIFY_ABSENT)? use: one of its uses. An
 * order that is not there may be being placed. */
bool shop_verify_may_redeem(int status, const shop_verify_entry_t *use, apr_time_t now);

#endif
