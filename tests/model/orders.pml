/* SPDX-License-Identifier: MIT
 * The order protocol of docs/orders.md as a Promela model; tests/model/run lets spin search it.
 *
 * A step of a process is one command of one port function (named beside it) and is atomic where the
 * store is: on one document. Every command may be answered, be applied without its caller hearing
 * of it, never be applied, or be applied late: any time after its caller gave up. Every process may
 * stop at every step (store.pml).
 *
 * There is no clock. The reaper may take up any unfinished order and any reservation at any moment,
 * while its buyer is still at work, and a buyer may go on long after its lease. That allows more
 * than leases do (deadline 5 s < lease 30 s < sweep 60 s), so what holds here does not hang on time.
 *
 * Line 0 is a product with too little stock, 1 another product, 2 the coupon: its use is
 * reserved and restocked like a unit of stock. Each line is of quantity 1.
 */

/* ---- what a configuration may choose ---- */
#ifndef BUYERS
#define BUYERS 2 /* requests; 0: both orders are placed already and not cleaned up after */
#endif
#ifndef CANCELLERS
#define CANCELLERS 0
#endif
#ifndef REAPERS
#define REAPERS 1
#endif
#ifndef LATE_MAX
#define LATE_MAX 2 /* commands on their way at the same time after their callers gave up */
#endif
#ifndef LINES_0
#define LINES_0 7 /* bits of the first order's lines */
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

#define LINE(l) (1 << (l))
#define PRODUCTS 3
#define COUPON 4
#define LINES(o) ((o) == 0 -> LINES_0 : LINES_1)
#define WANTS(o, l) ((LINES(o) >> (l)) & 1)

#include "store.pml"

/* ---- order_place.c shop_order_clean ---- */

#define CLEAN(o, stop)                                                                            \
    STEP_PRODUCTS(o, CONFIRM, apply_confirm, stop);                                               \
    STEP(o, WANTS(o, 2), CONFIRM + 2, apply_confirm(o, 2), stop);                                 \
    STEP(o, true, CART, apply_cart(o), stop);                                                     \
    STEP(o, true, FINISH, apply_finish(o), stop)

/* ---- order_abort.c shop_order_abort, undo ---- */

#define ABORT_ORDER(o, stop)                                                                      \
    atomic                                                                                        \
    {                                                                                             \
        CALL(o, true, ABORT, apply_move(o, PLACING, ABORTING));                                   \
        if                                                                                        \
        ON(known && done); goto undo                                                              \
        ON(known && !done)                                                                        \
        ON(!known); goto stop                                                                     \
        fi                                                                                        \
    };                                                                                            \
    if                                                                                            \
    :: status[o] == ABORTING                                                                      \
    :: status[o] == FAILED -> goto failed                                                         \
    :: status[o] != ABORTING && status[o] != FAILED -> goto stop                                  \
    fi;                                                                                           \
undo:                                                                                             \
    STEP_PRODUCTS(o, RELEASE, apply_release, stop);                                               \
    STEP(o, WANTS(o, 2), RELEASE + 2, apply_release(o, 2), stop);                                 \
    STEP(o, WANTS(o, 2), UNREDEEM, apply_unredeem(o), stop);                                      \
    STEP(o, true, FAIL, apply_move(o, ABORTING, FAILED), stop);                                   \
failed:                                                                                           \
    assert(status[o] == FAILED)

/* ---- order_place.c shop_order_place ---- */

#define RESERVED 0
#define REFUSED 1
#define UNSURE 2 /* an outcome is unknown: the order is aborted, never committed */

proctype buyer(byte o)
{
    byte outcome;
    byte l;

    /* price: the cart is read; one that was ordered is empty */
    if
    :: ordered[USER(o)] -> goto known_key
    :: !ordered[USER(o)]
    fi;

claim: /* sent again when the outcome is unknown, or given up */
    atomic {
        CALL(o, true, CLAIM, apply_claim(o));
        if
        ON(known && done)
        ON(known && !done); goto known_key
        ON(!known); goto claim
        ON(!known); goto stop
        fi
    };

reserve: /* reserve_stock: one command, sent once; each statement has its own fate */
    atomic {
        CALL(o, WANTS(o, l), RESERVE + l, apply_reserve(o, l));
        if
        ON(known && done)
        ON(known && !done); outcome = (outcome == UNSURE -> UNSURE : REFUSED)
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
        ON(known && !done); outcome = REFUSED
        ON(!known); outcome = UNSURE
        fi;
        goto abort
    };

commit: /* sent again when the outcome is unknown, or given up: then nothing is touched */
    atomic {
        CALL(o, true, COMMIT, apply_commit(o));
        if
        ON(known && done)
        ON(known && !done); goto stop
        ON(!known); goto commit
        ON(!known); goto stop
        fi
    };
    CLEAN(o, acknowledged);
acknowledged:
    assert(IS_PLACED(o));
    goto stop;

abort:
    l = 0;
    ABORT_ORDER(o, stop); /* 409, or 503 when unsure; its slots are free and it cannot come back */
    goto stop;

known_key: /* answer_duplicate, find_known */
#ifdef ONE_KEY
    atomic {
        if
        :: IS_PLACED(1 - o) -> assert(!IS_PLACED(o)) /* the other's reply */
        :: else /* in progress, or 409 */
        fi
    };
#endif
stop:
    atomic { outcome = RESERVED; l = 0 }
}

/* ---- order_cancel.c and order_reap.c: both restock ---- */

/* settle_reservation, settle_marker, settle_redemption. Whether an order failed or was placed never
 * changes again, and a release or a confirm that finds no reservation does nothing: so looking and
 * acting are one step. */
#define IS_LEFT(o, l)                                                                             \
    ((BIT(hold[o], l) && (status[o] == FAILED || IS_PLACED(o))) ||                                \
     (BIT(back[o], l) && status[o] == CANCELLED))
#define IS_OPEN(o)                                                                                \
    (open[USER(o)] && redemption[USER(o)] == 1 + o &&                                             \
     (status[o] == FAILED || status[o] == CANCELLED || status[o] == PENDING))

proctype agent(bool cancels)
{
    byte o;
    byte l;
    byte rev[3];
    byte backed; /* lines */
    byte todo;   /* lines */
    bool again;

idle:
    atomic {
        o = 0; l = 0; rev[0] = 0; rev[1] = 0; rev[2] = 0; backed = 0; todo = 0; again = false;
end:
        if
        :: cancels -> goto stop
        :: cancels && status[0] == PENDING -> goto cancel
        :: cancels && status[1] == PENDING -> o = 1; goto cancel

        /* settle_order: unfinished and, for all we know, past its lease */
        :: !cancels && unfinished[0]
        :: !cancels && unfinished[1] -> o = 1

#ifndef BREAK_SWEEP
        :: !cancels && IS_LEFT(0, 0) -> goto sweep
        :: !cancels && IS_LEFT(0, 1) -> l = 1; goto sweep
        :: !cancels && IS_LEFT(0, 2) -> l = 2; goto sweep
        :: !cancels && IS_LEFT(1, 0) -> o = 1; goto sweep
        :: !cancels && IS_LEFT(1, 1) -> o = 1; l = 1; goto sweep
        :: !cancels && IS_LEFT(1, 2) -> o = 1; l = 2; goto sweep
        :: !cancels && IS_OPEN(0) -> goto sweep_redemption
        :: !cancels && IS_OPEN(1) -> o = 1; goto sweep_redemption
#endif
        fi;
        if
        :: status[o] == PLACING || status[o] == ABORTING -> goto abort
        :: status[o] == CANCELLING -> goto restock
        :: status[o] == CANCELLED -> goto drop
        :: status[o] == PENDING -> goto clean
        fi;
sweep:
        known = true;
        if
        :: BIT(hold[o], l) && status[o] == FAILED ->
            STATEMENT(o, true, RELEASE + l, apply_release(o, l))
        :: BIT(hold[o], l) && IS_PLACED(o) -> STATEMENT(o, true, CONFIRM + l, apply_confirm(o, l))
        :: BIT(back[o], l) && status[o] == CANCELLED ->
            STATEMENT(o, true, DROP_MARKER + l, apply_drop_marker(o, l))
        fi;
        goto swept;
sweep_redemption:
        known = true;
        if
        :: status[o] == PENDING -> STATEMENT(o, true, KEEP, apply_keep(o))
        :: else -> STATEMENT(o, true, UNREDEEM, apply_unredeem(o))
        fi;
swept:
        done = false;
        known = false;
        goto idle
    };

abort:
    ABORT_ORDER(o, idle);
    goto idle;

cancel: /* step: an order whose clean-up is not known to be done is cleaned first */
    if
    :: unfinished[o]
    :: !unfinished[o] -> goto move
    fi;
clean:
    CLEAN(o, idle);
    if
    :: !cancels -> goto idle
    :: cancels
    fi;
move:
    atomic {
        CALL(o, true, CANCEL, apply_move(o, PENDING, CANCELLING));
        if
        ON(known && done)
        ON(known && !done); goto idle
        ON(!known); goto idle
        fi
    };

restock: /* return_lines: products and coupon are read FIRST, the order after them */
#ifdef BREAK_READS
    if
    :: status[o] == CANCELLING -> todo = LINES(o) & ~returned[o]
    :: else -> goto idle
    fi;
#endif
    atomic {
        again = false;
        rev[0] = back_rev[0];
        rev[1] = back_rev[1];
        rev[2] = back_rev[2];
        backed = back[o]
    };
#ifndef BREAK_READS
    atomic {
        if
        :: status[o] == CANCELLING -> todo = LINES(o) & ~returned[o]
        :: else -> goto idle
        fi;
        l = 0
    };
#endif
line: /* return_line, return_coupon */
    atomic {
        do
        :: l == 3 -> goto lines_done
        :: l < 3 && !BIT(todo, l) -> rev[l] = 0; l++
        :: l < 3 && BIT(todo, l) -> break
        od;
        if
        :: BIT(backed, l)
        :: else ->
            known = true;
            if
            :: apply_restock(o, l, rev[l])
            :: FAULTY -> known = false
            :: FAULTY && late_count < LATE_MAX && !BIT(late_restock[o], 5 * l + rev[l]) ->
                late_restock[o] = late_restock[o] | (1 << (5 * l + rev[l]));
                late_count++;
                known = false
            fi;
            REPLY;
            if
            ON(known && done)
            ON(known && !done); again = true; rev[l] = 0; l++; goto line
            ON(!known); goto idle
            fi
        fi;
        rev[l] = 0
    };
    STEP(o, l == 2, UNREDEEM, apply_unredeem(o), idle);
    atomic {
        CALL(o, true, MARK + l, apply_mark(o, l));
        if
        ON(known); l++; goto line
        ON(!known); goto idle
        fi
    };
lines_done:
    atomic {
        l = 0; todo = 0; backed = 0;
        if
        :: again -> goto restock
        :: !again
        fi
    };
    STEP(o, true, END_CANCEL, apply_move(o, CANCELLING, CANCELLED), idle);
drop: /* shop_order_drop_markers */
    STEP_PRODUCTS(o, DROP_MARKER, apply_drop_marker, idle);
    STEP(o, WANTS(o, 2), DROP_MARKER + 2, apply_drop_marker(o, 2), idle);
    STEP(o, true, FINISH, apply_finish(o), idle);
    goto idle;
stop:
    skip
}

/* ---- what is late arrives ---- */

#define ARRIVE(kind, effect)                                                                      \
    ::BIT(late[o], kind)->late[o] = late[o] & ~(1 << (kind));                                     \
    effect

#define OF_LINE(l) ((1 << (RESERVE + l)) | (1 << (RELEASE + l)) | (1 << (CONFIRM + l)) |          \
                    (1 << (MARK + l)) | (1 << (DROP_MARKER + l)))
#define LINE_KINDS (OF_LINE(0) | OF_LINE(1) | OF_LINE(2))
#define IS_LATE(o, l) ((late[o] & OF_LINE(l)) || ((late_restock[o] >> (5 * l)) & 31))

proctype network()
{
    byte o;
    byte l;
    byte r;

end:
    atomic {
        if
        :: late[0] || late_restock[0]
        :: late[1] || late_restock[1] -> o = 1
        fi;
        if
        :: IS_LATE(o, 0) || (late[o] & ~LINE_KINDS)
        :: IS_LATE(o, 1) -> l = 1
        :: IS_LATE(o, 2) -> l = 2
        fi;
        if
        ARRIVE(CLAIM, apply_claim(o))
        ARRIVE(REDEEM, apply_redeem(o))
        ARRIVE(COMMIT, apply_commit(o))
        ARRIVE(ABORT, apply_move(o, PLACING, ABORTING))
        ARRIVE(UNREDEEM, apply_unredeem(o))
        ARRIVE(FAIL, apply_move(o, ABORTING, FAILED))
        ARRIVE(CART, apply_cart(o))
        ARRIVE(FINISH, apply_finish(o))
        ARRIVE(CANCEL, apply_move(o, PENDING, CANCELLING))
        ARRIVE(END_CANCEL, apply_move(o, CANCELLING, CANCELLED))
        ARRIVE(KEEP, apply_keep(o))
        ARRIVE(RESERVE + l, apply_reserve(o, l))
        ARRIVE(RELEASE + l, apply_release(o, l))
        ARRIVE(CONFIRM + l, apply_confirm(o, l))
        ARRIVE(MARK + l, apply_mark(o, l))
        ARRIVE(DROP_MARKER + l, apply_drop_marker(o, l))
        :: (late_restock[o] >> (5 * l)) & 31 ->
            do
            :: BIT(late_restock[o], 5 * l + r) -> break
            :: ((late_restock[o] >> (5 * l)) & 31) >> (r + 1) -> r++ /* or a later one */
            od;
            late_restock[o] = late_restock[o] & ~(1 << (5 * l + r));
            apply_restock(o, l, r);
            r = 0
        fi;
        late_count--;
        o = 0;
        l = 0;
        done = false;
        goto end
    }
}

/* ---- what must be so at the end ---- */

#define IS_SETTLED(o) (status[o] == NONE || status[o] == FAILED || status[o] == PENDING ||        \
                       status[o] == CANCELLED)
#define IS_CLEAN(o) (IS_SETTLED(o) && !unfinished[o] && !hold[o] && !back[o] &&                   \
                     (!IS_PLACED(o) || ordered[USER(o)]) &&                                       \
                     ((redemption[USER(o)] == 1 + o) == (status[o] == PENDING && WANTS(o, 2))))
#define SOLD(o, l) ((status[o] == PENDING && WANTS(o, l)) -> 1 : 0)

/* Nobody can do anything any more. */
proctype audit()
{
    timeout ->
    assert(IS_CLEAN(0) && IS_CLEAN(1));
    assert(!open[0] && !open[1]);
    assert(stock[0] + SOLD(0, 0) + SOLD(1, 0) == STOCK_0);
    assert(stock[1] + SOLD(0, 1) + SOLD(1, 1) == STOCK_1);
    assert(stock[2] + SOLD(0, 2) + SOLD(1, 2) == COUPON_USES)
}

#ifdef LIVE
/* Every state before is progress; a cycle without progress is one after faults have ended. */
active proctype weather()
{
progress:
    calm = true
}
#endif

init
{
    atomic {
        stock[0] = STOCK_0;
        stock[1] = STOCK_1;
        stock[2] = COUPON_USES;
#if BUYERS == 0
        status[0] = PENDING;
        unfinished[0] = true;
        hold[0] = LINES_0;
        redemption[USER(0)] = (WANTS(0, 2) -> 1 : 0);
        open[USER(0)] = WANTS(0, 2);
        stock[0] = stock[0] - WANTS(0, 0);
        stock[1] = stock[1] - WANTS(0, 1);
        stock[2] = stock[2] - WANTS(0, 2);
#if LINES_1 != 0
        status[1] = PENDING;
        unfinished[1] = true;
        hold[1] = LINES_1;
        redemption[USER(1)] = (WANTS(1, 2) -> 2 : 0);
        open[USER(1)] = WANTS(1, 2);
        stock[0] = stock[0] - WANTS(1, 0);
        stock[1] = stock[1] - WANTS(1, 1);
        stock[2] = stock[2] - WANTS(1, 2);
#endif
#endif
#if BUYERS > 0
        run buyer(0);
#endif
#if BUYERS > 1
        run buyer(1);
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
