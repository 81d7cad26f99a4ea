/* SPDX-License-Identifier: MIT
 * The file of `shopctl export`: what was written is read, and what was changed is refused. And
 * every collection that a module stores into says whether it is exported. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mod_shop/drivers/mongo.h"
#include "mod_shop/module.h"
#include "mod_shop/store/record.h"
#include "tests/kit/harness.h"
#include "tools/transfer.h"

static const char *folder;
static const char *path;
static transfer_header_t header;
static transfer_sums_t sums;

static bson_t *document(int number)
{
    return BCON_NEW("_id", BCON_INT32(number), "big", BCON_INT64(INT64_C(1) << 60), "text",
                    BCON_UTF8("a \"quoted\"\nline \xe2\x82\xac"), "at",
                    BCON_DATE_TIME(1700000000123), "ratio", BCON_DOUBLE(0.1), "none", BCON_NULL,
                    "list", "[", BCON_INT32(1), "]");
}

static void write_file(void)
{
    transfer_writer_t *writer;
    const transfer_header_t wanted = { .schema = 3, .currency = "EUR", .passwords = true };

    unlink(path);
    T_STR(transfer_create(&writer, path, &wanted, t_pool), NULL);
    for (int i = 0; i < 5; i++) {
        bson_t *doc = document(i);

        transfer_write(writer, i < 3 ? "users" : "orders", doc);
        bson_destroy(doc);
    }
    T_STR(transfer_finish(&sums, writer), NULL);
}

/* Reads all of it; *count: documents that are as they were. */
static const char *read_file(int *count)
{
    transfer_reader_t *reader;
    const char *collection;
    const char *problem = transfer_open(&reader, &header, path, t_pool);
    bson_t *doc = NULL;

    *count = 0;
    if (problem) {
        return problem;
    }
    do {
        bson_t *wanted = document(*count);

        problem = transfer_next(&collection, &doc, reader);
        *count += !problem && doc && bson_equal(doc, wanted) &&
                  !strcmp(collection, *count < 3 ? "users" : "orders");
        bson_destroy(wanted);
        bson_destroy(doc);
    } while (!problem && doc);
    transfer_close(reader);
    return problem;
}

static void begin(void)
{
    folder = mkdtemp(apr_pstrdup(t_pool, "/tmp/shop-transfer-XXXXXX"));
    path = apr_pstrcat(t_pool, folder, "/shop.jsonl", NULL);
}

static void end(void)
{
    unlink(path);
    rmdir(folder);
}

static void what_was_written_is_read(void)
{
    struct stat about;
    transfer_writer_t *writer;
    int count;

    begin();
    write_file();
    T_INT(sums.total, 5);
    T_INT(sums.collections, 2);
    T_INT(sums.counts[0], 3);
    T_TRUE(!stat(path, &about) && (about.st_mode & 07777) == 0600);
    T_STR(read_file(&count), NULL);
    T_INT(count, 5);
    T_INT(header.schema, 3);
    T_STR(header.currency, "EUR");
    T_TRUE(header.passwords);
    T_TRUE(transfer_create(&writer, path, &header, t_pool) != NULL); /* it exists */
    end();
}

static const char *load(long *size)
{
    FILE *file = fopen(path, "r");
    char *text = apr_pcalloc(t_pool, 65536);

    *size = (long)fread(text, 1, 65535, file);
    fclose(file);
    return text;
}

static void store(const char *text, long size)
{
    FILE *file = fopen(path, "w");

    fwrite(text, 1, (size_t)size, file);
    fclose(file);
}

static void a_file_that_was_cut_off_is_refused_wherever(void)
{
    const char *text;
    long size;
    int count;

    begin();
    write_file();
    text = load(&size);
    for (long at = 0; at < size; at++) {
        store(text, at);
        t_assert(read_file(&count) != NULL, __LINE__, __FILE__, "cut off at %ld", at);
    }
    end();
}

static void a_file_that_was_changed_is_refused_wherever(void)
{
    const char *text;
    long size;
    int count;

    begin();
    write_file();
    text = load(&size);
    for (long at = 0; at < size; at++) {
        char *copy = apr_pstrmemdup(t_pool, text, (apr_size_t)size);

        copy[at] = copy[at] == '7' ? '8' : '7';
        store(copy, size);
        t_assert(read_file(&count) != NULL, __LINE__, __FILE__, "changed at %ld", at);
    }
    store(apr_pstrcat(t_pool, text, text, NULL), 2 * size);
    T_STR(read_file(&count), "there is more behind the last line");
    store("", 0);
    T_STR(read_file(&count), "the file is empty");
    store("{}\n", 3);
    T_STR(read_file(&count), "the file was not written by shopctl export");
    end();
}

static bool is_declared(const char *collection)
{
    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_collection_t *row = (*module)->collections;

        for (; row && row->name; row++) {
            if (!strcmp(row->name, collection)) {
                return true;
            }
        }
    }
    return false;
}

static void every_collection_says_whether_it_is_exported(void)
{
    int seen = 0;

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_record_t *const *record = (*module)->records;
        const shop_mongo_index_t *const *table = (*module)->indexes;

        for (; record && *record; record++, seen++) {
            t_assert(is_declared((*record)->collection), __LINE__, __FILE__, "%s of %s",
                     (*record)->collection, (*module)->name);
        }
        for (; table && *table; table++) {
            for (const shop_mongo_index_t *index = *table; index->collection; index++, seen++) {
                t_assert(is_declared(index->collection), __LINE__, __FILE__, "%s of %s",
                         index->collection, (*module)->name);
            }
        }
    }
    T_TRUE(seen > 20);
}

static const shop_test_t tests[] = {
    SHOP_TEST(what_was_written_is_read, "what was written is read, and nothing else"),
    SHOP_TEST(a_file_that_was_cut_off_is_refused_wherever,
              "a file that was cut off anywhere is refused"),
    SHOP_TEST(a_file_that_was_changed_is_refused_wherever,
              "a file of which any byte was changed is refused"),
    SHOP_TEST(every_collection_says_whether_it_is_exported,
              "every collection says whether it is exported"),
    SHOP_TEST_END,
};
SHOP_SUITE("export files", tests)
