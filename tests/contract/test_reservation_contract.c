/* SPDX-License-Identifier: MIT
 * Runs the contract of reservations on the fake, and on MongoDB when SHOP_TEST_MONGO_URI is set,
 * for each kind of unit that the shop has. Exit 77 (skipped) when only the fake was there. */
#include "mod_shop/inventory/stock_mongo.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/store/schema.h"
#include "tests/contract/reservation_contract.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/reservation_mem.h"

static const shop_reservable_t *kind;
static shop_reservation_world_t world;

/* What the suite may know of the kind; the rest is the store's. */
static void describe_world(const shop_reservable_t *described)
{
    bool is_text = described->id == SHOP_UNIT_ID_TEXT;

    kind = described;
    world.units[0] = is_text ? "ALPHA" : "65a000000000000000000001";
    world.units[1] = is_text ? "BETA" : "65a000000000000000000002";
    world.quantity = described->has_quantities ? 2 : 1;
    world.may_be_unlimited = described->may_be_unlimited;
    world.keeps_deleted = described->deleted != NULL;
    world.has_born = described->born != NULL;
    world.has_flag = described->sold_out != NULL;
}

/* ---- the fake ---- */

static shop_unit_mem_t *enter_fake(const char *id)
{
    T_OK(shop_reservations_mem_enter(world.reservations, t_pool));
    return shop_reservations_mem_seek(world.reservations, id);
}

static void add_to_fake(const char *id, int64_t available, int64_t terms, int64_t born)
{
    shop_unit_mem_t *unit;

    enter_fake(id);
    unit = shop_reservations_mem_add(world.reservations, id);
    unit->available = available;
    unit->terms = terms;
    unit->born = world.has_born ? born : 0;
    shop_reservations_mem_leave(world.reservations);
}

static void limit_fake(const char *id, int64_t available)
{
    enter_fake(id)->available = available;
    shop_reservations_mem_leave(world.reservations);
}

static void remove_from_fake(const char *id)
{
    shop_unit_mem_t *unit = enter_fake(id);

    unit->deleted = true;
    if (!world.keeps_deleted) {
        shop_reservations_mem_remove(world.reservations, id);
    }
    shop_reservations_mem_leave(world.reservations);
}

static bool is_marked_in_fake(const char *id)
{
    bool marked = enter_fake(id)->sold_out && kind->sold_out;

    shop_reservations_mem_leave(world.reservations);
    return marked;
}

static void open_fake(bool open)
{
    shop_reservations_mem_claims_open(world.reservations, open);
}

static const shop_reservation_world_t *fake_world(void)
{
    world.is_sold_out = is_marked_in_fake;
    world.claims_open = open_fake;
    world.reservations = shop_reservations_mem(t_pool);
    world.add = add_to_fake;
    world.set_limit = limit_fake;
    world.remove = remove_from_fake;
    return &world;
}

static int use_fake_stock(void)
{
    describe_world(&shop_stock_units);
    shop_reservation_contract_world = fake_world;
    return 0;
}

static int use_fake_uses(void)
{
    describe_world(&shop_coupon_uses);
    shop_reservation_contract_world = fake_world;
    return 0;
}

/* ---- MongoDB ---- */

static shop_mongo_t *mongo;
static shop_schema_known_t known;

static void append_id(bson_t *doc, const char *id)
{
    if (kind->id == SHOP_UNIT_ID_OID) {
        shop_bson_append_oid(doc, "_id", id);
    } else {
        BSON_APPEND_UTF8(doc, "_id", id);
    }
}

static void add_to_mongo(const char *id, int64_t available, int64_t terms, int64_t born)
{
    bson_t doc = BSON_INITIALIZER, empty = BSON_INITIALIZER;

    append_id(&doc, id);
    BSON_APPEND_INT64(&doc, kind->counter, available);
    BSON_APPEND_INT64(&doc, kind->terms, terms);
    if (kind->deleted) {
        BSON_APPEND_NULL(&doc, kind->deleted);
    }
    if (kind->born) {
        BSON_APPEND_INT64(&doc, kind->born, born);
    }
    BSON_APPEND_INT64(&doc, "back_rev", born);
    BSON_APPEND_ARRAY(&doc, "holds", &empty);
    BSON_APPEND_ARRAY(&doc, "backs", &empty);
    T_OK(shop_mongo_insert(NULL, mongo, kind->collection, &doc, SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(&empty);
    bson_destroy(&doc);
}

/* update is destroyed. */
static void change_in_mongo(const char *id, bson_t *update)
{
    bson_t filter = BSON_INITIALIZER;

    append_id(&filter, id);
    T_OK(shop_mongo_update(NULL, NULL, mongo, kind->collection, &filter, update, NULL,
                           SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(&filter);
    bson_destroy(update);
}

static void limit_in_mongo(const char *id, int64_t available)
{
    change_in_mongo(id, available == SHOP_UNLIMITED
                            ? BCON_NEW("$unset", "{", kind->counter, "", "}")
                            : BCON_NEW("$set", "{", kind->counter, BCON_INT64(available), "}"));
}

static void remove_from_mongo(const char *id)
{
    bson_t filter = BSON_INITIALIZER;

    if (kind->deleted) {
        change_in_mongo(id, BCON_NEW("$set", "{", kind->deleted, BCON_DATE_TIME(1), "}"));
        return;
    }
    append_id(&filter, id);
    T_OK(shop_mongo_delete(NULL, mongo, kind->collection, &filter, SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(&filter);
}

static bool is_marked_in_mongo(const char *id)
{
    bson_t filter = BSON_INITIALIZER;
    const bson_t *doc = NULL;

    append_id(&filter, id);
    T_OK(shop_mongo_find_one(&doc, mongo, kind->collection, &filter, NULL, t_pool));
    bson_destroy(&filter);
    T_TRUE(doc != NULL);
    return doc && shop_bson_bool(doc, "sold_out");
}

static void open_mongo(bool open)
{
    atomic_store(&known.finished, open ? SHOP_STAGE_CLAIMS - 1 : SHOP_STAGE_CLAIMS);
}

static const shop_reservation_world_t *mongo_world(void)
{
    const char *const collections[] = { kind->collection, NULL };

    contract_store_empty(mongo, collections);
    open_mongo(false);
    world.reservations = shop_reservations_mongo(kind, mongo, &known, t_pool);
    world.is_sold_out = is_marked_in_mongo;
    world.claims_open = open_mongo;
    world.add = add_to_mongo;
    world.set_limit = limit_in_mongo;
    world.remove = remove_from_mongo;
    return &world;
}

static int use_mongo(const shop_reservable_t *described)
{
    static const shop_mongo_index_t *const tables[] = { NULL };

    describe_world(described);
    shop_reservation_contract_world = mongo_world;
    mongo = contract_store_open("reservations", tables);
    return mongo == NULL;
}

static int use_mongo_stock(void)
{
    return use_mongo(&shop_stock_units);
}

static int use_mongo_uses(void)
{
    return use_mongo(&shop_coupon_uses);
}

/* ---- what only the real one can show ---- */

enum { LINES = 100 };
#define USER "65c000000000000000000001"

static const char *unit_of(int n)
{
    return kind->id == SHOP_UNIT_ID_OID ? apr_psprintf(t_pool, "65a0000000000000000%05x", n)
                                        : apr_psprintf(t_pool, "UNIT%d", n);
}

/* What is seen of reservations by who reads a unit for its own sake. */
static void a_units_document_shows_its_stale_reservations(void)
{
    apr_array_header_t *left = apr_array_make(t_pool, 2, sizeof(shop_leftover_t *));
    shop_reservations_t *repo = shop_reservation_contract_world()->reservations;
    bson_t filter = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    const shop_leftover_t *one;
    int reserved = 0;

    add_to_mongo(world.units[0], 9, 10, 0);
    for (int i = 1; i < 4; i++) {
        const shop_reservation_line_t line = { world.units[0], world.quantity, 10 };
        const shop_reservation_t wanted = { apr_psprintf(t_pool, "65b00000000000000000000%d", i),
                                            i == 1 ? USER : NULL, &line, 1 };

        T_OK(repo->reserve(&reserved, repo, &wanted, apr_time_from_sec(i), t_pool));
        T_INT(reserved, 1);
    }
    append_id(&filter, world.units[0]);
    T_OK(shop_mongo_find_one(&doc, mongo, kind->collection, &filter, NULL, t_pool));
    bson_destroy(&filter);
    T_INT(shop_reservations_stale(left, doc, kind->id, apr_time_from_sec(1), t_pool), 3);
    T_INT(left->nelts, 0);
    T_INT(shop_reservations_stale(left, doc, kind->id, apr_time_from_sec(3), t_pool), 3);
    T_INT(left->nelts, 2);
    one = APR_ARRAY_IDX(left, 0, shop_leftover_t *);
    T_STR(one->id, world.units[0]);
    T_STR(one->order_id, "65b000000000000000000001");
    T_STR(one->user_id, USER);
    T_INT(one->quantity, world.quantity);
    T_TRUE(!APR_ARRAY_IDX(left, 1, shop_leftover_t *)->user_id);
}

static void count_one(void)
{
    T_INT(shop_mongo_count(), 1);
    shop_mongo_begin(0);
}

static void every_step_is_one_command_however_many_lines(void)
{
    shop_reservation_line_t lines[LINES];
    shop_unit_orders_t units[LINES];
    const shop_reservation_t all = { "65b000000000000000000001", USER, lines, LINES };
    const shop_reservation_t none = { "65b000000000000000000001", USER, lines, 0 };
    shop_unit_state_t *states = apr_pcalloc(t_pool, LINES * sizeof(*states));
    shop_reservations_t *repo = shop_reservation_contract_world()->reservations;
    apr_array_header_t *left;
    int reserved = 0;
    bool done = false;

    for (int i = 0; i < LINES; i++) {
        lines[i] = (shop_reservation_line_t){ unit_of(i), 1, 10 };
        units[i] = (shop_unit_orders_t){ lines[i].unit_id, &all.order_id, 1 };
        add_to_mongo(lines[i].unit_id, 5, 10, 0);
    }
    shop_mongo_begin(0);
    T_OK(repo->reserve(&reserved, repo, &all, 1, t_pool));
    count_one();
    T_INT(reserved, LINES);
    T_OK(repo->states(states, repo, &all, t_pool));
    count_one();
    T_TRUE(states[0].reserved && states[LINES - 1].reserved);
    T_OK(repo->release(repo, &all, t_pool));
    count_one();
    T_OK(repo->void_order(repo, &all, 1, t_pool));
    count_one();
    T_OK(repo->drop_voids(repo, 1, t_pool));
    count_one();
    T_OK(repo->confirm(repo, units, LINES, t_pool));
    T_INT(shop_mongo_count(), kind->sold_out ? 2 : 1); /* the flag of all of them */
    shop_mongo_begin(0);
    T_OK(repo->restock(&done, repo, all.order_id, &lines[0], 0, 1, t_pool));
    count_one();
    T_TRUE(done);
    T_OK(repo->drop_markers(repo, &all, t_pool));
    count_one();
    T_OK(repo->sweep(&left, repo, SHOP_SWEEP_MARKERS, 1, 10, t_pool));
    count_one();
    T_OK(repo->states(states, repo, &all, t_pool));
    T_INT(states[0].available, 6);
    T_INT(states[LINES - 1].available, 5);
    shop_mongo_begin(0);
    T_OK(repo->reserve(&reserved, repo, &none, 1, t_pool));
    T_OK(repo->states(states, repo, &none, t_pool));
    T_OK(repo->release(repo, &none, t_pool));
    T_OK(repo->void_order(repo, &none, 1, t_pool));
    T_OK(repo->confirm(repo, units, 0, t_pool));
    T_OK(repo->sweep(&left, repo, SHOP_SWEEP_RESERVATIONS, 1, 10, t_pool));
    T_INT(shop_mongo_count(), 0);
}

static const shop_test_t real_only[] = {
    SHOP_TEST(every_step_is_one_command_however_many_lines,
              "every step is one command, however many lines"),
    SHOP_TEST(a_units_document_shows_its_stale_reservations,
              "a unit's document shows its stale reservations"),
    SHOP_TEST_END,
};

int main(void)
{
    const shop_suite_t suites[] = {
        { "stock, fake", shop_reservation_contract, use_fake_stock, NULL },
        { "coupon uses, fake", shop_reservation_contract, use_fake_uses, NULL },
        { "stock, MongoDB", shop_reservation_contract, use_mongo_stock, contract_store_drop },
        { "stock, commands", real_only, use_mongo_stock, contract_store_drop },
        { "coupon uses, MongoDB", shop_reservation_contract, use_mongo_uses, contract_store_drop },
        { "coupon uses, commands", real_only, use_mongo_uses, contract_store_drop },
    };
    int real = contract_store_wanted();
    int failed = shop_tests_run(suites, real ? 6 : 2);

    return failed ? failed : real ? 0 : 77;
}
