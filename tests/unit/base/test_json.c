/* SPDX-License-Identifier: MIT
 * Reading JSON: what is refused, the limits, and that refusing is cheap. */
#include "mod_shop/base/json.h"

#include "tests/kit/harness.h"

#define PARSE(doc, text) shop_json_parse((doc), (text), sizeof(text) - 1, t_pool)

static char *repeat(const char *piece, int times, const char *tail)
{
    apr_size_t size = strlen(piece), all = size * (apr_size_t)times;
    char *text = apr_palloc(t_pool, all + strlen(tail) + 1);

    for (int i = 0; i < times; i++) {
        memcpy(text + (apr_size_t)i * size, piece, size);
    }
    memcpy(text + all, tail, strlen(tail) + 1);
    return text;
}

static void what_is_no_object_is_malformed(void)
{
    static const struct {
        const char *text;
        apr_size_t size;
    } cases[] = {
#define CASE(text) { text, sizeof(text) - 1 }
        CASE(""),
        CASE(" "),
        CASE("{"),
        CASE("{}x"),
        CASE("\xef\xbb\xbf{}"),
        CASE("{/**/}"),
        CASE("{'a':1}"),
        CASE("NaN"),
        CASE("[]"),
        CASE("1"),
        CASE("null"),
        CASE("\"a\""),
        CASE("{\"a\":NaN}"),
        CASE("{\"a\":Infinity}"),
        CASE("{\"a\":01}"),
        CASE("{\"a\":+1}"),
        CASE("{\"a\":.5}"),
        CASE("{\"a\":5.}"),
        CASE("{\"a\":1,}"),
        CASE("{} {}"),
        CASE("{}\0"),
        CASE("{\"a\":\"\xc0\xaf\"}"),
        CASE("{\"a\":\"\\ud800\"}"),
        CASE("{\"a\":\"\\u0000\"}"),
        CASE("{\"\\u0000\":1}"),
        CASE("{\"a\":\"\x01\"}"),
        CASE("{\"a\":1e400}"),
        CASE("{\"a\":9223372036854775808}"),
        CASE("{\"a\":-9223372036854775809}"),
        CASE("{\"a\":\"\\"),
        CASE("{\"a\":\"b"),
        CASE("]]]{\"a\":1}"),
        CASE("{\"a\":\"\\x\"}"),
        CASE("{\"a\":\"\xed\xa0\x80\"}"),
        CASE("{\"a\":\"\xf4\x90\x80\x80\"}"),
#undef CASE
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* a copy of exactly the size, so that a sanitizer sees a read behind it */
        char *copy = malloc(cases[i].size + !cases[i].size);
        shop_json_doc_t doc;
        shop_error_t *err;

        memcpy(copy, cases[i].text, cases[i].size);
        err = shop_json_parse(&doc, copy, cases[i].size, t_pool);
        t_assert(err && err->code == SHOP_MALFORMED_JSON, __LINE__, __FILE__, "%s", cases[i].text);
        free(copy);
    }
    {
        shop_json_doc_t doc;

        T_ERR(shop_json_parse(&doc, NULL, 0, t_pool), MALFORMED_JSON);
    }
}

static void a_member_named_twice_is_malformed(void)
{
    shop_json_doc_t doc;

    T_ERR(PARSE(&doc, "{\"role\":\"user\",\"role\":\"admin\"}"), MALFORMED_JSON);
    T_ERR(PARSE(&doc, "{\"role\":\"user\",\"r\\u006fle\":\"admin\"}"), MALFORMED_JSON);
    T_ERR(PARSE(&doc, "{\"a\":{\"b\":1,\"b\":1}}"), MALFORMED_JSON);
    T_OK(PARSE(&doc, "{\"a\":{\"b\":1},\"b\":{\"a\":1}}"));
}

static void an_object_is_read_with_its_values(void)
{
    shop_json_doc_t doc;

    T_OK(PARSE(&doc, " {\"n\":9223372036854775807,\"s\":\"\\u00e4\\n\",\"r\":9.5} \r\n"));
    T_INT(json_integer_value(json_object_get(doc.root, "n")), INT64_MAX);
    T_STR(json_string_value(json_object_get(doc.root, "s")), "\xc3\xa4\n");
    T_STR(shop_json_number(&doc, json_object_get(doc.root, "n"), t_pool), "9223372036854775807");
    T_STR(shop_json_number(&doc, json_object_get(doc.root, "r"), t_pool), "9.5");
    T_STR(shop_json_number(&doc, json_object_get(doc.root, "s"), t_pool), NULL);
    T_OK(PARSE(&doc, "{}"));
    T_INT(json_object_size(doc.root), 0);
}

static void depth_32_is_the_last(void)
{
    shop_json_doc_t doc;
    const char *fits = apr_pstrcat(t_pool, repeat("{\"a\":", 31, "{}"), repeat("}", 31, ""), NULL);
    const char *deep = apr_pstrcat(t_pool, repeat("{\"a\":", 32, "[]"), repeat("}", 32, ""), NULL);

    T_OK(shop_json_parse(&doc, fits, strlen(fits), t_pool));
    T_ERR(shop_json_parse(&doc, deep, strlen(deep), t_pool), MALFORMED_JSON);
    T_OK(PARSE(&doc, "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"));
}

static void members_and_elements_count_together_to_256(void)
{
    shop_json_doc_t doc;
    /* the member "a" is one more than the elements */
    const char *fits = apr_pstrcat(t_pool, "{\"a\":[", repeat("0,", 254, "0]}"), NULL);
    const char *more = apr_pstrcat(t_pool, "{\"a\":[", repeat("0,", 255, "0]}"), NULL);
    const char *empty = apr_pstrcat(t_pool, "{\"a\":[", repeat("{ },", 254, "{\n}]}"), NULL);

    T_OK(shop_json_parse(&doc, fits, strlen(fits), t_pool));
    T_ERR(shop_json_parse(&doc, more, strlen(more), t_pool), VALIDATION_FAILED);
    T_OK(shop_json_parse(&doc, empty, strlen(empty), t_pool));
    T_OK(PARSE(&doc,
               "{\"a\":\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
               ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
               ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
               ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\"}"));
}

/* The text of every number in the document, in the order of a walk through the tree. */
static void collect_numbers(const char **all, const shop_json_doc_t *doc, json_t *value)
{
    const char *name, *text = shop_json_number(doc, value, t_pool);
    json_t *member;
    size_t index;

    if (text) {
        *all = apr_pstrcat(t_pool, *all, **all ? " " : "", text, NULL);
    }
    json_object_foreach(value, name, member)
    {
        collect_numbers(all, doc, member);
    }
    json_array_foreach(value, index, member)
    {
        collect_numbers(all, doc, member);
    }
}

static void numbers_keep_the_digits_they_were_written_with(void)
{
    static const struct {
        const char *text, *numbers;
    } cases[] = {
        { "{\"a\":1e2}", "1e2" },
        { "{\"a\":1E2}", "1E2" },
        { "{\"a\":[1.5e+2]}", "1.5e+2" },
        { "{\"a\":-1.5e-2}", "-1.5e-2" },
        { "{\"a\":\"1e2\"}", "" },
        { "{\"a\":true,\"e1e\":false,\"1.5\":null}", "" },
        { "{\"a\":9.9900000000000000001}", "9.9900000000000000001" },
        { "{\"a\":0.0000000000000000009}", "0.0000000000000000009" },
        { "{\"a\":1234567890123456789,\"b\":2.50}", "1234567890123456789 2.50" },
        { "{\"z\":[1.25,{\"y\":2.5,\"b\":\"9.5\"}, 7 ],\"a\":\"\\\"3.5\",\"m\":4.0e0}",
          "1.25 2.5 7 4.0e0" },
        { "{\"a\":-0.0,\"b\":-0}", "-0.0 0" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *all = "";
        shop_json_doc_t doc;

        if (T_OK(shop_json_parse(&doc, cases[i].text, strlen(cases[i].text), t_pool))) {
            collect_numbers(&all, &doc, doc.root);
            T_STR(all, cases[i].numbers);
        }
    }
}

static void as_many_numbers_as_members_are_kept(void)
{
    const char *text = apr_pstrcat(t_pool, "{\"a\":[", repeat("0.5,", 254, "1.5]}"), NULL);
    shop_json_doc_t doc;

    if (T_OK(shop_json_parse(&doc, text, strlen(text), t_pool))) {
        const json_t *list = json_object_get(doc.root, "a");

        T_STR(shop_json_number(&doc, json_array_get(list, 253), t_pool), "0.5");
        T_STR(shop_json_number(&doc, json_array_get(list, 254), t_pool), "1.5");
    }
}

static void the_error_says_which_text_holds_a_nul_and_that_a_number_is_too_large(void)
{
    static const struct {
        const char *text, *pointer, *code;
    } cases[] = {
        { "{\"a\":\"x\\u0000y\"}", "/a", "nul" },
        { "{\"b\":1,\"a\":[1.5,{\"c/d\":\"\\u0000\"}]}", "/a/1/c~1d", "nul" },
        { "{\"a\\u0000b\":1}", "", "nul" },
        { "{\"a\":1e400}", "", "too_large" },
        { "{\"a\":-9223372036854775809}", "", "too_large" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_json_doc_t doc;
        shop_error_t *err = shop_json_parse(&doc, cases[i].text, strlen(cases[i].text), t_pool);

        if (T_ERR(err, MALFORMED_JSON) && err->violations) {
            T_STR(err->violations->pointer, cases[i].pointer);
            T_STR(err->violations->code, cases[i].code);
        } else {
            t_assert(0, __LINE__, __FILE__, "%s has no violation", cases[i].text);
        }
    }
}

/* Microseconds of this thread's processor for refusing `times` repeats of the piece; the best of
 * five. What else the machine does is not counted. */
static int64_t cost(const char *piece, int times)
{
    const char *text = apr_pstrcat(t_pool, "{\"a\":", repeat(piece, times, ""), NULL);
    apr_size_t size = strlen(text);
    int64_t best = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        shop_json_doc_t doc;
        int64_t start = t_cpu_us(), took;

        T_TRUE(shop_json_parse(&doc, text, size, t_pool) != NULL);
        took = t_cpu_us() - start;
        best = took < best ? took : best;
    }
    return best;
}

static void refusing_is_linear_in_size(void)
{
    static const char *const pieces[] = { "[",    "{\"a\":", "0,", "[ ",   "1e",
                                          "\\\"", "\"",      "-",  "1.5 ", "\"\\u0061\":1," };

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        int64_t small = cost(pieces[i], 10000), large = cost(pieces[i], 160000);

        /* 16 times the bytes; quadratic would be 256 times. The constant is what the clock of a
         * thread and a cold cache may add to a few microseconds. */
        t_assert(large < 64 * small + 200, __LINE__, __FILE__, "%s: %ld then %ld us", pieces[i],
                 (long)small, (long)large);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(what_is_no_object_is_malformed, "what is not one clean JSON object is malformed"),
    SHOP_TEST(a_member_named_twice_is_malformed,
              "a member named twice is malformed, also when spelled with escapes"),
    SHOP_TEST(an_object_is_read_with_its_values, "an object is read with its values"),
    SHOP_TEST(depth_32_is_the_last, "depth 32 is the last, and brackets in strings are no depth"),
    SHOP_TEST(members_and_elements_count_together_to_256,
              "members and elements count together, to 256"),
    SHOP_TEST(numbers_keep_the_digits_they_were_written_with,
              "numbers keep the digits they were written with"),
    SHOP_TEST(as_many_numbers_as_members_are_kept, "as many numbers as members are kept"),
    SHOP_TEST(the_error_says_which_text_holds_a_nul_and_that_a_number_is_too_large,
              "the error says which text holds U+0000, and that a number is too large"),
    SHOP_TEST(refusing_is_linear_in_size, "refusing a hostile text costs linear time"),
    SHOP_TEST_END,
};
SHOP_SUITE("json", tests)
