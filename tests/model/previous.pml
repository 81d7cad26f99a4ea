/* SPDX-License-Identifier: MIT
 * The previous order protocol as a Promela model, which old processes follow during an upgrade;
 * tests/model/run lets spin search it.
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

#define TODAY /* no process of the order protocol (orders.pml) runs */

#define LINE(l) (1 << (l))
#define PRODUCTS 3
#define COUPON 4
#define LINES(o) ((o) == 0 -> LINES_0 : LINES_1)
#define WANTS(o, l) ((LINES(o) >> (l)) & 1)

#include "store.pml"
#include "previous_steps.pml"
#include "agent.pml"
#include "network.pml"

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
        run previous_buyer(0);
#endif
#if BUYERS > 1
        run previous_buyer(1);
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
