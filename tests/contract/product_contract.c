/* SPDX-License-Identifier: MIT
 * The catalogue port's promises: compare-and-set, and lists without gaps or repeats whatever ties
 * there are. */
#include "tests/contract/product_contract.h"

#include <stdlib.h>

#include "mod_shop/base/text.h"

#define T0 apr_time_from_sec(1790000000)

#define SEC(n) apr_time_from_sec(n)
#define ADMIN "65a0000000000000000000ad"
#define BUYER "65c000000000000000000001"

enum { MANY = 23, PAGE = 4 };

shop_product_repo_t *(*shop_product_contract_store)(void);
shop_reservations_t *(*shop_product_contract_stock)(shop_product_repo_t *repo);
static shop_product_repo_t *repo;

static void begin(void)
{
    repo = shop_product_contract_store();
}

const char *shop_product_test_id(int n)
{
    return apr_psprintf(t_pool, "65a0000000000000000%05x", n);
}

shop_product_t *shop_product_made(int n, const char *name)
{
    shop_product_t *product = apr_pcalloc(t_pool, sizeof(*product));

    product->id = shop_product_test_id(n);
    product->name = name;
    product->description = "";
    product->price = 1000;
    product->category = "Things";
    product->stock = 5;
    product->created_at = product->updated_at = T0 + apr_time_from_sec(n);
    product->rev = 1;
    return product;
}

static void add(const shop_product_t *product)
{
    T_OK(repo->insert(repo, product, t_pool));
}

static shop_product_t *find(int n)
{
    shop_product_t *product = NULL;

    T_OK(repo->find(&product, repo, shop_product_test_id(n), t_pool));
    return product;
}

static void what_was_inserted_is_found(void)
{
    shop_product_t *in = shop_product_made(1, "Lamp"), *out;

    begin();
    in->description = "Bright.\nWarm.";
    in->image_url = "https://example.com/l.png";
    in->featured = true;
    add(in);
    out = find(1);
    T_TRUE(out != NULL);
    if (out) {
        T_STR(out->id, in->id);
        T_STR(out->name, "Lamp");
        T_STR(out->description, "Bright.\nWarm.");
        T_STR(out->category, "Things");
        T_STR(out->image_url, "https://example.com/l.png");
        T_INT(out->price, 1000);
        T_INT(out->stock, 5);
        T_TRUE(out->featured);
        T_INT(out->created_at, in->created_at);
        T_INT(out->rev, 1);
    }
    T_TRUE(find(2) == NULL);
    T_ERR(repo->insert(repo, in, t_pool), CONFLICT);
}

static void many_are_found_and_the_missing_left_out(void)
{
    const char *ids[3];
    apr_array_header_t *found;

    begin();
    add(shop_product_made(1, "One"));
    add(shop_product_made(2, "Two"));
    ids[0] = shop_product_test_id(2);
    ids[1] = shop_product_test_id(7);
    ids[2] = shop_product_test_id(1);
    T_OK(repo->find_many(&found, repo, ids, 3, t_pool));
    T_INT(found->nelts, 2);
    T_OK(repo->find_many(&found, repo, ids, 0, t_pool));
    T_INT(found->nelts, 0);
}

static void an_update_needs_the_rev_it_was_made_from_and_keeps_the_stock(void)
{
    shop_product_t *product = shop_product_made(1, "Lamp");
    bool done;

    begin();
    add(product);
    product->name = "Better lamp";
    product->price = 1250;
    product->stock = 999;
    product->rev = 2;
    T_OK(repo->update(&done, repo, product, t_pool));
    T_TRUE(done);
    T_STR(find(1)->name, "Better lamp");
    T_INT(find(1)->price, 1250);
    T_INT(find(1)->stock, 5);
    T_INT(find(1)->rev, 2);
    product->name = "From the old one";
    T_OK(repo->update(&done, repo, product, t_pool));
    T_TRUE(!done);
    T_STR(find(1)->name, "Better lamp");
}

/* What the adapter of reservations needs of a product is where it looks for it. */
static void a_product_is_a_unit_that_orders_reserve(void)
{
    shop_product_t *product = shop_product_made(1, "Lamp");
    shop_reservation_line_t line = { shop_product_test_id(1), 2, 1000 };
    shop_reservation_t one = { "65b000000000000000000001", BUYER, &line, 1 };
    shop_reservations_t *stock;
    shop_unit_state_t state;
    int reserved;
    bool done;

    begin();
    stock = shop_product_contract_stock(repo);
    add(product);
    T_OK(stock->reserve(&reserved, stock, &one, T0, t_pool));
    T_INT(reserved, 1);
    T_INT(find(1)->stock, 3);
    product->price = 1250;
    product->stock = 999;
    product->rev = 2;
    T_OK(repo->update(&done, repo, product, t_pool));
    T_TRUE(done);
    one.order_id = "65b000000000000000000002";
    T_OK(stock->reserve(&reserved, stock, &one, T0, t_pool));
    T_INT(reserved, 0); /* its price is another by now */
    line.terms = 1250;
    T_OK(stock->reserve(&reserved, stock, &one, T0, t_pool));
    T_INT(reserved, 1);
    T_INT(find(1)->stock, 1);
    T_OK(repo->remove(&done, repo, line.unit_id, 2, T0, t_pool));
    T_TRUE(done);
    T_OK(stock->states(&state, stock, &one, t_pool));
    T_TRUE(!state.exists && state.reserved);
    T_INT(state.reservations, 2);
    T_INT(state.available, 1);
    one.order_id = "65b000000000000000000003";
    line.quantity = 1;
    T_OK(stock->reserve(&reserved, stock, &one, T0, t_pool));
    T_INT(reserved, 0); /* it was removed */
}

static shop_product_query_t query_for(const char *sort)
{
    return (shop_product_query_t){ .list = { .limit = 100 },
                                   .min_price = -1,
                                   .max_price = -1,
                                   .in_stock = -1,
                                   .featured = -1,
                                   .sort = sort };
}

static shop_product_query_t search_for(const char *q)
{
    shop_product_query_t query = query_for("relevance");

    query.words = shop_text_tokens(q, 20, t_pool);
    query.nothing = query.words->nelts == 0;
    return query;
}

/* The names of the list, joined by commas, read in pages of `page`. */
static const char *names_of(shop_product_query_t query, int page)
{
    const char *names = "";
    shop_list_end_t end = { .next = NULL };

    query.list.limit = page;
    do {
        apr_array_header_t *products;

        query.list.after = end.next;
        if (!T_OK(repo->list(&products, &end, repo, &query, t_pool))) {
            break;
        }
        T_TRUE(products->nelts <= page);
        for (int i = 0; i < products->nelts; i++) {
            names = apr_pstrcat(t_pool, names, *names ? "," : "",
                                APR_ARRAY_IDX(products, i, shop_product_t *)->name, NULL);
        }
    } while (end.next);
    return names;
}

/* ---- for placing an order ---- */

static void reserve(int product, int order, int64_t quantity, apr_time_t at)
{
    const shop_reservation_line_t line = { shop_product_test_id(product), quantity, 1000 };
    const shop_reservation_t wanted = { apr_psprintf(t_pool, "65b0000000000000000%05x", order),
                                        order % 2 ? BUYER : NULL, &line, 1 };
    shop_reservations_t *stock = shop_product_contract_stock(repo);
    int reserved = 0;

    T_OK(stock->reserve(&reserved, stock, &wanted, at, t_pool));
    T_INT(reserved, 1);
}

static void who_orders_sees_the_reservations_on_the_way(void)
{
    const char *ids[4];
    apr_array_header_t *products = NULL, *stale = NULL;
    const shop_leftover_t *left;
    int most = -1;
    bool done;

    begin();
    for (int i = 0; i < 4; i++) {
        ids[i] = shop_product_test_id(i);
        if (i < 3) {
            add(shop_product_made(i, "Lamp"));
        }
    }
    reserve(0, 1, 1, T0);
    reserve(1, 3, 2, T0);
    reserve(1, 4, 1, T0 + SEC(60));
    reserve(1, 5, 1, T0 + SEC(60));
    T_OK(repo->remove(&done, repo, ids[2], 1, T0, t_pool));
    T_TRUE(done);
    T_OK(repo->find_to_order(&products, &stale, &most, repo, ids, 4, T0, t_pool));
    T_INT(products->nelts, 2);
    T_INT(stale->nelts, 0);
    T_INT(most, 3);
    T_OK(repo->find_to_order(&products, &stale, &most, repo, ids, 1, T0 + SEC(30), t_pool));
    T_INT(products->nelts, 1);
    T_INT(APR_ARRAY_IDX(products, 0, shop_product_t *)->stock, 4);
    T_INT(APR_ARRAY_IDX(products, 0, shop_product_t *)->price, 1000);
    T_STR(APR_ARRAY_IDX(products, 0, shop_product_t *)->name, "Lamp");
    T_INT(most, 1);
    T_INT(stale->nelts, 1);
    T_OK(repo->find_to_order(&products, &stale, &most, repo, &ids[1], 1, T0 + SEC(90), t_pool));
    T_INT(stale->nelts, 3);
    left = APR_ARRAY_IDX(stale, 0, shop_leftover_t *);
    T_STR(left->id, ids[1]);
    T_STR(left->order_id, "65b000000000000000000003");
    T_STR(left->user_id, BUYER);
    T_INT(left->quantity, 2);
    T_TRUE(!APR_ARRAY_IDX(stale, 1, shop_leftover_t *)->user_id);
    T_OK(repo->find_to_order(&products, &stale, &most, repo, ids, 0, T0, t_pool));
    T_TRUE(products->nelts == 0 && stale->nelts == 0 && most == 0);
}

/* What is sold out is listed once somebody looked, what is in stock at once. */
static void what_is_sold_out_is_listed_once_its_orders_are_confirmed(void)
{
    const char *const order = "65b000000000000000000001";
    const shop_reservation_line_t line = { shop_product_test_id(1), 5, 1000 };
    const shop_reservation_t wanted = { order, BUYER, &line, 1 };
    const shop_unit_orders_t placed = { line.unit_id, &order, 1 };
    shop_product_query_t out = query_for("name"), in = query_for("name");
    shop_product_t *none = shop_product_made(2, "None");
    shop_reservations_t *stock;
    int reserved = 0;

    out.in_stock = 0;
    in.in_stock = 1;
    begin();
    stock = shop_product_contract_stock(repo);
    none->stock = 0;
    add(none);
    add(shop_product_made(1, "Lamp"));
    T_STR(names_of(out, 10), "None");
    T_STR(names_of(in, 10), "Lamp");
    T_OK(stock->reserve(&reserved, stock, &wanted, T0, t_pool));
    T_INT(reserved, 1);
    T_STR(names_of(in, 10), "");
    T_STR(names_of(out, 10), "None");
    T_OK(stock->confirm(stock, &placed, 1, t_pool));
    T_STR(names_of(out, 10), "Lamp,None");
    T_STR(names_of(in, 10), "");
}

static void the_removed_leaves_everything_but_its_stock(void)
{
    const shop_reservation_line_t line = { shop_product_test_id(1), 1, 1000 };
    const shop_reservation_t asked = { ADMIN, NULL, &line, 1 };
    shop_reservations_t *stock;
    shop_unit_state_t state;
    apr_array_header_t *found;
    bool done;

    begin();
    add(shop_product_made(1, "Lamp"));
    T_OK(repo->remove(&done, repo, line.unit_id, 7, T0, t_pool));
    T_TRUE(!done);
    T_OK(repo->remove(&done, repo, line.unit_id, 1, T0, t_pool));
    T_TRUE(done);
    T_TRUE(find(1) == NULL);
    T_OK(repo->find_many(&found, repo, &line.unit_id, 1, t_pool));
    T_INT(found->nelts, 0);
    T_STR(names_of(query_for("name"), 10), "");
    T_STR(names_of(search_for("lamp"), 10), "");
    T_OK(repo->categories(&found, repo, t_pool));
    T_INT(found->nelts, 0);
    stock = shop_product_contract_stock(repo);
    T_OK(stock->states(&state, stock, &asked, t_pool));
    T_TRUE(!state.exists);
    T_INT(state.available, 5);
    T_OK(repo->remove(&done, repo, line.unit_id, 2, T0, t_pool));
    T_TRUE(!done);
}

static void pages_hold_everything_once_in_order_whatever_ties_there_are(void)
{
    static const struct {
        const char *sort;
        const char *names;
    } cases[] = {
        { "name", "a,b,B,b,c" },   { "-name", "c,b,B,b,a" },      { "price", "c,a,b,B,b" },
        { "-price", "b,B,b,a,c" }, { "created_at", "b,a,c,B,b" }, { "-created_at", "b,B,c,a,b" },
    };
    static const struct {
        const char *name;
        int price;
        int at;
    } made[] = {
        { "b", 300, 1 }, { "a", 200, 2 }, { "c", 100, 2 }, { "B", 300, 3 }, { "b", 300, 3 },
    };

    begin();
    for (int i = 0; i < 5; i++) {
        shop_product_t *product = shop_product_made(i, made[i].name);

        product->price = made[i].price;
        product->created_at = T0 + apr_time_from_sec(made[i].at);
        add(product);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int page = 1; page <= 6; page++) {
            T_STR(names_of(query_for(cases[i].sort), page), cases[i].names);
        }
    }
}

static void filters_hold_on_every_page(void)
{
    shop_product_query_t query;
    shop_cursor_t cheap = { .sort = "price", .number = 100, .id = shop_product_test_id(0) };
    apr_array_header_t *products;
    shop_list_end_t end;

    begin();
    for (int i = 0; i < 8; i++) {
        shop_product_t *product = shop_product_made(i, apr_psprintf(t_pool, "p%d", i));

        product->price = 100 * (i + 1);
        product->category = i % 2 ? "Odd" : "Even";
        product->stock = i < 4 ? 0 : 3;
        product->featured = i % 3 == 0;
        add(product);
    }
    query = query_for("name");
    query.category = "Odd";
    T_STR(names_of(query, 2), "p1,p3,p5,p7");
    query.in_stock = 1;
    T_STR(names_of(query, 1), "p5,p7");
    query.in_stock = 0;
    T_STR(names_of(query, 1), "p1,p3");
    query = query_for("-created_at");
    query.featured = 1;
    T_STR(names_of(query, 2), "p6,p3,p0");
    query.featured = 0;
    T_STR(names_of(query, 2), "p7,p5,p4,p2,p1");
    for (int i = 0; i < 4; i++) {
        query = query_for((const char *[]){ "price", "-price", "name", "-name" }[i]);
        query.min_price = 300;
        query.max_price = 600;
        T_STR(names_of(query, 2), i % 2 ? "p5,p4,p3,p2" : "p2,p3,p4,p5");
    }
    query = query_for("price");
    query.min_price = 700;
    query.list.after = &cheap;
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(products->nelts, 2);
}

static void a_search_needs_every_word_and_puts_names_first(void)
{
    shop_product_t *product;

    begin();
    product = shop_product_made(1, "Zinc umbrella");
    product->description = "Keeps the rain away";
    add(product);
    product = shop_product_made(2, "Apron");
    product->description = "Goes with a zinc umbrella";
    add(product);
    product = shop_product_made(3, "Umbrella stand, zinc");
    add(product);
    product = shop_product_made(4, "Bucket");
    product->category = "Zinc";
    add(product);
    for (int page = 1; page <= 5; page++) {
        T_STR(names_of(search_for("ZINC Umbrella"), page),
              "Umbrella stand, zinc,Zinc umbrella,Apron");
        T_STR(names_of(search_for("zinc"), page),
              "Umbrella stand, zinc,Zinc umbrella,Apron,Bucket");
    }
    T_STR(names_of(search_for("umb"), 10), "Umbrella stand, zinc,Zinc umbrella");
    T_STR(names_of(search_for("um"), 10), "");
    T_STR(names_of(search_for("rain"), 10), "Zinc umbrella");
    T_STR(names_of(search_for("umbrella snow"), 10), "");
    T_STR(names_of(search_for(".*"), 10), "");
    T_STR(names_of(search_for("$where"), 10), "");
}

static void a_search_can_be_sorted_and_filtered_like_a_list(void)
{
    shop_product_query_t query;

    begin();
    for (int i = 0; i < 4; i++) {
        shop_product_t *product = shop_product_made(i, apr_psprintf(t_pool, "lamp %d", i));

        product->price = 1000 - 100 * i;
        product->stock = i;
        add(product);
    }
    query = search_for("lamp");
    query.sort = "price";
    T_STR(names_of(query, 2), "lamp 3,lamp 2,lamp 1,lamp 0");
    query.sort = "-created_at";
    query.in_stock = 1;
    T_STR(names_of(query, 2), "lamp 3,lamp 2,lamp 1");
    query.sort = "relevance";
    query.category = "Other";
    T_STR(names_of(query, 2), "");
}

static void the_total_counts_what_the_filters_leave(void)
{
    shop_product_query_t query = query_for("name");
    apr_array_header_t *products;
    shop_list_end_t end;

    begin();
    for (int i = 0; i < MANY; i++) {
        add(shop_product_made(i, i % 2 ? "odd" : "even"));
    }
    query.list.limit = PAGE;
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(end.total, -1);
    query.list.count = true;
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(products->nelts, PAGE);
    T_INT(end.total, MANY);
    query.list.after = end.next;
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(end.total, MANY);
    query = search_for("odd");
    query.list.count = true;
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(end.total, MANY / 2);
}

static void categories_come_by_name_with_their_numbers(void)
{
    static const char *const names[] = { "Toys", "Art", "Toys", "Books", "Toys" };
    apr_array_header_t *found;

    begin();
    for (int i = 0; i < 5; i++) {
        shop_product_t *product = shop_product_made(i, "x");

        product->category = names[i];
        add(product);
    }
    T_OK(repo->categories(&found, repo, t_pool));
    T_INT(found->nelts, 3);
    if (found->nelts == 3) {
        T_STR(APR_ARRAY_IDX(found, 0, shop_category_t *)->name, "Art");
        T_STR(APR_ARRAY_IDX(found, 2, shop_category_t *)->name, "Toys");
        T_INT(APR_ARRAY_IDX(found, 2, shop_category_t *)->products, 3);
    }
}

#define CAFE "Caf\xc3\xa9 au lait"
#define DECOMPOSED "  Cafe\xcc\x81  au\xc2\xa0lait "
#define INVISIBLE "Caf\xc3\xa9\xe2\x80\x8b au \xc2\xadlait"

/* The categories as "name=products", joined by "; ". */
static const char *categories_now(void)
{
    apr_array_header_t *found;
    const char *all = "";

    T_OK(repo->categories(&found, repo, t_pool));
    for (int i = 0; i < found->nelts; i++) {
        const shop_category_t *one = APR_ARRAY_IDX(found, i, shop_category_t *);

        all =
            apr_psprintf(t_pool, "%s%s%s=%d", all, *all ? "; " : "", one->name, (int)one->products);
    }
    return all;
}

static const char *in_category(const char *category, const char *sort, int page)
{
    shop_product_query_t query = query_for(sort);

    query.category = category;
    return names_of(query, page);
}

/* The newest is inserted first: what counts is when a product was made. */
static void spellings_that_look_the_same_are_one_category_as_it_was_written_first(void)
{
    static const char *const spelt[] = { CAFE, DECOMPOSED, INVISIBLE, "caf\xc3\xa9 au lait",
                                         "Tea" };
    shop_product_t *product;
    bool done;

    begin();
    for (int i = 4; i >= 0; i--) {
        product = shop_product_made(i, apr_psprintf(t_pool, "p%d", i));
        product->category = spelt[i];
        add(product);
    }
    T_STR(categories_now(), CAFE "=3; Tea=1; caf\xc3\xa9 au lait=1");
    for (int i = 0; i < 3; i++) {
        T_STR(in_category(spelt[i], "name", 2), "p0,p1,p2");
        T_STR(in_category(spelt[i], "-created_at", 2), "p2,p1,p0");
        T_STR(in_category(spelt[i], "price", 1), "p0,p1,p2");
    }
    T_STR(in_category(spelt[3], "name", 5), "p3");
    T_STR(find(1)->category, DECOMPOSED);

    product = shop_product_made(0, "p0");
    product->category = " Tea";
    product->rev = 2;
    T_OK(repo->update(&done, repo, product, t_pool));
    T_TRUE(done);
    T_STR(categories_now(), DECOMPOSED "=2;  Tea=2; caf\xc3\xa9 au lait=1");
    T_STR(in_category("Tea", "name", 5), "p0,p4");
    T_STR(in_category(CAFE, "name", 5), "p1,p2");
    T_OK(repo->remove(&done, repo, shop_product_test_id(1), 1, T0, t_pool));
    T_STR(categories_now(), " Tea=2; " INVISIBLE "=1; caf\xc3\xa9 au lait=1");
}

static void a_category_filters_beside_everything_else(void)
{
    shop_product_query_t query;

    begin();
    for (int i = 0; i < 4; i++) {
        shop_product_t *product = shop_product_made(i, apr_psprintf(t_pool, "lamp %d", i));

        product->category = i % 2 ? DECOMPOSED : CAFE;
        product->stock = i < 2 ? 0 : 3;
        product->featured = i != 3;
        add(product);
    }
    query = search_for("lamp");
    query.category = INVISIBLE;
    T_STR(names_of(query, 3), "lamp 0,lamp 1,lamp 2,lamp 3");
    query.in_stock = 0;
    T_STR(names_of(query, 3), "lamp 0,lamp 1");
    query = query_for("name");
    query.category = INVISIBLE;
    query.featured = 1;
    T_STR(names_of(query, 3), "lamp 0,lamp 1,lamp 2");
    query.category = "Tea";
    T_STR(names_of(query, 3), "");
}

const shop_test_t shop_product_contract[] = {
    SHOP_TEST(what_was_inserted_is_found, "what was inserted is found"),
    SHOP_TEST(many_are_found_and_the_missing_left_out, "many are found, the missing left out"),
    SHOP_TEST(an_update_needs_the_rev_it_was_made_from_and_keeps_the_stock,
              "an update needs the rev it was made from and keeps the stock"),
    SHOP_TEST(a_product_is_a_unit_that_orders_reserve, "a product is a unit that orders reserve"),
    SHOP_TEST(who_orders_sees_the_reservations_on_the_way,
              "who orders sees the reservations on the way, and which of them are stale"),
    SHOP_TEST(what_is_sold_out_is_listed_once_its_orders_are_confirmed,
              "what is sold out is listed once its orders are confirmed"),
    SHOP_TEST(the_removed_leaves_everything_but_its_stock,
              "a removed product leaves lists, searches and categories"),
    SHOP_TEST(pages_hold_everything_once_in_order_whatever_ties_there_are,
              "pages hold everything once and in order, whatever ties there are"),
    SHOP_TEST(filters_hold_on_every_page, "filters hold on every page"),
    SHOP_TEST(a_search_needs_every_word_and_puts_names_first,
              "a search needs every word and puts names first"),
    SHOP_TEST(a_search_can_be_sorted_and_filtered_like_a_list,
              "a search can be sorted and filtered like a list"),
    SHOP_TEST(the_total_counts_what_the_filters_leave, "the total counts what the filters leave"),
    SHOP_TEST(categories_come_by_name_with_their_numbers,
              "categories come by name with their numbers"),
    SHOP_TEST(spellings_that_look_the_same_are_one_category_as_it_was_written_first,
              "spellings that look the same are one category, as it was written first"),
    SHOP_TEST(a_category_filters_beside_everything_else,
              "a category filters beside everything else, however it is spelt"),
    SHOP_TEST_END,
};
