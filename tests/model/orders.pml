/* SPDX-License-Identifier: MIT
 * The order protocol of docs/orders.md as a Promela model: the cart carries the claim, the insert of the order
 * is the commit. tests/model/run lets spin search it.
 *
 * As in previous.pml a step is one command of one port function, named beside it, with the same
 * fates (store.pml). There is no clock: a claim may be resolved and an old reservation cleaned at
 * any moment, while the buyer is at work.
 *
 * What a cart holds is counted in units of one product: one at first, and the nth edit adds n. The
 * lines 0, 1 and 2 of an order are what it reserves, whatever its units are.
 */

/* ---- what a configuration may choose ---- */
#ifndef BUYERS
#define BUYERS 2 /* requests; 0: the first order is placed already and not cleaned up after */
#endif
#ifndef CANCELLERS
#define CANCELLERS 0
#endif
#ifndef REAPERS
#define REAPERS 1
#endif
#ifndef EDITS
#define EDITS 0 /* of the first cart */
#endif
#ifndef ELECTIONS
#define ELECTIONS 0 /* each takes back what a majority has not acknowledged of the first cart */
#endif
#ifndef LATE_MAX
#define LATE_MAX 1
#endif
#ifndef LINES_0
#define LINES_0 7 /* bits of the first order's lines: 4 is the coupon */
#endif
#ifndef LINES_1
#define LINES_1 7
#endif
#ifndef STOCK_0
#define STOCK_0 1
#endif
#define STOCK_1 2
#ifndef COUPON_USES
#define COUPON_USES 1
#endif
#ifdef ONE_USER /* both requests order the same cart */
#define USER(o) 0
#else
#define USER(o) (o)
#endif
/* UPGRADE: the second request and the reaper are of a process of the previous protocol.
 * ON_SIGHT: old reservations of failed orders are cleaned too. Without it nothing but voids
 * keeps a late take from leaving one.
 * VOIDS_FORGOTTEN: at any moment, with ON_SIGHT. */

#define NEXT
#ifdef UPGRADE
#define TODAY
#endif

#define LINE(l) (1 << (l))
#define LINES(o) ((o) == 0 -> LINES_0 : LINES_1)
#define WANTS(o, l) ((LINES(o) >> (l)) & 1)
#define IS_SHORT(o, l) (WANTS(o, l) && stock[l] < 1)

#include "store.pml"
#ifdef UPGRADE
#include "previous_steps.pml"
#else
#define RESERVED 0
#define REFUSED 1
#define UNSURE 2 /* an outcome is unknown */
#endif
#include "agent.pml"
#include "network.pml"

/* ---- order_place.c shop_order_place ---- */

/* Another request of the same customer is placing or has placed an order: a refusal now is one
 * because of that. */
#define HAS_TWIN(o)                                                                               \
    (BUYERS == 2 && USER(0) == USER(1) && (HAS_SAME_KEY || (HAS_SAME_SLOT && !IS_TODAY(1 - o))) && \
     (IS_CLAIMED(1 - o) || ordering[USER(o)] == 2 - o))
/* The key is read again before a refusal is told. */
#define IS_KEY_TAKEN(o) (BUYERS == 2 && USER(0) == USER(1) && HAS_SAME_KEY && IS_CLAIMED(1 - o))

proctype buyer(byte o)
{
    byte outcome;
    byte l;
    byte r;
    byte rest;
    bool twin; /* to count by: HAS_TWIN when it was refused */

begin: /* the key is read, then the cart */
    if
    :: IS_KEY_TAKEN(o) -> goto stop
    :: else
    fi;
    atomic {
        twin = false;
        if
        :: ordering[USER(o)] -> goto stop /* in progress; resolved meanwhile: another start */
        :: CART_IS_EMPTY(USER(o)) -> goto stop
        :: else -> read_cart(o)
        fi
    };
    /* price: the products are read; a shortage is told after key and cart were read again. There
     * may have been enough where a third customer returns and buys what is short here. */
    atomic {
        if
        :: IS_SHORT(o, 0) || IS_SHORT(o, 1) || IS_SHORT(o, 2) -> twin = HAS_TWIN(o)
        :: true -> goto claim
        fi
    };
#ifndef BREAK_REREAD
    if
    :: IS_KEY_TAKEN(o) -> goto stop
    :: else
    fi;
    if
    :: IS_CART_AS_SEEN(o)
    :: else -> goto begin
    fi;
#endif
    atomic {
        shadowed[o] = twin;
        goto stop
    };

claim: /* sent again when the outcome is unknown, or given up */
    atomic {
        CALL(o, true, CART_CLAIM, apply_cart_claim(o));
#ifndef BREAK_CLAIM_ONE_NODE
        ACKNOWLEDGED(USER(o));
#endif
        if
        ON(known && done); outcome = RESERVED
        ON(known && !done);
            if
            :: outcome == UNSURE -> goto stop /* or anew with another id: another buyer */
            :: outcome != UNSURE -> goto begin
            fi
        ON(!known); outcome = UNSURE; goto claim
        ON(!known); goto stop
        fi
    };

reserve: /* reservations->reserve: one command, sent once; each statement has its own fate */
    atomic {
        CALL(o, WANTS(o, l), RESERVE + l, apply_reserve(o, l));
        if
        ON(known && done)
        ON(known && !done);
            outcome = (outcome == UNSURE -> UNSURE : REFUSED);
            twin = twin || HAS_TWIN(o)
        ON(!known); outcome = UNSURE
#ifdef BREAK_RESERVE
        ON(!known); goto reserve
#endif
        fi;
        l++;
        if
        :: l == 1 -> goto reserve
        :: l > 1 && outcome == RESERVED
        :: l > 1 && outcome != RESERVED -> goto abort
        fi
    };
    if
    :: l == 3 -> goto commit
    :: l == 2
    fi;

    /* redeem_coupon, reserve_coupon_use: the redemption, then the use */
    atomic {
        CALL(o, WANTS(o, 2), REDEEM, apply_redeem(o));
        if
        ON(known && done); goto reserve
        ON(known && !done); outcome = REFUSED; twin = HAS_TWIN(o)
#ifdef BREAK_REDEEM
        l = 0; goto undo
#endif
        ON(!known); outcome = UNSURE
        fi;
        goto abort
    };

commit: /* sent again when the outcome is unknown, or given up: then nothing is touched */
    atomic {
        l = 0;
        CALL(o, true, INSERT, apply_insert(o));
        if
        ON(known && done); goto placed
        ON(known && !done)
#ifdef BREAK_COMMIT
        ON(!known); goto undo
#else
        ON(!known); goto commit
        ON(!known); goto stop
#endif
        fi
    };
    /* given up, or another order has the cart or the key, and may lose it before an earlier copy of
     * the insert arrives */
#ifndef BREAK_REFUSED
    STEP(o, true, TOMBSTONE, apply_tombstone(o), stop);
#endif
    if
    :: IS_PLACED(o)
    :: else -> goto undo
    fi;

placed:
    atomic {
        r = seen_rev[o] + 1;
        rest = 0
    };
clear:
    atomic {
        CALL_CLEAR(o, r, rest);
        r = 0;
        rest = 0;
        if
        ON(known && done); goto told
        ON(known && !done)
        ON(!known); goto told /* the resolver repeats it */
        fi
    };
    READ_CART_LEFT(o, r, rest, told);
    goto clear;
told:
    assert(IS_PLACED(o));
    /* drop, behind the reply; a process that ends before leaves it to whoever prices the product */
    STEP_PRODUCTS(o, CONFIRM, apply_confirm, stop);
    STEP(o, WANTS(o, 2), CONFIRM + 2, apply_confirm(o, 2), stop);
    goto stop;

abort: /* which lines hold us and which void us; given up: 503. And the key is read again. */
    atomic {
        l = 0;
        if
        :: outcome == REFUSED && (voids[o] & LINES(o)) -> outcome = RESERVED; twin = false
        :: else
        fi
    };
#ifndef BREAK_KEY
    atomic {
        if
        :: outcome == REFUSED && IS_KEY_TAKEN(o) -> outcome = RESERVED; twin = false
        :: else
        fi
    };
#endif
undo:
#ifdef BREAK_VOID_BUYER
    ABORT_NEXT(o, false, stop);
#else
    ABORT_NEXT(o, outcome == UNSURE, stop);
#endif
    atomic { /* told: 409 when refused, else 503 or what the key's order says */
        assert(!IS_PLACED(o));
        shadowed[o] = (outcome == REFUSED && twin)
    };
stop:
    atomic { outcome = RESERVED; l = 0; r = 0; rest = 0; twin = false }
}

/* ---- the customer's edits, and elections ---- */

#if EDITS > 0
proctype editor()
{
    byte n;

    do
    :: n == EDITS -> break
    :: n < EDITS ->
        atomic {
            known = true;
            n++;
            KEEP_CART(0);
            cart_units[0] = cart_units[0] + n;
            added[0] = added[0] + n;
            cart_rev[0]++;
            REPLY;
            ACKNOWLEDGED(0);
            known = false
        }
    od;
    n = 0
}
#endif

#if ELECTIONS > 0
proctype election()
{
end:
    do
    :: atomic { lossy -> FORGET_KEPT } /* acknowledged after all */
    :: atomic {
           lossy && elections && FAULTY ->
           elections--;
           cart_gen[0] = kept_gen;
           cart_rev[0] = kept_rev;
           cart_units[0] = kept_units;
           ordering[0] = kept_ordering;
           added[0] = kept_added;
           FORGET_KEPT
       }
    od
}
#endif

init
{
    atomic {
        stock[0] = STOCK_0;
        stock[1] = STOCK_1;
        stock[2] = COUPON_USES;
        cart_units[0] = 1;
        added[0] = 1;
#ifndef ONE_USER
        cart_units[1] = 1;
        added[1] = 1;
#endif
#if BUYERS == 0
        status[0] = PENDING;
        seen_units[0] = 1;
        ordering[0] = 1;
        cart_rev[0] = 1;
        hold[0] = LINES_0;
        redemption[0] = (WANTS(0, 2) -> 1 : 0);
        open[0] = WANTS(0, 2);
        stock[0] = stock[0] - WANTS(0, 0);
        stock[1] = stock[1] - WANTS(0, 1);
        stock[2] = stock[2] - WANTS(0, 2);
#endif
#if BUYERS > 0
        run buyer(0);
#endif
#if BUYERS > 1
#ifdef UPGRADE
        run previous_buyer(1);
#else
        run buyer(1);
#endif
#endif
#if EDITS > 0
        run editor();
#endif
#if ELECTIONS > 0
        run election();
#endif
#if CANCELLERS > 0
        run agent(true);
#endif
#if REAPERS > 0
        run agent(false);
#endif
#if REAPERS > 1
        run agent(false);
#endif
        run network();
        run audit()
    }
}
