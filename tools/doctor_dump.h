/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_DOCTOR_DUMP_H
#define SHOP_TOOLS_DOCTOR_DUMP_H

/* Reads what `apachectl -t -D DUMP_SHOP -D DUMP_MODULES -D DUMP_RUN_CFG` prints. Lines that are not
 * known are skipped, so that dumps of other versions are read as far as they go. Reads no file. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>

/* One directive with the value in force. */
typedef struct doctor_setting_t {
    const char *name;
    const char *value;
    const char *file; /* where it was set; NULL: the default, or the dump does not say */
    int line;
} doctor_setting_t;

typedef struct doctor_shop_t {
    const char *name;             /* instance, or host name in dumps of older versions */
    apr_array_header_t *places;   /* const char *: "host:port/root", or "/root" */
    apr_array_header_t *settings; /* doctor_setting_t; a name may stand several times */
} doctor_shop_t;

typedef struct doctor_dump_t {
    apr_array_header_t *modules;                    /* const char *: "headers_module" */
    apr_array_header_t *listens;                    /* const char *: "127.0.0.1:80 http" */
    apr_array_header_t *shops;                      /* doctor_shop_t */
    const char *root, *pid_file, *error_log, *user; /* NULL: not named */
    const char *version;                            /* of the module; NULL: not named */
    const char *built; /* MMN that the module was built for; NULL: not named */
    int threads;       /* of a child; 0: not named */
} doctor_dump_t;

void doctor_dump_read(doctor_dump_t *dump, const char *text, apr_pool_t *pool);
bool doctor_dump_has_module(const doctor_dump_t *dump, const char *name);
/* The first setting of that name; NULL: none. */
const doctor_setting_t *doctor_setting(const doctor_shop_t *shop, const char *name);
/* Is the value one that was set, and not words in parentheses? */
bool doctor_is_set(const doctor_setting_t *setting);

#endif
