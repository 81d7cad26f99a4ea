/* SPDX-License-Identifier: MIT
 * Where a secret may come from, and what is said when it does not. */
#include <apr_file_io.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mod_shop/directives/secret.h"
#include "tests/kit/harness.h"

static const char *folder;

static const char *write_file(const char *name, const char *text, mode_t mode)
{
    const char *path = apr_psprintf(t_pool, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    chmod(path, mode);
    return path;
}

static void make_folder(void)
{
    char *path = apr_pstrdup(t_pool, "/tmp/shop-secret-XXXXXX");

    folder = mkdtemp(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
}

static void expect(int line, const char *text, const char *value, const char *problem)
{
    const char *secret = NULL;
    bool literal;
    const char *said = shop_secret_resolve(&secret, &literal, text, folder, t_pool);

    t_str(said, problem, line, __FILE__, text);
    if (!problem) {
        t_str(secret, value, line, __FILE__, text);
    }
}

static void a_secret_is_the_first_line_of_a_file_of_its_owner(void)
{
    const char *path;

    make_folder();
    path = write_file("key", "sesame\r\nsecond\n", 0600);
    expect(__LINE__, apr_pstrcat(t_pool, "file:", path, NULL), "sesame", NULL);
    expect(__LINE__, "file:key", "sesame", NULL); /* relative to the folder */
    path = write_file("open", "sesame\n", 0640);
    expect(__LINE__, "file:open", NULL,
           apr_psprintf(t_pool, "names a file that others may read; run chmod 600 %s", path));
    expect(__LINE__, "file:absent", NULL,
           apr_psprintf(t_pool, "names a file that does not exist (%s/absent)", folder));
    path = write_file("empty", "", 0600);
    expect(__LINE__, "file:empty", NULL, "gives nothing");
    unlink(path);
    unlink(apr_pstrcat(t_pool, folder, "/open", NULL));
    unlink(apr_pstrcat(t_pool, folder, "/key", NULL));
    rmdir(folder);
}

static void a_secret_is_in_the_environment(void)
{
    setenv("SHOP_TEST_SECRET", "sesame", 1);
    expect(__LINE__, "env:SHOP_TEST_SECRET", "sesame", NULL);
    unsetenv("SHOP_TEST_SECRET");
    expect(__LINE__, "env:SHOP_TEST_SECRET", NULL, "names an environment variable that is not set");
}

static void a_secret_is_the_first_line_of_a_program(void)
{
    expect(__LINE__, "exec:/bin/echo open sesame", "open sesame", NULL);
    expect(__LINE__, "exec:echo sesame", NULL, "needs the absolute path of a program behind exec:");
    expect(__LINE__, "exec:/bin/false", NULL, "names a program that failed");
    expect(__LINE__, "exec:/bin/true", NULL, "gives nothing");
}

static void what_names_no_source_is_the_secret_itself(void)
{
    const char *secret;
    bool literal = false;

    CU_ASSERT_PTR_NULL(shop_secret_resolve(&secret, &literal, "sesame", NULL, t_pool));
    CU_ASSERT_STRING_EQUAL(secret, "sesame");
    CU_ASSERT(literal);
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_secret_is_the_first_line_of_a_file_of_its_owner,
              "a secret is the first line of a file that only its owner may read"),
    SHOP_TEST(a_secret_is_in_the_environment, "a secret is in the environment"),
    SHOP_TEST(a_secret_is_the_first_line_of_a_program, "a secret is the first line of a program"),
    SHOP_TEST(what_names_no_source_is_the_secret_itself, "a text that names no source is a secret"),
    SHOP_TEST_END,
};
SHOP_SUITE("secrets", tests)
