/* SPDX-License-Identifier: MIT
 * The store of the models in previous.pml and orders.pml: its documents, the commands of the
 * protocol and what may become of a command. store_claims.pml adds those of the order protocol. */

/* ---- the store ---- */
#define NONE 0
#define PLACING 1
#define ABORTING 2
#define FAILED 3
#define PENDING 4 /* and paid, processing */
#define CANCELLING 5
#define CANCELLED 6

byte status[2];
bool unfinished[2];
byte returned[2];         /* lines */
byte hold[2];             /* lines in whose document `holds` names the order */
byte back[2];             /* the same of `backs` */
#ifdef NEXT
byte voids[2];            /* the same of `voids` */
#endif
short stock[3];           /* of the coupon: remaining */
byte back_rev[3];
#ifndef NEXT
bool ordered[2];          /* by user: the cart's generation was raised and its lines are gone */
#endif
byte redemption[2];       /* by user: 1 + order; the limit per user is 1 */
bool open[2];             /* by user: the redemption is in the reaper's index */
byte restocked[2];             /* lines restocked; not in the store, to count by */

#define IS_PLACED(o) (status[o] >= PENDING)
#define IS_CLAIMED(o) (status[o] != NONE && status[o] != FAILED)
/* A failed order's slots are its own; all requests of the previous protocol saw the cart's first
 * generation. */
#ifndef NEXT
#define HAS_SAME_SLOT (USER(0) == USER(1))
#define IS_TODAY(o) true
#define IS_VOID(o, l) false
#define LATE_CLEAR(o) false
#define CART_IS_EMPTY(u) ordered[u]
#define IS_ORDERED(o) ordered[USER(o)]
#endif
#define IS_DUPLICATE(o) (BUYERS == 2 && HAS_SAME_SLOT && IS_CLAIMED(1 - (o)))

/* A unit is out as long as a hold or a placed order says so, but for what was given back. */
#define OUT(o, l) (((hold[o] >> (l)) & 1 || (IS_PLACED(o) && WANTS(o, l))) -> 1 : 0)
#define RESTOCKED(o, l) ((restocked[o] >> (l)) & 1)
#define BALANCE(l) (stock[l] + OUT(0, l) + OUT(1, l) - RESTOCKED(0, l) - RESTOCKED(1, l))
#define IS_SOUND                                                                                  \
    (stock[0] >= 0 && stock[1] >= 0 && stock[2] >= 0 && BALANCE(0) == STOCK_0 &&                  \
     BALANCE(1) == STOCK_1 && BALANCE(2) == COUPON_USES)

/* ---- commands that are still on their way: bits of late[order] ---- */
#define INSERT 0 /* the order: placing; by the order protocol: pending */
#define RESERVE 1 /* and 2, 3: by line */
#define REDEEM 4
#define COMMIT 5
#define ABORT 6
#define RELEASE 7 /* 8, 9 */
#define UNREDEEM 10
#define FAIL 11
#define CONFIRM 12 /* 13, 14 */
#define CART 15
#define FINISH 16
#define CANCEL 17
#define MARK 18 /* 19, 20 */
#define END_CANCEL 21
#define DROP_MARKER 22 /* 23, 24 */
#define KEEP 25
/* of the order protocol; an order is placed by one of the two and has no commands of the other */
#define CART_CLAIM 5
#define TOMBSTONE 6
#define UNCLAIM 11
#define VOID 26 /* 27, 28 */

int late[2];
int late_restock[2]; /* bit 5 * line + back_rev */
byte late_count;
bool calm; /* faults have ended; commands that are late still arrive */

/* of the command just sent, within its step; false between steps */
bool done;  /* it matched */
bool known; /* its caller was answered */

#define FAULTY (!calm)
#define BIT(set, n) (((set) >> (n)) & 1)

#ifdef NEXT
#include "store_claims.pml"
#endif

/* ---- commands: the statements as the adapters build them ---- */

inline apply_claim(o) /* order_mongo.c order_claim: unique user+cart_slot, user+key_slot, _id */
{
    d_step {
        done = status[o] != NONE; /* the same id again is a success */
        if
        :: status[o] == NONE && !IS_DUPLICATE(o) ->
            status[o] = PLACING;
            unfinished[o] = true;
            done = true
        :: else
        fi
    }
}

inline apply_reserve(o, l) /* reservation_mongo.c reserve_statement */
{
    d_step {
        done = false;
        if
        :: stock[l] >= 1 && !BIT(hold[o], l) && !IS_VOID(o, l) ->
            stock[l]--;
            hold[o] = hold[o] | LINE(l);
            done = true
        :: else
        fi;
        assert(IS_SOUND)
    }
}

inline apply_redeem(o) /* coupon_redeem_mongo.c redeem */
{
    d_step {
        if
        :: redemption[USER(o)] == 0 ->
            redemption[USER(o)] = 1 + o;
            open[USER(o)] = true
        :: else
        fi;
        done = redemption[USER(o)] == 1 + o
    }
}

inline apply_commit(o) /* order_mongo.c order_commit: asks again when it did not match */
{
    d_step {
        if
#ifdef BREAK_COMMIT
        :: !IS_PLACED(o) ->
#else
        :: status[o] == PLACING ->
#endif
            status[o] = PENDING;
            assert(hold[o] == LINES(o));
            assert(!BIT(LINES(o), 2) || redemption[USER(o)] == 1 + o);
            assert(!HAS_SAME_SLOT || !IS_PLACED(1 - o));
            assert(IS_SOUND)
        :: else
        fi;
        done = IS_PLACED(o)
    }
}

inline apply_move(o, from, to) /* order_mongo.c order_move */
{
    d_step {
        done = false;
        if
        :: status[o] == from ->
            status[o] = to;
            unfinished[o] = (to != FAILED && (to != CANCELLED || unfinished[o]));
            assert(to != CANCELLED || (restocked[o] == LINES(o) && returned[o] == LINES(o)));
            assert(IS_SOUND);
            done = true
        :: else
        fi
    }
}

inline apply_release(o, l) /* release_statement */
{
    d_step {
        if
        :: BIT(hold[o], l) ->
            stock[l]++;
            hold[o] = hold[o] & ~LINE(l)
        :: else
        fi;
        assert(IS_SOUND)
    }
}

inline apply_confirm(o, l) /* confirm_statement */
{
    d_step {
        hold[o] = hold[o] & ~LINE(l);
        assert(IS_SOUND)
    }
}

inline apply_unredeem(o) /* coupon_redeem_mongo.c unredeem, drop_redemption */
{
    d_step {
        if
        :: redemption[USER(o)] == 1 + o ->
            redemption[USER(o)] = 0;
            open[USER(o)] = false
        :: else
        fi
    }
}

inline apply_keep(o) /* keep_redemption */
{
    d_step {
        if
        :: redemption[USER(o)] == 1 + o -> open[USER(o)] = false
        :: else
        fi
    }
}

#ifndef NEXT
inline read_cart(o)
{
    skip
}

inline apply_cart(o) /* cart_mongo.c cart_ordered: where gen is still the order's */
{
    ordered[USER(o)] = true
}
#endif

inline apply_finish(o) /* order_finish */
{
    d_step {
        if
        :: status[o] == PENDING || status[o] == CANCELLED || status[o] == FAILED ->
            unfinished[o] = false
        :: else
        fi
    }
}

inline apply_restock(o, l, r) /* restock_statement */
{
    d_step {
        done = false;
        if
#ifdef BREAK_FENCE
        :: !BIT(back[o], l) ->
#else
        :: !BIT(back[o], l) && back_rev[l] == r ->
            back_rev[l]++;
#endif
            assert(!BIT(restocked[o], l)); /* exactly once */
            stock[l]++;
            back[o] = back[o] | LINE(l);
            restocked[o] = restocked[o] | LINE(l);
            assert(IS_SOUND);
            done = true
        :: else
        fi
    }
}

inline apply_mark(o, l) /* order_mark_returned */
{
    returned[o] = returned[o] | LINE(l)
}

inline apply_drop_marker(o, l) /* drop_statement */
{
    d_step {
        if
        :: BIT(back[o], l) ->
            back[o] = back[o] & ~LINE(l);
#ifndef BREAK_FENCE
            back_rev[l]++
#endif
        :: else
        fi
    }
}

/* ---- what may become of a command ---- */

/* One statement: applied, never applied, or late. */
#define STATEMENT(o, wanted, kind, effect)                                                        \
    if                                                                                            \
    :: wanted -> effect                                                                           \
    :: !(wanted) -> done = true                                                                   \
    :: FAULTY && (wanted) -> known = false                                                        \
    :: FAULTY && (wanted) && late_count < LATE_MAX && !BIT(late[o], kind) ->                      \
        late[o] = late[o] | (1 << (kind));                                                        \
        late_count++;                                                                             \
        known = false                                                                             \
    fi
#define REPLY                                                                                     \
    if                                                                                            \
    :: true                                                                                       \
    :: FAULTY -> known = false                                                                    \
    fi
#define CALL(o, wanted, kind, effect)                                                             \
    known = true;                                                                                 \
    STATEMENT(o, wanted, kind, effect);                                                           \
    REPLY
/* One unordered command with a statement for each product. */
#define CALL_PRODUCTS(o, kind, effect)                                                            \
    known = true;                                                                                 \
    STATEMENT(o, WANTS(o, 0), kind, effect(o, 0));                                                \
    STATEMENT(o, WANTS(o, 1), kind + 1, effect(o, 1));                                            \
    REPLY

/* Where the answer leads; the last thing of a step. */
#define ON(condition)                                                                             \
    ::(condition)->done = false;                                                                  \
    known = false
#define ELSE_STOP(stop)                                                                           \
    if                                                                                            \
    ON(known)                                                                                     \
    ON(!known); goto stop                                                                         \
    fi

/* A step whose caller goes on when it is answered, and else stops. */
#define STEP(o, wanted, kind, effect, stop)                                                       \
    atomic                                                                                        \
    {                                                                                             \
        CALL(o, wanted, kind, effect);                                                            \
        ELSE_STOP(stop)                                                                           \
    }
#define STEP_PRODUCTS(o, kind, effect, stop)                                                      \
    atomic                                                                                        \
    {                                                                                             \
        CALL_PRODUCTS(o, kind, effect);                                                           \
        ELSE_STOP(stop)                                                                           \
    }
