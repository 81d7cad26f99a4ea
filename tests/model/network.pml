/* SPDX-License-Identifier: MIT
 * Late commands of the models, and what must be so at the end. */

/* ---- what is late arrives ---- */

#define ARRIVE(kind, effect)                                                                      \
    ::BIT(late[o], kind)->late[o] = late[o] & ~(1 << (kind));                                     \
    effect
#define ARRIVE_TODAY(kind, effect)                                                                \
    ::IS_TODAY(o) && BIT(late[o], kind)->late[o] = late[o] & ~(1 << (kind));                      \
    effect
#define ARRIVE_NEXT(kind, effect)                                                                 \
    ::!IS_TODAY(o) && BIT(late[o], kind)->late[o] = late[o] & ~(1 << (kind));                     \
    effect

#define OF_LINE(l) ((1 << (RESERVE + l)) | (1 << (RELEASE + l)) | (1 << (CONFIRM + l)) |          \
                    (1 << (MARK + l)) | (1 << (DROP_MARKER + l)) | (1 << (VOID + l)))
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
        :: late[0] || late_restock[0] || LATE_CLEAR(0)
        :: late[1] || late_restock[1] || LATE_CLEAR(1) -> o = 1
        fi;
        if
        :: IS_LATE(o, 0) || (late[o] & ~LINE_KINDS) || LATE_CLEAR(o)
        :: IS_LATE(o, 1) -> l = 1
        :: IS_LATE(o, 2) -> l = 2
        fi;
        if
#ifdef TODAY
        ARRIVE_TODAY(INSERT, apply_claim(o))
        ARRIVE_TODAY(COMMIT, apply_commit(o))
        ARRIVE_TODAY(ABORT, apply_move(o, PLACING, ABORTING))
        ARRIVE_TODAY(FAIL, apply_move(o, ABORTING, FAILED))
        ARRIVE_TODAY(CART, apply_cart(o))
#endif
#ifdef NEXT
        ARRIVE_NEXT(CART_CLAIM, apply_cart_claim(o))
        ARRIVE_NEXT(INSERT, apply_insert(o))
        ARRIVE_NEXT(TOMBSTONE, apply_tombstone(o))
        ARRIVE_NEXT(UNCLAIM, apply_unclaim(o))
        ARRIVE_NEXT(VOID + l, apply_void(o, l))
        :: late_clear == 1 + o ->
            late_clear = 0;
            apply_clear(o, late_clear_rev, late_clear_rest);
            late_clear_rev = 0;
            late_clear_rest = 0
#endif
        ARRIVE(REDEEM, apply_redeem(o))
        ARRIVE(UNREDEEM, apply_unredeem(o))
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
                     (!IS_PLACED(o) || IS_ORDERED(o)) &&                                          \
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
    assert(stock[2] + SOLD(0, 2) + SOLD(1, 2) == COUPON_USES);
#ifdef NEXT
    assert(!ordering[0] && !ordering[1]);
    /* each unit that a customer added is in the cart or in exactly one order */
    assert(cart_units[0] + ORDERED_UNITS(0, 0) + ORDERED_UNITS(1, 0) == added[0]);
    assert(cart_units[1] + ORDERED_UNITS(0, 1) + ORDERED_UNITS(1, 1) == added[1]);
    /* nobody was refused because of his own other request */
    assert(!(shadowed[0] && IS_PLACED(1)) && !(shadowed[1] && IS_PLACED(0)))
#endif
}

#ifdef LIVE
/* Every state before is progress; a cycle without progress is one after faults have ended. */
active proctype weather()
{
progress:
    calm = true
}
#endif
