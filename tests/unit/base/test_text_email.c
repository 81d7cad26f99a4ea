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
    static const struct {
        const char *email, *key;
    } cases[] = {
        { "A@Ex.com", "a@ex.com" },
        { "a@B\xc3\x9c"
          "cher.example",
          "a@xn--bcher-kva.example" },
        { "a@bu\xcc\x88"
          "cher.example",
          "a@xn--bcher-kva.example" },
        { "a@XN--Bcher-KVA.Example", "a@xn--bcher-kva.example" },
        /* two domains since IDNA 2008 */
        { "a@stra\xc3\x9f"
          "e.example",
          "a@xn--strae-oqa.example" },
        { "a@strasse.example", "a@strasse.example" },
        { "a@xn--strae-oqa.example", "a@xn--strae-oqa.example" },
        { "a@fa\xc3\x9f.example", "a@xn--fa-hia.example" },
        { "a@\xcf\x82.example", "a@xn--3xa.example" },
        { "a@\xef\xbc\xa5\xef\xbd\x98.com", "a@ex.com" }, /* fullwidth letters */
        { "a@xn--p1ai.\xd1\x80\xd1\x84", "a@xn--p1ai.xn--p1ai" },
        /* joiners and middle dots where IDNA allows them */
        { "a@\xd9\x86\xd8\xa7\xd9\x85\xd9\x87\xe2\x80\x8c\xd8\xa7\xdb\x8c.com",
          "a@xn--mgba3gch31f060k.com" },
        { "a@paral\xc2\xb7lel.cat", "a@xn--parallel-koa.cat" },
        { "a@xn--i-7iq.ws", "a@xn--i-7iq.ws" }, /* an emoji domain, which IDNA 2008 has not */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        T_TRUE(shop_text_is_email(cases[i].email));
        T_STR(shop_text_email_key(cases[i].email, t_pool), cases[i].key);
        T_STR(shop_text_email_key(cases[i].key, t_pool), cases[i].key);
    }
    /* a Cyrillic a is another account */
    T_TRUE(strcmp(shop_text_email_key("a@ex\xd0\xb0mple.com", t_pool),
                  shop_text_email_key("a@example.com", t_pool)) != 0);
    T_STR(shop_text_email_old_key("A@Stra\xc3\x9f"
                                  "e.example",
                                  t_pool),
          "a@strasse.example");
}

static void a_domain_that_idna_has_not_has_no_key(void)
{
    static const char *const addresses[] = {
        "a@-\xc3\xbc.example",
        "a@\xcc\x88"
        "a.example",                        /* begins with a mark */
        "a@x\xe2\x80\x8cy\xc3\xbc.example", /* a joiner between Latin letters */
        "a@1\xd7\x90\xd7\x91.example",      /* directions mixed */
        "a@xn--\xc3\xbc.example",
        "a@\xef\xbc\x91.\xef\xbc\x91\xef\xbc\x92", /* fullwidth digits are a number */
        "a@\xe2\x98\x95.example",
        "a@" X10 X10 X10 X10 X10 X10 "\xc3\xbc.example", /* its A-label is too long */
    };

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        t_assert(!shop_text_email_key(addresses[i], t_pool), __LINE__, __FILE__, "%s",
                 addresses[i]);
    }
    T_TRUE(!shop_text_email_key("nobody", t_pool));
    T_TRUE(!shop_text_email_key("a@b", t_pool));
}

static const shop_test_t tests[] = {
    SHOP_TEST(addresses_are_those_of_rfc_5321_without_quotes,
              "addresses are those of RFC 5321 without quotes and literals"),
    SHOP_TEST(an_address_has_at_most_254_bytes, "an address has at most 254 bytes"),
    SHOP_TEST(a_domain_that_idna_has_not_has_no_key, "a domain that IDNA has not has no key"),
    SHOP_TEST(one_address_has_one_key, "one address has one key, homoglyphs have another"),
    SHOP_TEST_END,
};
SHOP_SUITE("email", tests)
