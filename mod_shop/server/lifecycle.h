/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_LIFECYCLE_H
#define SHOP_SERVER_LIFECYCLE_H

/* Functions that the files for start and stop share. */

#include "conf.h"

/* ---- shared_memory.c ---- */

/* In the parent: finds the shared memory of the previous generation, or makes it, zeroed, with a
 * part for each of shops. It lives as long as the parent. Returns an APR status. */
apr_status_t shop_memory_attach(int shops, server_rec *server);
/* The part of conf's shop: *part without the metrics, *counts the bytes of the metrics. */
void shop_memory_divide(shop_shared_t *part, void **counts, const shop_server_conf_t *conf);

/* ---- background.c ---- */

/* In the parent: registers jobs and subscribers with mod_watchdog. APR_ENOTIMPL when it is not
 * loaded, or another APR status. */
apr_status_t shop_background_start(int shops, server_rec *server);
/* In the child, before the shop is opened. */
void shop_background_child_init(const shop_server_conf_t *conf, apr_pool_t *pchild);
/* In the child: prevents new calls of jobs and subscribers. */
void shop_background_stop(void);
/* Is a job or a subscriber using the shop's pools now? */
bool shop_background_is_running(void);

#endif
