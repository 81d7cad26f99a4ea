/* SPDX-License-Identifier: MIT
 * How the previous protocol places and aborts an order (previous.pml), and what an old process does beside
 * a new one (orders.pml). */

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

proctype previous_buyer(byte o)
{
    byte outcome;
    byte l;

    /* price: the cart is read; one that was ordered is empty */
    atomic {
        if
        :: CART_IS_EMPTY(USER(o)) -> goto known_key
        :: else -> read_cart(o)
        fi
    };

claim: /* sent again when the outcome is unknown, or given up */
    atomic {
        CALL(o, true, INSERT, apply_claim(o));
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
