/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_LIFECYCLE_H
#define SHOP_SERVER_LIFECYCLE_H

/* What the parts of a start and a stop need from one another. */

#include "conf.h"

/* ---- shared_memory.c ---- */

/* In the parent: finds the memory of the generation before, else makes it, zeroed, a share for each
 * of shops. Lives as long as the parent. An error of APR. */
apr_status_t shop_memory_attach(int shops, server_rec *server);
/* The share of conf's shop: *part without metrics, whose bytes are *counts. */
void shop_memory_divide(shop_shared_t *part, void **counts, const shop_server_conf_t *conf);

/* ---- background.c ---- */

/* In the parent: registers jobs and subscribers with mod_watchdog. APR_ENOTIMPL without it, or an
 * error of APR. */
apr_status_t shop_background_start(int shops, server_rec *server);
/* In the child, before the shop is opened. */
void shop_background_child_init(const shop_server_conf_t *conf, apr_pool_t *pchild);
/* In the child: no call begins from now on. */
void shop_background_stop(void);
/* Does a job or a subscriber use the shop's pools at this moment? */
bool shop_background_is_running(void);

#endif
