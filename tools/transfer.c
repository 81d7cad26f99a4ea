/* SPDX-License-Identifier: MIT
 * Writes the file of `shopctl export`. transfer_read.c reads it. */
#include "tools/transfer.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "mod_shop/base/clock.h"
#include "tools/transfer_inner.h"

struct transfer_writer_t {
    FILE *file;
    const char *path;
    EVP_MD_CTX *digest;
    transfer_sums_t sums;
    bool failed;
    apr_pool_t *pool;
};

int transfer_collection(transfer_sums_t *sums, const char *name, apr_pool_t *pool)
{
    int at = 0;

    while (at < sums->collections && strcmp(sums->names[at], name) != 0) {
        at++;
    }
    if (at == TRANSFER_COLLECTIONS) {
        return -1;
    }
    if (at == sums->collections) {
        sums->names[sums->collections++] = apr_pstrdup(pool, name);
    }
    return at;
}

const char *transfer_hex(EVP_MD_CTX *digest, apr_pool_t *pool)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *hex;

    EVP_DigestFinal_ex(digest, bytes, &size);
    hex = apr_pcalloc(pool, 2 * size + 1);
    for (unsigned i = 0; i < size; i++) {
        apr_snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    return hex;
}

static void put(transfer_writer_t *writer, const char *text, size_t size)
{
    EVP_DigestUpdate(writer->digest, text, size);
    if (fwrite(text, 1, size, writer->file) != size) {
        writer->failed = true;
    }
}

static void put_json(transfer_writer_t *writer, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    put(writer, text, strlen(text));
    put(writer, "\n", 1);
    free(text);
    json_decref(object);
}

static const char *why(int error, const char *what, apr_pool_t *pool)
{
    char text[256];

    return apr_psprintf(pool, "%s: %s", what, apr_strerror(error, text, sizeof(text)));
}

const char *transfer_create(transfer_writer_t **made, const char *path,
                            const transfer_header_t *header, apr_pool_t *pool)
{
    transfer_writer_t *writer = apr_pcalloc(pool, sizeof(*writer));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    char now[21];

    if (fd < 0) {
        return why(errno, "the file cannot be made", pool);
    }
    writer->file = fdopen(fd, "w");
    writer->path = path;
    writer->pool = pool;
    writer->digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(writer->digest, EVP_sha256(), NULL);
    shop_time_format(now, apr_time_now());
    put_json(writer, json_pack("{s:s, s:i, s:i, s:s?, s:b, s:s, s:s}", "format", TRANSFER_FORMAT,
                               "version", TRANSFER_VERSION, "schema", header->schema, "currency",
                               header->currency, "passwords", header->passwords, "written_at", now,
                               "written_by", PACKAGE_STRING));
    *made = writer;
    return NULL;
}

void transfer_write(transfer_writer_t *writer, const char *collection, const bson_t *doc)
{
    int at = transfer_collection(&writer->sums, collection, writer->pool);
    size_t size = 0;
    char *text = bson_as_canonical_extended_json(doc, &size);

    if (at < 0 || !text) {
        writer->failed = true;
    } else {
        put(writer, "{\"c\":\"", 6);
        put(writer, collection, strlen(collection));
        put(writer, "\",\"d\":", 6);
        put(writer, text, size);
        put(writer, "}\n", 2);
        writer->sums.counts[at]++;
        writer->sums.total++;
    }
    bson_free(text);
}

void transfer_abandon(transfer_writer_t *writer)
{
    fclose(writer->file);
    unlink(writer->path);
    EVP_MD_CTX_free(writer->digest);
}

const char *transfer_finish(transfer_sums_t *sums, transfer_writer_t *writer)
{
    json_t *counts = json_object();
    const char *hex = transfer_hex(writer->digest, writer->pool);

    for (int i = 0; i < writer->sums.collections; i++) {
        json_object_set_new(counts, writer->sums.names[i], json_integer(writer->sums.counts[i]));
    }
    EVP_DigestInit_ex(writer->digest, EVP_sha256(), NULL);
    put_json(writer, json_pack("{s:b, s:I, s:o, s:s}", "end", 1, "total",
                               (json_int_t)writer->sums.total, "counts", counts, "sha256", hex));
    if (writer->failed || fflush(writer->file) || fsync(fileno(writer->file))) {
        const char *problem = why(errno, "the file cannot be written", writer->pool);

        transfer_abandon(writer);
        return problem;
    }
    EVP_MD_CTX_free(writer->digest);
    *sums = writer->sums;
    return fclose(writer->file) ? why(errno, "the file cannot be written", writer->pool) : NULL;
}
