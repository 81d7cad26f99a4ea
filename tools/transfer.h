/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_TRANSFER_H
#define SHOP_TOOLS_TRANSFER_H

/* The file of `shopctl export` and `import`: JSON lines in UTF-8.
 *
 *   {"format":"mod_shop","version":1,"schema":2,"currency":"USD","passwords":false,...}
 *   {"c":"users","d":{...}}       a document, canonical extended JSON; collections one after
 * another
 *   {"end":true,"total":2,"counts":{"users":2},"sha256":"..."}    of all bytes before this line
 *
 * A reader goes over the file in constant memory: one line at a time. */

#include <apr_pools.h>
#include <jansson.h>
#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TRANSFER_FORMAT "mod_shop"
#define TRANSFER_VERSION 1
/* What a document of 16 MiB, MongoDB's bound, can become as canonical extended JSON. */
#define TRANSFER_LINE_MOST (96UL * 1024 * 1024)
#define TRANSFER_COLLECTIONS 64
/* Stands for a secret that was not exported: no password matches it. */
#define TRANSFER_NO_SECRET "!"

typedef struct transfer_header_t {
    int schema;
    const char *currency; /* NULL: the shop has none yet */
    bool passwords;
} transfer_header_t;

typedef struct transfer_sums_t {
    const char *names[TRANSFER_COLLECTIONS]; /* in the order of the file */
    int64_t counts[TRANSFER_COLLECTIONS];
    int collections;
    int64_t total;
} transfer_sums_t;

/* ---- writing ---- */

typedef struct transfer_writer_t transfer_writer_t;

/* Makes the file, 0600, which must not exist. NULL, or why it cannot be made. */
const char *transfer_create(transfer_writer_t **writer, const char *path,
                            const transfer_header_t *header, apr_pool_t *pool);
/* Errors show in transfer_finish. */
void transfer_write(transfer_writer_t *writer, const char *collection, const bson_t *doc);
/* Writes the last line and sees that all is on disk. NULL, or what failed: the file is removed. */
const char *transfer_finish(transfer_sums_t *sums, transfer_writer_t *writer);
/* Removes the file. */
void transfer_abandon(transfer_writer_t *writer);

/* ---- reading ---- */

typedef struct transfer_reader_t transfer_reader_t;

/* Reads the first line. NULL, or what is wrong; pool holds the reader. */
const char *transfer_open(transfer_reader_t **reader, transfer_header_t *header, const char *path,
                          apr_pool_t *pool);
/* *doc: the next document, to be destroyed by the caller; NULL: the last line was read, and its
 * counts and digest are right. *collection lives until the next call. NULL, or what is wrong. */
const char *transfer_next(const char **collection, bson_t **doc, transfer_reader_t *reader);
const transfer_sums_t *transfer_sums(const transfer_reader_t *reader);
/* The digest of all lines but the last, hex, once the last was read. */
const char *transfer_checksum(const transfer_reader_t *reader);
void transfer_close(transfer_reader_t *reader);

#endif
