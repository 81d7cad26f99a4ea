/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_TESTPOINT_H
#define SHOP_BASE_TESTPOINT_H

/* Places where a test may stop, kill or fail the program between two steps of a protocol. Nothing
 * at all unless compiled with -DSHOP_TEST_POINTS. Then SHOP_TEST_POINT in the environment names
 * one point and what happens there: "placing.taken:exit", "placing.taken:fail" (as if the store
 * had gone away), "placing.taken:pause" (40 seconds) or "placing.taken:pause:3". */

#include "error.h"

#ifdef SHOP_TEST_POINTS

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline shop_error_t *shop_test_point(const char *name, apr_pool_t *pool)
{
    const char *wanted = getenv("SHOP_TEST_POINT");
    size_t size = strlen(name);

    if (!wanted || strncmp(wanted, name, size) != 0 || wanted[size] != ':') {
        return NULL;
    }
    wanted += size + 1;
    if (!strcmp(wanted, "exit")) {
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
