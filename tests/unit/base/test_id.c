/* SPDX-License-Identifier: MIT
 * Identifiers: their shape, that they differ, and known digests. */
#include "mod_shop/base/id.h"

#include <apr_hash.h>
#include <stdlib.h>
#include <time.h>

#include "tests/kit/harness.h"

static void object_ids_are_24_hex_digits_and_differ(void)
{
    apr_hash_t *seen = apr_hash_make(t_pool);

    for (int i = 0; i < 10000; i++) {
        const char *id = NULL;

        T_OK(shop_id_make(&id, t_pool));
        if (!shop_id_valid(id) || strspn(id, "0123456789abcdef") != 24) {
            t_assert(0, __LINE__, __FILE__, "%s", id);
        }
        apr_hash_set(seen, id, APR_HASH_KEY_STRING, id);
    }
    T_INT(apr_hash_count(seen), 10000);
}

static void an_object_id_begins_with_its_second(void)
{
    const char *id = NULL;
    long before = (long)time(NULL), second;

    T_OK(shop_id_make(&id, t_pool));
    second = strtol(apr_pstrndup(t_pool, id, 8), NULL, 16);
    T_TRUE(second >= before && second <= (long)time(NULL));
}

static void only_24_hex_digits_are_an_id(void)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        { "0123456789abcdef01234567", true },
        { "0123456789ABCDEF01234567", true },
        { "0123456789abcdef0123456", false },
        { "0123456789abcdef012345678", false },
        { "0123456789abcdefg1234567", false },
        { "{\"$ne\":1}", false },
        { "", false },
        { "0123456789abcdef0123456\n", false },
        { "../../../../../../../../", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_id_valid(cases[i].text) == cases[i].valid, __LINE__, __FILE__, "%s",
                 cases[i].text);
    }
}

static void secrets_are_unpadded_base64url_of_their_bytes(void)
{
    static const struct {
        int bytes;
        size_t characters;
    } cases[] = { { 16, 22 }, { 15, 20 }, { 32, 43 }, { 1, 2 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *one = NULL, *two = NULL;

        T_OK(shop_id_secret(&one, cases[i].bytes, t_pool));
        T_OK(shop_id_secret(&two, cases[i].bytes, t_pool));
        T_INT(strlen(one), cases[i].characters);
        T_INT(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              cases[i].characters);
        T_TRUE(cases[i].bytes < 8 || strcmp(one, two) != 0);
    }
}

static void order_numbers_can_be_read_aloud(void)
{
    int used[128] = { 0 };

    for (int i = 0; i < 2000; i++) {
        const char *number = NULL;

        T_OK(shop_id_order_number(&number, t_pool));
        if (strlen(number) != 12 || strncmp(number, "SH-", 3) != 0 || number[7] != '-') {
            t_assert(0, __LINE__, __FILE__, "%s", number);
            return;
        }
        for (const char *at = number + 3; *at; at++) {
            used[(unsigned char)*at & 127]++;
        }
    }
    for (int c = 0; c < 128; c++) {
        bool digit = c && strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c);

        /* 16,000 digits, 500 of each expected; 6 sigma is 132 */
        t_assert(c == '-' || (digit ? used[c] > 360 && used[c] < 640 : used[c] == 0), __LINE__,
                 __FILE__, "'%c' %d times", c, used[c]);
    }
}

static void sha256_gives_the_published_digests(void)
{
    T_STR(shop_id_sha256("", 0, t_pool),
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    T_STR(shop_id_sha256("abc", 3, t_pool),
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static const shop_test_t tests[] = {
    SHOP_TEST(object_ids_are_24_hex_digits_and_differ, "object ids are 24 hex digits and differ"),
    SHOP_TEST(an_object_id_begins_with_its_second, "an object id begins with its second"),
    SHOP_TEST(only_24_hex_digits_are_an_id, "only 24 hex digits are an id"),
    SHOP_TEST(secrets_are_unpadded_base64url_of_their_bytes, "secrets are unpadded base64url"),
    SHOP_TEST(order_numbers_can_be_read_aloud, "order numbers have the shape SH-XXXX-XXXX"),
    SHOP_TEST(sha256_gives_the_published_digests, "SHA-256 gives the published digests"),
    SHOP_TEST_END,
};
SHOP_SUITE("id", tests)
