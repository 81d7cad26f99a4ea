/* SPDX-License-Identifier: MIT
 * Entity tags and preconditions. */
#include "mod_shop/http/etag.h"

#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

#define TAG "\"0123456789abcdefghij-_\""

static void a_tag_is_half_a_sha256_in_quotes(void)
{
    /* SHA-256 of nothing begins e3b0c44298fc1c149afbf4c8996fb924 */
    T_STR(shop_etag_of("", 0, t_pool), "\"47DEQpj8HBSa-_TImW-5JA\"");
    T_TRUE(strcmp(shop_etag_of("a", 1, t_pool), shop_etag_of("b", 1, t_pool)));
}

static void if_match_compares_strongly(void)
{
    static const struct {
        const char *header;
        bool passes;
    } cases[] = {
        { TAG, true },
        { "*", true },
        { "\"other\", " TAG, true },
        { TAG ",\"other\"", true },
        { ",, " TAG, true },
        { "\"0123456789abcdefghij-_-gzip\"", true },
        { "\"0123456789abcdefghij-_-br\"", true },
        { "W/" TAG, false },
        { "W/\"other\", W/" TAG, false },
        { "\"other\"", false },
        { "", false },
        { "0123456789abcdefghij-_", false },
        { "\"0123456789abcdefghij-_", false },
        { "\"0123456789abcdefghij-_x\"", false },
        { "\"0123456789abcdefghij\"", false },
        { "w/" TAG, false },
        { "**", false },
        { "\"other\" " TAG, false },
        { "\"a,b\"," TAG, true },
        { "broken, " TAG, false },
        { "\"0123456789abcdefghij-_-gzip-gzip\"", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("PUT", "/lamps/a", NULL);

        toy_header(req, "If-Match", cases[i].header);
        t_assert((shop_etag_if_match(req, TAG, true) == NULL) == cases[i].passes, __LINE__,
                 __FILE__, "%s", cases[i].header);
    }
}

static void nothing_matches_an_object_that_is_not_there(void)
{
    shop_req_t *req = toy_request("PUT", "/lamps/a", NULL);

    toy_header(req, "If-Match", "*");
    T_ERR(shop_etag_if_match(req, NULL, false), PRECONDITION_FAILED);
}

static void without_the_header_only_a_strict_shop_refuses(void)
{
    shop_req_t *req = toy_request("PUT", "/lamps/a", NULL);

    T_OK(shop_etag_if_match(req, TAG, false));
    T_ERR(shop_etag_if_match(req, TAG, true), PRECONDITION_REQUIRED);
}

static void if_none_match_compares_weakly(void)
{
    static const struct {
        const char *header;
        bool names;
    } cases[] = {
        { NULL, false },
        { "", false },
        { TAG, true },
        { "W/" TAG, true },
        { "*", true },
        { "\"a\", W/\"b\" ,\t" TAG, true },
        { "\"0123456789abcdefghij-_-gzip\"", true },
        { "W/\"0123456789abcdefghij-_-br\"", true },
        { "\"0123456789abcdefghij-_-zz\"", false },
        { "\"a\"", false },
        { "broken", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("GET", "/lamps/a", NULL);

        toy_header(req, "If-None-Match", cases[i].header);
        t_assert((shop_etag_named(req, TAG, SHOP_CODING_IDENTITY) != 0) == cases[i].names, __LINE__,
                 __FILE__, "%s", cases[i].header ? cases[i].header : "(none)");
    }
}

static void a_tag_follows_the_coding_that_leaves(void)
{
    static const struct {
        const char *etag, *coding, *becomes;
    } cases[] = {
        { TAG, NULL, TAG },
        { TAG, "identity", TAG },
        { TAG, "gzip", "\"0123456789abcdefghij-_-gzip\"" },
        { TAG, "x-gzip", "\"0123456789abcdefghij-_-gzip\"" },
        { TAG, "br", "\"0123456789abcdefghij-_-br\"" },
        /* what somebody behind us has named already, decoded, or encoded twice */
        { "\"0123456789abcdefghij-_-gzip\"", "gzip", "\"0123456789abcdefghij-_-gzip\"" },
        { "\"0123456789abcdefghij-_-gzip-gunzip\"", NULL, TAG },
        { "\"0123456789abcdefghij-_-gzip\"", "br", "\"0123456789abcdefghij-_-br\"" },
        { TAG, "zstd", "W/" TAG },
        { TAG, "gzip, br", "W/" TAG },
        /* not one of ours */
        { "W/" TAG, "gzip", "W/" TAG },
        { "\"short\"", "gzip", "\"short\"" },
        { "", "gzip", "" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        T_STR(shop_etag_encoded(cases[i].etag, cases[i].coding, t_pool), cases[i].becomes);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_tag_is_half_a_sha256_in_quotes, "a tag is 128 bits of SHA-256 as base64url"),
    SHOP_TEST(if_match_compares_strongly, "If-Match compares strongly; a weak tag never matches"),
    SHOP_TEST(nothing_matches_an_object_that_is_not_there,
              "If-Match: * fails when there is no object"),
    SHOP_TEST(without_the_header_only_a_strict_shop_refuses,
              "without If-Match only a shop that requires it refuses"),
    SHOP_TEST(if_none_match_compares_weakly, "If-None-Match compares weakly"),
    SHOP_TEST(a_tag_follows_the_coding_that_leaves, "two codings never share a strong tag"),
    SHOP_TEST_END,
};
SHOP_SUITE("etag", tests)
