/* SPDX-License-Identifier: MIT
 * What the order protocol adds to the store of store.pml: the cart with its claim, the order
 * that is inserted once, tombstones and voids. */

byte cart_gen[2];   /* by user */
byte cart_rev[2];
byte cart_units[2]; /* of one product: what lines there are */
byte ordering[2];   /* the claim: 1 + order */
byte added[2];      /* units that the customer ever added; not in the store, to count by */

/* What the buyer read of the cart. The claim records it, and so does the order. */
byte seen_gen[2]; /* by order */
byte seen_rev[2];
byte seen_units[2];

/* A late clear: 1 + order, the rev it names, the units it leaves. */
byte late_clear;
byte late_clear_rev;
byte late_clear_rest;

/* Told 409 for want of stock, while another request of the same customer was placing or had placed
 * an order; by order, to count by. */
bool shadowed[2];

#ifdef UPGRADE /* the second request is served by a process of the previous protocol */
#define IS_TODAY(o) ((o) == 1)
#else
#define IS_TODAY(o) false
#endif
#ifdef ONE_KEY
#define HAS_SAME_KEY true
#else
#define HAS_SAME_KEY false
#endif
#define IS_VOID(o, l) BIT(voids[o], l)
#define HAS_SAME_SLOT (USER(0) == USER(1) && (HAS_SAME_KEY || seen_gen[0] == seen_gen[1]))
#define CART_IS_EMPTY(u) (cart_units[u] == 0)
#define IS_ORDERED(o) (cart_gen[USER(o)] > seen_gen[o])
#define LATE_CLEAR(o) (late_clear == 1 + (o))
#define ORDERED_UNITS(o, u) ((USER(o) == (u) && IS_PLACED(o)) -> seen_units[o] : 0)

/* An election takes rev back, and other edits raise it again: so what was read is compared too. */
#ifdef BREAK_CONTENT
#define IS_AS_SEEN(units, seen) true
#else
#define IS_AS_SEEN(units, seen) ((units) == (seen))
#endif

#define IS_CART_AS_SEEN(o)                                                                        \
    (!ordering[USER(o)] && cart_gen[USER(o)] == seen_gen[o] && cart_rev[USER(o)] == seen_rev[o] && \
     IS_AS_SEEN(cart_units[USER(o)], seen_units[o]))

/* ---- elections: of the cart that the first order is of ---- */

#if ELECTIONS > 0
byte elections = ELECTIONS;
bool lossy; /* the last writes to the cart are not acknowledged by a majority */
byte kept_gen, kept_rev, kept_units, kept_ordering, kept_added;

#define FORGET_KEPT                                                                               \
    lossy = false;                                                                                \
    kept_gen = 0;                                                                                 \
    kept_rev = 0;                                                                                 \
    kept_units = 0;                                                                               \
    kept_ordering = 0;                                                                            \
    kept_added = 0
/* before a write to the cart */
#define KEEP_CART(u)                                                                              \
    if                                                                                            \
    :: (u) == 0 && !lossy && elections ->                                                         \
        lossy = true;                                                                             \
        kept_gen = cart_gen[0];                                                                   \
        kept_rev = cart_rev[0];                                                                   \
        kept_units = cart_units[0];                                                               \
        kept_ordering = ordering[0];                                                              \
        kept_added = added[0]                                                                     \
    :: else                                                                                       \
    fi
/* A command that asked for a majority was answered: so is everything before it, also where it
 * changed nothing. */
#define ACKNOWLEDGED(u)                                                                           \
    if                                                                                            \
    :: known && (u) == 0 -> FORGET_KEPT                                                           \
    :: else                                                                                       \
    fi
#else
#define KEEP_CART(u) skip
#define ACKNOWLEDGED(u) skip
#endif

/* ---- commands ---- */

inline read_cart(o)
{
    d_step {
        seen_gen[o] = cart_gen[USER(o)];
        seen_rev[o] = cart_rev[USER(o)];
        seen_units[o] = cart_units[USER(o)]
    }
}

/* carts->claim; not matched: the cart is read, `ordering` may be ours */
inline apply_cart_claim(o)
{
    d_step {
        if
#ifdef BREAK_CLAIM
        :: !ordering[USER(o)] ->
#else
        :: IS_CART_AS_SEEN(o) ->
#endif
            KEEP_CART(USER(o));
            ordering[USER(o)] = 1 + o;
            cart_rev[USER(o)]++
        :: else
        fi;
        done = ordering[USER(o)] == 1 + o
    }
}

inline apply_insert(o) /* orders->insert: the commit; the same id again is a success */
{
    d_step {
        if
#ifdef BREAK_SLOTS
        :: status[o] == NONE ->
#else
        :: status[o] == NONE && !IS_DUPLICATE(o) ->
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

inline apply_tombstone(o) /* orders->tombstone */
{
    d_step {
        if
        :: status[o] == NONE -> status[o] = FAILED
        :: else
        fi;
        done = true
    }
}

inline apply_void(o, l) /* reservations->void_ */
{
    d_step {
        assert(!IS_PLACED(o));
        voids[o] = voids[o] | LINE(l);
        done = true
    }
}

inline apply_unclaim(o) /* carts->unclaim, w: 1 */
{
    d_step {
        if
        :: ordering[USER(o)] == 1 + o ->
            KEEP_CART(USER(o));
            ordering[USER(o)] = 0;
            cart_rev[USER(o)]++
        :: else
        fi;
        done = true
    }
}

inline apply_clear(o, r, rest) /* carts->clear_ordered, w: 1 */
{
    d_step {
        done = false;
        if
#if defined(BREAK_CLEAR_ANY)
        :: true ->
#elif defined(BREAK_CLEAR_REV)
        :: ordering[USER(o)] == 1 + o ->
#else
        :: ordering[USER(o)] == 1 + o && cart_rev[USER(o)] == r &&
            IS_AS_SEEN(cart_units[USER(o)], rest + seen_units[o]) ->
#endif
            KEEP_CART(USER(o));
            ordering[USER(o)] = 0;
            cart_units[USER(o)] = rest;
            cart_gen[USER(o)]++;
            cart_rev[USER(o)]++;
            done = true
        :: else
        fi
    }
}

/* cart_mongo.c cart_ordered of an old process: where gen is still the order's. It removes the whole
 * line, and with it what was added meanwhile: a fault of the previous protocol that is not counted. */
inline apply_cart(o)
{
    d_step {
        if
        :: cart_gen[USER(o)] == seen_gen[o] ->
            KEEP_CART(USER(o));
            added[USER(o)] = added[USER(o)] - (cart_units[USER(o)] - seen_units[o]);
            cart_units[USER(o)] = 0;
            cart_gen[USER(o)]++;
            cart_rev[USER(o)]++
        :: else
        fi;
        done = true
    }
}

#define CALL_CLEAR(o, r, rest)                                                                    \
    known = true;                                                                                 \
    if                                                                                            \
    :: true -> apply_clear(o, r, rest)                                                            \
    :: FAULTY -> known = false                                                                    \
    :: FAULTY && late_count < LATE_MAX && !late_clear ->                                          \
        late_clear = 1 + o;                                                                       \
        late_clear_rev = r;                                                                       \
        late_clear_rest = rest;                                                                   \
        late_count++;                                                                             \
        known = false                                                                             \
    fi;                                                                                           \
    REPLY
/* The cart is read to subtract what was ordered; where the claim is gone, somebody cleared it. */
#define READ_CART_LEFT(o, r, rest, gone)                                                          \
    atomic                                                                                        \
    {                                                                                             \
        if                                                                                        \
        :: ordering[USER(o)] == 1 + o ->                                                          \
            r = cart_rev[USER(o)];                                                                \
            rest = (cart_units[USER(o)] > seen_units[o] ->                                        \
                    cart_units[USER(o)] - seen_units[o] : 0)                                      \
        :: else ->                                                                                \
            assert(!IS_PLACED(o) || IS_ORDERED(o)); /* nobody but a clear ends its claim */       \
            goto gone                                                                             \
        fi                                                                                        \
    }
