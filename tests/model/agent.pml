/* SPDX-License-Identifier: MIT
 * Cancelling and the reaper: order_cancel.c and order_reap.c, which both restock.
 *
 * TODAY: the reaper also finishes and aborts orders of the previous protocol and sweeps reservations. It
 * leaves a reservation alone whose order does not exist.
 * NEXT: it also resolves the claims of carts and cleans old reservations that somebody saw.
 * With both, it stands for the reapers of old and of new processes.
 */

/* settle_reservation, settle_marker, settle_redemption. Whether an order failed or was placed never
 * changes again, and a release or a confirm that finds no reservation does nothing: so looking and
 * acting are one step. */
#if defined(BREAK_REPAIR) /* as the shopctl verify --repair of the previous version */
#define IS_SWEPT(o) (status[o] == FAILED || status[o] == NONE)
#elif defined(TODAY)
#define IS_SWEPT(o) (status[o] == FAILED)
#else
#define IS_SWEPT(o) false
#endif
#define IS_LEFT(o, l)                                                                             \
    ((BIT(hold[o], l) && (IS_SWEPT(o) || IS_PLACED(o))) ||                                        \
     (BIT(back[o], l) && status[o] == CANCELLED))
#define IS_OPEN(o)                                                                                \
    (open[USER(o)] && redemption[USER(o)] == 1 + o &&                                             \
     (status[o] == FAILED || status[o] == CANCELLED || status[o] == PENDING))

#ifdef NEXT
/* A reservation of no order, or of a failed one, that somebody saw. */
#ifdef ON_SIGHT
#define IS_SEEN(o) (hold[o] && !IS_TODAY(o) && (status[o] == NONE || status[o] == FAILED))
#else
#define IS_SEEN(o) false
#endif
/* A redemption of no order: the tombstone comes first. */
#define IS_OPEN_WITHOUT(o)                                                                        \
    (open[USER(o)] && redemption[USER(o)] == 1 + o && status[o] == NONE)

/* order_abort.c: the order was never and can never be placed */
#define ABORT_NEXT(o, voids_, stop)                                                               \
    if                                                                                            \
    :: voids_ ->                                                                                  \
        STEP_PRODUCTS(o, VOID, apply_void, stop);                                                 \
        STEP(o, WANTS(o, 2), VOID + 2, apply_void(o, 2), stop)                                    \
    :: !(voids_)                                                                                  \
    fi;                                                                                           \
    UNCLAIM_FIRST(o, stop);                                                                       \
    STEP_PRODUCTS(o, RELEASE, apply_release, stop);                                               \
    STEP(o, WANTS(o, 2), RELEASE + 2, apply_release(o, 2), stop);                                 \
    STEP(o, WANTS(o, 2), UNREDEEM, apply_unredeem(o), stop);                                      \
    STEP(o, true, UNCLAIM, apply_unclaim(o), stop)
#ifdef BREAK_UNCLAIM
#define UNCLAIM_FIRST(o, stop) STEP(o, true, UNCLAIM, apply_unclaim(o), stop)
#else
#define UNCLAIM_FIRST(o, stop) skip
#endif
#endif

proctype agent(bool cancels)
{
    byte o;
    byte l;
    byte rev[3];
    byte backed; /* lines */
    byte todo;   /* lines */
    bool again;
#ifdef NEXT
    byte r;    /* rev of the cart */
    byte rest; /* what is left in it */
    bool sees; /* a reservation: the claim is not this one's business */
#endif

idle:
    atomic {
#ifdef NEXT
        r = 0; rest = 0; sees = false;
#endif
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
#ifdef NEXT
        :: !cancels && ordering[0] -> o = ordering[0] - 1; goto resolve
        :: !cancels && ordering[1] -> o = ordering[1] - 1; goto resolve
        :: !cancels && IS_SEEN(0) -> sees = true; goto fence
        :: !cancels && IS_SEEN(1) -> o = 1; sees = true; goto fence
        :: !cancels && IS_OPEN_WITHOUT(0) -> sees = true; goto fence
        :: !cancels && IS_OPEN_WITHOUT(1) -> o = 1; sees = true; goto fence
#ifdef VOIDS_FORGOTTEN
        :: !cancels && voids[0] -> voids[0] = 0; goto idle
        :: !cancels && voids[1] -> voids[1] = 0; goto idle
#endif
#endif
        fi;
        if
        :: status[o] == CANCELLING -> goto restock
        :: status[o] == CANCELLED -> goto drop
#ifdef TODAY
        :: status[o] == PLACING || status[o] == ABORTING -> goto abort
        :: status[o] == PENDING -> goto clean
#endif
        fi;
sweep:
        known = true;
        if
        :: BIT(hold[o], l) && IS_SWEPT(o) ->
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

#ifdef NEXT
resolve: /* also what the customer's own next request does, past the lease or for a placed order */
    if
    :: IS_PLACED(o) -> goto settle
    :: !IS_PLACED(o)
    fi;
fence:
#ifndef BREAK_TOMBSTONE
    STEP(o, true, TOMBSTONE, apply_tombstone(o), idle);
    if
    :: IS_PLACED(o) && sees -> goto idle
    :: IS_PLACED(o) && !sees -> goto settle
    :: !IS_PLACED(o)
    fi;
#endif
#ifdef BREAK_VOID_RESOLVER
    ABORT_NEXT(o, false, idle);
#else
    ABORT_NEXT(o, true, idle);
#endif
    goto idle;
settle: /* drop its holds, clear the cart */
    STEP_PRODUCTS(o, CONFIRM, apply_confirm, idle);
    STEP(o, WANTS(o, 2), CONFIRM + 2, apply_confirm(o, 2), idle);
clear:
    READ_CART_LEFT(o, r, rest, idle);
    atomic {
        CALL_CLEAR(o, r, rest);
        if
        ON(known && done); goto idle
        ON(known && !done); goto clear
        ON(!known); goto idle
        fi
    };
#endif

#ifdef TODAY
abort:
    ABORT_ORDER(o, idle);
    goto idle;
#endif

cancel: /* step: an order whose clean-up is not known to be done is cleaned first */
#ifdef TODAY
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
#endif
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

