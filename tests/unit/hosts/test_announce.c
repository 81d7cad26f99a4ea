/* SPDX-License-Identifier: MIT
 * What hosts tell one another comes back as it was said; anything else is strange. */
#include "mod_shop/hosts/announce.h"
#include "tests/kit/harness.h"

static shop_announcement_t got;

static void read_text(const char *text)
{
    shop_announce_parse(&got, text, strlen(text), t_pool);
}

static void changes_come_back_as_they_were_said(void)
{
    const char *const ids[] = { "65a0000000000000000000ab", "stock", "65a0000000000000000000ac" };
    const char *text = shop_announce_changed(0xfedcba9876543210U, ids, 3, t_pool);

    T_STR(text, "fedcba9876543210 P 65a0000000000000000000ab stock 65a0000000000000000000ac");
    read_text(text);
    T_INT(got.kind, SHOP_ANNOUNCE_CHANGED);
    T_TRUE(got.origin == 0xfedcba9876543210U);
    T_INT(got.count, 3);
    for (int i = 0; i < 3; i++) {
        T_STR(got.subjects[i], ids[i]);
    }
}

static void many_changes_are_everything(void)
{
    const char *ids[201];

    for (int i = 0; i < 201; i++) {
        ids[i] = apr_psprintf(t_pool, "%024d", i);
    }
    read_text(shop_announce_changed(7, ids, 200, t_pool));
    T_INT(got.kind, SHOP_ANNOUNCE_CHANGED);
    T_INT(got.count, 200);
    T_STR(got.subjects[199], ids[199]);
    read_text(shop_announce_changed(7, ids, 201, t_pool));
    T_INT(got.kind, SHOP_ANNOUNCE_ALL_CHANGED);
    T_INT(got.origin, 7);
    read_text(shop_announce_changed(7, NULL, 0, t_pool));
    T_INT(got.kind, SHOP_ANNOUNCE_ALL_CHANGED);
}

static void a_subject_that_cannot_be_said_is_everything(void)
{
    static const char *const odd[] = { "",
                                       "a b",
                                       "a\n",
                                       "*",
                                       "a*",
                                       "12345678901234567890123456789012345678901234567890"
                                       "123456789012345" };

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        const char *const ids[] = { "fine", odd[i] };

        read_text(shop_announce_changed(7, ids, 2, t_pool));
        t_assert(got.kind == SHOP_ANNOUNCE_ALL_CHANGED, __LINE__, __FILE__, "%s", odd[i]);
        read_text(shop_announce_ended(7, odd[i], 900, t_pool));
        t_assert(got.kind == SHOP_ANNOUNCE_SOME_SESSIONS_ENDED, __LINE__, __FILE__, "%s", odd[i]);
    }
}

static void ended_sessions_come_back_as_they_were_said(void)
{
    read_text(shop_announce_ended(0, "AbC-_9", 960, t_pool));
    T_INT(got.kind, SHOP_ANNOUNCE_SESSION_ENDED);
    T_INT(got.origin, 0);
    T_STR(got.subjects[0], "AbC-_9");
    T_INT(got.count, 1);
    T_INT(got.ttl_s, 960);
    read_text(shop_announce_ended(9, NULL, 0, t_pool));
    T_INT(got.kind, SHOP_ANNOUNCE_SOME_SESSIONS_ENDED);
    T_INT(got.origin, 9);
}

static void everything_else_is_strange(void)
{
    static const char *const texts[] = {
        "",
        " ",
        "1",
        "1 ",
        " *",
        "*",
        "* *",
        "g *",
        "0x1 *",
        "-1 *",
        "11112222333344445 *",
        "1  *",
        "1 * ",
        "1 * 2",
        "1 **",
        "1 P",
        "1 P ",
        "1 P  a",
        "1 P *",
        "1 P a *",
        "1 p a",
        "1 PS a",
        "1 P a\nb",
        "1 P a\tb",
        "1 P \xff",
        "1 Q a",
        "1 S",
        "1 S a",
        "1 S a 0",
        "1 S a -1",
        "1 S a 1x",
        "1 S a 9999999999",
        "1 S a 99999999",
        "1 S * 5",
        "1 S a 5 6",
        "1 S * *",
    };
    char *many = apr_pstrdup(t_pool, "1 P");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_text(texts[i]);
        t_assert(got.kind == SHOP_ANNOUNCE_UNKNOWN && got.origin == 0, __LINE__, __FILE__,
                 "\"%s\" was taken for %d", texts[i], got.kind);
    }
    shop_announce_parse(&got, "1 P a\0b", 7, t_pool);
    T_INT(got.kind, SHOP_ANNOUNCE_UNKNOWN);
    for (int i = 0; i < 201; i++) {
        many = apr_pstrcat(t_pool, many, " a", NULL);
    }
    read_text(many);
    T_INT(got.kind, SHOP_ANNOUNCE_UNKNOWN);
}

static void every_cut_of_a_line_is_read_without_harm(void)
{
    const char *const ids[] = { "65a0000000000000000000ab", "65a0000000000000000000ac" };
    const char *text = shop_announce_changed(0xabcdU, ids, 2, t_pool);

    for (apr_size_t size = 0; size < strlen(text); size++) {
        char *cut = apr_pmemdup(t_pool, text, size + 1);

        cut[size] = 'z'; /* must not be looked at */
        shop_announce_parse(&got, cut, size, t_pool);
        T_TRUE(got.kind == SHOP_ANNOUNCE_UNKNOWN || got.kind == SHOP_ANNOUNCE_CHANGED);
        T_TRUE(got.kind == SHOP_ANNOUNCE_UNKNOWN || !strchr(got.subjects[got.count - 1], 'z'));
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(changes_come_back_as_they_were_said, "changes come back as they were said"),
    SHOP_TEST(many_changes_are_everything, "many changes are everything"),
    SHOP_TEST(a_subject_that_cannot_be_said_is_everything,
              "a subject that cannot be said is everything"),
    SHOP_TEST(ended_sessions_come_back_as_they_were_said,
              "ended sessions come back as they were said"),
    SHOP_TEST(everything_else_is_strange, "everything else is strange"),
    SHOP_TEST(every_cut_of_a_line_is_read_without_harm, "every cut of a line is read without harm"),
    SHOP_TEST_END,
};
SHOP_SUITE("announcements", tests)
