/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_TESTPOINT_H
#define SHOP_BASE_TESTPOINT_H

/* Places where a test can pause, end or fail the program between two steps of a protocol. They
 * compile to nothing without -DSHOP_TEST_POINTS. With it, the environment variable SHOP_TEST_POINT
 * names points and what happens at each: "placing.taken:exit", "placing.taken:fail" (as if the
 * store had gone away), "placing.taken:pause" (40 seconds) or "placing.taken:pause:3" (3 seconds);
 * several are separated by commas. When a named point is reached, a line is appended to the file
 * SHOP_TEST_POINT_LOG, so that a test can wait for it. */

#include "error.h"

#ifdef SHOP_TEST_POINTS

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void shop_test_point_note(const char *name)
{
    const char *path = getenv("SHOP_TEST_POINT_LOG");
    int file = path ? open(path, O_WRONLY | O_APPEND) : -1;

    if (file >= 0) {
        (void)dprintf(file, "%s\n", name);
        (void)close(file);
    }
}

static inline shop_error_t *shop_test_point(const char *name, apr_pool_t *pool)
{
    const char *wanted = getenv("SHOP_TEST_POINT");
    size_t size = strlen(name);

    while (wanted && (strncmp(wanted, name, size) != 0 || wanted[size] != ':')) {
        wanted = strchr(wanted, ',');
        wanted = wanted ? wanted + 1 : NULL;
    }
    if (!wanted) {
        return NULL;
    }
    shop_test_point_note(name);
    wanted += size + 1;
    if (!strncmp(wanted, "exit", 4)) {
        _exit(86);
    }
    if (!strncmp(wanted, "pause", 5)) {
        (void)sleep(wanted[5] == ':' ? (unsigned)strtoul(wanted + 6, NULL, 10) : 40);
        return NULL;
    }
    return shop_error_cause(shop_err(pool, UNAVAILABLE, "the store is away"), pool, "test point %s",
                            name);
}

#define SHOP_TEST_POINT(name, pool) SHOP_TRY(shop_test_point((name), (pool)))

#else

#define SHOP_TEST_POINT(name, pool) ((void)0)

#endif

#endif
