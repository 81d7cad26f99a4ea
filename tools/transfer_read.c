/* SPDX-License-Identifier: MIT
 * Reads the file of `shopctl export`. What was cut off or changed is refused: the last line has the
 * digest of all others. */
#include <apr_strings.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/transfer_inner.h"

struct transfer_reader_t {
    FILE *file;
    char *line; /* of malloc */
    size_t room;
    size_t size; /* of the line, without its end */
    int64_t number;
    EVP_MD_CTX *digest;
    const char *hex;
    char collection[64];
    transfer_sums_t sums;
    bool ended;
    apr_pool_t *pool;
};

static const char *at_line(const transfer_reader_t *reader, const char *what)
{
    return apr_psprintf(reader->pool, "line %ld %s", (long)reader->number, what);
}

/* Room for more of the line; false: it is as long as a line may be. */
static bool grow(transfer_reader_t *reader)
{
    size_t room = reader->room ? 2 * reader->room : 64 * 1024;
    char *line = room > 2 * TRANSFER_LINE_MOST ? NULL : realloc(reader->line, room);

    if (line) {
        reader->line = line;
        reader->room = room;
    }
    return line != NULL;
}

/* *more false: the file ends here. */
static const char *read_line(bool *more, transfer_reader_t *reader)
{
    reader->number++;
    reader->size = 0;
    do {
        if (reader->room - reader->size < 2 && !grow(reader)) {
            return at_line(reader, "is longer than a document can be");
        }
        if (!fgets(reader->line + reader->size, (int)(reader->room - reader->size), reader->file)) {
            break;
        }
        reader->size += strlen(reader->line + reader->size);
    } while (reader->size == reader->room - 1 && reader->line[reader->size - 1] != '\n');
    *more = reader->size > 0;
    if (!reader->size) {
        return feof(reader->file) ? NULL : at_line(reader, "cannot be read");
    }
    if (reader->line[reader->size - 1] != '\n') { /* or a NUL byte stands in it */
        return at_line(reader, "is cut off");
    }
    reader->line[--reader->size] = '\0';
    return NULL;
}

static void digest_line(transfer_reader_t *reader)
{
    EVP_DigestUpdate(reader->digest, reader->line, reader->size);
    EVP_DigestUpdate(reader->digest, "\n", 1);
}

static const char *read_header(transfer_reader_t *reader, transfer_header_t *header)
{
    json_t *object = json_loadb(reader->line, reader->size, JSON_REJECT_DUPLICATES, NULL);
    const char *format = "";
    const char *currency = NULL;
    int version = 0, passwords = 0;
    const char *problem = NULL;

    if (json_unpack(object, "{s:s, s:i, s:i, s?s, s:b}", "format", &format, "version", &version,
                    "schema", &header->schema, "currency", &currency, "passwords", &passwords) &&
        json_unpack(object, "{s:s, s:i, s:i, s:n, s:b}", "format", &format, "version", &version,
                    "schema", &header->schema, "currency", "passwords", &passwords)) {
        problem = "the file was not written by shopctl export";
    } else if (strcmp(format, TRANSFER_FORMAT) != 0) {
        problem = "the file was not written by shopctl export";
    } else if (version != TRANSFER_VERSION) {
        problem = apr_psprintf(reader->pool,
                               "the file has format version %d and this shopctl "
                               "reads %d",
                               version, TRANSFER_VERSION);
    }
    header->currency = currency ? apr_pstrdup(reader->pool, currency) : NULL;
    header->passwords = passwords != 0;
    json_decref(object);
    return problem;
}

const char *transfer_open(transfer_reader_t **opened, transfer_header_t *header, const char *path,
                          apr_pool_t *pool)
{
    transfer_reader_t *reader = apr_pcalloc(pool, sizeof(*reader));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    const char *problem;
    bool more;

    if (fd < 0 || fstat(fd, &about) || !S_ISREG(about.st_mode)) {
        if (fd >= 0) {
            close(fd);
        }
        return "the file cannot be read, or is no regular file";
    }
    reader->file = fdopen(fd, "r");
    reader->pool = pool;
    reader->digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(reader->digest, EVP_sha256(), NULL);
    problem = read_line(&more, reader);
    problem = problem || more ? problem : "the file is empty";
    problem = problem ? problem : read_header(reader, header);
    digest_line(reader);
    if (problem) {
        transfer_close(reader);
        return problem;
    }
    *opened = reader;
    return NULL;
}

static bool same_counts(const transfer_reader_t *reader, const json_t *counts)
{
    if ((int)json_object_size(counts) != reader->sums.collections) {
        return false;
    }
    for (int i = 0; i < reader->sums.collections; i++) {
        const json_t *count = json_object_get(counts, reader->sums.names[i]);

        if (json_integer_value(count) != reader->sums.counts[i]) {
            return false;
        }
    }
    return true;
}

/* NULL, or what is wrong with the last line. */
static const char *read_end(transfer_reader_t *reader)
{
    json_t *object = json_loadb(reader->line, reader->size, JSON_REJECT_DUPLICATES, NULL);
    json_t *counts = NULL;
    json_int_t total = -1;
    const char *hex = "";
    const char *problem = NULL;
    bool more;

    reader->hex = transfer_hex(reader->digest, reader->pool);
    reader->ended = true;
    if (json_unpack(object, "{s:b, s:I, s:o, s:s}", "end", &(int){ 0 }, "total", &total, "counts",
                    &counts, "sha256", &hex)) {
        problem = "the last line cannot be read";
    } else if (total != reader->sums.total || !same_counts(reader, counts)) {
        problem = "the counts of the last line are others: the file was changed";
    } else if (strcmp(hex, reader->hex) != 0) {
        problem = "the checksum of the last line is another: the file was changed";
    }
    json_decref(object);
    if (!problem) {
        problem = read_line(&more, reader);
        problem = problem || !more ? problem : "there is more behind the last line";
    }
    return problem;
}

static const char *take_document(bson_t **doc, transfer_reader_t *reader)
{
    bson_error_t error;
    bson_t *line = bson_new_from_json((const uint8_t *)reader->line, (ssize_t)reader->size, &error);
    bson_iter_t name, value;
    bson_t child;
    const uint8_t *bytes;
    uint32_t size;
    int at;

    if (!line || !bson_iter_init_find(&name, line, "c") || !BSON_ITER_HOLDS_UTF8(&name) ||
        !bson_iter_init_find(&value, line, "d") || !BSON_ITER_HOLDS_DOCUMENT(&value)) {
        bson_destroy(line);
        return at_line(reader, "is no document of shopctl export");
    }
    apr_cpystrn(reader->collection, bson_iter_utf8(&name, NULL), sizeof(reader->collection));
    bson_iter_document(&value, &size, &bytes);
    bson_init_static(&child, bytes, size);
    *doc = bson_copy(&child);
    bson_destroy(line);
    at = transfer_collection(&reader->sums, reader->collection, reader->pool);
    if (at < 0) {
        bson_destroy(*doc);
        *doc = NULL;
        return at_line(reader, "names one collection too many");
    }
    reader->sums.counts[at]++;
    reader->sums.total++;
    return NULL;
}

const char *transfer_next(const char **collection, bson_t **doc, transfer_reader_t *reader)
{
    const char *problem;
    bool more;

    *doc = NULL;
    if (reader->ended) {
        return NULL;
    }
    problem = read_line(&more, reader);
    if (problem) {
        return problem;
    }
    if (!more) {
        return "the file is cut off: its last line is missing";
    }
    if (!strncmp(reader->line, "{\"end\":", 7)) {
        return read_end(reader);
    }
    problem = take_document(doc, reader);
    digest_line(reader);
    *collection = reader->collection;
    return problem;
}

const transfer_sums_t *transfer_sums(const transfer_reader_t *reader)
{
    return &reader->sums;
}

const char *transfer_checksum(const transfer_reader_t *reader)
{
    return reader->hex;
}

void transfer_close(transfer_reader_t *reader)
{
    fclose(reader->file);
    free(reader->line);
    EVP_MD_CTX_free(reader->digest);
}
