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
 *   placing               its quantity        nothing: not reserved yet
 *   aborting              its quantity        nothing: not reserved, or released
 *   failed                its quantity        nothing (reserved late; the reaper releases it)
 *   pending .. refunded   the line            the line: it was confirmed, which moves no stock
 *   cancelling            the line, until `returned` of the order or a return marker of the unit
 * says that it was restocked (either may be seen first: the marker is made first and dropped last)
 *   cancelled             as cancelling; every line is in `returned` by then
 *   not there             its quantity        nothing
 *
 * So a reservation counts where its order is not committed, and never where it is. A line restocked
 * by a refund is in `returned` or marked too. A product that was deleted is not restocked, so its
 * stock is not judged. Stored, reservations are in `holds` and return markers in `backs`. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../orders/order.h"

/* An order that is unfinished for so long after its lease is reported. */
#define SHOP_VERIFY_STUCK_AFTER (20 * SHOP_ORDER_LEASE)
/* In place of a status: there is no order with this id. */
#define SHOP_VERIFY_ABSENT (-1)

/* The compared members of a document as read. Equal bytes mean that it has not changed; a repair
 * compares the same members. */
typedef struct shop_verify_seen_t {
    const uint8_t *bytes;
    apr_size_t size;
} shop_verify_seen_t;

/* Of holds, backs and moves. */
typedef struct shop_verify_entry_t {
    const char *id; /* the order's, or the movement's */
    int64_t amount;
    bool known; /* the order was read */
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
    apr_array_header_t *uses; /* shop_verify_entry_t; amount 1: the reaper has not checked it */
} shop_verify_redemption_t;

/* A difference. */
typedef struct shop_verify_finding_t {
    const char *kind;   /* product, coupon, order or redemption */
    const char *id;     /* of the object */
    const char *member; /* of its document */
    const char
        *detail; /* describes a difference that is no number, or why it is not repaired; or NULL */
    bool has_stored, has_computed;
    int64_t stored, computed;
    bool manual; /* a person must decide: `computed` is not written */
    bool repaired;
    bool busy; /* the object kept changing and was not checked */
} shop_verify_finding_t;

bool shop_verify_is_committed(int status);

/* Counts the units of the order of `line`. To be called once for every line of the unit. */
void shop_verify_count_line(shop_verify_unit_t *unit, const shop_verify_line_t *line);
/* After all lines or uses: counts the reservations that none of them has accounted for. */
void shop_verify_close(shop_verify_reservable_t *object);
/* The expected stock; only if has_opened. */
int64_t shop_verify_stock(const shop_verify_unit_t *unit);
/* The opening balance for which the stock is correct. */
int64_t shop_verify_opened(const shop_verify_unit_t *unit);
bool shop_verify_names(const apr_array_header_t *entries, const char *id);

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

/* May a redemption name an order of this status (or SHOP_VERIFY_ABSENT)? open: the reaper has not
 * checked it. */
bool shop_verify_may_redeem(int status, bool open);

#endif
