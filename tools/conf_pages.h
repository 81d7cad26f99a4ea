/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_CONF_PAGES_H
#define SHOP_TOOLS_CONF_PAGES_H

/* Pages made from the table of directives. Scratch memory comes from pool. */

#include <apr_pools.h>
#include <stdio.h>

void shop_print_conf(FILE *out, apr_pool_t *pool);     /* the annotated reference configuration */
void shop_print_conf_man(FILE *out, apr_pool_t *pool); /* mod_shop(5) */

#endif
