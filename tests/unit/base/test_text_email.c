/* SPDX-License-Identifier: MIT
 * E-mail addresses: what is one, and when two are the same. */
#include "mod_shop/base/text.h"

#include "tests/kit/harness.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

static void addresses_are_those_of_rfc_5321_without_quotes(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        { "a@b.c", true },
        { "first.last@example.com", true },
        { "user+tag@example.co.uk", true },
        { "o'brien@example.com", true },
        { "!#$%&'*+-/=?^_`{|}~@example.com", true },
        { "1@2.com", true },
        { "a@xn--bcher-kva.example", true },
        { "a@b\xc3\xbc"
          "cher.example",
          true },
        { "a@\xe4\xbe\x8b\xe3\x81\x88.jp", true },
        { "a@sub-domain.example.org", true },
        { "a@1.2.3.com", true },
        { X60 "xxxx@example.com", true },
        { "a@" X60 "xxx.com", true },
        { "", false },
        { "@", false },
        { "a", false },
        { "a@", false },
        { "@b.c", false },
        { "a@b", false },
        { "a@b@c.d", false },
        { ".a@b.c", false },
        { "a.@b.c", false },
        { "a..b@c.d", false },
        { "a b@c.d", false },
        { "a@b c.d", false },
        { "\"a b\"@c.d", false },
        { "a(comment)@b.c", false },
        { "<a@b.c>", false },
        { "a,b@c.d", false },
        { "a@b.c\r\nBcc:x@y.z", false },
        { "a\n@b.c", false },
        { "\xc3\xa4@b.c", false },
        { "a@[127.0.0.1]", false },
        { "a@127.0.0.1", false },
        { "a@.b.c", false },
        { "a@b..c", false },
        { "a@b.c.", false },
        { "a@-b.c", false },
        { "a@b-.c", false },
        { "a@b_c.d", false },
        { X60 "xxxxx@example.com", false },
        { "a@" X60 "xxxx.com", false },
        { "a@b\xe2\x80\x8b.c", false }, /* zero width */
        { "a@b\xc2\xa0"
          "c.d",
          false }, /* no-break space */
        { "a@b\xe3\x80\x82"
          "c.d",
          false }, /* ideographic full stop */
        { "a@b\xef\xbc\x8e"
          "c.d",
          false }, /* fullwidth full stop */
        { "a@\xf0\x9f\x98\x80.c", false },
        { " a@b.c", false },
        { "a@b.c ", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_text_is_email(cases[i].text) == cases[i].good, __LINE__, __FILE__, "%s",
                 cases[i].text);
    }
}

static void an_address_has_at_most_254_bytes(void)
{
    const char *label = "." X60;
    const char *address = apr_pstrcat(t_pool, "a@b", label, label, label, label, NULL);

    T_INT(strlen(address), 3 + 4 * 61);
    T_TRUE(shop_text_is_email(address)); /* 247 */
    T_TRUE(shop_text_is_email(apr_pstrcat(t_pool, address, ".xxxxxx", NULL)));
    T_TRUE(!shop_text_is_email(apr_pstrcat(t_pool, address, ".xxxxxxx", NULL)));
}

static void one_address_has_one_key(void)
{
    T_STR(shop_text_email_key("A@Ex.com", t_pool), "a@ex.com");
    T_STR(shop_text_email_key("a@B\xc3\x9c"
                              "cher.example",
                              t_pool),
          shop_text_email_key("a@bu\xcc\x88"
                              "cher.example",
                              t_pool));
    /* a Cyrillic a is another account */
    T_TRUE(strcmp(shop_text_email_key("a@ex\xd0\xb0mple.com", t_pool),
                  shop_text_email_key("a@example.com", t_pool)) != 0);
}

static const shop_test_t tests[] = {
    SHOP_TEST(addresses_are_those_of_rfc_5321_without_quotes,
              "addresses are those of RFC 5321 without quotes and literals"),
    SHOP_TEST(an_address_has_at_most_254_bytes, "an address has at most 254 bytes"),
    SHOP_TEST(one_address_has_one_key, "one address has one key, homoglyphs have another"),
    SHOP_TEST_END,
};
SHOP_SUITE("email", tests)
