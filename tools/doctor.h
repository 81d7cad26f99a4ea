/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_DOCTOR_H
#define SHOP_TOOLS_DOCTOR_H

/* What the checks of `shopctl doctor` share. A check looks at one thing and reports it: what was
 * seen, and what to do. Nothing that is reported may hold a secret. Every wait is bounded by
 * DOCTOR_WAIT_MS or a small multiple of it. */

#include "tools/doctor_dump.h"
#include "tools/shopctl.h"

#define DOCTOR_WAIT_MS 3000

typedef enum { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_ERROR } doctor_level_t;

typedef struct doctor_finding_t {
    const char *shop;  /* NULL: about the server */
    const char *check; /* "mongo-connect" */
    doctor_level_t level;
    const char *seen;
    const char *remedy; /* a command or a directive; NULL: nothing is to be done */
} doctor_finding_t;

typedef struct doctor_t {
    shopctl_t *ctl;
    apr_pool_t *pool;
    doctor_dump_t dump;
    bool dumped;               /* dump was read */
    const doctor_shop_t *shop; /* that is looked at; NULL: none */
    const char *source; /* of the connection string, as --mongo-uri takes it; a secret if it is the
                         * string itself. NULL: unknown, or what shopctl uses without an option */
    const char *uri;    /* the connection string, a secret; NULL: unknown */
    apr_array_header_t *findings; /* doctor_finding_t */
} doctor_t;

/* Texts are copied. remedy may be NULL. */
void doctor_report(doctor_t *doctor, doctor_level_t level, const char *check, const char *remedy,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Reports ok without a remedy. */
#define doctor_ok(doctor, check, ...) doctor_report(doctor, DOCTOR_OK, check, NULL, __VA_ARGS__)

/* The value of a directive of the shop, as the dump shows it; NULL: not set. */
const char *doctor_value(const doctor_t *doctor, const char *directive);
/* The argument of a directive where it stands in the configuration: the dump masks secrets, the
 * file names where they come from. index: 0 for the first. NULL: it cannot be found. */
const char *doctor_argument(const doctor_t *doctor, const doctor_setting_t *setting, int index);

/* Runs httpd and reads its dump, or the file of --dump; reports what is wrong. false: there is no
 * dump to go on with. */
bool doctor_read_httpd(doctor_t *doctor);
void doctor_check_server(doctor_t *doctor); /* module, needed modules, addresses */
void doctor_check_host(doctor_t *doctor);   /* descriptors, shared memory, disk of the log */
/* Of doctor->shop: */
void doctor_check_settings(doctor_t *doctor); /* public URL, keys, files */
void doctor_check_mongo(doctor_t *doctor);
void doctor_check_redis(doctor_t *doctor);
/* Of doctor->source: the line `shopctl [--mongo-uri SOURCE] WORDS`, without a password. In
 * doctor->pool. */
const char *doctor_command(const doctor_t *doctor, const char *words);
/* Compares ShopCurrency with the amounts in the database. Writes nothing. */
struct shop_mongo_t;
void doctor_check_currency(doctor_t *doctor, struct shop_mongo_t *mongo);
/* Has a shop before this one the same database and another name or currency? uris: const char *,
 * of the shops of the dump up to this one, NULL where unknown. */
void doctor_check_shared(doctor_t *doctor, const apr_array_header_t *uris);
/* What the store must hold, behind a connection that works. */
void doctor_check_schema(doctor_t *doctor, const char *uri);

/* Runs argv with a bounded wait. *status: the exit status, -1: it did not end by itself or cannot
 * be run. Both outputs, in pool, each of at most 1 MiB. */
void doctor_run(int *status, const char **out, const char **err, const char *const argv[],
                apr_pool_t *pool);
/* Opens a connection and closes it again. NULL, or why it cannot be opened. *resolved: the name has
 * an address. */
const char *doctor_connect(bool *resolved, const char *host, int port, apr_pool_t *pool);

#endif
