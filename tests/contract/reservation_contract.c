/* SPDX-License-Identifier: MIT
 * Reservations, promise by promise: nothing is sold, used or given back twice. */
#include "tests/contract/reservation_contract.h"

#define T0 apr_time_from_sec(1790000000)
#define SEC(n) apr_time_from_sec(n)
#define TERMS 1000
#define BORN 7
#define USER "65c000000000000000000001"

enum { UNITS = 50, BUYERS = 100 };

const shop_reservation_world_t *(*shop_reservation_contract_world)(void);

static const shop_reservation_world_t *world;
static shop_reservations_t *repo;
static shop_reservation_line_t lines[2]; /* 1 of the first unit, world->quantity of the second */

static const char *order(int n)
{
    return apr_psprintf(t_pool, "65b0000000000000000%05x", n);
}

/* Two units with `available` each. */
static void begin(int64_t available)
{
    world = shop_reservation_contract_world();
    repo = world->reservations;
    for (int i = 0; i < 2; i++) {
        world->add(world->units[i], available, TERMS, BORN);
        lines[i] = (shop_reservation_line_t){ world->units[i], i ? world->quantity : 1, TERMS };
    }
}

static shop_reservation_t of(int n, int count)
{
    return (shop_reservation_t){ order(n), USER, lines, count };
}

static int reserve(int n, int count)
{
    const shop_reservation_t wanted = of(n, count);
    int reserved = -1;

    T_OK(repo->reserve(&reserved, repo, &wanted, T0, t_pool));
    return reserved;
}

static void release(int n, int count)
{
    const shop_reservation_t made = of(n, count);

    T_OK(repo->release(repo, &made, t_pool));
}

/* Each unit of the lines, of one order. */
static void confirm(int n, int count)
{
    const char *const id = order(n);
    shop_unit_orders_t units[2];

    for (int i = 0; i < count; i++) {
        units[i] = (shop_unit_orders_t){ lines[i].unit_id, &id, 1 };
    }
    T_OK(repo->confirm(repo, units, count, t_pool));
}

static void void_order(int n, int count, apr_time_t now)
{
    const shop_reservation_t made = of(n, count);

    T_OK(repo->void_order(repo, &made, now, t_pool));
}

static bool restock(int n, int line, int64_t back_rev)
{
    bool done = false;

    T_OK(repo->restock(&done, repo, order(n), &lines[line], back_rev, T0, t_pool));
    return done;
}

static void drop_markers(int n, int count)
{
    const shop_reservation_t made = of(n, count);

    T_OK(repo->drop_markers(repo, &made, t_pool));
}

/* The state of a line's unit, as the order sees it. */
static shop_unit_state_t state(int n, int line)
{
    const shop_reservation_t asked = { order(n), NULL, &lines[line], 1 };
    shop_unit_state_t seen = { .available = -9 };

    T_OK(repo->states(&seen, repo, &asked, t_pool));
    return seen;
}

static int64_t available(int line)
{
    return state(0, line).available;
}

static apr_array_header_t *sweep(shop_sweep_t what, apr_time_t before, int limit)
{
    apr_array_header_t *left = NULL;

    T_OK(repo->sweep(&left, repo, what, before, limit, t_pool));
    return left;
}

/* ---- reserving ---- */

static void a_reservation_takes_what_it_names(void)
{
    const shop_reservation_t asked = { order(1), NULL, lines, 2 };
    shop_unit_state_t states[2];

    begin(5);
    T_INT(reserve(1, 2), 2);
    T_OK(repo->states(states, repo, &asked, t_pool));
    T_STR(states[0].unit_id, world->units[0]);
    T_STR(states[1].unit_id, world->units[1]);
    T_INT(states[0].available, 4);
    T_INT(states[1].available, 5 - world->quantity);
    for (int i = 0; i < 2; i++) {
        T_TRUE(states[i].exists && states[i].reserved && !states[i].restocked);
        T_TRUE(!states[i].voided);
        T_INT(states[i].reservations, 1);
        T_INT(states[i].terms, TERMS);
        T_INT(states[i].born, world->has_born ? BORN : 0);
    }
    T_TRUE(!state(2, 0).reserved);
    T_INT(state(2, 0).reservations, 1);
    T_INT(reserve(1, 0), 0); /* no line, nothing to do */
}

static void a_reservation_fails_line_by_line(void)
{
    begin(5);
    T_INT(reserve(1, 2), 2);
    T_INT(reserve(1, 2), 0); /* it has its reservations already */
    T_INT(available(0), 4);
    lines[1].quantity = 6; /* more than there are */
    T_INT(reserve(2, 2), 1);
    T_INT(available(0), 3);
    T_INT(available(1), 5 - world->quantity);
    lines[0].terms = TERMS - 1;              /* priced under other terms */
    lines[1].quantity = 5 - world->quantity; /* all there are */
    T_INT(reserve(3, 2), 1);
    T_INT(available(0), 3);
    T_INT(available(1), 0);
    lines[1].quantity = 1;
    T_INT(reserve(4, 2), 0);
    lines[0].terms = TERMS;
    world->remove(world->units[0]);
    T_INT(reserve(5, 1), 0);
    T_TRUE(!state(5, 0).exists);
}

static void a_unit_that_is_not_there_has_no_state(void)
{
    const char *ids[2];
    shop_unit_state_t seen;

    begin(5);
    memcpy(ids, world->units, sizeof(ids));
    world->remove(ids[1]);
    seen = state(1, 1);
    T_TRUE(!seen.exists && !seen.reserved && !seen.restocked && !seen.voided);
    T_STR(seen.unit_id, ids[1]);
    T_TRUE(state(1, 0).exists);
}

static void a_deleted_unit_still_knows_its_orders(void)
{
    begin(5);
    if (!world->keeps_deleted) {
        return;
    }
    T_INT(reserve(1, 1), 1);
    T_INT(reserve(2, 1), 1);
    world->remove(world->units[0]);
    T_TRUE(!state(1, 0).exists && state(1, 0).reserved);
    release(1, 1);
    confirm(2, 1);
    T_INT(state(1, 0).reservations, 0);
    T_INT(available(0), 4);
}

static bool buy_one(void *line, int i, apr_pool_t *pool)
{
    const shop_reservation_t wanted = { apr_psprintf(pool, "65b0000000000000000%05x", i), USER,
                                        line, 1 };
    int reserved = 0;

    return !repo->reserve(&reserved, repo, &wanted, T0, pool) && reserved == 1;
}

static void a_hundred_buyers_of_fifty_units_get_fifty(void)
{
    begin(UNITS);
    T_INT(shop_test_crowd(BUYERS, buy_one, &lines[0]), UNITS);
    T_INT(available(0), 0);
    T_INT(state(0, 0).reservations, UNITS);
}

static void a_unit_with_two_hundred_reservations_takes_no_more(void)
{
    begin(1000);
    for (int i = 0; i < SHOP_RESERVATIONS_MAX; i++) {
        T_INT(reserve(i, 1), 1);
    }
    T_INT(reserve(SHOP_RESERVATIONS_MAX, 1), 0);
    T_INT(available(0), 1000 - SHOP_RESERVATIONS_MAX);
    T_INT(state(0, 0).reservations, SHOP_RESERVATIONS_MAX);
    confirm(3, 1);
    T_INT(reserve(SHOP_RESERVATIONS_MAX, 1), 1);
}

/* ---- releasing and confirming ---- */

static void a_release_gives_back_once_however_often_it_comes(void)
{
    begin(5);
    T_INT(reserve(1, 2), 2);
    for (int i = 0; i < 3; i++) {
        release(1, 2);
        T_INT(available(0), 5);
        T_INT(available(1), 5);
    }
    T_TRUE(!state(1, 0).reserved);
    release(2, 2); /* it has reserved nothing */
    release(1, 0);
    T_INT(available(0), 5);
}

static void what_was_confirmed_stays_taken(void)
{
    begin(5);
    T_INT(reserve(1, 2), 2);
    T_INT(reserve(2, 1), 1);
    confirm(1, 2);
    confirm(1, 2);
    confirm(1, 0);
    release(1, 2); /* late: there is nothing to consume */
    T_INT(available(0), 3);
    T_INT(available(1), 5 - world->quantity);
    T_TRUE(!state(1, 0).reserved && !state(1, 1).reserved);
    T_TRUE(state(2, 0).reserved);
    T_INT(state(2, 0).reservations, 1);
}

static void reservations_of_many_orders_are_confirmed_at_once(void)
{
    const char *ids[41];
    shop_unit_orders_t units[2];

    begin(100);
    for (int i = 0; i < 41; i++) {
        ids[i] = order(i);
        T_INT(reserve(i, i % 2 ? 2 : 1), i % 2 ? 2 : 1);
    }
    units[0] = (shop_unit_orders_t){ world->units[0], ids, 40 };
    units[1] = (shop_unit_orders_t){ world->units[1], ids, 41 };
    T_OK(repo->confirm(repo, units, 2, t_pool));
    T_OK(repo->confirm(repo, units, 2, t_pool));
    T_OK(repo->confirm(repo, units, 0, t_pool));
    T_INT(state(40, 0).reservations, 1);
    T_TRUE(state(40, 0).reserved);
    T_INT(state(40, 1).reservations, 0);
    T_INT(available(0), 59);
    T_INT(available(1), 100 - 20 * world->quantity);
}

/* ---- what is sold out ---- */

static bool sold_out(int line)
{
    return world->is_sold_out(world->units[line]);
}

static void what_is_sold_out_is_marked_when_it_is_confirmed(void)
{
    begin(2);
    T_INT(reserve(1, 1), 1);
    confirm(1, 1);
    T_TRUE(!sold_out(0)); /* one is left */
    T_INT(reserve(2, 1), 1);
    T_TRUE(!sold_out(0)); /* a reservation changes nothing that is listed */
    confirm(1, 1);        /* of another order: who looks sees that nothing is left */
    T_TRUE(sold_out(0) == world->has_flag);
    release(2, 1);
    T_TRUE(!sold_out(0));
    T_INT(available(0), 1);
    T_INT(reserve(3, 1), 1);
    confirm(3, 1);
    T_TRUE(sold_out(0) == world->has_flag);
    release(3, 1); /* there is nothing to consume */
    T_TRUE(sold_out(0) == world->has_flag);
    T_TRUE(restock(3, 0, state(3, 0).back_rev));
    T_TRUE(!sold_out(0));
    drop_markers(3, 1);
    T_TRUE(!sold_out(0));
}

/* ---- voids ---- */

static void a_void_stops_every_later_reserve_of_its_order(void)
{
    begin(5);
    void_order(1, 2, T0);
    void_order(1, 2, T0);
    void_order(1, 0, T0);
    T_INT(reserve(1, 2), 0);
    T_TRUE(state(1, 0).voided && state(1, 1).voided && !state(1, 0).reserved);
    T_TRUE(!state(2, 0).voided);
    T_INT(reserve(2, 2), 2);
    T_INT(available(0), 4);
}

static void a_void_leaves_what_was_reserved_before_to_its_release(void)
{
    begin(5);
    T_INT(reserve(1, 2), 2);
    void_order(1, 2, T0);
    T_TRUE(state(1, 0).voided && state(1, 0).reserved);
    release(1, 2);
    release(1, 2);
    T_INT(available(0), 5);
    T_INT(available(1), 5);
    T_TRUE(state(1, 0).voided && !state(1, 0).reserved);
    T_INT(reserve(1, 2), 0);
}

static void the_newest_hundred_voids_are_kept(void)
{
    begin(5);
    for (int i = 0; i < SHOP_VOIDS_MAX; i++) {
        void_order(i, 1, T0 + SEC(i));
    }
    void_order(3, 1, T0 + SEC(200)); /* it is there already */
    T_TRUE(state(0, 0).voided);
    void_order(SHOP_VOIDS_MAX, 1, T0 + SEC(201));
    T_TRUE(!state(0, 0).voided);
    T_TRUE(state(1, 0).voided && state(SHOP_VOIDS_MAX, 0).voided);
}

static void voids_go_by_their_age(void)
{
    begin(5);
    void_order(1, 2, T0);
    void_order(2, 1, T0 + SEC(60));
    T_OK(repo->drop_voids(repo, T0, t_pool));
    T_TRUE(state(1, 0).voided && state(1, 1).voided && state(2, 0).voided);
    T_OK(repo->drop_voids(repo, T0 + SEC(30), t_pool));
    T_TRUE(!state(1, 0).voided && !state(1, 1).voided && state(2, 0).voided);
    T_OK(repo->drop_voids(repo, T0 + SEC(90), t_pool));
    T_TRUE(!state(2, 0).voided);
    T_OK(repo->drop_voids(repo, T0 + SEC(90), t_pool));
    T_INT(reserve(1, 2), 2);
}

/* ---- restocking ---- */

static void a_restock_is_fenced_and_counts_once(void)
{
    int64_t rev, full;

    begin(5);
    rev = state(1, 1).back_rev;
    full = 5 + world->quantity;
    T_TRUE(!restock(1, 1, rev + 1)); /* another revision than the unit's */
    T_TRUE(restock(1, 1, rev));
    T_INT(available(1), full);
    T_TRUE(state(1, 1).restocked && !state(2, 1).restocked);
    T_INT(state(1, 1).back_rev, rev + 1);
    T_TRUE(!restock(1, 1, rev));     /* the same call, late */
    T_TRUE(!restock(1, 1, rev + 1)); /* a marker names the order */
    T_TRUE(!restock(2, 1, rev));     /* another order, behind the fence */
    drop_markers(1, 2);
    drop_markers(1, 2);
    drop_markers(1, 0);
    T_TRUE(!state(1, 1).restocked);
    T_INT(state(1, 1).back_rev, rev + 2);
    T_TRUE(!restock(1, 1, rev)); /* the first call, later still: the marker is gone */
    T_TRUE(!restock(1, 1, rev + 1));
    T_INT(available(1), full);
    T_TRUE(restock(2, 1, rev + 2));
    T_INT(available(1), full + world->quantity);
}

/* ---- a limit that comes and goes ---- */

static void without_a_limit_nothing_is_counted_and_everything_is_marked(void)
{
    int64_t rev;

    begin(5);
    if (!world->may_be_unlimited) {
        return;
    }
    T_INT(reserve(1, 1), 1);
    world->set_limit(world->units[0], SHOP_UNLIMITED);
    T_INT(available(0), SHOP_UNLIMITED);
    T_INT(reserve(2, 1), 0); /* a reservation is of what is counted */
    release(1, 1);           /* made when there was a limit */
    T_INT(available(0), SHOP_UNLIMITED);
    T_TRUE(!state(1, 0).reserved);
    rev = state(3, 0).back_rev;
    T_TRUE(restock(3, 0, rev));
    T_TRUE(!restock(3, 0, rev + 1));
    T_TRUE(state(3, 0).restocked);
    T_INT(available(0), SHOP_UNLIMITED);
    world->set_limit(world->units[0], 2);
    T_TRUE(restock(4, 0, rev + 1));
    T_INT(available(0), 3);
}

/* ---- sweeping ---- */

static int unknown_users(const apr_array_header_t *left)
{
    int count = 0;

    for (int i = 0; i < left->nelts; i++) {
        count += !APR_ARRAY_IDX(left, i, shop_leftover_t *)->user_id;
    }
    return count;
}

static void what_orders_left_behind_is_found_by_its_age(void)
{
    const shop_reservation_t later = { order(2), NULL, lines, 1 };
    apr_array_header_t *left;
    int reserved = 0;

    begin(5);
    world->claims_open(true);
    T_INT(reserve(1, 2), 2);
    T_OK(repo->reserve(&reserved, repo, &later, T0 + SEC(60), t_pool));
    T_INT(reserved, 1);
    T_INT(sweep(SHOP_SWEEP_RESERVATIONS, T0, 10)->nelts, 0);
    left = sweep(SHOP_SWEEP_RESERVATIONS, T0 + SEC(30), 10);
    T_INT(left->nelts, 2);
    for (int i = 0; i < left->nelts; i++) {
        const shop_leftover_t *leftover = APR_ARRAY_IDX(left, i, shop_leftover_t *);
        bool is_first = !strcmp(leftover->id, world->units[0]);

        T_STR(leftover->order_id, order(1));
        T_STR(leftover->user_id, USER);
        T_TRUE(is_first || !strcmp(leftover->id, world->units[1]));
        T_INT(leftover->quantity, is_first ? 1 : world->quantity);
    }
    left = sweep(SHOP_SWEEP_RESERVATIONS, T0 + SEC(90), 10);
    T_INT(left->nelts, 3);
    T_INT(unknown_users(left), 1);
    T_INT(sweep(SHOP_SWEEP_RESERVATIONS, T0 + SEC(90), 2)->nelts, 2);
    T_INT(sweep(SHOP_SWEEP_MARKERS, T0 + SEC(90), 10)->nelts, 0);
    T_TRUE(restock(3, 0, state(3, 0).back_rev));
    T_INT(sweep(SHOP_SWEEP_MARKERS, T0, 10)->nelts, 0);
    left = sweep(SHOP_SWEEP_MARKERS, T0 + SEC(90), 10);
    T_INT(left->nelts, 1);
    T_STR(APR_ARRAY_IDX(left, 0, shop_leftover_t *)->id, world->units[0]);
    T_STR(APR_ARRAY_IDX(left, 0, shop_leftover_t *)->order_id, order(3));
    T_INT(APR_ARRAY_IDX(left, 0, shop_leftover_t *)->quantity, 1);
    world->claims_open(false);
    T_INT(sweep(SHOP_SWEEP_RESERVATIONS, T0 + SEC(90), 10)->nelts, 0);
    T_INT(sweep(SHOP_SWEEP_MARKERS, T0 + SEC(90), 10)->nelts, 1);
}

const shop_test_t shop_reservation_contract[] = {
    SHOP_TEST(a_reservation_takes_what_it_names, "a reservation takes what it names"),
    SHOP_TEST(a_reservation_fails_line_by_line,
              "a reservation fails line by line where its terms do not hold"),
    SHOP_TEST(a_unit_that_is_not_there_has_no_state, "a unit that is not there has no state"),
    SHOP_TEST(a_deleted_unit_still_knows_its_orders, "a deleted unit still knows its orders"),
    SHOP_TEST(a_hundred_buyers_of_fifty_units_get_fifty,
              "a hundred buyers of fifty units get fifty"),
    SHOP_TEST(a_unit_with_two_hundred_reservations_takes_no_more,
              "a unit with two hundred reservations takes no more"),
    SHOP_TEST(a_release_gives_back_once_however_often_it_comes,
              "a release gives back once however often it comes"),
    SHOP_TEST(what_was_confirmed_stays_taken, "what was confirmed stays taken"),
    SHOP_TEST(reservations_of_many_orders_are_confirmed_at_once,
              "reservations of many orders are confirmed at once"),
    SHOP_TEST(
        what_is_sold_out_is_marked_when_it_is_confirmed,
        "what is sold out is marked when it is confirmed, and no longer when some comes back"),
    SHOP_TEST(a_void_stops_every_later_reserve_of_its_order,
              "a void stops every later reserve of its order"),
    SHOP_TEST(a_void_leaves_what_was_reserved_before_to_its_release,
              "a void leaves what was reserved before to its release"),
    SHOP_TEST(the_newest_hundred_voids_are_kept, "the newest hundred voids are kept"),
    SHOP_TEST(voids_go_by_their_age, "voids go by their age"),
    SHOP_TEST(a_restock_is_fenced_and_counts_once, "a restock is fenced and counts once"),
    SHOP_TEST(without_a_limit_nothing_is_counted_and_everything_is_marked,
              "without a limit nothing is counted and everything is marked"),
    SHOP_TEST(what_orders_left_behind_is_found_by_its_age,
              "what orders left behind is found by its age, reservations while the previous "
              "protocol is in use"),
    SHOP_TEST_END,
};
