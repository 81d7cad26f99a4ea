/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_RECORD_MEM_H
#define SHOP_TESTS_RECORD_MEM_H

/* Any record's store in memory, for tests. One lock around everything. */

#include "mod_shop/store/record.h"

shop_record_store_t *shop_record_mem(const shop_record_t *record, apr_pool_t *pool);

#endif
