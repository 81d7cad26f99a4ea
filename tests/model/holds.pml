/* SPDX-License-Identifier: MIT
 * The limit of holds per unit in the order protocol; tests/model/run lets spin search it.
 *
 * A unit has at most LIMIT holds (200 in the code), because the cost of an update grows with their
 * number. Holds of placed orders stand until their process drops them in a batch. The limit is
 * divided by the number of processes, so that waiting batches of one do not keep the others from
 * selling: a process answers 503 instead of having more than SHARE holds. The store compares the
 * number too, because nobody counts the holds of a process that ended. A take that does not match
 * is followed by a read, which tells want of stock (409) from want of room (503).
 *
 * Each order takes one unit. How a single hold comes and goes is in orders.pml; here a take has a
 * known outcome, and a drop may be sent again.
 */

#ifndef LIMIT
#define LIMIT 3
#endif
#define PROCESSES 2
#ifndef BATCH
#define BATCH 2 /* as many are dropped at once; BREAK_TIMER: and never fewer */
#endif
#ifndef REQUESTS
#define REQUESTS 3 /* of each process, one at a time */
#endif
#ifndef STOCK
#define STOCK 5
#endif
#ifndef ENDS
#define ENDS 0 /* processes that end; a new one takes the place at once and knows nothing */
#endif
#ifdef BREAK_SHARE
#define SHARE LIMIT
#else
#define SHARE (LIMIT / PROCESSES)
#endif

/* the unit */
byte stock = STOCK;
byte holds;

/* by process */
byte counted[PROCESSES]; /* its holds, as far as it knows */
byte waiting[PROCESSES]; /* of placed orders, for the next batch */
byte sent[PROCESSES];    /* the batch on its way */
byte standing[PROCESSES]; /* what the store has of that batch */

/* holds whose process ended: of placed orders, and of orders that do not exist */
byte left_placed;
byte left_open;

byte sold; /* not in the store, to count by */
byte ends;

#define MAY_END (ends < ENDS)
#define END_PROCESS(p)                                                                            \
    ends++;                                                                                       \
    left_placed = left_placed + waiting[p] + standing[p];                                         \
    waiting[p] = 0;                                                                               \
    sent[p] = 0;                                                                                  \
    standing[p] = 0;                                                                              \
    counted[p] = 0
#define IS_SOUND (holds <= LIMIT && stock + sold + OPEN == STOCK)

byte open[PROCESSES]; /* the order at work has its hold and is not placed */
#define OPEN (open[0] + open[1] + left_open)

/* 409, told for what was known at this step */
#define OUT_OF_STOCK                                                                              \
    assert(stock == 0);                                                                           \
    counted[p]--;                                                                                 \
    goto next

proctype server(byte p)
{
    byte requests;

next:
    atomic {
        if
        :: requests == REQUESTS -> requests = 0; goto stop
        :: requests < REQUESTS -> requests++
        fi
    };
    /* price: the unit is read */
    if
    :: stock == 0 -> goto next /* 409 */
    :: stock > 0
    fi;
    atomic {
        if
        :: counted[p] >= SHARE -> goto next /* 503 */
        :: else -> counted[p]++
        fi
    };
    /* reservations->reserve */
    atomic {
        if
        :: stock > 0 && holds < LIMIT -> stock--; holds++; open[p] = 1; goto held
        :: stock == 0
        :: stock > 0 && holds == LIMIT ->
            assert(ends); /* as long as no process ended, its share is kept for each */
#ifdef BREAK_FULL
            OUT_OF_STOCK
#endif
        fi
    };
    /* the unit is read: short, full, or full no more */
    atomic {
        if
        :: stock == 0 -> OUT_OF_STOCK
        :: stock > 0 -> counted[p]--; goto next /* 503 */
        fi
    };
held:
    atomic {
        open[p] = 0;
        if
        :: true -> sold++; waiting[p]++ /* orders->insert */
        :: true -> holds--; stock++; counted[p]-- /* reservations->release */
        :: MAY_END -> left_open++; END_PROCESS(p)
        :: MAY_END -> sold++; left_placed++; END_PROCESS(p)
        fi;
        assert(IS_SOUND);
        goto next
    };
stop:
    skip
}

/* reservations->confirm: the thread of a process that drops batches */
proctype cleaner(byte p)
{
end:
    atomic {
        if
#ifdef BREAK_TIMER
        :: waiting[p] >= BATCH && !sent[p]
#else
        :: waiting[p] && !sent[p] /* full, or 200 ms old */
#endif
            ->
            sent[p] = (waiting[p] > BATCH -> BATCH : waiting[p]);
            standing[p] = sent[p];
            waiting[p] = waiting[p] - sent[p]
        :: sent[p] -> /* answered, which ends the counting */
            holds = holds - standing[p];
            standing[p] = 0;
            counted[p] = counted[p] - sent[p];
            sent[p] = 0
        :: standing[p] -> /* applied and not answered: sent again */
            holds = holds - standing[p];
            standing[p] = 0
#ifdef BREAK_ACKNOWLEDGE
        :: standing[p] -> /* not applied and not answered: counted no more */
            left_placed = left_placed + standing[p];
            standing[p] = 0;
            counted[p] = counted[p] - sent[p];
            sent[p] = 0
#endif
        fi;
        assert(IS_SOUND);
        goto end
    }
}

/* Whoever prices the unit sees holds older than two leases. */
proctype visitor()
{
end:
    atomic {
        if
#ifndef BREAK_SIGHT
        :: left_placed -> left_placed--; holds-- /* confirm */
        :: left_open -> left_open--; holds--; stock++ /* tombstone, void, release */
#endif
        :: false
        fi;
        assert(IS_SOUND);
        goto end
    }
}

/* Nobody can do anything any more. */
proctype audit()
{
    timeout ->
    assert(!holds && !counted[0] && !counted[1]);
    assert(stock + sold == STOCK)
}

init
{
    atomic {
        run server(0);
        run server(1);
        run cleaner(0);
        run cleaner(1);
        run visitor();
        run audit()
    }
}
